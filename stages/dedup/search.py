"""The search in steps that workers do in parallel, each on a part of the corpus.

1. `build_block`: the shots of some units become one block: a file of their records (span and
   signature, one slice per shot) and a file of their entries, sliced by key.
2. `join_slices`: the entries of some slices, of all blocks, become candidate pairs: a file with
   one slice per block of the first shot.
3. `verify_block`: the candidate pairs of one block are compared; what is the same comes back.

A shot's id here is block * 2^24 + its place in the block. What goes through the driver are
reports, and pairs that are the same; entries and signatures stay in files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence, Set
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.base import Failure, Worker
from stages.dedup.compare import Finding, compare
from stages.dedup.evidence import Thresholds
from stages.dedup.footage import Footage
from stages.dedup.index import CHANGE_VOTE, best_of_each, candidate_pairs, voted
from stages.dedup.keys import entries, key_of
from stages.dedup.scene import is_whole_scene
from stages.dedup.screen import may_match
from stages.dedup.store import SliceFile, write_slices
from stages.split.signature import NO_DIGEST, Signature, unpack

Ids = NDArray[np.int64]

PLACES = 1 << 24
NEW, STANDS, GONE = 0, 1, 2
"""What was decided before on a shot: nothing, that it is kept, that another stands for it."""

_SPAN = struct.Struct("<8sddB")
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_FOOTAGE = 20_000
_BATCH = 256


@dataclass(frozen=True)
class BlockShot:
    """What the search needs of one shot. `exact`: texts that only copies share."""

    shot_id: str
    source_id: str
    start_s: float
    end_s: float
    signature: bytes | None
    exact: tuple[str, ...]
    state: int = NEW


@dataclass(frozen=True)
class Block:
    number: int
    slices: int
    shots: list[BlockShot]


@dataclass(frozen=True)
class BlockReport:
    """How the shots of a block fared, by place."""

    number: int
    count: int
    n_entries: int
    unsigned: list[int]
    broken: dict[int, Failure]


@dataclass(frozen=True)
class Join:
    """Slices [first, after) of the keys of all blocks."""

    first: int
    after: int
    blocks: int
    max_bucket: int


@dataclass(frozen=True)
class Verification:
    """Pairs whose first shot lies in `block`: those found by the joins, or given ones."""

    block: int
    joins: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    limits: Thresholds
    within_source: bool
    max_candidates: int
    min_similarity: float
    """Of given pairs, those that are not the same but this similar are reported as well."""


@dataclass(frozen=True)
class Match:
    """Two shots that show the same; `short` begins at `offset_s` in `long`, and covers `cover`
    of its length."""

    long: int
    short: int
    score: float
    offset_s: float
    cover: float
    mirrored: bool
    speed: float
    is_sure: bool = True
    """Whether the evidence alone is enough."""
    is_scene: bool = False
    """Whether `short` fills a whole scene of `long`, from cut to cut."""


def build_block(worker: Worker, block: Block) -> BlockReport:
    """Write a block's files."""
    signatures: list[Signature] = []
    places: list[int] = []
    unsigned, broken = [], {}
    records = []
    for place, shot in enumerate(block.shots):
        records.append(_record(shot))
        if shot.signature is None:
            unsigned.append(place)
            continue
        signature = worker.attempt(shot.shot_id, unpack, shot.signature)
        if isinstance(signature, Failure):
            broken[place] = signature
        else:
            signatures.append(signature)
            places.append(place)
    found = entries(signatures)
    owners = np.array(places, np.int64)[found.clips] if places else found.clips
    write_slices(worker, f"records-{block.number}", records)
    write_slices(worker, f"entries-{block.number}", _sliced(found.values, owners, block.slices))
    exact = [
        (_number(text), place) for place, shot in enumerate(block.shots) for text in shot.exact
    ]
    exact += [
        (int.from_bytes(signature.digest, "little"), place)
        for place, signature in zip(places, signatures, strict=True)
        if signature.digest != NO_DIGEST
    ]
    values = np.array([value for value, _ in exact], np.uint64)
    owners = np.array([place for _, place in exact], np.int64)
    write_slices(worker, f"exact-{block.number}", _sliced_exact(values, owners, block.slices))
    return BlockReport(block.number, len(block.shots), len(found.values), unsigned, broken)


