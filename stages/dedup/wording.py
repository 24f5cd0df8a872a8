"""Whether what appears between the still spans of two clips is the same down to its details.

Cards that fade in alike have one course, whatever is written on them. Their details (see
`stages.split.detail`) tell them apart: of the moments at which both clips stand still, the two
between which most changes in both are taken, and the two changes are laid on each other; where both
stand still in one span alone, its pictures are. How well they agree is, with the best crop and
shift,

    (A, B) / sqrt((A, A) (B, B)) - share

where `share` is that of the energy of both that lies where they disagree on a scale of a few
letters: two cards with one line alike and one different agree as a whole, but not there. Of
nearly all copies it was 0.6 or more, down to writing of 14 pixels at 360 lines, of nearly all
different texts below that; two copies of one real clip, one of them hardly to be seen, had 0.5.
Two texts that differ in a few letters of many are not told apart.

Text that is typed stands still for a moment now and then, where the small pictures happen to show
no letter. Two clips that cover the same time and do so at other moments are not the same.
"""

from __future__ import annotations

from dataclasses import dataclass
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
_MANY = 3
"""Still spans from which a clip stands still again and again."""
_CLEAR, _LEAST = 12.0, 0.5
"""Luma levels of a cell that clearly changes, and the least root mean square of a change, of such
cells over the whole picture, that is judged."""
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


@dataclass(frozen=True)
class Change:
    """What changes between two still moments, (ROWS, COLUMNS), and where that is known, 0..1."""

    luma: Floats
    known: Floats

    def seen(self, rect: Rect, mirrored: bool = False) -> Change:
        """What a rectangle of the clip's picture shows of it, as a change of full size."""
        luma, known = self.luma, self.known
        if mirrored:
            luma, known = (np.ascontiguousarray(part[:, ::-1]) for part in (luma, known))
        if rect == WHOLE:
            return Change(luma, known)
        left, right, top, bottom = rect
        width, height = right - left, bottom - top
        x, y = left * COLUMNS + width / 2 - 0.5, top * ROWS + height / 2 - 0.5
        return self._warped(luma, known, np.array([[width, 0.0, x], [0.0, height, y]]))

    def laid(self, place: Place) -> Change:
        """The change moved to a place."""
        scale, right, down = place
        x = (COLUMNS - 1) / 2 * (1 - 1 / scale) - right / scale
        y = (ROWS - 1) / 2 * (1 - 1 / scale) - down / scale
        matrix = np.array([[1 / scale, 0.0, x], [0.0, 1 / scale, y]])
        return self._warped(self.luma, self.known, matrix)

    @classmethod
    def _warped(cls, luma: Floats, known: Floats, matrix: NDArray[np.float64]) -> Change:
        """The change whose cell p shows what the given one has at matrix * p."""
        import cv2

        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (COLUMNS, ROWS)
        moved = (cv2.warpAffine(part, matrix, size, flags=flags) for part in (luma, known))
        return cls(*(np.asarray(part, np.float32) for part in moved))


def agreement(a: Detail, b: Detail, at: Alignment) -> float | None:
    """How far the changes of two clips, the longer one first, agree: -1..1; None where they have
    no two still moments in common, or hardly anything changes between them."""
    common = _common(a, b, at)
    changes = [
        (_between(a, early[0], late[0]), _between(b, early[1], late[1]))
        for early, late in combinations(common, 2)
    ]
    if len(a.spans_s) == len(b.spans_s) == len(common) == 1:
        changes = [(_alone(a), _alone(b))]
    if not changes:
        return None
    of_a, of_b = max(changes, key=lambda pair: min(_clear(pair[0]), _clear(pair[1])))
    if min(_clear(of_a), _clear(of_b)) < _LEAST**2 * ROWS * COLUMNS:
        return None
    x, y = of_a.seen(at.of_long), of_b.seen(at.of_short, at.mirrored)
    y = y.laid(_refined(x, y, _found(x, y)))
    luma_x, luma_y = x.luma * y.known, y.luma * x.known
    return _correlation(luma_x, luma_y) - _disagreement(luma_x, luma_y)


