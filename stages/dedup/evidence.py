"""What two aligned pieces of film say for or against being the same footage.

Two moments of one quiet scene look more alike than two copies of one moment under a logo. What
only a copy shares is the course of its changes. X and Y, (pictures, cells), are two films of the
same moments as far as an alignment in time and space is right, without the mean of each picture.

1. `course`: the correlation of X and Y after taking out, of each, its mean picture, its linear
   trend over time, and whatever is proportional to the mean picture (fades, exposure). Overlays
   that stand still drop out with the mean picture. Neighbouring moments of one scene, a still
   title, two cards that fade in alike leave nothing that agrees.
2. Where the camera drifts slowly over a still scene, nearly all change is the linear trend, which
   neighbouring moments share. But their mean pictures then differ by the trend times the
   distance in time. `shift` is that distance, as a share of the length: the ratio D / k of the
   difference of the mean pictures to the slope, as the median over the cells weighted by |k|,
   which overlays on less than half of the slope do not move; `spread` is the weighted median of
   its deviations. Copies have a shift near 0; neighbours have one near or beyond 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

QUIET_CHANGE = 1.0
"""Change, in luma levels, below which the course may be lost in an encoder's noise."""
_DOUBT = 0.4
"""Error of a median over many cells, as a share of the spread of the cells."""
_MOVING = 0.3
_FLAT = 0.2
_LEAST_ENDS = 0.5
"""Of the correlation of the mean pictures. A clip of which one end is not in the other one is not
contained in it, though it may be stretched so that the rest fits; of copies it was 0.9 or more."""
_WEAKEST = 0.48
"""Course that every part of the time must reach: a clip of which another one holds two thirds is
not contained in it."""
_FADES, _FADES_LUMA = 0.08, 0.5
"""Change, as a share of all and in luma levels, below which what a fade of a still picture leaves
is an encoder's noise. Of titles that fade from black it was 0.06 or less, of real clips 0.79 or
more."""
_TINY = 1e-6


@dataclass(frozen=True)
class Evidence:
    """`n`: pictures compared. Correlations lie in -1..1; `trend` is that of everything but the
    mean picture, `slope` that of the slopes alone; `change` is the root mean square of
    what `course` compares, in luma levels, `look` the
    correlation of the mean pictures, `weakest` the course of that third
    of the time in which it is lowest; thirds in which hardly anything moves do not count; `ends`
    the lower of the correlations of the pictures at the beginning and at the end: beyond a cut it
    is that of two scenes."""

    n: int
    course: float
    trend: float
    slope: float
    shift: float
    spread: float
    change: float
    look: float
    weakest: float
    ends: float


@dataclass(frozen=True)
class Thresholds:
    """See DedupConfig, whose fields have the same names."""

    min_course: float
    short_course: float
    min_trend: float
    max_shift: float
    min_detail: float

    def same(self, seen: Evidence) -> bool:
        """Whether the evidence is enough. The fewer pictures, the better they have to agree."""
        if seen.n < 4 or seen.ends < _LEAST_ENDS * seen.look:
            return False
        is_drift = seen.slope >= self.min_trend and seen.trend >= self.min_trend
        apart = abs(seen.shift) - seen.spread
        if is_drift and apart > self.max_shift:
            return False
        if self.by_course(seen):
            return True
        return is_drift and seen.change < QUIET_CHANGE and self._close(seen)

    def by_course(self, seen: Evidence) -> bool:
        """Whether the course alone is like that of the same footage."""
        least = self.min_course + self.short_course / seen.n
        return seen.course >= least and seen.weakest >= _WEAKEST

    def _close(self, seen: Evidence) -> bool:
        """Whether two clips in which the camera drifts lie on each other in time."""
        return seen.n >= 8 and abs(seen.shift) + _DOUBT * seen.spread <= self.max_shift


def evidence(x: Floats, y: Floats) -> Evidence:
    """Of two films (n, cells) of the same moments, n >= 2."""
    n = len(x)
    parts = np.empty((3, 2, *x.shape), np.float32)
    course, rest, films = parts
    films[0], films[1] = x, y
    mean, slope = _divide(films, course, rest)
    of_course, of_rest, of_films = _products(parts)
    shift, spread = _shift(of_rest, mean[0], mean[1], slope[0], slope[1])
    return Evidence(
        n,
        of_course.correlation(),
        of_rest.correlation(),
        _correlation(slope[0], slope[1]),
        shift / n,
        spread / n,
        math.sqrt(min(of_course.sums(0, n)[:2]) / x.size),
        _correlation(mean[0], mean[1]),
        _weakest(of_course),
        _ends(of_films),
    )


def only_fades(film: Floats) -> bool:
    """Whether a film (n, cells), n >= 2, is a still picture that becomes brighter or darker."""
    mean = _mean(film)
    changes = film - mean
    rest = math.sqrt(float((_without(changes, mean) ** 2).mean()))
    return rest < min(_FADES_LUMA, _FADES * math.sqrt(float((changes**2).mean())))


