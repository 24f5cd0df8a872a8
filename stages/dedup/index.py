"""From entries to candidate pairs, one slice of the keys at a time: never all pairs.

Entries with one key lie side by side after sorting. Every asking entry meets the indexed entries
of its key; of those, only the ones whose check bits are near enough become candidates. A pair's
`votes` are its meetings that pass; those of changes count `CHANGE_VOTE`, so that it shows whether
there was one.

A key that very many clips share (one title card in a million videos) would be quadratic. Entries
of a heavy key are sorted by check bits, so an asking entry meets the `max_bucket` indexed entries
nearest to it in that order: its own copies are among them. Heavy keys are counted and reported.

Most keys lie on one side alone. They are thrown away before anything is sorted, by a table of one
byte for each of some millions of hashed keys. Sorting is one sort of 64-bit numbers that hold the
key (34 bits) and the entry's place (30 bits): much faster than sorting by several columns.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stages.dedup.keys import (
    CHECK_BITS,
    FORM_BITS,
    SIDE_BIT,
    TAG_BITS,
    Values,
    is_change,
    key_of,
)

Ids = NDArray[np.int64]

MAX_CHECK_BITS = 5
"""Check bits of 24 that may differ where changes meet. Of unrelated clips about 12 do."""
MAX_LOOK_BITS = 3
"""Check bits of 24 that may differ where looks meet."""

CHANGE_VOTE = 1 << 16
"""Vote of a meeting of changes; of looks 1."""

LEAST_VOTES = 3
"""Votes that a pair needs: one meeting of changes, or three of looks, which a third of a picture
without its fine structure tells apart less surely."""

_LOOK = 1 << (2 * TAG_BITS + 6)
"""Bit of the number of a meeting of looks: those of changes sort before them."""

_MIX = np.uint64(0xC2B2AE3D27D4EB4F)
"""Another one than that by which entries are divided into slices (see `search`)."""
_TABLE_BITS = 23
_BLOCK = 4_000_000
_PLACE_BITS = 30


@dataclass
class IndexReport:
    """What the search had to do."""

    entries: int = 0
    met: int = 0
    """Meetings of an asking and an indexed entry, repetitions included."""
    candidates: int = 0
    """Pairs that are left after the check bits, distinct within each slice."""
    capped_keys: int = 0
    largest_key: int = 0
    """Most indexed entries of one key."""

    def add(self, other: IndexReport) -> None:
        self.entries += other.entries
        self.met += other.met
        self.candidates += other.candidates
        self.capped_keys += other.capped_keys
        self.largest_key = max(self.largest_key, other.largest_key)


def candidate_pairs(values: Values, tags: Ids, max_bucket: int) -> tuple[Ids, IndexReport]:
    """(rows (m, 4): first < second, votes, best meeting (see `Meeting`); sorted and
    distinct; report). `tags`: as of `keys.Entries`; entries of one key must all be here."""
    report = IndexReport(entries=len(values))
    shared = _on_both_sides(values)
    values, tags, first = _grouped(values[shared], tags[shared], max_bucket)
    if not len(values):
        return np.empty((0, 4), np.int64), report
    asks = (values & SIDE_BIT) == SIDE_BIT
    bucket = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(values))))
    rank = np.concatenate([[0], np.cumsum(~asks)])
    low_rank = rank[first]
    high_rank = rank[np.append(first[1:], len(values))]
    sizes = high_rank - low_rank
    report.capped_keys = int((sizes > max_bucket).sum())
    report.largest_key = int(sizes.max(initial=0))
    indexed, asking = np.flatnonzero(~asks), np.flatnonzero(asks)
    low, high = low_rank[bucket[asking]], high_rank[bucket[asking]]
    start = np.clip(rank[asking] - max_bucket // 2, low, np.maximum(high - max_bucket, low))
    counts = np.minimum(high - start, max_bucket)
    found = [
        _meet(values, tags, indexed, asking[part], start[part], counts[part], report)
        for part in _parts(counts)
    ]
    pairs = voted(np.concatenate(found)) if found else np.empty((0, 4), np.int64)
    report.candidates = len(pairs)
    return pairs, report


def voted(rows: Ids) -> Ids:
    """Rows (first, second, votes, meeting) with the votes of each pair added up and its best
    meeting, sorted."""
    rows = rows[_pair_order(rows)]
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:, :2] != rows[:-1, :2]).any(axis=1)
    starts = np.flatnonzero(new)
    if not len(starts):
        return rows
    votes = np.add.reduceat(rows[:, 2], starts)
    best = np.minimum.reduceat(rows[:, 3], starts)
    return np.column_stack([rows[starts, :2], votes, best])


def _pair_order(rows: Ids) -> Ids:
    """The order of rows by pair; rows of one pair in any order. One sort of single numbers, where
    those can hold both, takes a fraction of the time of a sort by two columns."""
    if not len(rows):
        return np.empty(0, np.int64)
    low, high = rows[:, :2].min(axis=0), rows[:, :2].max(axis=0)
    first, second = (int(span) for span in high - low + 1)
    if first * second >= 1 << 64:
        return np.lexsort((rows[:, 1], rows[:, 0]))
    packed = (rows[:, 0] - low[0]).astype(np.uint64) * np.uint64(second)
    packed += (rows[:, 1] - low[1]).astype(np.uint64)
    return np.argsort(packed)


def best_of_each(rows: Ids, most: int) -> Ids:
    """Of the rows with enough votes of each first clip, the `most` with the most votes, and of
    those that share looks alone a sixteenth as many; ties by the second clip."""
    rows = rows[rows[:, 2] >= LEAST_VOTES]
    order = np.lexsort((rows[:, 1], -rows[:, 2], rows[:, 0]))
    rows = rows[order]
    starts = np.searchsorted(rows[:, 0], rows[:, 0])
    by_change = rows[:, 2] >= CHANGE_VOTE
    looks_before = np.concatenate([[0], np.cumsum(~by_change)])
    nth_look = looks_before[:-1] - looks_before[starts]
    nth = np.arange(len(rows)) - starts
    return np.asarray(rows[(nth < most) & (by_change | (nth_look < max(1, most // 16)))])


def _on_both_sides(values: Values) -> NDArray[np.bool_]:
    """Entries whose key, as far as a table tells, both sides have: all that do, and a few more."""
    bits = max(10, min(_TABLE_BITS, len(values).bit_length() + 2))
    place = ((key_of(values) * _MIX) >> np.uint64(64 - bits)).astype(np.uint32)
    asks = (values & SIDE_BIT).astype(bool)
    asking, indexed = np.flatnonzero(asks), np.flatnonzero(~asks)
    table = np.zeros(1 << bits, bool)
    place_indexed = place[indexed]
    table[place_indexed] = True
    asking = asking[table[place[asking]]]
    table[:] = False
    table[place[asking]] = True
    both = np.zeros(len(values), bool)
    both[asking] = True
    both[indexed[table[place_indexed]]] = True
    return both


def _grouped(values: Values, tags: Ids, max_bucket: int) -> tuple[Values, Ids, Ids]:
    """Entries of keys that both sides have, key by key, and where each key begins. Entries of a
    key with more than `max_bucket` are sorted by check bits."""
    if len(values) >> _PLACE_BITS:
        raise ValueError(f"{len(values)} entries are too many for one slice: raise index_slices")
    places = np.arange(len(values), dtype=np.uint64)
    packed = np.sort((key_of(values) << np.uint64(_PLACE_BITS)) | places)
    order = (packed & np.uint64((1 << _PLACE_BITS) - 1)).astype(np.int64)
    hashes = packed >> np.uint64(_PLACE_BITS)
    first = np.flatnonzero(np.concatenate([[len(hashes) > 0], hashes[1:] != hashes[:-1]]))
    sizes = np.diff(np.append(first, len(hashes)))
    asks = np.concatenate([[0], np.cumsum((values[order] & SIDE_BIT).astype(np.int64))])
    n_asks = asks[first + sizes] - asks[first]
    shared = (n_asks > 0) & (n_asks < sizes)
    both = np.repeat(shared, sizes)
    values, tags, sizes = values[order[both]], tags[order[both]], sizes[shared]
    heavy = np.flatnonzero(np.repeat(sizes > max_bucket, sizes))
    if len(heavy):
        within = np.lexsort((tags[heavy], values[heavy]))
        values[heavy], tags[heavy] = values[heavy][within], tags[heavy][within]
    return values, tags, np.cumsum(sizes) - sizes


def _meet(
    values: Values,
    tags: Ids,
    indexed: Ids,
    asking: Ids,
    start: Ids,
    counts: Ids,
    report: IndexReport,
) -> Ids:
    """Rows of the pairs of the asking entries with `counts` indexed ones from `start` on."""
    report.met += int(counts.sum())
    right = np.repeat(asking, counts)
    step = np.arange(len(right)) - np.repeat(np.cumsum(counts) - counts, counts)
    left = indexed[np.repeat(start, counts) + step]
    differing = np.bitwise_count(((values[left] ^ values[right]) >> np.uint64(1)) & _MASK)
    most = np.where(is_change(values[left]), MAX_CHECK_BITS, MAX_LOOK_BITS)
    good = (differing <= most) & (tags[left] >> TAG_BITS != tags[right] >> TAG_BITS)
    left, right, differing = left[good], right[good], differing[good]
    a, b = tags[left] >> TAG_BITS, tags[right] >> TAG_BITS
    changes = is_change(values[left])
    meeting = _meetings(tags[left], tags[right], differing) + np.where(changes, 0, _LOOK)
    votes = np.where(changes, CHANGE_VOTE, 1)
    return voted(np.column_stack([np.minimum(a, b), np.maximum(a, b), votes, meeting]))


def _meetings(indexed: Ids, asking: Ids, differing: NDArray[np.uint8]) -> Ids:
    """Numbers of meetings, which sort by how well the check bits agree."""
    form = np.int64((1 << TAG_BITS) - 1)
    number = (differing.astype(np.int64) << (2 * TAG_BITS + 1)) | ((asking & form) << TAG_BITS)
    is_first = (indexed >> TAG_BITS) < (asking >> TAG_BITS)
    return np.asarray(number | (indexed & form) | (is_first.astype(np.int64) << (2 * TAG_BITS)))


class PairMeeting(NamedTuple):
    """A meeting of one pair: see `Meeting`. The forms are those of the two clips."""

    first: int
    second: int
    form_first: int
    form_second: int
    is_mirrored: bool
    is_look: bool

    @property
    def turned(self) -> PairMeeting:
        """The same for the pair in the other order."""
        return PairMeeting(
            self.second,
            self.first,
            self.form_second,
            self.form_first,
            self.is_mirrored,
            self.is_look,
        )


@dataclass(frozen=True)
class Meeting:
    """Many meetings, as arrays: where in the first and in the second clip of the pair the pictures
    begin that met, the form of the indexed one (see `keys.TAG_BITS`), which of the two it is,
    whether the clips lie on each other mirrored, how many check bits differ, and whether looks
    met and not changes."""

    first: Ids
    second: Ids
    form: Ids
    first_is_indexed: NDArray[np.bool_]
    is_mirrored: NDArray[np.bool_]
    differing: Ids
    is_look: NDArray[np.bool_]

    @classmethod
    def of(cls, numbers: Ids) -> Meeting:
        """Of numbers in candidate pairs."""
        mask = np.int64((1 << TAG_BITS) - 1)
        indexed, asking = numbers & mask, (numbers >> TAG_BITS) & mask
        is_first = ((numbers >> (2 * TAG_BITS)) & 1) == 1
        windows = indexed >> FORM_BITS, asking >> FORM_BITS
        return cls(
            np.where(is_first, *windows),
            np.where(is_first, *windows[::-1]),
            np.maximum((indexed >> 1) & 3, (asking >> 1) & 3),
            is_first,
            ((indexed ^ asking) & 1) == 1,
            (numbers >> (2 * TAG_BITS + 1)) & 31,
            numbers >= _LOOK,
        )

    @property
    def each(self) -> list[PairMeeting]:
        """One by one."""
        form = np.zeros_like(self.form)
        of_first = np.where(self.first_is_indexed, self.form, form)
        of_second = np.where(self.first_is_indexed, form, self.form)
        columns = (self.first, self.second, of_first, of_second, self.is_mirrored, self.is_look)
        return [PairMeeting(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]

    def some(self, rows: Ids) -> Meeting:
        return Meeting(*(getattr(self, field.name)[rows] for field in fields(self)))


def _parts(counts: Ids) -> list[slice]:
    """Runs of asking entries with about `_BLOCK` meetings each."""
    ends = np.cumsum(counts)
    if not len(ends) or not ends[-1]:
        return []
    marks = np.searchsorted(ends, np.arange(_BLOCK, int(ends[-1]) + _BLOCK, _BLOCK)) + 1
    edges = np.unique(np.clip(np.concatenate([[0], marks, [len(counts)]]), 0, len(counts)))
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]


_MASK = np.uint64((1 << CHECK_BITS) - 1)
"""The check bits of an entry that was shifted by its side bit."""
