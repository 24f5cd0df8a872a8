#!/usr/bin/env python3
"""Run the whole dedup stage on invented clips, in one process and on Ray, and compare the rows.

    python scripts/bench_dedup_stage.py --clips 5000 --engines local,ray --json

The clips are those of `bench_films`, in units of 40 as ingest would make them, with the tables that
the stage reads. `seconds` is the wall time of the stage: reading tables, search, decisions, rows.
Starting Ray is in `start_s`. `digest` is that of all rows of `dedup`; `same` says whether all
engines gave the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass

from pipeline.config import EngineConfig
from pipeline.corpus import RunCorpus, write_units
from pipeline.executors.base import Executor
from pipeline.executors.local import LocalExecutor
from pipeline.executors.ray_engine import RayExecutor
from pipeline.models.cache import ModelCache
from pipeline.storage import Storage
from pipeline.worker import RunWorker, part_path
from schemas.table import Row
from schemas.tables import TABLES
from scripts.bench_films import Plan
from stages.dedup.config import DedupConfig
from stages.dedup.stage import DedupStage, Sizes

_UNIT = 40


@dataclass(frozen=True)
class Result:
    """One run of the stage."""

    engine: str
    clips: int
    start_s: float
    seconds: float
    dropped: int
    digest: str


def make(storage: Storage, clips: int) -> None:
    """Write the tables of a run of invented clips, one clip per source."""
    plan, units = Plan(clips, 50), []
    for first in range(0, clips, _UNIT):
        numbers = range(first, min(first + _UNIT, clips))
        unit = f"u{first // _UNIT:07d}"
        units.append(unit)
        made = plan.stored(numbers)
        rows: dict[str, list[Row]] = {"sources": [], "shots": [], "sidecars": []}
        for number, (signature, duration_s) in zip(numbers, made, strict=True):
            rows["sources"].append(_source(number, duration_s))
            rows["shots"].append(_shot(number, duration_s, signature))
        for table, some in rows.items():
            storage.write_table(part_path(table, unit), TABLES[table].to_arrow(some))
    write_units(storage, units)


def run(engine: str, storage: Storage, workers: int, sizes: Sizes) -> Result:
    """Run the stage over what `make` wrote."""
    executor: Executor
    if engine == "ray":
        executor = RayExecutor(EngineConfig(workers=workers), storage, ModelCache())
    else:
        executor = LocalExecutor(storage, ModelCache())
    worker = RunWorker(storage)
    started = time.perf_counter()
    list(executor.map(_nothing, range(workers)))
    start_s = time.perf_counter() - started
    stage = DedupStage(DedupConfig(), sizes)
    corpus = RunCorpus(stage, worker, executor.map)
    started = time.perf_counter()
    stage.process(corpus)
    corpus.commit()
    seconds = time.perf_counter() - started
    executor.close()
    worker.close()
    digest, dropped, rows = hashlib.sha256(), 0, 0
    for unit in corpus.units:
        table = storage.read_table(part_path("dedup", unit)).to_pylist()
        rows += len(table)
        dropped += sum(row["outcome"] == "dropped" for row in table)
        digest.update(json.dumps(table, sort_keys=True).encode())
    return Result(
        engine, rows, round(start_s, 1), round(seconds, 1), dropped, digest.hexdigest()[:16]
    )


def _nothing(worker: RunWorker, item: int) -> int:
    return item


def _source(number: int, duration_s: float) -> Row:
    return {
        "source_id": f"s{number:08d}",
        "uri": f"/videos/{number}.mp4",
        "key": f"{number}.mp4",
        "content_sha256": f"sha-{number}",
        "width": 640,
        "height": 360,
        "size_bytes": 100_000 + number % 1000,
        "duration_s": duration_s,
        "outcome": "kept",
    }


def _shot(number: int, duration_s: float, signature: bytes) -> Row:
    n_frames = round(25 * duration_s)
    return {
        "shot_id": f"c{number:08d}",
        "source_id": f"s{number:08d}",
        "index": 0,
        "start_frame": 0,
        "end_frame": n_frames,
        "start_pts": 0,
        "end_pts": n_frames,
        "time_base": "1/25",
        "start_s": 0.0,
        "end_s": duration_s,
        "scale": 0,
        "cover_start_s": 0.0,
        "cover_end_s": duration_s,
        "n_frames": n_frames,
        "start_kind": "start",
        "end_kind": "end",
        "signature": signature,
        "sharpness": 100.0,
        "outcome": "kept",
    }


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=5000, help="number of clips")
    parser.add_argument("--engines", default="local,ray")
    parser.add_argument("--workers", type=int, default=2, help="processes of Ray (default: 2)")
    parser.add_argument("--units-per-block", type=int, default=Sizes().units_per_block)
    parser.add_argument("--shots-per-part", type=int, default=Sizes().shots_per_part)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(given)
    sizes = Sizes(options.units_per_block, options.shots_per_part)
    results = []
    for engine in options.engines.split(","):
        with tempfile.TemporaryDirectory() as root:
            storage = Storage(root)
            make(storage, options.clips)
            results.append(run(engine, storage, options.workers, sizes))
        print(results[-1], file=sys.stderr)
    if options.json:
        same = len({result.digest for result in results}) == 1
        print(json.dumps({"rows": [asdict(result) for result in results], "same": same}))


if __name__ == "__main__":
    main()
