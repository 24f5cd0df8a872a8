"""The search in steps that workers do in parallel, each on a part of the corpus.

1. `index_block`: the shots of a block become a file of their records (span and signature, one
   slice per shot), a file of their entries and one of their exact keys, both sliced by key.
2. `join_slices`: the entries of some slices, of all blocks, become candidate pairs: a file with
   one slice per block of the first shot. The exact keys become ties: a file sliced by part.
3. `verify_block`: the candidate pairs of one block are compared; what is the same becomes a file
   of matches, sliced by part.

Parts divide the shots for the steps that follow (see `groups`). What goes through the driver are
counts; entries, signatures, pairs and matches stay in files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import pairwise
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from stages.base import Failure, Worker
from stages.dedup.evidence import Thresholds
from stages.dedup.freed import keep_freed_memory
from stages.dedup.index import IndexReport, Side, best_of_each, on_both_sides, pairs_between, voted
from stages.dedup.keys import TAG_BITS, Tags, entries, key_of
from stages.dedup.records import NEW, PLACES, Match, Shots, record
from stages.dedup.store import SliceFile, write_slices
from stages.split.signature import read_films

Ids = NDArray[np.int64]
Numbers = NDArray[np.uint64]

COPY, EARLIER = 0, 1
"""Ties: the same content; one stood for the other in an earlier run."""

MATCH = np.dtype(
    [
        ("long", "<i8"),
        ("short", "<i8"),
        ("score", "<f8"),
        ("offset_s", "<f8"),
        ("cover", "<f8"),
        ("speed", "<f8"),
        ("mirrored", "?"),
        ("is_scene", "?"),
    ]
)
"""A match in a file."""
TIE = np.dtype([("first", "<i8"), ("second", "<i8"), ("kind", "<u1")])
"""A tie in a file."""

_ENTRY = np.dtype([("value", "<u8"), ("tag", "<u4")])
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_BATCH = 2048
_PIECES = 2048
"""Pieces of a file of entries, unless it has more slices: a join looks at some at a time."""
_AT_ONCE = 250_000
"""Entries that a block or a join looks at at a time, about: arrays of so many stay near the
processor, which makes a join twice as fast as with ten times as many."""
_EARLIER_BIT = 1 << 31
_MOST_PLACES = 1 << (32 - TAG_BITS)


@dataclass(frozen=True)
class BlockShot:
    """What the search needs of one shot. `copies`: texts that only copies share; `earlier`: one
    that only shots share which an earlier run put together, or nothing."""

    shot_id: str
    source_id: str
    start_s: float
    end_s: float
    signature: bytes | None
    copies: tuple[str, ...]
    state: int = NEW
    earlier: str = ""


@dataclass(frozen=True)
class Indexed:
    """How the shots of a block fared: `broken` by place."""

    n_entries: int
    broken: dict[int, Failure]


@dataclass(frozen=True)
class Join:
    """Slices [first, after) of so many of the keys of all blocks."""

    first: int
    after: int
    slices: int
    blocks: int
    max_bucket: int
    parts: int


@dataclass(frozen=True)
class Verification:
    """The pairs that the joins found whose first shot lies in `block`."""

    block: int
    joins: tuple[int, ...]
    parts: int
    limits: Thresholds
    within_source: bool
    max_candidates: int


@dataclass(frozen=True)
class Verified:
    """Of how many candidates how many had to be compared after a look at all of them, and how
    many are the same."""

    candidates: int = 0
    compared: int = 0
    matches: int = 0

    def plus(self, other: Verified) -> Verified:
        return Verified(
            self.candidates + other.candidates,
            self.compared + other.compared,
            self.matches + other.matches,
        )


def index_block(
    worker: Worker, number: int, slices: int, shots: Sequence[BlockShot], copies_by_frames: bool
) -> Indexed:
    """Write a block's files. `copies_by_frames`: whether equal decoded frames are copies too."""
    if len(shots) > _MOST_PLACES:
        raise ValueError(f"{len(shots)} shots are too many for one block")
    keep_freed_memory()
    records = [record(s.source_id, s.start_s, s.end_s, s.state, s.signature) for s in shots]
    write_slices(worker, f"records-{number}", records)
    signed = np.array([k for k, shot in enumerate(shots) if shot.signature is not None], np.int64)
    broken: dict[int, Failure] = {}
    digests: list[tuple[int, int]] = []
    pieces = slices * _pieces_of(slices)
    found = [(np.empty(0, np.uint16), np.empty(0, np.uint64), np.empty(0, np.uint32))]
    for films, wrong in read_films([shots[place].signature or b"" for place in signed.tolist()]):
        places = signed[films.places]
        some = entries(replace(films, places=places))
        found.append((_mixed(key_of(some.values), pieces), some.values, some.tags))
        digests += zip(films.digests.tolist(), places.tolist(), strict=True)
        for place, error in wrong.items():
            shot = int(signed[place])
            failure = worker.attempt(shots[shot].shot_id, _raise, error)
            assert isinstance(failure, Failure)
            broken[shot] = failure
    slice_of, values, tags = (np.concatenate(column) for column in zip(*found, strict=True))
    found.clear()
    write_slices(worker, f"entries-{number}", _by_slice(slice_of, values, tags, pieces))
    exact = [(_number(text), place) for place, shot in enumerate(shots) for text in shot.copies]
    if copies_by_frames:
        exact += [(digest, place) for digest, place in sorted(digests) if digest]
    exact += [
        (_number(shot.earlier), place | _EARLIER_BIT)
        for place, shot in enumerate(shots)
        if shot.earlier
    ]
    keys = np.array([key for key, _ in exact], np.uint64)
    owners = np.array([place for _, place in exact], np.uint32)
    of_exact = _by_slice(_mixed(keys, slices), keys, owners, slices)
    write_slices(worker, f"exact-{number}", of_exact)
    return Indexed(len(values), broken)


