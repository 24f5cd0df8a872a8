"""Whether two signatures show the same footage, for many pairs at once.

A small mean Hamming distance alone proves little: two moments of one quiet scene are as near to
each other as two copies of one moment. What tells them apart is time. If two clips are copies,
then position i of one fits position i of the other *better than any other position does*. So a
pair has to pass two tests:

1. distance: the mean number of differing bits over the positions, in the best of the alignments
   below, is at most `max_distance`;
2. contrast: with one clip moved by `FAR_SHIFT` positions or more, either way, the distance is
   larger by at least `min_contrast` bits, for every such move: half of that is enough where
   the clips differ by half a bit or less, and `min_contrast_trimmed` is asked of the alignments
   head and tail.

Clips in which nothing moves fail the second test: nothing in a signature could tell a copy of
them from another still picture that looks alike (title cards that differ in their text).

Alignments of a shorter clip a (length ratio r) with a longer clip b of n positions each; position
i of a then lies on position floor(x) of b:

- whole: x = i + 1/2, the same footage, perhaps at another speed; for r >= 1 - max_speed_change;
- head:  x = (i + 1/2) r, the same beginning at the same speed; for r >= min_length_ratio;
- tail:  x = (i + 1/2) r + n (1 - r), the same end.

Each is tried as is and mirrored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from stages.split.signature import mirrored

Hashes = NDArray[np.uint64]
Floats = NDArray[np.float64]
Pairs = NDArray[np.int64]

FAR_SHIFT = 3
"""Moves of fewer positions than this are too near to the true one to be told from it."""
_CHUNK = 200_000
_UNRELATED = 64.0


class Alignment(IntEnum):
    WHOLE = 0
    HEAD = 1
    TAIL = 2


@dataclass(frozen=True)
class Thresholds:
    """See DedupConfig, whose fields have the same names."""

    max_distance: float
    min_contrast: float
    min_contrast_trimmed: float
    max_speed_change: float
    min_length_ratio: float


@dataclass(frozen=True)
class Matches:
    """Pairs that passed, as parallel arrays sorted by (first, second); first < second."""

    first: Pairs
    second: Pairs
    distance: Floats
    """Mean differing bits per hash."""
    alignment: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.first)


def popcount(values: Hashes) -> NDArray[np.uint8]:
    """Number of set bits of each value."""
    if hasattr(np, "bitwise_count"):
        return np.asarray(np.bitwise_count(values), dtype=np.uint8)
    half = values - ((values >> np.uint64(1)) & np.uint64(0x5555555555555555))
    two = np.uint64(0x3333333333333333)
    quarter = (half & two) + ((half >> np.uint64(2)) & two)
    byte = (quarter + (quarter >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.asarray((byte * np.uint64(0x0101010101010101)) >> np.uint64(56), dtype=np.uint8)


def verify(
    hashes: Hashes, durations_s: Floats, candidates: Iterable[Pairs], limits: Thresholds
) -> Matches:
    """The candidate pairs that show the same footage.

    hashes: (shots, positions); durations_s: (shots,); candidates: arrays (m, 2) of indexes of
    shots, first < second, in which a pair may come more than once.
    """
    near: list[Pairs] = []
    for block in candidates:
        for start in range(0, len(block), _CHUNK):
            pairs = block[start : start + _CHUNK]
            near.append(pairs[_within(hashes, durations_s, pairs, limits)])
    pairs = np.concatenate(near) if near else np.empty((0, 2), np.int64)
    if len(pairs):
        codes = np.unique(pairs[:, 0] * len(hashes) + pairs[:, 1])
        pairs = np.stack([codes // len(hashes), codes % len(hashes)], axis=1)
    found = [
        _matches(hashes, durations_s, pairs[start : start + _CHUNK], limits)
        for start in range(0, len(pairs), _CHUNK)
    ]
    return Matches(
        np.concatenate([m.first for m in found] or [np.empty(0, np.int64)]),
        np.concatenate([m.second for m in found] or [np.empty(0, np.int64)]),
        np.concatenate([m.distance for m in found] or [np.empty(0)]),
        np.concatenate([m.alignment for m in found] or [np.empty(0, np.int8)]),
    )


def _within(
    hashes: Hashes, durations_s: Floats, pairs: Pairs, limits: Thresholds
) -> NDArray[np.bool_]:
    """Which pairs pass the test of distance."""
    short, long, ratio = _oriented(durations_s, pairs)
    near = np.zeros(len(pairs), dtype=bool)
    for alignment in Alignment:
        chosen = np.flatnonzero(_applies(alignment, ratio, limits) & ~near)
        a, b = hashes[short[chosen]], hashes[long[chosen]]
        if alignment != Alignment.WHOLE:
            at = np.floor(_places(alignment, ratio[chosen], hashes.shape[1])).astype(np.int64)
            b = np.take_along_axis(b, at, axis=1)
        total = np.minimum(_total(a, b), _total(mirrored(a), b))
        near[chosen] = total <= limits.max_distance * hashes.shape[1]
    return near


def _total(a: Hashes, b: Hashes) -> NDArray[np.int64]:
    return np.asarray(popcount(a ^ b).sum(axis=1, dtype=np.int64))


def _matches(hashes: Hashes, durations_s: Floats, pairs: Pairs, limits: Thresholds) -> Matches:
    """Both tests, in full, for pairs that are near."""
    short, long, ratio = _oriented(durations_s, pairs)
    distance = np.full(len(pairs), _UNRELATED)
    contrast = np.full(len(pairs), -_UNRELATED)
    chosen_alignment = np.zeros(len(pairs), dtype=np.int8)
    for alignment in Alignment:
        rows = np.flatnonzero(_applies(alignment, ratio, limits))
        for a in (hashes[short[rows]], mirrored(hashes[short[rows]])):
            here, there = _profile(a, hashes[long[rows]], ratio[rows], alignment)
            better = here < distance[rows]
            at = rows[better]
            distance[at], contrast[at] = here[better], there[better] - here[better]
            chosen_alignment[at] = alignment
    whole = chosen_alignment == Alignment.WHOLE
    needed = np.where(
        whole, limits.min_contrast * distance.clip(0.5, 1.0), limits.min_contrast_trimmed
    )
    good = (distance <= limits.max_distance) & (contrast >= needed)
    return Matches(pairs[good, 0], pairs[good, 1], distance[good], chosen_alignment[good])


def _oriented(durations_s: Floats, pairs: Pairs) -> tuple[Pairs, Pairs, Floats]:
    """(shorter, longer, length ratio) of each pair."""
    first, second = pairs[:, 0], pairs[:, 1]
    swap = durations_s[first] > durations_s[second]
    short, long = np.where(swap, second, first), np.where(swap, first, second)
    return short, long, durations_s[short] / np.maximum(durations_s[long], 1e-9)


def _applies(alignment: Alignment, ratio: Floats, limits: Thresholds) -> NDArray[np.bool_]:
    if alignment == Alignment.WHOLE:
        return np.asarray(ratio >= 1.0 - limits.max_speed_change)
    return np.asarray((ratio >= limits.min_length_ratio) & (ratio < 1.0))


def _places(alignment: Alignment, ratio: Floats, n: int) -> Floats:
    """Where each position of the shorter clip lies in the longer one, (pairs, n)."""
    middles = np.arange(n) + 0.5
    if alignment == Alignment.WHOLE:
        return np.broadcast_to(middles, (len(ratio), n))
    places = middles[None, :] * ratio[:, None]
    return places if alignment == Alignment.HEAD else places + n * (1.0 - ratio)[:, None]


def _profile(a: Hashes, b: Hashes, ratio: Floats, alignment: Alignment) -> tuple[Floats, Floats]:
    """(distance as aligned, least distance of all far shifts) of each pair.

    A shift counts while at least a quarter of the positions still have a counterpart.
    """
    n = a.shape[1]
    places = _places(alignment, ratio, n)
    aligned, least = np.empty(0), np.full(len(a), _UNRELATED)
    for shift in [0, *(sign * k for k in range(FAR_SHIFT, n) for sign in (-1, 1))]:
        at = np.floor(places + shift).astype(np.int64)
        inside = (at >= 0) & (at < n)
        bits = popcount(a ^ np.take_along_axis(b, at.clip(0, n - 1), axis=1))
        count = inside.sum(axis=1)
        mean = (bits * inside).sum(axis=1) / np.maximum(count, 1)
        if shift == 0:
            aligned = mean
        else:
            least = np.where(4 * count >= n, np.minimum(least, mean), least)
    return aligned, least
