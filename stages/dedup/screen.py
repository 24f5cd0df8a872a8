"""A first look at many candidate pairs at once, for those that share a look and nothing else.

Two moments of one place, or two cards that differ in their text, share the keys of their looks.
They are framed alike, so no crop, and only one of plain and mirrored, has to be tried: what is
left is time. The inner products of the fast changes of the one with those of the other are one
matrix per pair; its diagonals, at three speeds, are the agreements for every offset. A pair whose
best diagonal is faint goes no further. All pairs of a batch are one matrix product.

Only pairs that no key of changes brought together and whose mean pictures are nearly equal are
judged here; all others go on to `compare`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stages.dedup.compare import SPEEDS
from stages.dedup.footage import Footage

Floats = NDArray[np.float32]

ALIKE = 0.985
"""Correlation of mean pictures from which two clips are framed alike."""
FAINT = 0.25
"""Agreement of fast changes below which two clips so framed show other moments."""
MOST_PICTURES = 48
"""Longer clips go on unscreened."""
_LEAST_SHARED = 0.85
_RATIO_STEP = 0.002
_BATCH = 128


def may_match(pairs: Sequence[tuple[Footage, Footage]]) -> NDArray[np.bool_]:
    """Whether each pair, the longer clip first, has to be compared."""
    keep = np.ones(len(pairs), bool)
    judged = [i for i, (a, b) in enumerate(pairs) if max(a.n, b.n) <= MOST_PICTURES]
    if not judged:
        return keep
    some = [pairs[i] for i in judged]
    looks_a = np.array([a.unit_look for a, _ in some])
    looks_b = np.array([b.unit_look for _, b in some])
    plain = np.einsum("ij,ij->i", looks_a, looks_b)
    flipped = np.einsum("ij,ij->i", looks_a, np.array([b.mirrored(b.unit_look) for _, b in some]))
    alike = np.flatnonzero(np.maximum(plain, flipped) >= ALIKE)
    if not len(alike):
        return keep
    pairs_alike = [(some[i][0], some[i][1], bool(flipped[i] > plain[i])) for i in alike.tolist()]
    keep[np.array(judged)[alike]] = _agreement(pairs_alike) >= FAINT
    return keep


def _agreement(pairs: Sequence[tuple[Footage, Footage, bool]]) -> Floats:
    """Best agreement of the fast changes of each pair, the second clip mirrored or not. Pairs of
    like length are looked at together."""
    lengths = np.array([max(a.n, round(b.n * max(SPEEDS)) + 1) for a, b, _ in pairs])
    order = np.argsort(lengths, kind="stable")
    best = np.full(len(pairs), -1.0, np.float32)
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        n = min(MOST_PICTURES, int(lengths[rows[-1]]))
        some = [pairs[i] for i in rows.tolist()]
        films_a = _padded([a.fast for a, _, _ in some], n)
        fasts_b = [b.mirrored(b.fast) if flip else b.fast for _, b, flip in some]
        for speed in SPEEDS:
            ratios = [b.part_s * speed / a.part_s for a, b, _ in some]
            films_b = _padded([_resampled(f, r) for f, r in zip(fasts_b, ratios, strict=True)], n)
            best[rows] = np.maximum(best[rows], _best_diagonal(films_a, films_b))
    return best


def _resampled(film: Floats, ratio: float) -> Floats:
    """A film with about `ratio` times as many pictures."""
    steps = round(ratio / _RATIO_STEP)
    if round(len(film) * ratio) == len(film):
        return film
    return _resampling(len(film), steps) @ film


@lru_cache(maxsize=8192)
def _resampling(count: int, steps: int) -> Floats:
    """(pictures, count): weights of linear interpolation, for a ratio in steps."""
    ratio = steps * _RATIO_STEP
    n = max(2, min(MOST_PICTURES, round(count * ratio)))
    at = np.clip((np.arange(n) + 0.5) / ratio - 0.5, 0, count - 1)
    return np.asarray(np.maximum(0, 1 - np.abs(at[:, None] - np.arange(count))), np.float32)


def _padded(films: Sequence[Floats], n: int) -> Floats:
    """(films, n, frequencies), black after the end."""
    out = np.zeros((len(films), n, films[0].shape[1]), np.float32)
    for row, film in zip(out, films, strict=True):
        row[: len(film)] = film[:n]
    return out


def _best_diagonal(a: Floats, b: Floats) -> Floats:
    """Best normalised sum over the diagonals of the products of each pair, of those that hold
    nearly all energy of b."""
    n = a.shape[1]
    energy_a, energy_b = (a * a).sum(axis=2), (b * b).sum(axis=2)
    skewed = np.zeros((3, len(a), n, 3 * n), np.float32)
    skewed[0, :, :, n : 2 * n] = b @ a.transpose(0, 2, 1)
    skewed[1, :, :, n : 2 * n] = energy_a[:, None, :] * (energy_b > 0)[:, :, None]
    skewed[2, :, :, n : 2 * n] = energy_b[:, :, None] * (energy_a > 0)[:, None, :]
    sums = _diagonals(skewed)
    scores = sums[0] / (np.sqrt(sums[1] * sums[2]) + 1e-6)
    shared = sums[2] >= _LEAST_SHARED * energy_b.sum(axis=1)[:, None]
    return np.asarray(np.where(shared, scores, -1.0).max(axis=1), np.float32)


def _diagonals(skewed: Floats) -> Floats:
    """Sums along the diagonals of the last two axes (n, 3 n), (..., 2 n)."""
    n = skewed.shape[-2]
    *outer, row, column = skewed.strides
    view = np.lib.stride_tricks.as_strided(
        skewed, (*skewed.shape[:-2], n, 2 * n), (*outer, row + column, column), writeable=False
    )
    return np.asarray(view.sum(axis=-2))