def course_of(film: Floats, told_by: slice) -> Floats:
    """A film (n, cells) without the mean, the trend and what is proportional to the mean of some
    of its pictures."""
    mean = _mean(film[told_by])
    rest = _without(film - mean, mean)
    start, n = told_by.start, len(film[told_by])
    times = np.arange(len(film), dtype=np.float32) - np.float32(start + (n - 1) / 2)
    return np.asarray(
        rest - times[:, None] * _slope(times[told_by], rest[told_by]) if n > 1 else rest, np.float32
    )


def _divide(films: Floats, course: Floats, rest: Floats) -> tuple[Floats, Floats]:
    """Write what `course` and what `trend` compare of films (films, n, cells); mean pictures and
    slopes."""
    n = films.shape[1]
    mean = np.add.reduce(films, axis=1) / np.float32(n)
    np.subtract(films, mean[:, None], out=rest)
    share = (rest @ mean[:, :, None]) / (
        np.einsum("fc,fc->f", mean, mean) + np.float32(_TINY)
    ).reshape(-1, 1, 1)
    rest -= share * mean[:, None]
    times = np.arange(n, dtype=np.float32) - np.float32((n - 1) / 2)
    slope = np.asarray(times @ rest / (times @ times), np.float32)
    np.subtract(rest, times[:, None] * slope[:, None], out=course)
    return mean, slope


class _Products:
    """Inner products of the pictures of two films: all that correlations over any part of the time
    need. Running sums as plain numbers, since arrays this short cost more to call than to add."""

    def __init__(self, rows: list[list[float]]) -> None:
        self.n = len(rows[0]) - 1
        self._xx, self._yy, self._xy, self._both = rows

    def sums(self, first: int, after: int) -> tuple[float, float, float, float]:
        """Of the pictures [first, after): x * x, y * y, x * y, and the smaller of the first two."""
        return (
            self._xx[after] - self._xx[first],
            self._yy[after] - self._yy[first],
            self._xy[after] - self._xy[first],
            self._both[after] - self._both[first],
        )

    def correlation(self, first: int = 0, after: int | None = None) -> float:
        xx, yy, xy, _ = self.sums(first, self.n if after is None else after)
        return xy / math.sqrt(xx * yy + _TINY)


def _products(pairs: Floats) -> list[_Products]:
    """Of pairs of films (pairs, 2, n, cells)."""
    rows = np.zeros((len(pairs), 4, pairs.shape[2] + 1))
    rows[:, :2, 1:] = np.einsum("pfij,pfij->pfi", pairs, pairs)
    rows[:, 2, 1:] = np.einsum("pij,pij->pi", pairs[:, 0], pairs[:, 1])
    np.minimum(rows[:, 0], rows[:, 1], out=rows[:, 3])
    return [_Products(some) for some in np.add.accumulate(rows, axis=2).tolist()]


def _weakest(course: _Products) -> float:
    """Least correlation over the thirds of the time."""
    n = course.n
    least = _MOVING * course.sums(0, n)[3] / n
    found = [
        course.correlation(a, b)
        for a, b in pairwise(n * k // 3 for k in range(4))
        if b - a >= 3 and course.sums(a, b)[3] >= least * (b - a)
    ]
    return min(found, default=1.0)


def _ends(films: _Products) -> float:
    """The lower correlation of the first and of the last pictures; flat ones do not count."""
    n, few = films.n, max(1, films.n // 12)
    least = _FLAT * min(films.sums(0, n)[:2]) / n * few
    found = [
        films.correlation(first, after)
        for first, after in ((0, few), (n - few, n))
        if min(films.sums(first, after)[:2]) >= least
    ]
    return min(found, default=1.0)


def _mean(film: Floats) -> Floats:
    return np.asarray(np.add.reduce(film, axis=0) / np.float32(len(film)))


def _slope(times: Floats, film: Floats) -> Floats:
    """Least-squares slope over centred times, per cell."""
    return np.asarray(times @ film / (times @ times), np.float32)


def _without(film: Floats, picture: Floats) -> Floats:
    """A film without what is proportional to a picture."""
    share = film @ picture / (picture @ picture + np.float32(_TINY))
    return np.asarray(film - share[:, None] * picture, np.float32)


def _correlation(a: Floats, b: Floats) -> float:
    """Of two pictures (cells,)."""
    return float((a @ b) / np.sqrt((a @ a) * (b @ b) + _TINY))


def _shift(
    rest: _Products, mean_x: Floats, mean_y: Floats, slope_x: Floats, slope_y: Floats
) -> tuple[float, float]:
    """(shift, spread) in pictures. The gain between the clips comes from their changes alone."""
    xx, _, xy, _ = rest.sums(0, rest.n)
    gain = xy / (xx + _TINY)
    slope = (gain * slope_x + slope_y) / 2
    weight = np.abs(slope)
    apart = mean_y - gain * mean_x
    apart = apart - _weighted_median(apart, weight)
    ratio = np.asarray(apart / np.where(weight > _TINY, slope, _TINY), np.float32)
    shift = _weighted_median(ratio, weight)
    return shift, _weighted_median(np.abs(ratio - shift), weight)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = values.argsort()
    sums = weights.take(order).cumsum()
    place = min(int(sums.searchsorted(sums[-1] / 2)), len(values) - 1)
    return float(values[order[place]])
