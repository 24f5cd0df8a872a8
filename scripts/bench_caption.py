#!/usr/bin/env python3
"""Measure how much of a model server's capacity the vlm teacher uses.

    python scripts/bench_caption.py --json
    python scripts/bench_caption.py --slots 32 --service-s 0.5 --clips 2000

A server in a process of its own serves `--slots` requests at once, each for `--service-s`, so its
capacity is slots / service_s. Behind a full house it either lets requests wait (`queues`, as vLLM
does) or answers 429 (`refuses`, as hosted APIs do). The teacher captions `--clips` clips with two
640x360 keyframes each, from the packs of a run folder to candidates, and is told nothing of the
server but its address. By the server's own books, over the span from its tenth to its ninetieth
percentile of answers: `sustained_share` is answers / (capacity * span), and `busy_share` the
slots' time in use / all their time, which the server's own late timers do not move. `whole_share`
is answers / capacity from the first request to the last answer, with the search for the right
concurrency and the slots that stand empty at the end. Medians over `--repeats` runs, queueing and
refusing in turn.
`--clips-per-unit` shows what units cost: between two units a single worker's requests run dry.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.packs import TarPack
from pipeline.testing import local_worker
from pipeline.worker import RunWorker
from schemas.outcomes import Outcome
from stages.caption.config import CaptionConfig
from stages.caption.teacher import Clip, Source
from stages.caption.teachers import make_teachers

FRAME_PX = (360, 640)
FRAMES_PER_CLIP = 2
CLIP_S = 5.0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="How much of a server the vlm teacher uses.")
    parser.add_argument("--slots", type=int, default=16, help="requests the server does at once")
    parser.add_argument("--service-s", type=float, default=1.0, help="seconds for each")
    parser.add_argument("--clips", type=int, default=1000, help="clips, and so requests")
    parser.add_argument("--clips-per-unit", type=int, default=0, help="0: all in one unit")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each kind")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args(arguments)
    result = measure(
        asked.slots,
        asked.service_s,
        asked.clips,
        asked.clips_per_unit or asked.clips,
        asked.repeats,
    )
    print(json.dumps(result, indent=1) if asked.json else table(result))
    return 0


def measure(
    slots: int, service_s: float, n_clips: int, clips_per_unit: int, repeats: int
) -> dict[str, Any]:
    """Medians for both kinds of server."""
    runs: dict[str, list[dict[str, float]]] = {"queues": [], "refuses": []}
    with (
        served(slots, service_s, "queues") as queueing,
        served(slots, service_s, "refuses") as refusing,
        tempfile.TemporaryDirectory() as folder,
    ):
        urls = {"queues": queueing, "refuses": refusing}
        for repeat in range(repeats):
            for kind, url in urls.items():
                root = Path(folder) / f"{kind}-{repeat}"
                runs[kind].append(one_run(root, url, slots, service_s, n_clips, clips_per_unit))
    return {
        "slots": slots,
        "service_s": service_s,
        "capacity_per_s": slots / service_s,
        "clips": n_clips,
        "clips_per_unit": clips_per_unit,
        "repeats": repeats,
        **{
            kind: {name: statistics.median(run[name] for run in found) for name in found[0]}
            for kind, found in runs.items()
        },
    }


@contextmanager
def served(slots: int, service_s: float, kind: str) -> Iterator[str]:
    """The chat server in a process of its own; gives its base_url."""
    command = [sys.executable, "-m", "scripts.chat_server", "--slots", str(slots)]
    command += ["--service-s", str(service_s), *(["--no-queue"] if kind == "refuses" else [])]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def one_run(
    root: Path, url: str, slots: int, service_s: float, n_clips: int, clips_per_unit: int
) -> dict[str, float]:
    """Caption all clips once; figures by the server's books."""
    worker = local_worker(root)
    try:
        clips = clips_at(worker, n_clips)
        (teacher,) = make_teachers(config_for(url))
        stats(url, reset=True)
        cpu_s = time.process_time()
        found = [
            candidate
            for start in range(0, n_clips, clips_per_unit)
            for candidate in teacher.caption(clips[start : start + clips_per_unit], worker)
        ]
        cpu_s = time.process_time() - cpu_s
        teacher.teardown()
    finally:
        worker.close()
    books = stats(url)
    served = books["served"]
    ends = sorted(end for _, end in served)
    first, last = ends[len(ends) // 10], ends[len(ends) * 9 // 10]
    busy_s = sum(max(0.0, min(end, last) - max(start, first)) for start, end in served)
    n_sustained = sum(first < end <= last for end in ends)
    whole_s = ends[-1] - min(start for start, _ in served)
    return {
        "sustained_share": n_sustained * service_s / (slots * (last - first)),
        "busy_share": busy_s / (slots * (last - first)),
        "whole_share": len(ends) * service_s / (slots * whole_s),
        "kept": sum(candidate.outcome == Outcome.KEPT for candidate in found),
        "n_refused": books["n_refused"],
        "client_cpu_ms_per_request": 1e3 * cpu_s / n_clips,
    }


def stats(url: str, reset: bool = False) -> dict[str, Any]:
    where = url.removesuffix("/v1") + "/stats" + ("?reset=1" if reset else "")
    with urllib.request.urlopen(where, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def config_for(url: str) -> CaptionConfig:
    return CaptionConfig.model_validate(
        {
            "teachers": ["vlm"],
            "servers": {"local": {"base_url": url}},
            "vlm": [{"server": "local", "model": "bench", "styles": ["short"]}],
        }
    )


def clips_at(worker: RunWorker, n_clips: int) -> list[Clip]:
    """Clips whose keyframes lie in a pack of the worker's run folder."""
    import cv2

    random = np.random.default_rng(7)
    pack = TarPack(worker.storage, "packs/frames-unit0.tar")
    source = Source({"source_id": "s1"})
    clips = []
    for index in range(n_clips):
        frames = []
        for k in range(FRAMES_PER_CLIP):
            coarse = random.integers(0, 255, (9, 16, 3), dtype=np.uint8)
            image = cv2.resize(coarse, FRAME_PX[::-1], interpolation=cv2.INTER_CUBIC)
            jpeg = bytes(cv2.imencode(".jpg", image)[1])
            frames.append({"time_s": index * CLIP_S + k} | pack.add(f"{index}-{k}.jpg", jpeg))
        shot = {
            "shot_id": f"shot{index:06d}",
            "start_s": index * CLIP_S,
            "end_s": (index + 1) * CLIP_S,
            "scale": 0,
            "parent_id": None,
            "audio_rms_db": None,
            "keyframes": frames,
        }
        clips.append(Clip(shot, source))
    pack.commit()
    return clips


def table(result: dict[str, Any]) -> str:
    lines = [
        f"capacity {result['capacity_per_s']:g} requests/s ({result['slots']} slots of "
        f"{result['service_s']:g} s), {result['clips']} clips in units of "
        f"{result['clips_per_unit']}, median of {result['repeats']}"
    ]
    for kind in ("queues", "refuses"):
        found = result[kind]
        lines.append(
            f"{kind:8} sustained {found['sustained_share']:.3f} of capacity, slots busy "
            f"{found['busy_share']:.3f}, whole run {found['whole_share']:.3f}, "
            f"refused {found['n_refused']:.0f}, "
            f"{found['client_cpu_ms_per_request']:.1f} ms CPU per request"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
