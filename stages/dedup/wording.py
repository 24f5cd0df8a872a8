"""Whether what appears between the still spans of two clips is the same down to its details.

Cards that fade in alike have one course, whatever is written on them. Their details (see
`stages.split.detail`) tell them apart: of the moments at which both clips stand still, the two
between which most changes in both are taken, and the two changes are laid on each other. How well
they agree is, with the best crop and shift,

    (A, B) / sqrt((A, A) (B, B)) - share

where `share` is that of the energy of both that lies where they disagree on a scale of a few
letters: two cards with one line alike and one different agree as a whole, but not there. Of
copies it was 0.5 or more, down to writing of 14 pixels at 360 lines; of different texts below that.
Two texts that differ in a few letters of many are not told apart.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from stages.dedup.alignment import Alignment
from stages.dedup.rects import WHOLE, Rect
from stages.split.detail import COLUMNS, ROWS, Detail

Floats = NDArray[np.float32]
Place = tuple[float, float, float]
"""Scale about the middle, cells to the right, cells down."""

_BOTH_S = 0.3
"""Time that a still span of each must have in common."""
_LEAST = 0.7
"""Root mean square of a change, luma levels, below which it is not judged."""
_SCALES = tuple(float(scale) for scale in np.geomspace(1 / 1.18, 1.18, 13))
_SHIFT = 0.16
"""Of the sides, how far the pictures may lie off each other: an uneven crop of 15 %."""
_OVERLAP = 0.6
"""Share of either energy that must lie in the other picture."""
_PADDED = (2 * ROWS, 2 * COLUMNS)
_FINER = ((0.5, 0.014), (0.25, 0.007), (0.12, 0.0035))
"""Steps in cells and in scale of the search around the best place."""
_LETTERS = (10, 6)
"""Columns and rows of cells over which agreement is looked at in places."""
_DISAGREES = 0.5
_WOBBLE = (-0.5, 0.0, 0.5)
"""Cells by which a place may be off by itself."""
_TINY = 1.0


def agreement(a: Detail, b: Detail, at: Alignment) -> float | None:
    """How far the changes of two clips, the longer one first, agree: -1..1; None where they have
    no two still moments in common, or hardly anything changes between them."""
    changes = [
        (a.pictures[late[0]] - a.pictures[early[0]], b.pictures[late[1]] - b.pictures[early[1]])
        for early, late in combinations(_common(a, b, at), 2)
    ]
    if not changes:
        return None
    of_a, of_b = max(changes, key=lambda pair: min(_energy(pair[0]), _energy(pair[1])))
    if min(_energy(of_a), _energy(of_b)) < _LEAST**2 * ROWS * COLUMNS:
        return None
    x, y = _seen(of_a, at.of_long), _seen(of_b[:, ::-1] if at.mirrored else of_b, at.of_short)
    place = _refined(x, y, _found(x, y))
    laid, mask = _laid(y, place)
    return _correlation(x * mask, laid) - _disagreement(x * mask, laid)


def _common(a: Detail, b: Detail, at: Alignment) -> list[tuple[int, int]]:
    """(span of a, span of b) that show the same moments, by the time of b."""
    found = []
    for index, span_s in enumerate(b.spans_s):
        start_s, end_s = at.offset_s + at.speed * span_s
        both_s = np.minimum(a.spans_s[:, 1], end_s) - np.maximum(a.spans_s[:, 0], start_s)
        if both_s.max() >= _BOTH_S:
            found.append((int(both_s.argmax()), index))
    return found


def _found(x: Floats, y: Floats) -> Place:
    """Where y lies on x to a cell: normalised cross-correlation over what both show."""
    ones = np.ones_like(x)
    of_x, of_xx, of_ones = (np.fft.rfft2(part, _PADDED) for part in (x, x * x, ones))
    down, right = (np.fft.fftfreq(size, 1 / size) for size in _PADDED)
    is_near = (np.abs(down) <= _SHIFT * ROWS)[:, None] & (np.abs(right) <= _SHIFT * COLUMNS)
    best, place = -np.inf, (1.0, 0.0, 0.0)
    for scale in _SCALES:
        laid, mask = _laid(y, (scale, 0.0, 0.0))
        of_y, of_yy, of_mask = (
            np.conj(np.fft.rfft2(part, _PADDED)) for part in (laid, laid * laid, mask)
        )
        both, in_x, in_y = (
            np.fft.irfft2(part, _PADDED) for part in (of_x * of_y, of_xx * of_mask, of_ones * of_yy)
        )
        in_x = np.maximum(in_x, _OVERLAP * _energy(x))
        in_y = np.maximum(in_y, _OVERLAP * _energy(laid))
        score = np.where(is_near, both / np.sqrt(in_x * in_y + _TINY), -np.inf)
        row, column = np.unravel_index(int(score.argmax()), score.shape)
        if score[row, column] > best:
            best, place = score[row, column], (scale, float(right[column]), float(down[row]))
    return place


def _refined(x: Floats, y: Floats, place: Place) -> Place:
    """A place moved to where the pictures agree best."""

    def fit(at: Place) -> float:
        laid, mask = _laid(y, at)
        return _correlation(x * mask, laid)

    best = fit(place)
    for cells, share in _FINER:
        while True:
            scale, right, down = place
            near = [
                (scale * (1 + i * share), right + j * cells, down + k * cells)
                for i in (-1, 0, 1)
                for j in (-1, 0, 1)
                for k in (-1, 0, 1)
            ]
            fits = [fit(at) for at in near]
            if max(fits) <= best + 1e-4:
                break
            best, place = max(fits), near[int(np.argmax(fits))]
    return place


def _disagreement(x: Floats, y: Floats) -> float:
    """Share of the energy of both that lies where they disagree over a few letters."""
    y = y * np.float32(np.sqrt(_energy(x) / (_energy(y) + _TINY)))
    of_x, of_y = _around(x * x), _around(y * y)
    agrees = np.full_like(x, -1.0)
    for right in _WOBBLE:
        for down in _WOBBLE:
            moved, _ = _laid(y, (1.0, right, down))
            energy = np.sqrt(of_x * _around(moved * moved) + _TINY)
            agrees = np.maximum(agrees, _around(x * moved) / energy)
    both = np.minimum(of_x, of_y)
    return float(both[agrees < _DISAGREES].sum() / (both.sum() + 1e-6))


def _seen(picture: Floats, rect: Rect) -> Floats:
    """What a rectangle of the clip's picture shows, as a picture of full size."""
    left, right, top, bottom = rect
    if rect == WHOLE:
        return np.ascontiguousarray(picture)
    width, height = right - left, bottom - top
    x, y = left * COLUMNS + width / 2 - 0.5, top * ROWS + height / 2 - 0.5
    return _warped(np.ascontiguousarray(picture), np.array([[width, 0.0, x], [0.0, height, y]]))


