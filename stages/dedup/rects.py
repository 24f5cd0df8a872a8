"""Rectangles of pictures, as shares of their sides."""

from __future__ import annotations

from stages.split.figure_border import Border

Rect = tuple[float, float, float, float]
"""left, right, top, bottom as shares of the picture inside the border."""

WHOLE: Rect = (0.0, 1.0, 0.0, 1.0)
CROPS = (0.95, 0.9, 0.85)
"""Shares of the sides that a centred crop leaves."""

_LEAST_SIDE = 0.4


def inside(border: Border) -> Rect:
    """What a border leaves of the frame."""
    return (border.left, 1.0 - border.right, border.top, 1.0 - border.bottom)


def centre(share: float) -> Rect:
    """The centred rectangle that leaves a share of both sides."""
    return scaled(WHOLE, share)


def scaled(rect: Rect, share: float) -> Rect:
    """Where a rectangle of a frame lies in the frame of which it is the centred crop."""
    edge = (1.0 - share) / 2
    left, right, top, bottom = (edge + share * side for side in rect)
    return (left, right, top, bottom)


def overlap(a: Rect, b: Rect) -> Rect | None:
    """Intersection; None where it is small."""
    left, right, top, bottom = (
        max(a[0], b[0]),
        min(a[1], b[1]),
        max(a[2], b[2]),
        min(a[3], b[3]),
    )
    if right - left < _LEAST_SIDE or bottom - top < _LEAST_SIDE:
        return None
    return (left, right, top, bottom)


def within(part: Rect, whole: Rect) -> Rect:
    """A rectangle in the coordinates of another one."""
    width, height = whole[1] - whole[0], whole[3] - whole[2]
    return (
        (part[0] - whole[0]) / width,
        (part[1] - whole[0]) / width,
        (part[2] - whole[2]) / height,
        (part[3] - whole[2]) / height,
    )


def rounded(rect: Rect) -> Rect:
    """To hundredths: rectangles that differ by less are one."""
    left, right, top, bottom = (round(side, 2) + 0.0 for side in rect)
    return (left, right, top, bottom)
