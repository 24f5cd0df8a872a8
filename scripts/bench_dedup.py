#!/usr/bin/env python3
"""Measure the search of dedup on invented signatures with planted copies.

    python scripts/bench_dedup.py --clips 100000,1000000 --json
    python scripts/bench_dedup.py --clips 20000 --workers 2

A clip is a film whose still picture and changes have the spread of 42 real clips, by spatial
frequency. One clip in `--planted` is an edited copy of another one: its noise, relative to its
changes, is drawn from the quantiles measured between those clips and their re-encoded,
brightened, halved, gray, thinned and overlaid variants (_NOISE), and a third of the copies each
are also mirrored, cropped to nine tenths, or five per cent faster. One clip in fifty is a still
title card that all of them share, so heavy keys are exercised; one in forty shows the place of
another clip at another time. The real functions of the stage run: blocks, joins, comparisons.

`seconds` is the wall time of the search, `cpu_seconds` its processor time over all workers; making
the films is in neither. `peak_rss_mb` is that of the largest worker, times the workers.
`planted_recall` is the share of planted pairs that were found, `false_pairs` the number of pairs
found that show different footage.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.testing import local_worker
from stages.dedup.config import DedupConfig
from stages.dedup.evidence import Thresholds
from stages.dedup.footage import cell_means
from stages.dedup.index import IndexReport
from stages.dedup.search import (
    PLACES,
    Block,
    BlockShot,
    Join,
    Match,
    Verification,
    build_block,
    join_slices,
    verify_block,
)
from stages.split.signature import N_U, N_V, Signature, pack_with, picture_count

Floats = NDArray[np.float32]

_BLOCK = 2000
_JOIN_ENTRIES = 4_000_000
_CARD_EVERY, _PLACE_EVERY = 50, 40
_CARD_NOISE = 0.03
"""Luma levels by which each frequency of a card flickers: three times what counts as still."""
_STILL = (
    34.3,
    18.0,
    10.3,
    7.0,
    4.8,
    3.9,
    3.1,
    2.5,
    2.0,
    1.8,
    1.6,
    1.4,
    1.2,
    1.1,
    0.9,
    0.8,
    0.7,
    0.6,
    0.6,
)
"""Spread between clips of the still picture, luma levels, by v + u."""
_CHANGE = (0.56, 2.84, 5.49, 6.56, 7.49, 8.83, 12.04, 14.19, 16.46, 21.36, 30.57)
"""Deciles of the root mean square change between pictures, luma levels."""
_NOISE = (
    0.009, 0.024, 0.036, 0.048, 0.055, 0.065, 0.071, 0.084, 0.093, 0.103, 0.117,
    0.123, 0.136, 0.150, 0.168, 0.193, 0.212, 0.263, 0.308, 0.390, 0.789,
)  # fmt: skip
"""Quantiles, in steps of 5 %, of the noise of a variant relative to the changes of its clip."""


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
    candidates: int
    compared: int
    capped_keys: int
    seconds_by_step: dict[str, float]
    signature_bytes: float


@dataclass(frozen=True)
class Plan:
    """Which invented clip is what."""

    clips: int
    planted_every: int

    def original(self, clip: int) -> int | None:
        """The clip of which this one is an edited copy."""
        if clip % self.planted_every or not clip:
            return None
        rng = np.random.default_rng([clip, 1])
        other = int(rng.integers(0, clip))
        return other if other % self.planted_every and other % _CARD_EVERY else None

    def footage(self, clip: int) -> tuple[Floats, float]:
        """(film, seconds) of a clip."""
        original = self.original(clip)
        if original is not None:
            return _edited(*self.footage(original), clip)
        rng = np.random.default_rng([clip, 2])
        duration_s = float(rng.uniform(2.5, 9))
        n = picture_count(duration_s)
        if clip % _CARD_EVERY == 0:
            card = _still(np.random.default_rng(5))
            return np.asarray(
                card + rng.normal(size=(n, N_V, N_U)) * _CARD_NOISE, np.float32
            ), duration_s
        still = _still(rng)
        if clip % _PLACE_EVERY == 1:
            still = _still(np.random.default_rng([clip + 1, 2, 0]))
        elif clip % _PLACE_EVERY == 2:
            still = _still(np.random.default_rng([clip, 2, 0]))
        return np.asarray(still + _course(rng, n), np.float32), duration_s


def _still(rng: np.random.Generator) -> NDArray[np.float64]:
    still = rng.normal(size=(N_V, N_U)) * np.array(_STILL)[_ORDER]
    still[0, 0] += 110
    return np.asarray(still)


def _course(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Changes over time: a slowly forgetting walk of every frequency."""
    change = float(np.interp(rng.uniform(0, 10), np.arange(11), _CHANGE))
    fall = 1.0 / (1.0 + 0.07 * _ORDER)
    steps = rng.normal(size=(n, N_V, N_U)) * fall * change / np.sqrt((fall**2).sum())
    smooth = (steps[:-1] + steps[1:]) / np.sqrt(2)
    walk = _forgetting(n) @ smooth.reshape(n - 1, -1)
    return np.asarray(walk.reshape(n, N_V, N_U), np.float64)


@lru_cache(maxsize=256)
def _forgetting(n: int) -> NDArray[np.float64]:
    """(n, n - 1): from steps to where they lead, a tenth of the way back after each."""
    ages = np.arange(n)[:, None] - 1 - np.arange(n - 1)
    return np.asarray(np.where(ages >= 0, 0.9 ** np.maximum(ages, 0), 0.0), np.float64)