def join_slices(worker: Worker, join: Join) -> IndexReport:
    """Write the candidate pairs and the ties of some slices."""
    keep_freed_memory()
    report = IndexReport()
    found = []
    for rows, ends in _read_entries(worker, "entries", join, _pieces_of(join.slices)):
        values = rows["value"].astype(np.uint64)
        indexed, asking = (
            Side(values.take(some), _owners(rows, ends, some, TAG_BITS))
            for some in on_both_sides(values)
        )
        some, part = pairs_between(indexed, asking, join.max_bucket)
        part.entries = len(rows)
        found.append(some)
        report.add(part)
    pairs = voted(np.concatenate(found))
    edges = np.searchsorted(pairs[:, 0], np.arange(join.blocks + 1) * PLACES)
    slices = [pairs[a:b].astype("<i8").tobytes() for a, b in pairwise(edges)]
    write_slices(worker, f"pairs-{join.first}", slices)
    ties = np.concatenate(
        [_ties(rows, ends) for rows, ends in _read_entries(worker, "exact", join, 1)]
    )
    write_slices(
        worker, f"ties-{join.first}", in_parts(ties, part_of(ties["first"], join.parts), join.parts)
    )
    return report


def verify_block(worker: Worker, task: Verification) -> Verified:
    """Write the pairs of one block that show the same footage."""
    keep_freed_memory()
    given = [np.empty((0, 4), np.int64)]
    for join in task.joins:
        data = SliceFile(worker, f"pairs-{join}").read(task.block, task.block + 1)
        given.append(np.frombuffer(data, "<i8").reshape(-1, 4))
    rows = best_of_each(voted(np.concatenate(given)), task.max_candidates)
    shots = Shots(worker, task.limits, task.within_source)
    matches: list[Match] = []
    candidates = compared = 0
    for start in range(0, len(rows), _BATCH):
        some = rows[start : start + _BATCH]
        shots.load(some[:, :2].ravel().tolist())
        some = some[[shots.comparable(a, b) for a, b in some[:, :2].tolist()]]
        promising = shots.promising(some)
        candidates, compared = candidates + len(some), compared + len(promising)
        found = [shots.match(*pair) for pair in promising]
        matches += [match for match in found if match is not None and match.is_sure]
    stored = stored_matches(matches)
    slices = in_parts(stored, part_of(stored["long"], task.parts), task.parts)
    write_slices(worker, f"matches-{task.block}", slices)
    return Verified(candidates, compared, len(matches))


def stored_matches(matches: Sequence[Match]) -> NDArray[np.void]:
    names = MATCH.names or ()
    return np.array([tuple(getattr(match, name) for name in names) for match in matches], MATCH)


def read_matches(rows: NDArray[np.void]) -> list[Match]:
    """Matches of a file; all of them are sure."""
    return [
        Match(long, short, score, offset_s, cover, mirrored, speed, is_scene=is_scene)
        for long, short, score, offset_s, cover, speed, mirrored, is_scene in rows.tolist()
    ]


def part_of(shots: Ids, parts: int) -> Ids:
    """The part of each shot: numbers that resemble each other are spread evenly."""
    return _mixed(shots.astype(np.uint64), parts).astype(np.int64)


def in_parts(rows: NDArray[np.void], part: Ids, parts: int) -> list[bytes]:
    """Rows of a file by their part, in their order within each."""
    order = np.argsort(part, kind="stable")
    edges = np.searchsorted(part[order], np.arange(parts + 1))
    return [rows[order[a:b]].tobytes() for a, b in pairwise(edges)]


