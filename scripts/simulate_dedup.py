#!/usr/bin/env python3
"""Check the constants of docs/scaling.md on small numbers of invented clips, and multiply them out.

    python scripts/simulate_dedup.py --clips 10000,20000,40000 --json

What grows with the square of the clips is what chance does: unrelated clips that meet under a key,
that pass the check bits, and that a look around the meeting lets through. Their rates per pair of
clips have to be the same at every size for the multiplication to hold; `rows` shows them. With
`--drop-bits` so many bits are taken from every key, which makes as many meetings by chance as
2 ** drop-bits times the clips would: a corpus of that size, for each of these clips.

`reads` are range reads of index files, counted in a run of the real steps, beside the most that
the formulas of docs/scaling.md give.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.testing import local_worker
from pipeline.worker import RunWorker
from schemas.table import Row as TableRow
from scripts.bench_films import Plan
from stages.dedup.config import DedupConfig
from stages.dedup.confirm import CLEAR_VOTES, LEAST_AGREEMENT, agreements
from stages.dedup.evidence import Thresholds
from stages.dedup.index import CHANGE_VOTE, NO_MEETING, IndexReport, Meeting, candidate_pairs, voted
from stages.dedup.keys import CHECK_BITS, TAG_BITS, entries, key_of
from stages.dedup.search import BlockShot, Verification, index_block, join_slices, verify_block
from stages.dedup.stage import joins_of
from stages.split.signature import Signature, unpack_many

Ids = NDArray[np.int64]

_BLOCK = 4000
_SLICES = 8
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Row:
    """What was counted at one size; rates by pair of unrelated clips."""

    clips: int
    stands_for: float
    signature_bytes: float
    entries: float
    met_per_pair: float
    chance_per_pair: float
    passed_per_pair: float
    chance_pairs: int


def simulate(clips: int, drop_bits: int) -> Row:
    """Count at one size. `stands_for`: clips of the corpus in which each clip meets as many."""
    plan = Plan(clips, 50)
    stored = [
        data
        for first in range(0, clips, _BLOCK)
        for data, _ in plan.stored(range(first, min(first + _BLOCK, clips)))
    ]
    found = [entries(_read(stored[first : first + _BLOCK])) for first in range(0, clips, _BLOCK)]
    values = np.concatenate([some.values for some in found])
    tags = np.concatenate([some.tags + ((n * _BLOCK) << TAG_BITS) for n, some in enumerate(found)])
    mask = ((1 << drop_bits) - 1) << (CHECK_BITS + 1)
    values &= ~np.uint64(mask)
    slice_of = (key_of(values) * _MIX) >> np.uint64(61)
    report, pairs = IndexReport(), []
    for number in range(_SLICES):
        some = slice_of == number
        rows, part = candidate_pairs(values[some], tags[some], DedupConfig().max_bucket)
        report.add(part)
        pairs.append(rows)
    by_change = voted(np.concatenate(pairs))
    by_change = by_change[by_change[:, 2] >= CHANGE_VOTE]
    chance = by_change[~_related(plan, by_change)]
    n_pairs = clips * (clips - 1) / 2
    return Row(
        clips,
        float(clips * 2**drop_bits),
        round(sum(map(len, stored)) / clips, 1),
        round(len(values) / clips, 1),
        report.met / n_pairs,
        len(chance) / n_pairs,
        _passed(stored, chance) / n_pairs,
        len(chance),
    )


def _related(plan: Plan, rows: Ids) -> NDArray[np.bool_]:
    """Whether the clips of each row show the same footage, or are copies of one."""
    roots = {shot: plan.original(shot) for shot in np.unique(rows[:, :2]).tolist()}
    first = [
        [shot if (o := roots[shot]) is None else o for shot in pair]
        for pair in rows[:, :2].tolist()
    ]
    return np.array([a == b for a, b in first], bool)


def _passed(stored: list[bytes], rows: Ids) -> int:
    """How many pairs a look around their meeting lets through."""
    count = 0
    for start in range(0, len(rows), _BLOCK):
        some = rows[start : start + _BLOCK]
        judged = some[(some[:, 2] < CLEAR_VOTES) & (some[:, 3] != NO_MEETING)]
        a, b = (_read([stored[shot] for shot in judged[:, side].tolist()]) for side in (0, 1))
        good = np.zeros(0, bool)
        if len(judged):
            good = agreements(a, b, Meeting.of(judged[:, 3])) >= LEAST_AGREEMENT
        count += int(np.sum(good)) + len(some) - len(judged)
    return count


def _read(stored: list[bytes]) -> list[Signature]:
    found = unpack_many(stored)
    wrong = [item for item in found if isinstance(item, ValueError)]
    if wrong:
        raise wrong[0]
    return [item for item in found if isinstance(item, Signature)]


class _Counting(RunWorker):
    """A worker that counts range reads."""

    reads = 0

    def read_packed(self, ref: dict[str, Any]) -> bytes:
        self.reads += 1
        return super().read_packed(ref)


def count_reads(blocks: int, block: int) -> dict[str, TableRow]:
    """Range reads of the steps, as counted, and the most that the formulas say."""
    config, plan = DedupConfig(), Plan(blocks * block, 50)
    with tempfile.TemporaryDirectory() as root:
        worker = _Counting(local_worker(Path(root)).storage)
        n_entries = 0
        for number in range(blocks):
            made = plan.stored(range(number * block, (number + 1) * block))
            shots = [
                BlockShot(f"c{i}", f"s{i}", 0.0, duration_s, data, ())
                for i, (data, duration_s) in enumerate(made, number * block)
            ]
            n_entries += index_block(worker, number, config.index_slices, shots, True).n_entries
        joins = joins_of(blocks, n_entries, config, 1)
        for join in joins:
            join_slices(worker, join)
        joined, worker.reads = worker.reads, 0
        limits = Thresholds(
            config.min_course, config.short_course, config.min_trend, config.max_shift
        )
        starts = tuple(join.first for join in joins)
        candidates = 0
        for number in range(blocks):
            task = Verification(number, starts, 1, limits, True, config.max_candidates)
            candidates += verify_block(worker, task).candidates
        verified = worker.reads
        worker.close()
    return {
        "joins": {"counted": joined, "at_most": 4 * len(joins) * blocks},
        "comparisons": {
            "counted": verified,
            "at_most": 2 * len(joins) * blocks + blocks * blocks + 2 * candidates,
        },
    }


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", default="10000,20000,40000", help="numbers of clips")
    parser.add_argument("--drop-bits", default="0", help="numbers of bits taken from keys")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(given)
    rows = []
    for drop_bits in (int(text) for text in options.drop_bits.split(",")):
        for clips in (int(text) for text in options.clips.split(",")):
            rows.append(simulate(clips, drop_bits))
            print(rows[-1], file=sys.stderr)
    reads = count_reads(8, 250)
    print(reads, file=sys.stderr)
    if options.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "reads": reads}))


if __name__ == "__main__":
    main()
