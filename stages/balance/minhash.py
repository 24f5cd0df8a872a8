"""MinHash and bands: which sets could be alike, without comparing all pairs.

For a random order of all numbers, two sets have the same first number with a probability equal to
their Jaccard similarity s (Broder, 1997). `rows` such minima make a band key, and a set has
`bands` of them; two sets share at least one key with probability 1 - (1 - s^rows)^bands. Both are
chosen so that at the asked similarity one pair in a thousand is missed.

The orders are given by (a x + b) mod 2^64 with odd a, of which the high bits decide.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]

MISSED = 0.001
"""Share of pairs at the asked similarity that have no key in common."""
_MOST_MINIMA = 128
_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 2**64 - 1


def band_plan(similarity: float) -> tuple[int, int]:
    """(bands, rows): the most selective plan that misses at most MISSED at this similarity."""
    best = (1, 1)
    for rows in range(1, 9):
        share = min(similarity**rows, 1 - 1e-9)
        bands = max(2, math.ceil(math.log(MISSED) / math.log(1 - share)))
        if bands * rows <= _MOST_MINIMA:
            best = (bands, rows)
    return best


def band_keys(
    values: NDArray[np.uint32], edges: NDArray[np.int64], bands: int, rows: int
) -> Numbers:
    """(sets, bands) keys of the sets `values[edges[k]:edges[k + 1]]`, none of which is empty."""
    wide = values.astype(np.uint64)
    keys = np.empty((len(edges) - 1, bands), np.uint64)
    numbers = _constants()
    for band in range(bands):
        key = np.full(len(keys), band + 1, np.uint64)
        for _ in range(rows):
            factor, shift = next(numbers) | 1, next(numbers)
            order = wide * np.uint64(factor) + np.uint64(shift)
            least = np.minimum.reduceat(order, edges[:-1]) if len(keys) else key
            key = (key ^ (least >> np.uint64(16))) * np.uint64(_GOLDEN)
            key ^= key >> np.uint64(31)
        keys[:, band] = key
    return keys


class _constants:
    """Numbers that look random (splitmix64), the same on every machine."""

    def __init__(self) -> None:
        self._state = 0

    def __next__(self) -> int:
        self._state = (self._state + _GOLDEN) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)