def read_part(
    worker: Worker, names: Sequence[str], part: int, dtype: np.dtype[np.void]
) -> NDArray[np.void]:
    """The rows of one part in some files."""
    data = b"".join(SliceFile(worker, name).read(part, part + 1) for name in names)
    return np.frombuffer(data, dtype)


def _raise(error: ValueError) -> NoReturn:
    raise error


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def _mixed(keys: Numbers, slices: int) -> NDArray[np.uint16]:
    """The slice of each key: keys that resemble each other are spread evenly."""
    mixed = keys * _MIX
    mixed >>= _HALF
    mixed *= np.uint64(slices)
    mixed >>= _HALF
    return mixed.astype(np.uint16)


def _pieces_of(slices: int) -> int:
    """Into how many pieces a slice of entries is divided."""
    return max(1, _PIECES // slices)


def _by_slice(
    slice_of: NDArray[np.uint16], values: Numbers, tags: Tags, slices: int
) -> list[memoryview]:
    """Entries by their slice, in their order within each."""
    order = _order_of(slice_of, slices)
    edges = np.concatenate([[0], np.cumsum(np.bincount(slice_of, minlength=slices))]).tolist()
    rows = np.empty(len(values), _ENTRY)
    for first in range(0, len(order), _AT_ONCE):
        some = order[first : first + _AT_ONCE].astype(np.int64)
        rows["value"][first : first + _AT_ONCE] = values.take(some)
        rows["tag"][first : first + _AT_ONCE] = tags.take(some)
    data = rows.view(np.uint8).data
    return [data[a * _ENTRY.itemsize : b * _ENTRY.itemsize] for a, b in pairwise(edges)]


def _order_of(slice_of: NDArray[np.uint16], slices: int) -> NDArray[np.uint32] | Numbers:
    """What `argsort(kind="stable")` gives. Sorting single numbers that hold slice and place takes a
    third of its time."""
    bits = len(slice_of).bit_length()
    if (slices - 1).bit_length() + bits <= 32:
        short = slice_of.astype(np.uint32) << np.uint32(bits)
        short |= np.arange(len(slice_of), dtype=np.uint32)
        short.sort()
        return short & np.uint32((1 << bits) - 1)
    packed = slice_of.astype(np.uint64) << np.uint64(bits)
    packed |= np.arange(len(slice_of), dtype=np.uint64)
    packed.sort()
    return packed & np.uint64((1 << bits) - 1)


def _read_entries(
    worker: Worker, kind: str, join: Join, pieces: int
) -> Iterator[tuple[NDArray[np.void], Ids]]:
    """(entries, where those of each block end) of the slices of all blocks, some pieces of them at
    a time."""
    wanted = range(join.first * pieces, join.after * pieces)
    found = [SliceFile(worker, f"{kind}-{block}").read_some(wanted) for block in range(join.blocks)]
    sizes = np.array([[len(data) for data in some] for some in found]) // _ENTRY.itemsize
    starts = np.cumsum(sizes.sum(axis=0)) // _AT_ONCE
    edges = [0, *(np.flatnonzero(np.diff(starts)) + 1).tolist(), len(wanted)]
    for a, b in pairwise(edges):
        rows = np.frombuffer(b"".join([data for some in found for data in some[a:b]]), _ENTRY)
        yield rows, np.cumsum(sizes[:, a:b].sum(axis=1))


def _owners(rows: NDArray[np.void], ends: Ids, some: Ids, bits: int) -> Ids:
    """The tags of some entries, by rising place, with the shot's number above so many bits. `ends`:
    of the entries of each block."""
    blocks = np.searchsorted(ends, some, "right")
    return np.asarray(rows["tag"].take(some) + ((blocks * PLACES) << bits), np.int64)


def _ties(rows: NDArray[np.void], ends: Ids) -> NDArray[np.void]:
    """Each shot of those that share a value with the first of them. `ends` as of `_owners`."""
    values, tags = rows["value"], rows["tag"]
    kinds = np.where(tags >= _EARLIER_BIT, EARLIER, COPY)
    blocks = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    owners = tags % _EARLIER_BIT + blocks * PLACES
    order = np.lexsort((owners, values))
    values, owners, kinds = values[order], owners[order], kinds[order]
    new = np.ones(len(values), bool)
    new[1:] = values[1:] != values[:-1]
    first = np.repeat(owners[new], np.diff(np.append(np.flatnonzero(new), len(values))))
    is_tie = first != owners
    ties = np.empty(int(is_tie.sum()), TIE)
    ties["first"], ties["second"], ties["kind"] = first[is_tie], owners[is_tie], kinds[is_tie]
    return ties
