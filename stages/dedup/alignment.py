"""How one clip may lie on another one, in time and in the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from stages.dedup.footage import CROPS, Rect, centre

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
