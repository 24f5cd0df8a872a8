#!/usr/bin/env python3
"""Measure how much of the caption stage's time its models do not take.

    polyreel run --config configs/quickstart.yaml --input demo/videos --output demo/run
    python scripts/bench_caption_overhead.py demo/run --json

The stage captions the units of a finished run again, in this process, and throws the captions away.
Clocks stand at the doors of what is not Polyreel's, and time counts to the innermost door:

- engines: what runs inside onnxruntime and ctranslate2;
- libraries: what faster-whisper and rapidocr do around their engines when one calls them: voice
  detection's windows, spectrograms, tokens, boxes. They would do it for any caller;
- rest: all else, which is Polyreel's overhead: rows read and made, pictures and sound decoded and
  scaled, words and scores of the texts.

`outside_models` is the rest's share of all. What a worker does once, loading models and modules,
is given by itself.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pipeline.config import load_config
from pipeline.testing import local_worker
from pipeline.worker import RunUnit
from schemas.table import Row
from stages.caption.keyframe import picture
from stages.caption.stage import CaptionStage

T = TypeVar("T")

KINDS = ("engines", "libraries", "rest")


class CountingUnit(RunUnit):
    """A unit that counts its captions."""

    n_captions = 0

    def write(self, table: str, rows: Sequence[Row]) -> None:
        super().write(table, rows)
        self.n_captions += len(rows) if table == "captions" else 0


class Doors:
    """Time by kind. Whoever is inside a door is charged until the next one opens or it closes."""

    def __init__(self) -> None:
        self.wall_s: dict[str, float] = defaultdict(float)
        self.cpu_s: dict[str, float] = defaultdict(float)
        self._inside = ["rest"]
        self._since = time.perf_counter(), time.process_time()

    def _charge(self) -> None:
        now = time.perf_counter(), time.process_time()
        self.wall_s[self._inside[-1]] += now[0] - self._since[0]
        self.cpu_s[self._inside[-1]] += now[1] - self._since[1]
        self._since = now

    def enter(self, kind: str) -> None:
        self._charge()
        self._inside.append(kind)

    def leave(self) -> None:
        self._charge()
        self._inside.pop()

    def through(self, kind: str, whole: Callable[..., T]) -> Callable[..., T]:
        """`whole` behind a door."""

        def watched(*args: Any, **kwargs: Any) -> T:
            self.enter(kind)
            try:
                return whole(*args, **kwargs)
            finally:
                self.leave()

        return watched

    def start(self) -> None:
        """Forget what was measured."""
        self.wall_s.clear()
        self.cpu_s.clear()
        self._since = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        self._charge()

    def watch(self, owner: Any, name: str, kind: str) -> None:
        """Put a door before a method of a class."""
        setattr(owner, name, self.through(kind, getattr(owner, name)))

    def watch_segments(self, owner: Any, name: str, kind: str) -> None:
        """The same for `transcribe`, which does most of its work while its segments are taken."""
        whole = self.through(kind, getattr(owner, name))

        def taken(segments: Iterator[Any]) -> Iterator[Any]:
            end = object()
            following = self.through(kind, lambda: next(segments, end))
            while (segment := following()) is not end:
                yield segment

        def watched(*args: Any, **kwargs: Any) -> Any:
            segments, info = whole(*args, **kwargs)
            return taken(iter(segments)), info

        setattr(owner, name, watched)


def watch_models(doors: Doors) -> None:
    """Doors before everything that the demo's teachers call."""
    import ctranslate2
    import onnxruntime
    from faster_whisper import BatchedInferencePipeline
    from rapidocr import RapidOCR
    from rapidocr.ch_ppocr_det.main import TextDetector

    doors.watch(onnxruntime.InferenceSession, "run", "engines")
    for name in ("encode", "generate", "align", "detect_language"):
        doors.watch(ctranslate2.models.Whisper, name, "engines")
    doors.watch_segments(BatchedInferencePipeline, "transcribe", "libraries")
    doors.watch(RapidOCR, "__call__", "libraries")
    watch_preparation(doors, TextDetector)


def watch_preparation(doors: Doors, detector: Any) -> None:
    """The gate of `ocr` uses the detector's preparation and session by themselves."""
    kind = "libraries"
    prepare = doors.through(kind, detector.get_preprocess)
    detector.get_preprocess = lambda *args: doors.through(kind, prepare(*args))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path, help="Folder of a finished run.")
    parser.add_argument("--config", default="configs/quickstart.yaml")
    parser.add_argument("--rounds", type=int, default=1, help="How often the units are captioned.")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table.")
    chosen = parser.parse_args(arguments)
    doors = Doors()
    watch_models(doors)
    stage = CaptionStage(load_config(chosen.config).caption)
    result = measure(chosen.run, stage, doors, chosen.rounds)
    print(json.dumps(result, indent=1) if chosen.json else table(result))


def measure(run: Path, stage: CaptionStage, doors: Doors, rounds: int = 1) -> dict[str, Any]:
    """Seconds over all units, by kind. `doors` stand already."""
    worker = local_worker(run)
    parts = sorted((run / "shots").glob("part-*.parquet"))
    units = [path.stem.removeprefix("part-") for path in parts]
    n_candidates = 0
    try:
        stage.setup(worker)
        started_s = time.perf_counter()
        for unit_id in units:  # every teacher is set up once it has something to look at
            caption(stage, CountingUnit(unit_id, stage, worker))
        warm_s = time.perf_counter() - started_s
        doors.start()
        for unit_id in units * rounds:
            n_candidates += caption(stage, CountingUnit(unit_id, stage, worker))
        doors.stop()
    finally:
        stage.teardown()
        worker.close()
    return {
        "units": len(units),
        "rounds": rounds,
        "candidates": n_candidates,
        "first_round_s": round(warm_s, 3),
        "wall_s": shown(doors.wall_s),
        "cpu_s": shown(doors.cpu_s),
        "outside_models": share(doors.wall_s, "rest"),
        "outside_models_cpu": share(doors.cpu_s, "rest"),
        "outside_engines": round(1 - share(doors.wall_s, "engines"), 4),
        "outside_engines_cpu": round(1 - share(doors.cpu_s, "engines"), 4),
    }


def caption(stage: CaptionStage, unit: CountingUnit) -> int:
    """Caption a unit that does not know its inputs, so that every teacher is asked. What an
    earlier round decoded is forgotten."""
    picture.cache_clear()
    stage.process(unit)
    unit.abandon()
    return unit.n_captions


def shown(used_s: dict[str, float]) -> dict[str, float]:
    return {kind: round(used_s[kind], 3) for kind in KINDS}


def share(used_s: dict[str, float], kind: str) -> float:
    return round(used_s[kind] / sum(used_s.values()), 4)


def table(result: dict[str, Any]) -> str:
    lines = [
        f"{result['candidates']} candidates of {result['units']} units, {result['rounds']} rounds; "
        f"the first round, with all loading, took {result['first_round_s']:.2f} s"
    ]
    for kind in KINDS:
        wall_s, cpu_s = result["wall_s"][kind], result["cpu_s"][kind]
        lines.append(
            f"  {kind:10}{wall_s:>9.2f} s{wall_s / sum(result['wall_s'].values()):>8.1%}"
            f"{cpu_s:>9.2f} s of processor time{cpu_s / sum(result['cpu_s'].values()):>8.1%}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
