#!/usr/bin/env python3
"""Measure the search of dedup on invented signatures with planted copies.

    python scripts/bench_dedup.py --clips 100000,1000000 --json
    python scripts/bench_dedup.py --clips 20000 --workers 2

The clips are those of `bench_films`. The real functions of the stage run: blocks, joins,
comparisons, in worker processes of one thread each.

`seconds` is the wall time of the search, `cpu_seconds` its processor time over all workers; making
the films is in neither. `peak_rss_mb` is that of the largest worker, times the workers.
`planted_recall` is the share of planted pairs that were found, `false_pairs` the number of pairs
found that show different footage.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import pickle
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.testing import local_worker
from pipeline.worker import RunWorker
from scripts.bench_films import Plan
from stages.dedup.config import DedupConfig
from stages.dedup.index import IndexReport
from stages.dedup.records import PLACES
from stages.dedup.search import (
    MATCH,
    BlockShot,
    Indexed,
    Verification,
    Verified,
    index_block,
    join_slices,
    read_matches,
    read_part,
    verify_block,
)
from stages.dedup.stage import joins_of

_BLOCK = 4000
_MAKING = 1000


@dataclass(frozen=True)
class Row:
    """The result for one number of clips."""

    clips: int
    seconds: float
    cpu_seconds: float
    peak_rss_mb: float
    planted: int
    planted_recall: float
    false_pairs: int
    entries: int
    met: int
    candidates: int
    compared: int
    capped_keys: int
    seconds_by_step: dict[str, float]
    signature_bytes: float


def _timed(root: str, work: Callable[[Any, Any], Any], item: Any) -> tuple[Any, float]:
    """(result, processor seconds) of one piece of work in a worker process."""
    worker = local_worker(Path(root))
    started = time.process_time()
    result = work(worker, item)
    spent = time.process_time() - started
    worker.close()
    return result, spent


def _made(films: str, plan: Plan, number: int) -> None:
    """Make the films of a block, unless they are there."""
    path = _films_path(films, plan, number)
    if path.exists():
        return
    first, after = number * _BLOCK, min((number + 1) * _BLOCK, plan.clips)
    made: list[tuple[bytes, float]] = []
    for some in range(first, after, _MAKING):
        made += plan.stored(range(some, min(some + _MAKING, after)))
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(pickle.dumps(made))
    part.replace(path)


def _films_path(films: str, plan: Plan, number: int) -> Path:
    return Path(films) / f"{plan.clips}-{plan.planted_every}-{number}.pickle"


def _built(root: str, films: str, plan: Plan, number: int) -> tuple[Indexed, int, float, float]:
    """Index a block: (report, bytes, wall and processor seconds)."""
    made = pickle.loads(_films_path(films, plan, number).read_bytes())
    shots = [
        BlockShot(f"c{clip}", f"s{clip}", 0.0, duration_s, data, ())
        for clip, (data, duration_s) in enumerate(made, number * _BLOCK)
    ]
    wall = time.perf_counter()
    report, spent = _timed(root, partial(_indexed, number), shots)
    size = sum(len(data) for data, _ in made)
    return report, size, time.perf_counter() - wall, spent


def _indexed(number: int, worker: RunWorker, shots: list[BlockShot]) -> Indexed:
    return index_block(worker, number, DedupConfig().index_slices, shots, copies_by_frames=True)


def measure(clips: int, workers: int, planted_every: int, root: str, films: str) -> Row:
    """Search `clips` invented clips with files below `root`; the clips are kept in `films`."""
    plan, config = Plan(clips, planted_every), DedupConfig()
    blocks = -(-clips // _BLOCK)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read where numpy is loaded: in spawned processes
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:

        def run(work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
            return pool.map(work, items)

        list(run(partial(_made, films, plan), range(blocks)))
        made = list(run(partial(_built, root, films, plan), range(blocks)))
        wall, cpu = sum(m[2] for m in made) / workers, sum(m[3] for m in made)
        started = time.perf_counter()
        joins = joins_of(blocks, sum(m[0].n_entries for m in made), config, 1)
        report = IndexReport()
        steps = {"blocks": cpu}
        for answer, spent in run(partial(_timed, root, join_slices), joins):
            report.add(answer)
            cpu += spent
        steps["joins"] = cpu - steps["blocks"]
        limits = config.thresholds
        starts = tuple(join.first for join in joins)
        tasks = [
            Verification(n, starts, 1, limits, True, config.max_candidates) for n in range(blocks)
        ]
        total = Verified()
        for found, spent in run(partial(_timed, root, verify_block), tasks):
            total = total.plus(found)
            cpu += spent
        steps["comparisons"] = cpu - steps["blocks"] - steps["joins"]
        wall += time.perf_counter() - started
    names = [f"matches-{block}" for block in range(blocks)]
    worker = local_worker(Path(root))
    matches = read_matches(read_part(worker, names, 0, MATCH))
    worker.close()
    found_pairs = {tuple(sorted((_clip(m.long), _clip(m.short)))) for m in matches}
    roots = {clip: plan.original(clip) for clip in range(clips)}
    planted = {(o, clip) for clip, o in roots.items() if o is not None}
    first = {clip: clip if o is None else o for clip, o in roots.items()}
    peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return Row(
        clips,
        round(wall, 1),
        round(cpu, 1),
        round(workers * peak_kb / 1024, 0),
        len(planted),
        round(len(planted & found_pairs) / max(1, len(planted)), 4),
        sum(first[a] != first[b] for a, b in found_pairs),
        report.entries,
        report.met,
        total.candidates,
        total.compared,
        report.capped_keys,
        {step: round(seconds, 1) for step, seconds in steps.items()},
        round(sum(m[1] for m in made) / clips, 1),
    )


def _clip(shot: int) -> int:
    return shot // PLACES * _BLOCK + shot % PLACES


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", default="100000,1000000", help="numbers of clips")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--planted", type=int, default=50, help="one clip in so many is a copy")
    parser.add_argument("--films", type=Path, help="folder in which the clips are kept")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(given)
    rows = []
    for clips in (int(text) for text in options.clips.split(",")):
        with tempfile.TemporaryDirectory() as root:
            films = str(options.films or Path(root) / "films")
            Path(films).mkdir(parents=True, exist_ok=True)
            row = measure(clips, options.workers, options.planted, root, films)
        rows.append(asdict(row))
        print(f"{row}", file=sys.stderr)
    if options.json:
        print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main()
