"""A second look at many meetings of changes at once: whether the clips go on agreeing.

In a large corpus unrelated clips meet by chance: one change of the one has the key of one change of
the other. A meeting says where the one clip would lie on the other, so whether it is more than
chance can be seen from the changes before and after it: those of windows that share no picture
with the ones that met. Their correlation over all these windows is what is asked for. Nothing
has to be searched, so hundreds of pairs are a few matrix products.

Clips that are too short to have such windows are not judged, nor those that met through a rectangle
of a border, nor those that met several times, by changes or by looks: in a long clip the best of
several meetings may be of another moment than the one that it holds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stages.dedup.index import CHANGE_VOTE, Meeting
from stages.dedup.keys import OTHER_RECT, change_matrix
from stages.split.signature import N_U, N_V, PICTURES_PER_S, Signature

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

LEAST_AGREEMENT = 0.4
"""Correlation of the changes around a meeting below which it was chance."""
CLEAR_VOTES = 3 * CHANGE_VOTE
"""Votes from which a pair is not judged: of unrelated clips one pair in twenty meets twice."""
_WIDTH = 4
"""Pictures in each half of a change (see `keys`): a second of a quarter each."""
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


def agreements(a: Sequence[Signature], b: Sequence[Signature], meetings: Meeting) -> Floats:
    """Correlation of the changes around each meeting of two clips, the first and the second of
    each pair: -1..1; 1 where they cannot be judged."""
    first_a, held_a = _around(a, meetings.first)
    first_b, held_b = _around(b, meetings.second)
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
            seen_a = np.asarray(changes_a[rows] @ of_a, np.float32)
            seen_b = np.asarray(changes_b[rows] @ of_b, np.float32)
            out[rows] = _correlation(seen_a, seen_b, held[rows])
    return out


def _around(clips: Sequence[Signature], at: Ids) -> tuple[Floats, NDArray[np.bool_]]:
    """(pictures (clips, span, frequencies) every quarter of a second around a place in each clip,
    black where it has none; whether it has them (clips, span))."""
    counts = np.array([len(clip.film) for clip in clips])
    parts_s = np.array([clip.duration_s for clip in clips]) / counts
    flat = np.concatenate([clip.film.reshape(len(clip.film), -1) for clip in clips])
    steps = np.arange(-_REACH, _REACH + 2 * _WIDTH) / PICTURES_PER_S
    place = at[:, None] + steps / parts_s[:, None]
    held = (place > -0.5) & (place < counts[:, None] - 0.5)
    place = np.clip(place, 0, (counts - 1)[:, None])
    low = np.minimum(place.astype(np.int64), np.maximum(counts - 2, 0)[:, None])
    share = (place - low).astype(np.float32)[:, :, None]
    low += (np.cumsum(counts) - counts)[:, None]
    high = np.minimum(low + 1, len(flat) - 1)
    return np.asarray(flat[low] * (1 - share) + flat[high] * share, np.float32), held


def _correlation(a: Floats, b: Floats, held: NDArray[np.bool_]) -> Floats:
    weight = held.astype(np.float32)
    both = np.einsum("pwc,pwc,pw->p", a, b, weight)
    energy = np.einsum("pwc,pwc,pw->p", a, a, weight) * np.einsum("pwc,pwc,pw->p", b, b, weight)
    return np.asarray(np.where(held.any(axis=1), both / (np.sqrt(energy) + 1e-6), 1.0), np.float32)
