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

    def same(self, seen: Evidence) -> bool:
        """Whether the evidence is enough. The fewer pictures, the better they have to agree."""
        if seen.n < 4 or seen.ends < _LEAST_ENDS * seen.look:
            return False
        is_drift = seen.slope >= self.min_trend and seen.trend >= self.min_trend
        apart = abs(seen.shift) - seen.spread
        if is_drift and apart > self.max_shift:
            return False
        least = self.min_course + self.short_course / seen.n
        if seen.course >= least and seen.weakest >= _WEAKEST:
            return True
        return is_drift and seen.change < QUIET_CHANGE and self._close(seen)

    def _close(self, seen: Evidence) -> bool:
        """Whether two clips in which the camera drifts lie on each other in time."""
        return seen.n >= 8 and abs(seen.shift) + _DOUBT * seen.spread <= self.max_shift


def evidence(x: Floats, y: Floats) -> Evidence:
    """Of two films (n, cells) of the same moments, n >= 2."""
    n = len(x)
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    rest_x, rest_y = _without(x - mean_x, mean_x), _without(y - mean_y, mean_y)
    times = np.arange(n, dtype=np.float32) - np.float32((n - 1) / 2)
    slope_x, slope_y = _slope(times, rest_x), _slope(times, rest_y)
    course_x = rest_x - times[:, None] * slope_x
    course_y = rest_y - times[:, None] * slope_y
    shift, spread = _shift(rest_x, rest_y, mean_x, mean_y, slope_x, slope_y)
    return Evidence(
        n,
        _correlation(course_x, course_y),
        _correlation(rest_x, rest_y),
        _correlation(slope_x, slope_y),
        shift / n,
        spread / n,
        float(np.sqrt(min(np.mean(course_x**2), np.mean(course_y**2)))),
        _correlation(mean_x, mean_y),
        _weakest(course_x, course_y),
        _ends(x, y),
    )


def _weakest(x: Floats, y: Floats) -> float:
    """Least correlation over the thirds of the time."""
    energy = np.minimum((x * x).sum(axis=1), (y * y).sum(axis=1))
    edges = [len(x) * k // 3 for k in range(4)]
    found = [
        _correlation(x[a:b], y[a:b])
        for a, b in pairwise(edges)
        if b - a >= 3 and energy[a:b].mean() >= _MOVING * energy.mean()
    ]
    return min(found, default=1.0)


def _ends(x: Floats, y: Floats) -> float:
    """The lower correlation of the first and of the last pictures; flat ones do not count."""
    few = max(1, len(x) // 12)
    least = _FLAT * min(float(np.mean(x * x)), float(np.mean(y * y)))
    found = []
    for some in (slice(0, few), slice(len(x) - few, len(x))):
        if min(float(np.mean(x[some] ** 2)), float(np.mean(y[some] ** 2))) >= least:
            found.append(_correlation(x[some], y[some]))
    return min(found, default=1.0)


def _slope(times: Floats, film: Floats) -> Floats:
    """Least-squares slope over centred times, per cell."""
    return np.asarray(times @ film / np.float32((times**2).sum()), np.float32)


def _without(film: Floats, picture: Floats) -> Floats:
    """A film without what is proportional to a picture."""
    share = film @ picture / (picture @ picture + _TINY)
    return np.asarray(film - np.outer(share, picture), np.float32)


def _correlation(a: Floats, b: Floats) -> float:
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum() + _TINY))


def _shift(
    rest_x: Floats, rest_y: Floats, mean_x: Floats, mean_y: Floats, slope_x: Floats, slope_y: Floats
) -> tuple[float, float]:
    """(shift, spread) in pictures. The gain between the clips comes from their changes alone."""
    gain = float((rest_x * rest_y).sum() / ((rest_x * rest_x).sum() + _TINY))
    slope = (gain * slope_x + slope_y) / 2
    weight = np.abs(slope)
    apart = mean_y - gain * mean_x
    apart = apart - _weighted_median(apart, weight)
    ratio = np.asarray(apart / np.where(weight > _TINY, slope, _TINY), np.float32)
    shift = _weighted_median(ratio, weight)
    return shift, _weighted_median(np.abs(ratio - shift), weight)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    sums = np.cumsum(weights[order])
    return float(values[order[min(np.searchsorted(sums, sums[-1] / 2), len(values) - 1)]])
