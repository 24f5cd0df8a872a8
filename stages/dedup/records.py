"""What is kept of every shot while dedup runs, and comparisons of shots by number.

A shot's number is block * PLACES + its place in the block. A block has a file of records (span and
signature, one slice per shot) and one of facts (what the decisions need, one slice per shot).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.table import Row
from stages.base import Worker
from stages.dedup.alignment import Met
from stages.dedup.cluster import Candidate
from stages.dedup.compare import compare
from stages.dedup.confirm import CLEAR_VOTES, LEAST_AGREEMENT, agreements
from stages.dedup.evidence import Thresholds
from stages.dedup.finding import Finding
from stages.dedup.footage import Footage
from stages.dedup.index import CHANGE_VOTE, LEAST_VOTES, Meeting, PairMeeting
from stages.dedup.keys import OTHER_RECT, SHARES
from stages.dedup.quality import Quality
from stages.dedup.scene import is_whole_scene
from stages.dedup.screen import Framed, screened
from stages.dedup.store import SliceFile
from stages.split.signature import Signature, unpack_many

Ids = NDArray[np.int64]

PLACES = 1 << 24
NEW, STANDS, GONE = 0, 1, 2
"""What was decided before on a shot: nothing, that it is kept, that another stands for it."""

_SPAN = struct.Struct("<8sddB")


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


@dataclass(frozen=True)
class Facts:
    """What decisions need to know of a shot that resembles another one. `number` as of `memory`;
    `fps` and `listed` as of `cluster.Candidate`; `before`: its row of an earlier run, where another
    shot stands for it."""

    quality: Quality
    number: int
    state: int
    has_sidecars: bool
    fps: float
    listed: tuple[str, float]
    before: Row | None = None

    @property
    def candidate(self) -> Candidate:
        return Candidate(self.quality, self.state == STANDS, self.fps, self.listed)

    def stored(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, data: bytes) -> Facts:
        values = json.loads(data)
        quality, listed = Quality(**values["quality"]), tuple(values["listed"])
        return cls(**values | {"quality": quality, "listed": listed})


def record(
    source_id: str, start_s: float, end_s: float, state: int, signature: bytes | None
) -> bytes:
    """A shot's slice of the file of records."""
    source = blake2b(source_id.encode(), digest_size=8).digest()
    return _SPAN.pack(source, start_s, end_s, state) + (signature or b"")


class Promising(NamedTuple):
    """A pair to be compared, the longer shot first, and how it met, if that is known."""

    long: int
    short: int
    met: Met | None


