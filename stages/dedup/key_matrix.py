"""From a film to the coefficients whose signs are a hash: the lowest DCT-II coefficients, in zigzag
order, of a region of a centred crop of what is seen through a rectangle. See `keys`."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from stages.dedup.rects import Rect
from stages.split.signature import N_U, N_V

Floats = NDArray[np.float32]

HASH_BITS = 56
"""Bits of a hash."""

_SAMPLES = 24
_BLACK = 16.0


@lru_cache(maxsize=4096)
def matrix_of(rect: Rect, region: Rect, share: float, is_damped: bool) -> tuple[Floats, Floats]:
    """(from a film to the coefficients of a region of a centred crop, (N_V * N_U, HASH_BITS); what
    black adds where the region reaches beyond the film, (HASH_BITS,))."""
    left, right, top, bottom = (0.5 + (side - 0.5) * share for side in region)
    width, height = rect[1] - rect[0], rect[3] - rect[2]
    across = _means(rect[0] + left * width, rect[0] + right * width, N_U)
    down = _means(rect[2] + top * height, rect[2] + bottom * height, N_V)
    outside = 1 - np.outer(down[:, 0], across[:, 0])
    if is_damped:
        across, down = across * np.sinc(np.arange(N_U) / N_U), down * np.sinc(np.arange(N_V) / N_V)
    cosines = _cosines(12)
    full = np.einsum("ab,cd->acbd", cosines @ down, cosines @ across)
    matrix = np.array([full[v, u].ravel() for v, u in zigzag()])
    dark = _BLACK * cosines @ outside @ cosines.T
    black = np.array([dark[v, u] for v, u in zigzag()])
    return np.asarray(matrix.T, np.float32), np.asarray(black, np.float32)


def _means(low: float, high: float, frequencies: int) -> NDArray[np.float64]:
    """Means of the basis functions over equal cells of [low, high]; nothing outside of 0..1."""
    edges = np.clip(np.linspace(low, high, _SAMPLES + 1), 0.0, 1.0)
    k = np.arange(1, frequencies)
    cell = (high - low) / _SAMPLES
    means = np.empty((_SAMPLES, frequencies))
    means[:, 0] = np.diff(edges) / cell
    sines = np.sin(np.pi * np.outer(edges, k))
    means[:, 1:] = np.sqrt(2.0) * np.diff(sines, axis=0) / (np.pi * k) / cell
    return means


def _cosines(count: int) -> NDArray[np.float64]:
    places = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    return np.asarray(np.cos(np.pi * np.outer(np.arange(count), places)))


@cache
def zigzag() -> list[tuple[int, int]]:
    """(vertical, horizontal) frequencies of the bits, lowest first, the mean left out."""
    order = sorted(
        ((v, u) for v in range(12) for u in range(12)), key=lambda at: (at[0] + at[1], at[0])
    )
    return order[1 : HASH_BITS + 1]


@cache
def mirror_mask() -> np.uint64:
    """The bits of an entry whose coefficients have an odd horizontal frequency."""
    mask = 0
    for place, (_, u) in enumerate(zigzag()):
        if u % 2:
            mask |= 1 << (HASH_BITS - place)
    return np.uint64(mask)
