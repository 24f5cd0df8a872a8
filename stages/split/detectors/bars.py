"""The part of the picture inside bars and frames.

Bars beside an upright video, or above and below a wide one, are the same before and after every
cut, and two thirds of a picture that stay as they are look like one shot. So do the panels of a
news channel. So detectors that compare pictures look inside of them:

- bars of one colour that neither varies nor changes, with a straight edge: text on a plain ground
  is no picture between bars, and neither is what is lit in the dark;
- then panels that do not change, whatever they show, while nearly all that they leave of the
  picture does, and that is more than half of it: less may be something that pops up over a scene.

Both are known from the frames of the last seconds. A picture that goes beyond them is seen in full
at once; new ones are believed when all of these frames have them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.split.view import FrameView, Plane

_TOLERANCE = 16
"""Levels of luma by which a bar may vary, so that compression is no picture."""

_MOST_OFF = 0.02
"""Share of a row or column of a bar that may be off by more."""

_EDGE = 0.5
"""Share of the picture's outermost rows or columns, two of them, that is not like the bar."""

_MOST_CHANGE = 24
"""Levels of luma by which a pixel of a panel may change."""

_PANEL_EDGE = 0.8
_LEAST_PICTURE = 0.55
_LEAST_CHANGED = 0.75
"""Share of the edge's pixels that change, of the picture beside panels, and of it that changes."""

_LEAST = 0.04
_MOST = 0.8
"""Shares of a side that bars take; less is not worth it, more leaves too little to look at."""

_LEAST_SIDE_PX = 16
"""Narrower views are looked at as they are."""

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
    """The window inside all bars and panels; the whole picture where there are none."""
    height, width = darkest.shape
    if min(height, width) < _LEAST_SIDE_PX or not _has_still_side(darkest, brightest):
        return Window(0, height, 0, width)
    sides = zip(_turned(darkest), _turned(brightest), strict=True)
    flat = _inside([_unlike_first(low, high) for low, high in sides], _EDGE)
    rows, columns = slice(flat.top, flat.bottom), slice(flat.left, flat.right)
    changes = _changes(darkest, brightest)[rows, columns]
    inner = _inside(_turned(changes), _PANEL_EDGE)
    picture = changes[inner.top : inner.bottom, inner.left : inner.right]
    if picture.size < _LEAST_PICTURE * changes.size or picture.mean() < _LEAST_CHANGED:
        return flat
    return Window(
        flat.top + inner.top,
        flat.top + inner.bottom,
        flat.left + inner.left,
        flat.left + inner.right,
    )


def _has_still_side(darkest: Plane, brightest: Plane) -> bool:
    """Whether there may be a bar or a panel at all; of most videos there is not."""
    lines = ((darkest[k], brightest[k]) for k in (1, -2))
    columns = ((darkest[:, k], brightest[:, k]) for k in (1, -2))
    return any(
        (high - low > 2 * _TOLERANCE).mean() <= _MOST_OFF for low, high in (*lines, *columns)
    )


def _inside(offs: Sequence[Mask], least_edge: float) -> Window:
    """The window inside the sides whose rows are not off. `offs`: which pixels are, turned so that
    the top, left, bottom and right side in turn is the first row."""
    height, width = offs[0].shape
    depths = [_flat_rows(off) for off in offs]
    if min(depths) < 0:
        return Window(0, height, 0, width)
    top, left, bottom, right = (
        # The sides that meet side k at the beginning and at the end of its rows are its neighbours.
        depths[k] if _edge(off, depths[k], depths[(k + 1) % 4], depths[k - 1]) >= least_edge else 0
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


def _turned(plane: NDArray[Any]) -> list[NDArray[Any]]:
    """A plane turned so that the top, left, bottom and right side in turn is the first row."""
    return [np.rot90(plane, -k) for k in range(4)]


def _changes(darkest: Plane, brightest: Plane) -> Mask:
    return np.asarray(brightest - darkest > _MOST_CHANGE)


def _unlike_first(darkest: Plane, brightest: Plane) -> Mask:
    """Which pixels are not like the first row is; the very first may be half of something else."""
    level = float(np.median(darkest[1].astype(np.float32) + brightest[1])) / 2
    return np.asarray((darkest < level - _TOLERANCE) | (brightest > level + _TOLERANCE))


def _flat_rows(off: Mask) -> int:
    """First rows that are not off, but for the very first; -1: all."""
    lit = np.flatnonzero(off[1:].mean(axis=1) > _MOST_OFF)
    if not len(lit):
        return -1
    return int(lit[0]) + 1 if lit[0] else 0


def _edge(off: Mask, depth: int, first: int, last: int) -> float:
    """How straight the picture begins behind so many rows: which share of its first two rows is
    off. `first` and `last`: the columns that are not of the picture."""
    edge = off[depth : depth + 2, first : off.shape[1] - last]
    return float(edge.any(axis=0).mean()) if edge.size else 0.0


def _is_lit_outside(window: Window, darkest: Plane, brightest: Plane) -> bool:
    """Whether something changes in what lies around a window."""
    height, width = darkest.shape
    depths = (window.top, window.left, height - window.bottom, width - window.right)
    if not any(depths):
        return False
    sides = _turned(_changes(darkest, brightest))
    return any(
        bool((side[1:depth].mean(axis=1) > _MOST_OFF).any())
        for depth, side in zip(depths, sides, strict=True)
        if depth
    )
