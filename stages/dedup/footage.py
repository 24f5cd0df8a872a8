"""A clip's film seen through rectangles: what comparing two clips under crops and borders needs.

The film of a signature is a sum of cosines over the picture inside the black borders. So its mean
over any cell of any rectangle has a closed form, and a crop is one matrix product:
mean of sqrt(2) cos(pi k x) over [a, b] = sqrt(2) (sin(pi k b) - sin(pi k a)) / (pi k (b - a)).

A clip without bars that stands among others in a longer one has its bars there, as part of the
picture. `embedded` puts bars back: the few frequencies of the larger picture then lose the same of
both clips, which matters where hardly anything moves.

`placements` lists the ways in which two clips may lie on each other: borders added to one of them
(their pictures inside the borders fit as they are), a centred crop of either, and the same in the
coordinates of the whole frame, for borders that one of the two clips does not show as such (a
dark scene that looks like a bar, a logo inside a bar).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from stages.dedup.rects import CROPS, WHOLE, Rect, centre, inside, overlap, rounded, scaled, within
from stages.split.detail import Detail, read_detail
from stages.split.figure_border import Border
from stages.split.signature import N_U, N_V, Signature, cosines

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
STILL_CHANGE = 0.1
"""Change of a clip, in luma levels, below which nothing but noise moves."""
ROWS, COLUMNS = 9, 12
"""Cells into which a rectangle is divided."""
_LOCAL_S = 1.0
_BLACK = 16.0
_SAMPLES = 480
_LEAST_BAR = 0.02
_ODD = np.tile(np.arange(N_U) % 2 == 1, N_V)


class Footage:
    """A signature, and its pictures through rectangles; kept once made."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.duration_s = signature.duration_s
        self.border = signature.border
        self.n = len(signature.film)
        self.part_s = self.duration_s / self.n
        self.reach = reach_of(self.part_s)
        self.film = signature.film.reshape(self.n, N_V * N_U)
        self._views: dict[tuple[Rect, bool], tuple[Floats, Floats]] = {}

    @cached_property
    def change(self) -> float:
        """Root mean square change of the clip, in luma levels."""
        return _change(self.film)

    @cached_property
    def moves_within(self) -> bool:
        """Whether something moves between the first picture and the last one, without these."""
        return self.n > 2 and _change(self.film[1:-1]) >= STILL_CHANGE

    @cached_property
    def detail(self) -> Detail | None:
        """What changes between the spans that stand still."""
        return read_detail(self.signature.detail, self.duration_s)

    @cached_property
    def unit_look(self) -> Floats:
        """The frequencies of the mean picture without its mean, of length 1."""
        look = self.film.mean(axis=0)
        look[0] = 0.0
        return np.asarray(look / (np.sqrt(look @ look) + 1e-6), np.float32)

    @staticmethod
    def mirrored(film: Floats) -> Floats:
        return np.where(_ODD, -film, film)

    def view(self, rect: Rect, mirror: bool = False) -> tuple[Floats, Floats]:
        """(pictures, the same without what lasts longer than a second or two), each (n, cells);
        the mean over the cells of each picture is 0."""
        key = (rect, mirror)
        found = self._views.get(key)
        if found is None:
            film = self.mirrored(self.film) if mirror else self.film
            pictures = film @ _rect_matrix(rect)
            found = self._views[key] = (pictures, pictures - moving_mean(pictures, self.reach))
        return found


def embedded(signature: Signature, border: Border) -> Signature:
    """The signature as it would be with less cut off: what lies inside `border`, which is black
    where the signature's own border was. `border` must not reach into the picture."""
    film = unbarred(signature.film, signature.border, border)
    return replace(signature, film=film, border=border, overlaid=border)


def unbarred(film: Floats, own: Border, border: Border) -> Floats:
    """A film (n, N_V, N_U) of what lies inside its `own` border as one of what lies inside a
    `border` around that."""
    picture = within(inside(own), inside(border))
    vertical, black_v = _embedding(picture[2], picture[3], N_V)
    horizontal, black_u = _embedding(picture[0], picture[1], N_U)
    black = -np.outer(black_v, black_u)
    black[0, 0] += 1.0
    whole = vertical @ film @ horizontal.T + np.float32(_BLACK) * black
    return np.asarray(whole, np.float32)


def lies_in(a: Border, b: Border) -> bool:
    """Whether the picture inside border b is a real part of that inside border a."""
    cut = b.left - a.left, b.right - a.right, b.top - a.top, b.bottom - a.bottom
    return min(cut) >= 0 and max(cut) > _LEAST_BAR