def stand_apart(a: Detail, b: Detail, at: Alignment) -> bool:
    """Whether two clips that cover the same time, and stand still again and again, do so at other
    moments: text that is typed stops for a moment where its letters fall."""
    is_told = min(len(a.spans_s), len(b.spans_s)) >= _MANY
    return is_told and len(_common(a, b, at)) < 2


def _between(of: Detail, early: int, late: int) -> Change:
    known = (of.known[early] & of.known[late]).astype(np.float32)
    return Change((of.pictures[late] - of.pictures[early]) * known, known)


def _alone(of: Detail) -> Change:
    known = of.known[0].astype(np.float32)
    return Change(of.pictures[0] * known, known)


def _clear(change: Change) -> float:
    """Energy of the cells that clearly change."""
    return float((change.luma[np.abs(change.luma) >= _CLEAR] ** 2).sum())


def _common(a: Detail, b: Detail, at: Alignment) -> list[tuple[int, int]]:
    """(span of a, span of b) that show the same moments, by the time of b."""
    found = []
    for index, span_s in enumerate(b.spans_s):
        start_s, end_s = at.offset_s + at.speed * span_s
        both_s = np.minimum(a.spans_s[:, 1], end_s) - np.maximum(a.spans_s[:, 0], start_s)
        if both_s.max() >= _BOTH_S:
            found.append((int(both_s.argmax()), index))
    return found


def _found(x: Change, y: Change) -> Place:
    """Where y lies on x to a cell: normalised cross-correlation over what is known of both."""
    of_x, of_xx, of_known = _spectra(x)
    down, right = (np.fft.fftfreq(size, 1 / size) for size in _PADDED)
    is_near = (np.abs(down) <= _SHIFT * ROWS)[:, None] & (np.abs(right) <= _SHIFT * COLUMNS)
    best, place = -np.inf, (1.0, 0.0, 0.0)
    for scale in _SCALES:
        laid = y.laid((scale, 0.0, 0.0))
        of_y, of_yy, of_mask = (np.conj(spectrum) for spectrum in _spectra(laid))
        both, in_x, in_y = (
            np.fft.irfft2(part, _PADDED)
            for part in (of_x * of_y, of_xx * of_mask, of_known * of_yy)
        )
        in_x = np.maximum(in_x, _OVERLAP * _energy(x.luma))
        in_y = np.maximum(in_y, _OVERLAP * _energy(laid.luma))
        score = np.where(is_near, both / np.sqrt(in_x * in_y + _TINY), -np.inf)
        row, column = np.unravel_index(int(score.argmax()), score.shape)
        if score[row, column] > best:
            best, place = score[row, column], (scale, float(right[column]), float(down[row]))
    return place


def _spectra(change: Change) -> list[NDArray[np.complex128]]:
    parts = (change.luma, change.luma**2, change.known)
    return [np.fft.rfft2(part, _PADDED) for part in parts]


def _refined(x: Change, y: Change, place: Place) -> Place:
    """A place moved to where the changes agree best."""

    def fit(at: Place) -> float:
        laid = y.laid(at)
        return _correlation(x.luma * laid.known, laid.luma * x.known)

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
    whole = Change(y, np.ones_like(y))
    for right in _WOBBLE:
        for down in _WOBBLE:
            moved = whole.laid((1.0, right, down)).luma
            energy = np.sqrt(of_x * _around(moved * moved) + _TINY)
            agrees = np.maximum(agrees, _around(x * moved) / energy)
    both = np.minimum(of_x, of_y)
    return float(both[agrees < _DISAGREES].sum() / (both.sum() + 1e-6))


def _around(picture: Floats) -> Floats:
    import cv2

    return np.asarray(cv2.blur(picture, _LETTERS, borderType=cv2.BORDER_CONSTANT), np.float32)


def _energy(picture: Floats) -> float:
    return float(np.vdot(picture, picture))


def _correlation(x: Floats, y: Floats) -> float:
    return float(np.vdot(x, y) / np.sqrt(_energy(x) * _energy(y) + _TINY))
