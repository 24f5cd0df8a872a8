#!/usr/bin/env python3
"""Check the constants of docs/scaling.md on small numbers of invented clips, and multiply them out.

    python scripts/simulate_dedup.py --clips 10000,20000,40000 --json

What grows with the square of the clips is what chance does: unrelated clips that meet under a key,
that pass the check bits, and that a look at many at once lets through. Their rates per pair of
clips have to be the same at every size for the multiplication to hold; `rows` shows them. With
`--drop-bits` so many bits are taken from every key, which makes up to as many meetings by chance as
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
from scripts.bench_films import Plan, place_of
from stages.dedup.config import DedupConfig
from stages.dedup.index import CHANGE_VOTE, LEAST_VOTES, IndexReport, candidate_pairs, voted
from stages.dedup.keys import CHECK_BITS, TAG_BITS, Values, entries, key_of
from stages.dedup.records import NEW, PLACES, Shots, record
from stages.dedup.search import BlockShot, Verification, index_block, join_slices, verify_block
from stages.dedup.stage import joins_of
from stages.dedup.store import write_slices
from stages.split.signature import read_films

Ids = NDArray[np.int64]

_BLOCK = 4000
_SLICES = 8
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Row:
    """What was counted at one size; rates by pair of unrelated clips: those that became candidates
    by a meeting of changes and by looks alone, and those that were to be compared."""

    clips: int
    stands_for: float
    signature_bytes: float
    entries: float
    met_per_pair: float
    by_changes_per_pair: float
    by_looks_per_pair: float
    passed_per_pair: float
    chance_pairs: int
    passed: int


def simulate(clips: int, drop_bits: int) -> Row:
    """Count at one size. `stands_for`: clips of the corpus in which each clip meets as many."""
    plan, config = Plan(clips, 50), DedupConfig()
    n_pairs = clips * (clips - 1) / 2
    with tempfile.TemporaryDirectory() as root:
        worker = local_worker(Path(root))
        size, values, tags = _written(worker, plan)
        n_entries = len(values)
        mask = ((1 << drop_bits) - 1) << (CHECK_BITS + 1)
        values &= ~np.uint64(mask)
        values, tags = _distinct(values, tags)
        slice_of = (key_of(values) * _MIX) >> np.uint64(61)
        report, pairs = IndexReport(), []
        for number in range(_SLICES):
            some = slice_of == number
            rows, part = candidate_pairs(values[some], tags[some], config.max_bucket)
            report.add(part)
            pairs.append(rows)
        rows = voted(np.concatenate(pairs))
        rows = rows[rows[:, 2] >= LEAST_VOTES]
        chance = rows[~_related(plan, rows)]
        passed = _passed(worker, chance)
        worker.close()
    by_changes = int((chance[:, 2] >= CHANGE_VOTE).sum())
    return Row(
        clips,
        float(clips * 2**drop_bits),
        round(size / clips, 1),
        round(n_entries / clips, 1),
        report.met / n_pairs,
        by_changes / n_pairs,
        (len(chance) - by_changes) / n_pairs,
        passed / n_pairs,
        len(chance),
        passed,
    )


def _written(worker: RunWorker, plan: Plan) -> tuple[int, Values, Ids]:
    """Write the records of the clips: (bytes of their signatures, their entries)."""
    size, values, tags = 0, [], []
    for number, first in enumerate(range(0, plan.clips, _BLOCK)):
        made = plan.stored(range(first, min(first + _BLOCK, plan.clips)))
        size += sum(len(data) for data, _ in made)
        records = [
            record(f"s{clip}", 0.0, duration_s, NEW, data)
            for clip, (data, duration_s) in enumerate(made, first)
        ]
        write_slices(worker, f"records-{number}", records)
        for films, broken in read_films([data for data, _ in made]):
            if broken:
                raise next(iter(broken.values()))
            found = entries(films)
            values.append(found.values)
            tags.append(found.tags + np.int64((number * PLACES) << TAG_BITS))
    return size, np.concatenate(values), np.concatenate(tags)


def _distinct(values: Values, tags: Ids) -> tuple[Values, Ids]:
    """Entries without repetitions: bits that were turned over may be among those taken away."""
    order = np.lexsort((tags, values))
    values, tags = values[order], tags[order]
    new = np.ones(len(values), bool)
    new[1:] = (values[1:] != values[:-1]) | (tags[1:] != tags[:-1])
    return values[new], tags[new]


def _related(plan: Plan, rows: Ids) -> NDArray[np.bool_]:
    """Whether the clips of each row show the same footage, or one place (cards share one)."""
    places = {}
    for shot in np.unique(rows[:, :2]).tolist():
        clip = shot // PLACES * _BLOCK + shot % PLACES
        original = plan.original(clip)
        places[shot] = place_of(clip if original is None else original)
    return np.array([places[a] == places[b] for a, b in rows[:, :2].tolist()], bool)


def _passed(worker: RunWorker, rows: Ids) -> int:
    """How many candidate rows have to be compared after a look at many at once."""
    config, count = DedupConfig(), 0
    limits = config.thresholds
    shots = Shots(worker, limits, config.within_source)
    for start in range(0, len(rows), _BLOCK):
        some = rows[start : start + _BLOCK]
        shots.load(some[:, :2].ravel().tolist())
        count += len(shots.promising(some))
    return count


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
        limits = config.thresholds
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
