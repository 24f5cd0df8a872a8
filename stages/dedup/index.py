"""From entries to candidate pairs, one slice of the keys at a time: never all pairs.

Entries with one key lie side by side after sorting. Every asking entry meets the indexed entries
of its key; of those, only the ones whose check bits are near enough become candidates.

A key that very many clips share (one title card in a million videos) would be quadratic. Entries
are sorted by check bits within a key, so an asking entry of a heavy key meets the `max_bucket`
indexed entries nearest to it in that order: its own copies are among them. Heavy keys are counted
and reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stages.dedup.keys import CHECK_BITS, SIDE_BIT, Values, key_of

Ids = NDArray[np.int64]

MAX_CHECK_BITS = 10
"""Check bits of 32 that may differ. Of unrelated clips about 16 do."""

_BLOCK = 4_000_000


@dataclass
class IndexReport:
    """What the search had to do."""

    entries: int = 0
    met: int = 0
    """Meetings of an asking and an indexed entry, repetitions included."""
    candidates: int = 0
    """Distinct pairs that are left after the check bits."""
    capped_keys: int = 0
    largest_key: int = 0
    """Most indexed entries of one key."""

    def add(self, other: IndexReport) -> None:
        self.entries += other.entries
        self.met += other.met
        self.candidates += other.candidates
        self.capped_keys += other.capped_keys
        self.largest_key = max(self.largest_key, other.largest_key)


def candidate_pairs(values: Values, owners: Ids, max_bucket: int) -> tuple[Ids, IndexReport]:
    """(pairs (m, 2), first < second, sorted and distinct; report). `owners`: clip of each entry;
    entries of one key must all be here."""
    report = IndexReport(entries=len(values))
    if not len(values):
        return np.empty((0, 2), np.int64), report
    order = np.lexsort((owners, values))
    values, owners = values[order], owners[order]
    keys = key_of(values)
    asks = (values & SIDE_BIT) == SIDE_BIT
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    bucket = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(keys))))
    rank = np.concatenate([[0], np.cumsum(~asks)])
    low_rank = rank[first]
    high_rank = rank[np.append(first[1:], len(keys))]
    sizes = high_rank - low_rank
    report.capped_keys = int((sizes > max_bucket).sum())
    report.largest_key = int(sizes.max())
    indexed = np.flatnonzero(~asks)
    asking = np.flatnonzero(asks & (sizes[bucket] > 0))
    low, high = low_rank[bucket[asking]], high_rank[bucket[asking]]
    start = np.clip(rank[asking] - max_bucket // 2, low, np.maximum(high - max_bucket, low))
    counts = np.minimum(high - start, max_bucket)
    found = [
        _meet(values, owners, indexed, asking[part], start[part], counts[part], report)
        for part in _parts(counts)
    ]
    pairs = np.unique(np.concatenate(found), axis=0) if found else np.empty((0, 2), np.int64)
    report.candidates = len(pairs)
    return pairs, report


def _meet(
    values: Values,
    owners: Ids,
    indexed: Ids,
    asking: Ids,
    start: Ids,
    counts: Ids,
    report: IndexReport,
) -> Ids:
    """Pairs of the asking entries with `counts` indexed ones from `start` on."""
    report.met += int(counts.sum())
    right = np.repeat(asking, counts)
    step = np.arange(len(right)) - np.repeat(np.cumsum(counts) - counts, counts)
    left = indexed[np.repeat(start, counts) + step]
    differing = np.bitwise_count(((values[left] ^ values[right]) >> np.uint64(1)) & _CHECK_MASK)
    good = (differing <= MAX_CHECK_BITS) & (owners[left] != owners[right])
    a, b = owners[left[good]], owners[right[good]]
    pairs = np.stack([np.minimum(a, b), np.maximum(a, b)], axis=1)
    return np.unique(pairs, axis=0)


def _parts(counts: Ids) -> list[slice]:
    """Runs of asking entries with about `_BLOCK` meetings each."""
    ends = np.cumsum(counts)
    if not len(ends):
        return []
    marks = np.searchsorted(ends, np.arange(_BLOCK, int(ends[-1]) + _BLOCK, _BLOCK)) + 1
    edges = np.unique(np.clip(np.concatenate([[0], marks, [len(counts)]]), 0, len(counts)))
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]


_CHECK_MASK = np.uint64((1 << CHECK_BITS) - 1)
