"""Whether the picture became another one, or something came over it. Pure.

At a cut everything changes at once. A card, a window or a banner that pops up or goes changes what
it covers, and around it the scene goes on: there each cell changes no more from this frame to the
next than it does in the frames before and in those after. The network sees blocks of a quarter of
the sides, of which such a thing covers a part of nearly all; these cells are a sixteenth wide.

Cells that stay as they are but have no texture say nothing, as they may be alike in any two shots.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from stages.split.detectors.shot_looks import HEIGHT, WIDTH, Bytes, Floats

MOST_GOING_ON = 0.25
"""Share of the telling cells that may go on at a cut. Of 506 cuts between real clips one has 0.19,
between bars, and all others 0.1 or less; cards and windows over up to 0.55 of a picture leave 0.29
or more."""

_CELL = 4
_CELLS = (HEIGHT // _CELL) * (WIDTH // _CELL)
_AROUND = (2, 3, 4)
"""Frames before and after that tell how much a cell changes anyway. Not the direct neighbours: a
cut may go through a mixed frame. Several: drawn films move every second or third frame."""
_MORE = 1.5
"""Times that change by which a cell that goes on may change, and"""
_NOISE = 4.0
"""levels of luma beyond that."""
_LEAST_CONTRAST = 3.0
"""Standard deviation of luma from which a cell has texture, before the change or after it."""
_LEAST_TELLING = 0.1
"""Share of the cells; with fewer, nothing can be said."""
_UNKNOWN = -np.inf


@dataclass(frozen=True)
class Cells:
    """Of some frames in order, each (n, cells) in levels of luma: the mean change of each cell
    from the frame before, and its standard deviation."""

    changes: Floats
    contrast: Floats

    def __getitem__(self, place: slice) -> Cells:
        return Cells(self.changes[place], self.contrast[place])

    def then(self, more: Cells) -> Cells:
        """These frames and those after them."""
        return Cells(
            np.concatenate([self.changes, more.changes]),
            np.concatenate([self.contrast, more.contrast]),
        )


NO_CELLS = Cells(*np.zeros((2, 0, _CELLS), np.float32))


def cells_of(lumas: Bytes, before: Bytes | None) -> Cells:
    """The cells of some frames, (n, HEIGHT, WIDTH). `before`: the frame before them, (1, HEIGHT,
    WIDTH); None: they are a video's first."""
    all_ = np.concatenate([lumas[:1] if before is None else before, lumas]).astype(np.int16)
    changes = _in_cells(np.abs(np.diff(all_, axis=0))).mean(axis=2, dtype=np.float32)
    if before is None:
        changes[0] = _UNKNOWN
    return Cells(changes, _in_cells(lumas.astype(np.float32)).std(axis=2))


def going_on(cells: Cells) -> Floats:
    """Of each of consecutive frames the share of cells, 0-1, in which the scene goes on from the
    frame before, among those that change or have texture; of a frame and its neighbours the least,
    since what detectors say is not always exact to the frame."""
    n, most = len(cells.changes), max(_AROUND)
    changes = np.pad(cells.changes, ((most, most), (0, 0)), constant_values=_UNKNOWN)
    before, after = (
        np.max([changes[most + side * k : most + side * k + n] for k in _AROUND], axis=0)
        for side in (-1, 1)
    )
    # Where the video begins or ends, there is one side alone.
    usual = np.minimum(np.where(before < 0, after, before), np.where(after < 0, before, after))
    contrast = np.pad(cells.contrast, ((1, 0), (0, 0)))
    textured = np.maximum(contrast[:-1], contrast[1:]) >= _LEAST_CONTRAST
    goes_on = cells.changes <= _MORE * usual + _NOISE
    # Of a cut through a mixed frame both changes together are the whole one.
    goes_on &= cells.changes + changes[most + 1 : most + 1 + n] <= 2 * _MORE * usual + _NOISE
    n_telling = (textured | ~goes_on).sum(axis=1)
    shares = (textured & goes_on).sum(axis=1) / np.maximum(1, n_telling)
    shares[n_telling < _LEAST_TELLING * _CELLS] = 0.0
    around = np.pad(shares, 1, constant_values=1.0)
    return np.asarray(sliding_window_view(around, 3).min(axis=1), np.float32)


def _in_cells(pictures: np.ndarray) -> np.ndarray:
    """Pictures (n, HEIGHT, WIDTH) as (n, cells, pixels)."""
    split = pictures.reshape(-1, HEIGHT // _CELL, _CELL, WIDTH // _CELL, _CELL)
    return split.swapaxes(2, 3).reshape(-1, _CELLS, _CELL * _CELL)
