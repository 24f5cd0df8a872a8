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
Indexed and asking entries are sorted each by themselves, and those of one key found by search.
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
Tags = NDArray[np.int64] | NDArray[np.uint32]

MAX_CHECK_BITS = 5
"""Check bits of 24 that may differ where changes meet. Of unrelated clips about 12 do."""
MAX_LOOK_BITS = 3
"""Check bits of 24 that may differ where looks meet."""
_MOST_OF_CHANGES, _MOST_OF_LOOKS = np.uint8(MAX_CHECK_BITS), np.uint8(MAX_LOOK_BITS)

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


def candidate_pairs(values: Values, tags: Tags, max_bucket: int) -> tuple[Ids, IndexReport]:
    """(rows (m, 4): first < second, votes, best meeting (see `Meeting`); sorted and
    distinct; report). `tags`: as of `keys.Entries`; entries of one key must all be here."""
    indexed, asking = (Side(values[some], tags[some]) for some in on_both_sides(values))
    pairs, report = pairs_between(indexed, asking, max_bucket)
    report.entries = len(values)
    return pairs, report


class Side(NamedTuple):
    """Entries that are all indexed, or all asking."""

    values: Values
    tags: Tags


def pairs_between(indexed: Side, asking: Side, max_bucket: int) -> tuple[Ids, IndexReport]:
    """As `candidate_pairs`; how many entries there were is for the caller to say."""
    report = IndexReport()
    indexed, asking = _by_key(indexed), _by_key(asking)
    keys, wanted = key_of(indexed.values), key_of(asking.values)
    low = np.searchsorted(keys, wanted)
    found = np.flatnonzero(keys.take(low, mode="clip") == wanted) if len(keys) else low[:0]
    asking, low = Side(asking.values[found], asking.tags[found]), low[found]
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    held = np.diff(first, append=len(keys))
    sizes = np.repeat(held, held)[low]
    start = low.copy()
    capped = np.flatnonzero(sizes > max_bucket)
    if len(capped):
        report.capped_keys = len(np.unique(low[capped]))
        heavy = np.flatnonzero(np.repeat(held > max_bucket, held))
        indexed = _sorted_by_check(indexed, heavy)
        begin = low[capped]
        near = begin - np.searchsorted(heavy, begin)
        near += np.searchsorted(indexed.values[heavy], asking.values[capped])
        last = begin + sizes[capped] - max_bucket
        start[capped] = np.clip(near - max_bucket // 2, begin, last)
    report.largest_key = int(sizes.max(initial=0))
    counts = np.minimum(sizes, max_bucket)
    report.met = int(counts.sum())
    met = [_meet(indexed, asking, part, start, counts) for part in _parts(counts)]
    pairs = voted(np.concatenate(met)) if met else np.empty((0, 4), np.int64)
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


def on_both_sides(values: Values) -> tuple[Ids, Ids]:
    """Where the indexed and where the asking entries lie whose key, as far as a table tells, both
    sides have: all that do, and a few more."""
    bits = max(10, min(_TABLE_BITS, len(values).bit_length() + 2))
    mixed = key_of(values)
    mixed *= _MIX
    mixed >>= np.uint64(64 - bits)
    places = mixed.astype(np.uint32)
    asks = (values & SIDE_BIT).astype(bool)
    asking, indexed = np.flatnonzero(asks), np.flatnonzero(~asks)
    of_asking, of_indexed = places.take(asking), places.take(indexed)
    table = np.zeros(1 << bits, bool)
    table[of_indexed] = True
    met = table.take(of_asking)
    table[:] = False
    table[of_asking[met]] = True
    return indexed[table.take(of_indexed)], asking[met]


def _by_key(side: Side) -> Side:
    """Entries in the order of their keys."""
    if len(side.values) >> _PLACE_BITS:
        raise ValueError(
            f"{len(side.values)} entries are too many for one slice: raise index_slices"
        )
    packed = key_of(side.values)
    packed <<= np.uint64(_PLACE_BITS)
    packed |= np.arange(len(packed), dtype=np.uint64)
    packed.sort()
    packed &= np.uint64((1 << _PLACE_BITS) - 1)
    order = packed.astype(np.int64)
    return Side(side.values.take(order), side.tags.take(order))


def _sorted_by_check(side: Side, heavy: Ids) -> Side:
    """Entries by key, some keys' also by check bits. `heavy`: where those of these keys lie."""
    values, tags = side.values.copy(), side.tags.copy()
    within = heavy[np.lexsort((tags[heavy], values[heavy]))]
    values[heavy], tags[heavy] = values[within], tags[within]
    return Side(values, tags)


def _meet(indexed: Side, asking: Side, part: slice, start: Ids, counts: Ids) -> Ids:
    """Rows of the pairs of some asking entries with `counts` indexed ones from `start` on."""
    counts = counts[part]
    right = np.repeat(np.arange(part.start, part.stop), counts)
    left = np.arange(len(right)) + np.repeat(start[part] - (np.cumsum(counts) - counts), counts)
    values = indexed.values.take(left)
    apart = values ^ asking.values.take(right)
    apart >>= np.uint64(1)
    apart &= _MASK
    differing = np.bitwise_count(apart)
    changes = is_change(values)
    good = np.flatnonzero(differing <= np.where(changes, _MOST_OF_CHANGES, _MOST_OF_LOOKS))
    left_tags = indexed.tags.take(left[good]).astype(np.int64)
    right_tags = asking.tags.take(right[good]).astype(np.int64)
    a, b = left_tags >> TAG_BITS, right_tags >> TAG_BITS
    changes = changes[good]
    meeting = _meetings(left_tags, right_tags, differing[good]) + np.where(changes, 0, _LOOK)
    votes = np.where(changes, CHANGE_VOTE, 1)
    rows = np.column_stack([np.minimum(a, b), np.maximum(a, b), votes, meeting])
    return voted(rows[a != b])


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
