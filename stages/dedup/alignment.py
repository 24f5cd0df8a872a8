"""How one clip may lie on another one, in time and in the picture, and what that shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from stages.dedup.evidence import Evidence, evidence
from stages.dedup.footage import Footage
from stages.dedup.lines import places
from stages.dedup.rects import CROPS, Rect, centre

MIN_COVER = 0.92
"""Share of the shorter clip that must lie inside the longer one."""
TRIMMED_FROM = 10
"""Pictures from which those at the ends, which beside a cut hold some of the other scene, are left
out."""
_LIKE_SHARE = 0.045
"""By how much the crop through which two clips met may differ from one that is tried."""


@dataclass(frozen=True)
class Alignment:
    """How the shorter clip lies in the longer one."""

    of_long: Rect
    of_short: Rect
    mirrored: bool
    speed: float
    offset_s: float


@dataclass(frozen=True)
class Met:
    """How two clips met: at which moment of each, which centred share of the sides of each was
    seen, and whether mirrored."""

    long_s: float
    short_s: float
    share_long: float
    share_short: float
    mirrored: bool

    @property
    def ways(self) -> list[tuple[Rect, Rect]]:
        """(rectangle of the longer clip, rectangle of the shorter one) that it may have been."""
        return [
            (centre(long), centre(short))
            for long in _like(self.share_long)
            for short in _like(self.share_short)
        ]


def moved(at: Alignment, step: float) -> Iterator[Alignment]:
    """The alignment with one side of one rectangle, or two opposite ones, moved by a step."""
    for rect in _moved_rects(at.of_long, step):
        yield replace(at, of_long=rect)
    for rect in _moved_rects(at.of_short, step):
        yield replace(at, of_short=rect)


def evidence_at(a: Footage, b: Footage, at: Alignment) -> Evidence | None:
    """What an alignment of b, the shorter clip, on a shows; None where too little of b is in a."""
    moments = np.array([at.speed]), np.array([at.offset_s])
    low, weight, inside = places(a.n, a.part_s, b.n, b.part_s, *moments)
    used = np.flatnonzero(inside[0])
    if len(used) / b.n < MIN_COVER or len(used) < 2:
        return None
    rows, share = low[0][used], weight[0][used][:, None]
    film_a, film_b = a.view(at.of_long)[0], b.view(at.of_short, at.mirrored)[0]
    x = film_a.take(rows, axis=0) * (1 - share)
    x += film_a.take(np.minimum(rows + 1, a.n - 1), axis=0) * share
    y = film_b.take(used, axis=0)
    end_s = at.offset_s + at.speed * b.duration_s
    first = int(at.offset_s > a.part_s / 2)
    after = len(used) - int(end_s < a.duration_s - a.part_s / 2)
    # Pictures beside a cut hold some of the other scene. Where nothing moves in the others, what
    # moves is in these.
    if len(used) >= TRIMMED_FROM and b.moves_within:
        x, y = x[first:after], y[first:after]
    return evidence(x, y)


def _moved_rects(rect: Rect, step: float) -> Iterator[Rect]:
    for sides in ((0,), (1,), (2,), (3,), (0, 1), (2, 3)):
        for sign in (-1, 1):
            left, right, top, bottom = (
                round(side + sign * step, 3) if index in sides else side
                for index, side in enumerate(rect)
            )
            if min(left, top) >= 0 and max(right, bottom) <= 1:
                yield (left, right, top, bottom)


def _like(share: float) -> list[float]:
    """The shares of the sides to try where a crop of a share was met."""
    return [1.0] if share == 1.0 else [crop for crop in CROPS if abs(crop - share) < _LIKE_SHARE]