class BlockFiles:
    """The slices of shots in one kind of file of all blocks."""

    def __init__(self, worker: Worker, kind: str) -> None:
        self._open = lru_cache(maxsize=1024)(lambda block: SliceFile(worker, f"{kind}-{block}"))

    def read(self, shots: Sequence[int]) -> dict[int, bytes]:
        """The slice of each shot."""
        by_block: dict[int, list[int]] = {}
        for shot in sorted(set(shots)):
            by_block.setdefault(shot // PLACES, []).append(shot)
        found: dict[int, bytes] = {}
        for block, some in by_block.items():
            slices = self._open(block).read_some([shot % PLACES for shot in some])
            found.update(zip(some, slices, strict=True))
        return found


class Shots:
    """Shots as far as they are loaded, for comparing them."""

    def __init__(self, worker: Worker, limits: Thresholds, within_source: bool) -> None:
        self._files = BlockFiles(worker, "records")
        self._limits, self._within_source = limits, within_source
        self._records: dict[int, bytes] = {}
        self._signatures: dict[int, Signature] = {}
        self._footage: dict[int, Footage] = {}

    def load(self, shots: Sequence[int]) -> None:
        """Have these shots in memory, and no others. Raises ValueError where one that was indexed
        has no signature."""
        self._footage.clear()
        self._records = self._files.read(shots)
        numbers = [shot for shot, data in self._records.items() if len(data) > _SPAN.size]
        found = unpack_many([self._records[shot][_SPAN.size :] for shot in numbers])
        self._signatures = {}
        for shot, signature in zip(numbers, found, strict=True):
            if isinstance(signature, ValueError):
                raise signature
            self._signatures[shot] = signature

    def comparable(self, a: int, b: int) -> bool:
        """Whether two shots are to be compared: not where both were decided on before, nor where
        they overlap in one source."""
        source_a, start_a, end_a, state_a = _SPAN.unpack_from(self._records[a])
        source_b, start_b, end_b, state_b = _SPAN.unpack_from(self._records[b])
        if GONE in (state_a, state_b) or NEW not in (state_a, state_b):
            return False
        if a not in self._signatures or b not in self._signatures:
            return False
        if source_a != source_b:
            return True
        return bool(self._within_source and (end_a <= start_b or end_b <= start_a))

    def promising(self, rows: Ids) -> list[Promising]:
        """The candidate rows (see `index`) that a look at many at once does not refuse."""
        if not len(rows):
            return []
        meetings = Meeting.of(rows[:, 3])
        keep = np.ones(len(rows), bool)
        is_weak = rows[:, 2] < CLEAR_VOTES
        by_change_alone = rows[:, 2] % CHANGE_VOTE < LEAST_VOTES
        met = np.flatnonzero(is_weak & ~meetings.is_look & by_change_alone)
        if len(met):
            first, second = ([self._signatures[i] for i in side] for side in rows[met, :2].T)
            keep[met] = agreements(first, second, meetings.some(met)) >= LEAST_AGREEMENT
        ways = [
            self._ordered(a, b, at)
            for (a, b), at in zip(rows[:, :2].tolist(), meetings.each, strict=True)
        ]
        left = np.flatnonzero(keep & is_weak)
        offsets_s = np.full(len(rows), np.nan)
        keep[left], offsets_s[left] = screened([self._framed(*ways[i]) for i in left])
        return [
            Promising(long, short, self._met(long, short, at, offset_s))
            for (long, short, at), offset_s, is_kept in zip(
                ways, offsets_s.tolist(), keep, strict=True
            )
            if is_kept
        ]

    def match(self, a: int, b: int, met: Met | None = None) -> Match | None:
        """How two shots lie on each other; None where they have nothing in common. `met`: how
        they met, if it is known."""
        long, short = self._longer_first(a, b)
        seen_long, seen_short = self._seen(long), self._seen(short)
        found = compare(seen_long, seen_short, self._limits, met)
        return None if found is None else _match(long, short, seen_long, seen_short, found)

    def _ordered(self, a: int, b: int, at: PairMeeting) -> tuple[int, int, PairMeeting]:
        """The longer one first."""
        long, short = self._longer_first(a, b)
        return long, short, at if long == a else at.turned

    def _framed(self, long: int, short: int, at: PairMeeting) -> Framed:
        return Framed(
            self._seen(long), self._seen(short), at.form_first, at.form_second, at.is_mirrored
        )

    def _met(self, long: int, short: int, at: PairMeeting, offset_s: float) -> Met | None:
        """How two shots met; None where that is not known: through another rectangle, or by looks,
        which may be alike at many moments, unless it was seen where the shorter one begins."""
        if OTHER_RECT in (at.form_first, at.form_second):
            return None
        places_s = offset_s, 0.0
        if not at.is_look:
            places_s = at.first * self._seen(long).part_s, at.second * self._seen(short).part_s
        elif np.isnan(offset_s):
            return None
        return Met(*places_s, SHARES[at.form_first], SHARES[at.form_second], at.is_mirrored)

    def _longer_first(self, a: int, b: int) -> tuple[int, int]:
        """The longer one first; of equally long ones always the same, whatever their numbers."""
        first, second = sorted(
            (a, b), key=lambda shot: (-self._signatures[shot].duration_s, self._records[shot])
        )
        return first, second

    def _seen(self, shot: int) -> Footage:
        if shot not in self._footage:
            self._footage[shot] = Footage(self._signatures[shot])
        return self._footage[shot]


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
