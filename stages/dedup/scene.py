"""Whether a stretch of a film is a whole scene of it: from one cut, or end of the film, to another.

A clip that fills a whole scene of a longer one is one of those that it was put together from; one
that does not was cut out of it, or shares an ancestor with it.

At a cut, the nearest pictures that lie wholly before and wholly after it differ more than pictures
so far apart do just before and just after. (A picture of a film is a mean that reaches one part of
the time to both sides.) Measured on clips of a known make, the ratio was at most 0.99 without a
cut, and at least 1.18 at all but one in fourteen cuts, which lay between lively scenes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_END_S = 0.2
_RATIO = 1.08
_NOISE = 0.5
"""Luma levels that are added to all changes."""
_SLACK = 0.25
"""Parts of the time by which a place may be wrong."""
_LOOKS = 3


def is_whole_scene(film: Floats, part_s: float, from_s: float, to_s: float) -> bool:
    """`film` has the shape (n, frequencies) with orthonormal frequencies, in luma levels; picture
    k lies at (k + 1/2) * part_s."""
    end_s = len(film) * part_s - _END_S
    return all(
        edge_s <= _END_S or edge_s >= end_s or _is_cut(film, edge_s / part_s)
        for edge_s in (from_s, to_s)
    )


def _is_cut(film: Floats, place: float) -> bool:
    """Whether there is a cut at a place, in parts of the time."""
    low, high = int(np.floor(place - 1.5 + _SLACK)), int(np.ceil(place + 0.5 - _SLACK))
    if low < 0 or high >= len(film):
        return False
    apart = high - low
    before = [_change(film, low - k - apart, low - k) for k in range(_LOOKS)]
    after = [_change(film, high + k, high + k + apart) for k in range(_LOOKS)]
    return _change(film, low, high) >= _RATIO * (max(before + after) + _NOISE)


def _change(film: Floats, a: int, b: int) -> float:
    """How much two pictures differ; 0 where there is none."""
    if a < 0 or b >= len(film):
        return 0.0
    return float(np.sqrt(((film[b] - film[a]) ** 2).sum()))
