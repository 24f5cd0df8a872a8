"""A second look at many meetings of changes at once: whether the clips go on agreeing.

In a large corpus unrelated clips meet by chance: one change of the one has the key of one change of
the other. A meeting says where the one clip would lie on the other, so whether it is more than
chance can be seen from the changes before and after it: those of windows that share no picture
with the ones that met. Their correlation over all these windows is what is asked for. Nothing
has to be searched, so hundreds of pairs are a few matrix products.

Clips that are too short to have such windows are not judged, nor those that met through a rectangle
of a border.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stages.dedup.index import Meeting
from stages.dedup.keys import OTHER_RECT, change_matrix
from stages.split.signature import N_U, N_V

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

LEAST_AGREEMENT = 0.4
"""Correlation of the changes around a meeting below which it was chance."""
_WIDTH = 4
"""Pictures in each half of a change (see `keys`): a second."""
_REACH = 10
"""Pictures before and after the meeting at which changes are looked at."""
_APART = 4
"""Pictures by which a window must lie off the one that met."""
_ODD = np.tile(np.arange(N_U) % 2 == 1, N_V)

_SPAN = 2 * _REACH + 2 * _WIDTH
_STARTS = np.array([d for d in range(-_REACH, _REACH + 1) if abs(d) >= _APART]) + _REACH
_WINDOWS = _STARTS[:, None] + np.arange(2 * _WIDTH)
_AFTER = np.arange(_SPAN) - _STARTS[:, None]
_SIGNS = np.where(_AFTER < _WIDTH, -1, 1)
_WEIGHTS = np.where((_AFTER >= 0) & (_AFTER < 2 * _WIDTH), _SIGNS, 0).astype(np.float32)
"""(windows, span): the changes whose pictures are `_WINDOWS`."""


def agreements(films_a: Sequence[Floats], films_b: Sequence[Floats], meetings: Meeting) -> Floats:
    """Correlation of the changes around each meeting, -1..1; 1 where they cannot be judged.
    Films (n, N_V, N_U) of the first and the second clip of each pair."""
    first_a, held_a = _around(films_a, meetings.first)
    first_b, held_b = _around(films_b, meetings.second)
    first_b[meetings.is_mirrored] *= np.where(_ODD, -1, 1).astype(np.float32)
    held = np.asarray((held_a & held_b)[:, _WINDOWS].all(axis=2))
    changes_a, changes_b = _WEIGHTS @ first_a, _WEIGHTS @ first_b
    out = np.ones(len(first_a), np.float32)
    for form in np.unique(meetings.form):
        if form == OTHER_RECT:
            continue
        for is_first in (False, True):
            rows = np.flatnonzero((meetings.form == form) & (meetings.first_is_indexed == is_first))
            whole, crop = change_matrix(0), change_matrix(int(form))
            of_a, of_b = (crop, whole) if is_first else (whole, crop)
            a = np.asarray(changes_a[rows] @ of_a, np.float32)
            b = np.asarray(changes_b[rows] @ of_b, np.float32)
            out[rows] = _correlation(a, b, held[rows])
    return out


def _around(films: Sequence[Floats], at: Ids) -> tuple[Floats, NDArray[np.bool_]]:
    """(pictures (pairs, span, frequencies) around a place in each film, black where it has none;
    whether it has them (pairs, span))."""
    counts = np.array([len(film) for film in films])
    flat = np.concatenate([film.reshape(len(film), -1) for film in films])
    place = at[:, None] + np.arange(-_REACH, _REACH + 2 * _WIDTH)
    held = (place >= 0) & (place < counts[:, None])
    rows = np.where(held, place, 0) + (np.cumsum(counts) - counts)[:, None]
    return flat[rows], held


def _correlation(a: Floats, b: Floats, held: NDArray[np.bool_]) -> Floats:
    weight = held.astype(np.float32)
    both = np.einsum("pwc,pwc,pw->p", a, b, weight)
    energy = np.einsum("pwc,pwc,pw->p", a, a, weight) * np.einsum("pwc,pwc,pw->p", b, b, weight)
    return np.asarray(np.where(held.any(axis=1), both / (np.sqrt(energy) + 1e-6), 1.0), np.float32)
