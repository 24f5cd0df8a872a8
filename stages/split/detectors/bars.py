"""The part of the picture inside flat bars.

Bars beside an upright video, or above and below a wide one, are the same before and after every
cut, and two thirds of a picture that stay as they are look like one shot. So detectors that compare
pictures look inside the bars. Their colour does not matter, only that it neither varies nor
changes, and that the picture begins at a straight edge: text on a plain ground is no picture
between bars, and neither is what is lit in the dark.

Bars are known from the frames of the last seconds. A picture that goes beyond them is seen in full
at once; new ones are believed when all of these frames have them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.split.view import FrameView, Plane

_TOLERANCE = 16
"""Levels of luma by which a bar may vary, so that compression is no picture."""

_MOST_OFF = 0.02
"""Share of a row or column of a bar that may be off by more."""

_EDGE = 0.5
"""Share of the picture's outermost rows or columns, two of them, that is not like the bar."""

_LEAST = 0.04
_MOST = 0.8
"""Shares of a side that bars take; less is not worth it, more leaves too little to look at."""

_EVERY = 4
"""Of so many frames one is looked at: pictures last longer."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Window:
    """What is looked at, in pixels of the views: rows [top, bottom) and columns [left, right)."""

    top: int
    bottom: int
    left: int
    right: int

    def of(self, view: FrameView) -> FrameView:
        """The part of a view."""
        height, width = view.luma.shape
        if (self.bottom - self.top, self.right - self.left) == (height, width):
            return view
        rows, columns = slice(self.top, self.bottom), slice(self.left, self.right)
        half_rows = slice(self.top // 2, (self.bottom + 1) // 2)
        half_columns = slice(self.left // 2, (self.right + 1) // 2)
        u, v = view.u[half_rows, half_columns], view.v[half_rows, half_columns]
        return FrameView(view.luma[rows, columns], u, v, view.is_bt709)

    def holds(self, other: Window) -> bool:
        """Whether the other window lies within this one."""
        return (
            self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )


class Bars:
    """Follows the bars of a stream whose frames come in batches."""

    def __init__(self, n_batches: int) -> None:
        """`n_batches`: how many batches have to have a bar."""
        self._extremes: deque[tuple[Plane, Plane]] = deque(maxlen=n_batches)
        self._window: Window | None = None

    def see(self, views: Sequence[FrameView]) -> Window:
        """The window of the next batch."""
        some = np.stack([view.luma for view in views[::-_EVERY]])
        self._extremes.append((some.min(axis=0), some.max(axis=0)))
        darkest = np.min([low for low, _ in self._extremes], axis=0)
        brightest = np.max([high for _, high in self._extremes], axis=0)
        self._window = next_window(self._window, darkest, brightest)
        return self._window


def next_window(before: Window | None, darkest: Plane, brightest: Plane) -> Window:
    """The window after `before`, given the extremes of each pixel (height, width). What was a
    bar stays one while it is flat, and bars do not grow by a few pixels."""
    found = find_window(darkest, brightest)
    if before is None or _is_lit_outside(before, darkest, brightest):
        return found
    height, width = darkest.shape
    gain = max(
        (before.bottom - before.top - (found.bottom - found.top)) / height,
        (before.right - before.left - (found.right - found.left)) / width,
    )
    return found if before.holds(found) and gain >= _LEAST else before


def find_window(darkest: Plane, brightest: Plane) -> Window:
    """The window inside all bars; the whole picture where there are none."""
    height, width = darkest.shape
    whole = Window(0, height, 0, width)
    # Turned so that each side is the first row of its mask in turn: top, left, bottom, right.
    offs = [_off(np.rot90(darkest, -k), np.rot90(brightest, -k)) for k in range(4)]
    top, left, bottom, right = (_flat_rows(off) for off in offs)
    if min(top, left, bottom, right) < 0:
        return whole
    depths = (top, left, bottom, right)
    top, left, bottom, right = (
        # The sides that meet side k at the beginning and at the end of its rows are its neighbours.
        depths[k] if _has_edge(off, depths[k], depths[(k + 1) % 4], depths[k - 1]) else 0
        for k, off in enumerate(offs)
    )
    if not _LEAST * height <= top + bottom <= _MOST * height:
        top = bottom = 0
    if not _LEAST * width <= left + right <= _MOST * width:
        left = right = 0
    # Even, so that chroma begins with luma.
    top, left = top + top % 2, left + left % 2
    end, side = height - bottom, width - right
    return Window(top, end - end % 2 * bool(bottom), left, side - side % 2 * bool(right))


def _off(darkest: Plane, brightest: Plane) -> Mask:
    """Which pixels are not like the first row is."""
    level = float(np.median(darkest[0].astype(np.float32) + brightest[0])) / 2
    return np.asarray((darkest < level - _TOLERANCE) | (brightest > level + _TOLERANCE))


def _flat_rows(off: Mask) -> int:
    """First rows that are flat; -1: all are."""
    lit = np.flatnonzero(off.mean(axis=1) > _MOST_OFF)
    return int(lit[0]) if len(lit) else -1


def _has_edge(off: Mask, depth: int, first: int, last: int) -> bool:
    """Whether the picture begins with a straight edge behind so many rows; `first` and `last`: the
    columns of it that are bars."""
    edge = off[depth : depth + 2, first : off.shape[1] - last]
    return bool(edge.size and edge.any(axis=0).mean() >= _EDGE)


def _is_lit_outside(window: Window, darkest: Plane, brightest: Plane) -> bool:
    """Whether something is to be seen in the bars around a window."""
    height, width = darkest.shape
    depths = (window.top, window.left, height - window.bottom, width - window.right)
    for k, depth in enumerate(depths):
        off = _off(np.rot90(darkest, -k), np.rot90(brightest, -k))
        if depth and (off[:depth].mean(axis=1) > _MOST_OFF).any():
            return True
    return False
