#!/usr/bin/env python3
"""Measure how much of the caption stage's time its models do not take.

    polyreel run --config configs/quickstart.yaml --input demo/videos --output demo/run
    python scripts/bench_caption_overhead.py demo/run --json

The stage captions the units of a finished run again, in this process, and throws the captions away.
A profiler that counts processor time tells apart what runs inside ctranslate2 and onnxruntime
(models), inside the libraries around them (reading pictures and sound, bringing them into the form
that the models take, making words and boxes of the answers), and everything else. What the
profiler itself adds to a call is measured on empty functions and taken off.
What a worker does once, loading models and, on its first unit, modules, is given by itself.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.config import load_config
from pipeline.testing import local_worker
from pipeline.worker import RunUnit
from schemas.table import Row
from stages.caption.stage import CaptionStage

_MODELS = ("ctranslate2", "onnxruntime")
_LIBRARIES = ("cv2", "numpy", "av.", "pyclipper", "shapely", "tokenizers", "imdecode", "resize")
_FOLDERS = ("faster_whisper", "rapidocr", "cv2", "numpy", "av", "onnxruntime", "ctranslate2")


class CountingUnit(RunUnit):
    """A unit that counts its captions."""

    n_captions = 0

    def write(self, table: str, rows: Sequence[Row]) -> None:
        super().write(table, rows)
        self.n_captions += len(rows) if table == "captions" else 0


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path, help="Folder of a finished run.")
    parser.add_argument("--config", default="configs/quickstart.yaml")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table.")
    chosen = parser.parse_args(arguments)
    result = measure(chosen.run, CaptionStage(load_config(chosen.config).caption))
    print(json.dumps(result, indent=1) if chosen.json else table(result))


def measure(run: Path, stage: CaptionStage) -> dict[str, Any]:
    """Processor seconds over all units, by kind."""
    worker = local_worker(run)
    profile = cProfile.Profile(time.process_time)
    parts = sorted((run / "shots").glob("part-*.parquet"))
    units = [path.stem.removeprefix("part-") for path in parts]
    try:
        started = time.process_time()
        stage.setup(worker)
        warming = CountingUnit(units[0], stage, worker)
        stage.process(warming)
        warming.abandon()
        setup_s = time.process_time() - started
        n_candidates = 0
        for unit_id in units:
            unit = CountingUnit(unit_id, stage, worker)
            profile.runcall(stage.process, unit)
            n_candidates += unit.n_captions
            unit.abandon()
    finally:
        worker.close()
    used: Counter[str] = Counter()
    per_call_s = profiler_s()
    for (file, _, name), (_, calls, own_s, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        used[kind_of(file, name)] += max(0.0, own_s - calls * per_call_s)
    total_s = sum(used.values())
    return {
        "units": len(units),
        "candidates": n_candidates,
        "setup_cpu_s": round(setup_s, 3),
        "cpu_s": round(total_s, 3),
        "cpu_s_by_kind": {kind: round(own_s, 3) for kind, own_s in sorted(used.items())},
        "outside_models": round(1 - used["models"] / total_s, 4),
        "outside_models_and_libraries": round(used["rest"] / total_s, 4),
    }


def profiler_s(calls: int = 100_000) -> float:
    """Processor time that the profiler adds to a call of a function."""

    def empty() -> None: ...

    def loop() -> None:
        for _ in range(calls):
            empty()

    started = time.process_time()
    loop()
    plain_s = time.process_time() - started
    profile = cProfile.Profile(time.process_time)
    profile.runcall(loop)
    own_s = sum(entry[2] for entry in pstats.Stats(profile).stats.values())  # type: ignore[attr-defined]
    return max(0.0, own_s - plain_s) / calls


def kind_of(file: str, name: str) -> str:
    """models, libraries or rest, by where a function is; the file of compiled ones is ~."""
    if file != "~":
        package = file.partition("site-packages/")[2].partition("/")[0]
        return "libraries" if package in _FOLDERS else "rest"
    if any(part in name for part in _MODELS):
        return "models"
    return "libraries" if any(part in name for part in _LIBRARIES) else "rest"


def table(result: dict[str, Any]) -> str:
    kinds, total_s = result["cpu_s_by_kind"].items(), result["cpu_s"]
    return "\n".join(
        [
            f"{result['candidates']} candidates of {result['units']} units: "
            f"{total_s:.2f} s of processor time, after {result['setup_cpu_s']:.2f} s to start",
            *(f"  {kind:10}{own_s:>9.2f} s{own_s / total_s:>8.1%}" for kind, own_s in kinds),
        ]
    )


if __name__ == "__main__":
    main(sys.argv[1:])
