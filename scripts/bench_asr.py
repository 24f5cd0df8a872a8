#!/usr/bin/env python3
"""Measure the `asr` teacher beside faster-whisper called directly on the same files.

    python scripts/bench_asr.py speech.flac talk.mp4 ...          a table
    python scripts/bench_asr.py --rounds 5 --json speech.flac     JSON

The files' sound is first written as the split stage stores it, 16 kHz mono FLAC: a recogniser that
loops says more or less of it over a last bit. Each round does, one after the other, in an order
that turns from round to round: the teacher on that sound in a pack, with reading, decoding,
transcribing, judging and cutting words to clips of five seconds; faster-whisper's
`WhisperModel.transcribe` on the FLAC files; and its `BatchedInferencePipeline` on them. Model,
arithmetic, threads, beam, VAD and word times are the same for all, and each model is loaded
before. Throughput is seconds of sound per second of processor time (and of wall time, which other
work on the machine disturbs); ratios are medians of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.models.cache import ModelCache
from pipeline.packs import TarPack
from pipeline.testing import local_worker
from pipeline.worker import RunWorker
from stages.base import kept
from stages.caption.config import AsrConfig
from stages.caption.teacher import Clip, Source
from stages.caption.teachers.asr import SAMPLE_RATE_HZ, AsrTeacher, decoded_audio

_CLIP_S = 5.0
Work = Callable[[], int]
"""Transcribes everything; the number of words."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "files", nargs="+", type=Path, help="Files with speech, or folders of them."
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=AsrConfig().threads)
    parser.add_argument("--json", action="store_true", help="JSON instead of a table.")
    chosen = parser.parse_args(arguments)
    files = [file for path in chosen.files for file in found(path)]
    result = measure(files, chosen.rounds, AsrConfig(threads=chosen.threads))
    print(json.dumps(result, indent=1) if chosen.json else table(result))


def found(path: Path) -> list[Path]:
    return sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]


def measure(files: list[Path], rounds: int, config: AsrConfig) -> dict[str, Any]:
    """All figures. Each contestant transcribes everything once before the first round."""
    with tempfile.TemporaryDirectory() as folder:
        worker = local_worker(Path(folder))
        try:
            files = as_stored(files, Path(folder))
            clips, seconds = stored(files, worker)
            works: dict[str, Work] = {"polyreel": teacher_work(clips, worker, config)}
            works |= direct_works(files, config)
            words = {name: work() for name, work in works.items()}
            used: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
            for number in range(rounds):
                names = list(works)
                for name in names[number % 3 :] + names[: number % 3]:
                    used[name].append(timed(works[name]))
        finally:
            worker.close()
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
        "model": config.model,
        "compute_type": config.compute_type,
        "threads": config.threads,
        "sound_s": round(seconds, 3),
        "rounds": rounds,
        "contestants": {
            name: {
                "sound_s_per_cpu_s": round(seconds / median(cpu for cpu, _ in times), 2),
                "sound_s_per_wall_s": round(seconds / median(wall for _, wall in times), 2),
                "words": words[name],
                "polyreel_to_it_cpu": ratio(used, name, 0),
                "polyreel_to_it_wall": ratio(used, name, 1),
            }
            for name, times in used.items()
        },
    }


def ratio(used: dict[str, list[tuple[float, float]]], name: str, clock: int) -> float:
    """Polyreel's throughput to another's."""
    pairs = zip(used[name], used["polyreel"], strict=True)
    return round(median(theirs[clock] / own[clock] for theirs, own in pairs), 3)


def timed(work: Work) -> tuple[float, float]:
    """Processor and wall time in seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def as_stored(files: list[Path], folder: Path) -> list[Path]:
    """The sound of the files as FLAC files."""
    paths = [folder / f"{number}.flac" for number in range(len(files))]
    for source, path in zip(files, paths, strict=True):
        path.write_bytes(flac(decoded_audio(source.read_bytes())))
    return paths


def stored(files: list[Path], worker: RunWorker) -> tuple[list[Clip], float]:
    """Clips of the files, whose sound lies in a pack as after split; and its length."""
    pack = TarPack(worker.storage, "packs/audio-bench.tar")
    refs = [pack.add(path.name, path.read_bytes()) for path in files]
    pack.commit()
    sounds = [decoded_audio(path.read_bytes()) for path in files]
    clips = []
    for number, (ref, samples) in enumerate(zip(refs, sounds, strict=True)):
        row = {"source_id": str(number), "audio_language": None}
        source = Source(row, (), {"audio": ref, "audio_start_s": 0.0} | kept())
        for index in range(max(1, round(samples.size / SAMPLE_RATE_HZ / _CLIP_S))):
            span = {"start_s": index * _CLIP_S, "end_s": (index + 1) * _CLIP_S}
            clips.append(Clip({"shot_id": f"{number}-{index}"} | span, source))
    return clips, sum(samples.size for samples in sounds) / SAMPLE_RATE_HZ


def flac(samples: Any) -> bytes:
    """16 kHz mono FLAC of float samples."""
    import io

    import av
    import numpy as np

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE_HZ, layout="mono")
        pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return buffer.getvalue()


def teacher_work(clips: list[Clip], worker: RunWorker, config: AsrConfig) -> Work:
    teacher = AsrTeacher(config)
    teacher.setup(worker)

    def work() -> int:
        candidates = teacher.caption(clips, worker)
        return sum(len((candidate.text or "").split()) for candidate in candidates)

    return work


def direct_works(files: list[Path], config: AsrConfig) -> dict[str, Work]:
    """faster-whisper as people call it, with the teacher's settings."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    model = WhisperModel(
        str(ModelCache().ensure(config.model)),
        device=config.device,
        compute_type=config.compute_type,
        cpu_threads=config.threads,
        local_files_only=True,
    )
    batched = BatchedInferencePipeline(model)
    vad = {
        "threshold": config.vad_threshold,
        "min_silence_duration_ms": round(config.vad_min_silence_s * 1000),
    }

    def by(transcribe: Callable[..., Any], **options: Any) -> Work:
        def work() -> int:
            count = 0
            for path in files:
                segments, _ = transcribe(
                    str(path),
                    language="en",
                    beam_size=config.beam_size,
                    temperature=0.0,
                    condition_on_previous_text=False,
                    word_timestamps=True,
                    vad_filter=True,
                    vad_parameters=dict(vad),
                    **options,
                )
                count += sum(len(segment.words or ()) for segment in segments)
            return count

        return work

    return {
        "faster_whisper": by(model.transcribe),
        "faster_whisper_batched": by(batched.transcribe, batch_size=config.batch_size),
    }


def table(result: dict[str, Any]) -> str:
    lines = [
        f"{result['sound_s']:.1f} s of sound, {result['rounds']} rounds, "
        f"{result['threads']} threads, {result['machine']}",
        f"{'':24}{'x CPU time':>12}{'x wall':>10}{'words':>8}{'ours/it CPU':>13}{'wall':>8}",
    ]
    for name, own in result["contestants"].items():
        lines.append(
            f"{name:24}{own['sound_s_per_cpu_s']:>12.2f}{own['sound_s_per_wall_s']:>10.2f}"
            f"{own['words']:>8}{own['polyreel_to_it_cpu']:>13.3f}{own['polyreel_to_it_wall']:>8.3f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