def _edited(film: Floats, duration_s: float, clip: int) -> tuple[Floats, float]:
    rng = np.random.default_rng([clip, 3])
    changes = film - film.mean(axis=0)
    noise = float(np.interp(rng.uniform(0, 20), np.arange(21), _NOISE))
    spread = noise * float(np.sqrt((changes**2).sum(axis=(1, 2)).mean()))
    fall = 1.0 / (1.0 + 0.07 * _ORDER)
    grain = rng.normal(size=film.shape) * fall * spread / np.sqrt((fall**2).sum())
    film = np.asarray(film * rng.uniform(0.85, 1.15) + grain, np.float32)
    kind = rng.integers(0, 3)
    if kind == 0:
        film = np.asarray(film * np.where(np.arange(N_U) % 2 == 1, -1, 1), np.float32)
    elif kind == 1:
        film = _cropped(film)
    else:
        duration_s /= 1.05
    return film, duration_s


def _cropped(film: Floats, share: float = 0.9) -> Floats:
    """The centred crop, as far as the kept frequencies tell it."""
    edge, cells = (1 - share) / 2, 48

    def turn(count: int) -> NDArray[np.float64]:
        whole = cell_means(0.0, 1.0, cells, count)
        return np.asarray(whole.T @ cell_means(edge, 1 - edge, cells, count) / cells)

    return np.asarray(np.einsum("av,nvu,bu->nab", turn(N_V), film, turn(N_U)), np.float32)


_ORDER = np.add.outer(np.arange(N_V), np.arange(N_U))


# the run


def _timed(root: str, work: Callable[[Any, Any], Any], item: Any) -> tuple[Any, float]:
    """(result, processor seconds) of one piece of work in a worker process."""
    worker = local_worker(Path(root))
    started = time.process_time()
    result = work(worker, item)
    spent = time.process_time() - started
    worker.close()
    return result, spent


def _made(root: str, plan: Plan, number: int) -> tuple[int, int, int, float, float]:
    """Make a block's films, then build it: (block, entries, bytes, wall, processor seconds)."""
    shots = []
    for clip in range(number * _BLOCK, min((number + 1) * _BLOCK, plan.clips)):
        film, duration_s = plan.footage(clip)
        data = _stored(Signature(film, duration_s))
        shots.append(BlockShot(f"c{clip}", f"s{clip}", 0.0, duration_s, data, ()))
    wall = time.perf_counter()
    block = Block(number, DedupConfig().index_slices, shots)
    report, spent = _timed(root, build_block, block)
    size = sum(len(shot.signature or b"") for shot in shots)
    return number, report.n_entries, size, time.perf_counter() - wall, spent


def _stored(signature: Signature) -> bytes:
    """The signature at about the size that `pack` searches for, at a fifth of its time."""
    change = np.sqrt((np.diff(signature.film, axis=0) ** 2).sum(axis=(1, 2))).max()
    return pack_with(signature, int(np.clip(round(2 * np.log2(change / 10 / 0.01)), 0, 31)))


def measure(clips: int, workers: int, planted_every: int, root: str) -> Row:
    """Search `clips` invented clips with files below `root`."""
    plan, config = Plan(clips, planted_every), DedupConfig()
    blocks = -(-clips // _BLOCK)
    with ProcessPoolExecutor(workers) as pool:

        def run(work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
            return pool.map(work, items)

        made = list(run(partial(_made, root, plan), range(blocks)))
        wall, cpu = sum(m[3] for m in made) / workers, sum(m[4] for m in made)
        started = time.perf_counter()
        parts = max(1, -(-sum(m[1] for m in made) // _JOIN_ENTRIES))
        parts = min(parts, config.index_slices)
        edges = [config.index_slices * part // parts for part in range(parts + 1)]
        joins = [Join(a, b, blocks, config.max_bucket) for a, b in pairwise(edges)]
        report = IndexReport()
        steps = {"blocks": cpu}
        for answer, spent in run(partial(_timed, root, join_slices), joins):
            report.add(IndexReport(**answer["report"]))
            cpu += spent
        steps["joins"] = cpu - steps["blocks"]
        limits = Thresholds(
            config.min_course, config.short_course, config.min_trend, config.max_shift
        )
        starts = tuple(join.first for join in joins)
        floor = config.min_similarity
        tasks = [
            Verification(n, starts, (), limits, True, config.max_candidates, floor)
            for n in range(blocks)
        ]
        matches: list[Match] = []
        compared = 0
        for found, spent in run(partial(_timed, root, verify_block), tasks):
            matches += found.matches
            compared += found.compared
            cpu += spent
        steps["comparisons"] = cpu - steps["blocks"] - steps["joins"]
        wall += time.perf_counter() - started
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
        report.candidates,
        compared,
        report.capped_keys,
        {step: round(seconds, 1) for step, seconds in steps.items()},
        round(sum(m[2] for m in made) / clips, 1),
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
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(given)
    rows = []
    for clips in (int(text) for text in options.clips.split(",")):
        with tempfile.TemporaryDirectory() as root:
            row = measure(clips, options.workers, options.planted, root)
        rows.append(asdict(row))
        print(f"{row}", file=sys.stderr)
    if options.json:
        print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main()