def placements(a: Border, b: Border) -> Iterator[tuple[Rect, Rect]]:
    """(rectangle of a, rectangle of b) that may show the same; the most usual first."""
    seen = set()
    for of_a, of_b in _placements(a, b):
        pair = rounded(of_a), rounded(of_b)
        if pair not in seen:
            seen.add(pair)
            yield pair


def frame_on_frame(a: Border, b: Border) -> Iterator[tuple[Rect, Rect]]:
    """(rectangle of a, rectangle of b) that show the same where the whole frames do."""
    inside_a, inside_b = inside(a), inside(b)
    both = overlap(inside_a, inside_b)
    if both:
        yield rounded(within(both, inside_a)), rounded(within(both, inside_b))


def flipped(border: Border) -> Border:
    """The border of the mirrored frame."""
    return Border(border.right, border.left, border.top, border.bottom)


def _placements(a: Border, b: Border) -> Iterator[tuple[Rect, Rect]]:
    yield WHOLE, WHOLE
    for share in CROPS:
        yield centre(share), WHOLE
        yield WHOLE, centre(share)
    inside_a, inside_b = inside(a), inside(b)
    if inside_a == inside_b == WHOLE:
        return
    for share in (1.0, *CROPS):
        both = overlap(inside_a, scaled(inside_b, share))
        if both:
            yield within(both, inside_a), within(both, scaled(inside_b, share))
        both = overlap(scaled(inside_a, share), inside_b)
        if both:
            yield within(both, scaled(inside_a, share)), within(both, inside_b)


def _change(film: Floats) -> float:
    """Root mean square change of a film (n, frequencies) against its mean picture."""
    changes = film - np.add.reduce(film, axis=0) / np.float32(len(film))
    np.square(changes, out=changes)
    sums = np.add.reduce(changes, axis=1)
    return float(np.sqrt(np.add.reduce(sums) / np.float32(len(sums))))


def reach_of(part_s: float) -> int:
    """Pictures to both sides over which a moving mean is taken."""
    return max(1, round(_LOCAL_S / part_s))


def moving_mean(pictures: Floats, reach: int) -> Floats:
    """Mean over the pictures (..., n, cells) within `reach` of each one."""
    *outer, n, cells = pictures.shape
    low, high, count = _around(n, reach)
    sums = np.zeros((*outer, n + 1, cells), np.float32)
    np.add.accumulate(pictures, axis=-2, out=sums[..., 1:, :])
    within = sums.take(high, axis=-2)
    within -= sums.take(low, axis=-2)
    within /= count
    return within


@lru_cache(maxsize=4096)
def _around(n: int, reach: int) -> tuple[Places, Places, Floats]:
    """For each of n pictures, the first of those within `reach` of it, the one after the last, and
    how many they are (n, 1)."""
    low = np.maximum(np.arange(n) - reach, 0)
    high = np.minimum(np.arange(n) + reach + 1, n)
    return low, high, (high - low)[:, None].astype(np.float32)


@lru_cache(maxsize=4096)
def _embedding(low: float, high: float, frequencies: int) -> tuple[Floats, Floats]:
    """(from frequencies over [low, high] to those over 0..1, (frequencies, frequencies); those of
    1 inside [low, high] and 0 outside)."""
    places = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    places = places[(places >= low) & (places < high)]
    outer = cosines(frequencies, places) / _SAMPLES
    inner = cosines(frequencies, (places - low) / (high - low))
    return np.asarray(outer @ inner.T, np.float32), np.asarray(outer.sum(axis=1), np.float32)


@lru_cache(maxsize=4096)
def _rect_matrix(rect: Rect) -> Floats:
    """(N_V * N_U, cells): cell means, less their mean over the rectangle."""
    vertical = cell_means(rect[2], rect[3], ROWS, N_V)
    horizontal = cell_means(rect[0], rect[1], COLUMNS, N_U)
    matrix = np.einsum("av,bu->vuab", vertical, horizontal).reshape(N_V * N_U, ROWS * COLUMNS)
    return np.asarray(matrix - matrix.mean(axis=1, keepdims=True), np.float32)


def cell_means(low: float, high: float, cells: int, frequencies: int) -> NDArray[np.float64]:
    """Means of the basis functions over equal cells of [low, high], (cells, frequencies)."""
    edges = np.linspace(low, high, cells + 1)
    k = np.arange(1, frequencies)
    sines = np.sin(np.pi * np.outer(edges, k))
    means = np.ones((cells, frequencies))
    means[:, 1:] = np.sqrt(2.0) * np.diff(sines, axis=0) / (np.pi * k) / ((high - low) / cells)
    return means