def _laid(picture: Floats, place: Place) -> tuple[Floats, Floats]:
    """(a picture moved to a place, where it shows something: 0..1)."""
    return _warped(picture, _matrix(place)), _mask(place)


@lru_cache(maxsize=4096)
def _mask(place: Place) -> Floats:
    return _warped(np.ones((ROWS, COLUMNS), np.float32), _matrix(place))


def _matrix(place: Place) -> NDArray[np.float64]:
    scale, right, down = place
    x = (COLUMNS - 1) / 2 * (1 - 1 / scale) - right / scale
    y = (ROWS - 1) / 2 * (1 - 1 / scale) - down / scale
    return np.array([[1 / scale, 0.0, x], [0.0, 1 / scale, y]])


def _warped(picture: Floats, matrix: NDArray[np.float64]) -> Floats:
    """The picture whose cell p shows what the given one has at matrix * p; nothing beyond it."""
    import cv2

    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, matrix, (COLUMNS, ROWS), flags=flags), np.float32)


def _around(picture: Floats) -> Floats:
    import cv2

    return np.asarray(cv2.blur(picture, _LETTERS, borderType=cv2.BORDER_CONSTANT), np.float32)


def _energy(picture: Floats) -> float:
    return float(np.vdot(picture, picture))


def _correlation(x: Floats, y: Floats) -> float:
    return float(np.vdot(x, y) / np.sqrt(_energy(x) * _energy(y) + _TINY))