def join_slices(worker: Worker, join: Join) -> dict[str, Any]:
    """Write the candidate pairs of some slices; gives the report and groups of exact copies."""
    values, owners = _read_entries(worker, "entries", join)
    pairs, report = candidate_pairs(values, owners, join.max_bucket)
    edges = np.searchsorted(pairs[:, 0], np.arange(join.blocks + 1) * PLACES)
    slices = [pairs[a:b].astype("<i8").tobytes() for a, b in pairwise(edges)]
    write_slices(worker, f"pairs-{join.first}", slices)
    values, owners = _read_entries(worker, "exact", join)
    return {"report": asdict(report), "exact": _groups(values, owners)}


@dataclass(frozen=True)
class Verified:
    """What a verification found, of how many candidates, and how many of them it had to
    compare after a first look."""

    matches: list[Match]
    candidates: int
    compared: int


def verify_block(worker: Worker, task: Verification) -> Verified:
    """The pairs of one block that show the same footage."""
    given = [np.empty((0, 3), np.int64)]
    for join in task.joins:
        data = SliceFile(worker, f"pairs-{join}").read(task.block, task.block + 1)
        given.append(np.frombuffer(data, "<i8").reshape(-1, 3))
    found = best_of_each(voted(np.concatenate(given)), task.max_candidates)
    shots = _Shots(worker)
    pairs = [
        pair
        for pair in sorted({(a, b) for a, b, _ in found.tolist()} | set(task.pairs))
        if shots.comparable(pair[0], pair[1], task.within_source)
    ]
    sure = {(a, b) for a, b, votes in found.tolist() if votes >= CHANGE_VOTE} | set(task.pairs)
    given_pairs = set(task.pairs)
    matches, compared = [], 0
    for long, short in shots.screened(pairs, sure):
        compared += 1
        a, b = shots.footage(long), shots.footage(short)
        same = compare(a, b, task.limits)
        if same is None:
            continue
        match = _match(long, short, a, b, same)
        is_given = (min(long, short), max(long, short)) in given_pairs
        if match.is_sure or (is_given and match.score >= task.min_similarity):
            matches.append(match)
    return Verified(matches, len(pairs), compared)


def _match(long: int, short: int, a: Footage, b: Footage, found: Finding) -> Match:
    at, seen = found.alignment, found.evidence
    return Match(
        long,
        short,
        max(0.0, min(1.0, max(seen.course, min(seen.trend, seen.slope)))),
        at.offset_s,
        min(1.0, b.duration_s * at.speed / a.duration_s),
        at.mirrored,
        at.speed,
        found.is_same,
        is_whole_scene(a.film, a.part_s, at.offset_s, at.offset_s + at.speed * b.duration_s),
    )


