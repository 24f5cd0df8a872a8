"""Spherical k-means that gives the same centres however the points are divided among workers.

Points and centres are vectors of length SCALE with whole components (16 bits). Sums of points are
whole numbers, and a dot product of two such vectors is below 2^31, so float64 holds it exactly in
whatever order it is added up: no partition, number of threads or library moves a point from one
centre to another. A component is off by at most half a step of 1 / SCALE.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCALE = 32_000
Points = NDArray[np.int16]
Sums = NDArray[np.int64]

_AT_ONCE = 4096


def as_points(vectors: NDArray[np.floating]) -> Points:
    """(n, d) vectors, none of them 0, as points."""
    wide = vectors.astype(np.float64)
    lengths = np.sqrt((wide * wide).sum(axis=1, keepdims=True))
    return np.asarray(np.rint(wide / lengths * SCALE), np.int16)


def seed_centres(points: Points, count: int, seed: int) -> Points:
    """`count` of the points, or all where there are fewer, drawn one after the other with a
    weight of the squared distance to the nearest one so far (k-means++). The order of `points`
    counts."""
    rng = np.random.default_rng(seed)
    wide = points.astype(np.float64)
    squares = (wide * wide).sum(axis=1)
    chosen: list[int] = []
    distances = np.ones(len(points), np.int64)
    while len(chosen) < count and (total := int(distances.sum())):
        drawn = int(rng.integers(0, total))
        chosen.append(int(np.searchsorted(np.cumsum(distances), drawn, side="right")))
        own = squares + squares[chosen[-1]] - 2 * (wide @ wide[chosen[-1]])
        # Shares of a squared SCALE: a sum of millions of them fits into 64 bits.
        own = np.asarray(own, np.int64) >> 10
        distances = own if len(chosen) == 1 else np.minimum(distances, own)
    return points[chosen]


def nearest(points: Points, centres: Points) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(the centre of each point, the cosine of the two); of equally near ones the first."""
    wide = centres.astype(np.float64)
    labels = np.empty(len(points), np.int64)
    dots = np.empty(len(points))
    for start in range(0, len(points), _AT_ONCE):
        products = points[start : start + _AT_ONCE].astype(np.float64) @ wide.T
        own = products.argmax(axis=1)
        labels[start : start + _AT_ONCE] = own
        dots[start : start + _AT_ONCE] = products[np.arange(len(own)), own]
    return labels, dots / (lengths_of(points) * lengths_of(centres)[labels])


def lengths_of(points: Points) -> NDArray[np.float64]:
    wide = points.astype(np.float64)
    return np.asarray(np.sqrt((wide * wide).sum(axis=1)))


def sums_by_centre(points: Points, labels: NDArray[np.int64], count: int) -> Sums:
    """(count, d): the sum of the points of each centre."""
    sums = np.zeros((count, points.shape[1]), np.int64)
    order = np.argsort(labels, kind="stable")
    found, starts = np.unique(labels[order], return_index=True)
    if len(found):
        sums[found] = np.add.reduceat(points[order].astype(np.int64), starts, axis=0)
    return sums


def moved(centres: Points, sums: Sums) -> Points:
    """The centres in the middle of their points; those without points stay."""
    has_points = (sums != 0).any(axis=1)
    result = centres.copy()
    if has_points.any():
        result[has_points] = as_points(sums[has_points].astype(np.float64))
    return result


def like_better_ones(points: Points, similarity: float) -> list[tuple[int, int, float]]:
    """(place, place of the better one, cosine) of every point, the best first, that has at least
    this cosine with one of those before it that are left. Each is like its better one itself:
    chains are not followed. Compares all with all, in tiles."""
    found: list[tuple[int, int, float]] = []
    lengths = lengths_of(points)
    left: list[int] = []
    for start in range(0, len(points), 512):
        tile = np.arange(start, min(start + 512, len(points)))
        columns = np.concatenate([np.array(left, np.int64), tile])
        products = points[tile].astype(np.float64) @ points[columns].astype(np.float64).T
        cosines = products / np.outer(lengths[tile], lengths[columns])
        is_left = np.zeros(len(columns), bool)
        is_left[: len(left)] = True
        first = len(left)
        for row, place in enumerate(tile.tolist()):
            own = np.where(is_left, cosines[row], -1.0)
            best = int(own.argmax())
            if is_left[best] and own[best] >= similarity:
                found.append((place, int(columns[best]), float(own[best])))
            else:
                left.append(place)
                is_left[first + row] = True
    return found