class _Shots:
    """Records of shots, read when they are needed."""

    def __init__(self, worker: Worker) -> None:
        self._file = lru_cache(maxsize=None)(lambda block: SliceFile(worker, f"records-{block}"))
        self._record = lru_cache(maxsize=_FOOTAGE)(self._read)
        self.footage = lru_cache(maxsize=_FOOTAGE // 10)(self._footage)

    def comparable(self, a: int, b: int, within_source: bool) -> bool:
        """Whether two shots are to be compared: not where both were decided on before, nor where
        they overlap in one source."""
        source_a, start_a, end_a, state_a = _SPAN.unpack_from(self._record(a))
        source_b, start_b, end_b, state_b = _SPAN.unpack_from(self._record(b))
        if GONE in (state_a, state_b) or NEW not in (state_a, state_b):
            return False
        if source_a != source_b:
            return True
        return within_source and (end_a <= start_b or end_b <= start_a)

    def screened(
        self, pairs: Sequence[tuple[int, int]], sure: Set[tuple[int, int]]
    ) -> Iterator[tuple[int, int]]:
        """The pairs, the longer shot first, without those that a first look refuses; `sure` ones
        are not looked at."""
        for start in range(0, len(pairs), _BATCH):
            some = pairs[start : start + _BATCH]
            doubtful = [pair for pair in some if pair not in sure]
            ordered = {pair: self._longer_first(pair) for pair in some}
            looked_at = [ordered[pair] for pair in doubtful]
            keep = may_match([(self.footage(a), self.footage(b)) for a, b in looked_at])
            refused = {pair for pair, good in zip(doubtful, keep, strict=True) if not good}
            yield from (ordered[pair] for pair in some if pair not in refused)

    def _longer_first(self, pair: tuple[int, int]) -> tuple[int, int]:
        first, second = sorted(pair, key=self.order)
        return first, second

    def order(self, shot: int) -> tuple[float, bytes]:
        """The longer one first; of equally long ones always the same, whatever their numbers."""
        return -self.footage(shot).duration_s, self._record(shot)

    def _read(self, shot: int) -> bytes:
        place = shot % PLACES
        data: bytes = self._file(shot // PLACES).read(place, place + 1)
        return data

    def _footage(self, shot: int) -> Footage:
        return Footage(unpack(self._record(shot)[_SPAN.size :]))


def _record(shot: BlockShot) -> bytes:
    source = blake2b(shot.source_id.encode(), digest_size=8).digest()
    return _SPAN.pack(source, shot.start_s, shot.end_s, shot.state) + (shot.signature or b"")


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def _sliced(values: NDArray[np.uint64], owners: Ids, slices: int) -> list[bytes]:
    """Entries by slice of their key: values, then owners, per slice."""
    return _by_slice(_mixed(key_of(values), slices), values, owners, slices)


def _sliced_exact(values: NDArray[np.uint64], owners: Ids, slices: int) -> list[bytes]:
    return _by_slice(_mixed(values, slices), values, owners, slices)


def _mixed(keys: NDArray[np.uint64], slices: int) -> NDArray[np.uint16]:
    """The slice of each key: keys that resemble each other are spread evenly."""
    return np.asarray(((keys * _MIX >> _HALF) * np.uint64(slices)) >> _HALF, np.uint16)


def _by_slice(
    slice_of: NDArray[np.uint16], values: NDArray[np.uint64], owners: Ids, slices: int
) -> list[bytes]:
    order = np.argsort(slice_of, kind="stable")
    edges = np.searchsorted(slice_of[order], np.arange(slices + 1))
    rows = np.empty(len(values), _ENTRY)
    rows["value"], rows["place"] = values[order], owners[order]
    return [rows[a:b].tobytes() for a, b in pairwise(edges)]


_ENTRY = np.dtype([("value", "<u8"), ("place", "<u4")])


def _read_entries(worker: Worker, kind: str, join: Join) -> tuple[NDArray[np.uint64], Ids]:
    values, owners = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for block in range(join.blocks):
        data = SliceFile(worker, f"{kind}-{block}").read(join.first, join.after)
        rows = np.frombuffer(data, _ENTRY)
        values.append(rows["value"].astype(np.uint64))
        owners.append(rows["place"].astype(np.int64) + block * PLACES)
    return np.concatenate(values), np.concatenate(owners)


def _groups(values: NDArray[np.uint64], owners: Ids) -> list[list[int]]:
    """Shots that share a value, two or more."""
    order = np.lexsort((owners, values))
    values, owners = values[order], owners[order]
    edges = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1], [True]]))
    return [sorted(set(owners[a:b].tolist())) for a, b in pairwise(edges) if b - a > 1]
