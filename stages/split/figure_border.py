"""Black borders (letterbox, pillarbox) of a clip. Pure.

A row or column belongs to the border when its mean luma stays black in every sampled picture.
The mean, and not the maximum, lets compression noise pass; text inside a bar makes it no border.
A bar ends in a step; where light fades in slowly (a night scene, a vignette) there is no border.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_BLACK = 10
"""Mean luma, 0-255, up to which a row or column is black."""

_MIN_STEP = 8
"""Rise of the mean luma, over _STEP_PX, at which a border ends."""

_STEP_PX = 2
_ALL_BLACK = 0.9
"""Share of a side above which the whole clip is dark and there is no border to speak of."""

Profile = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Mean luma of each row and of each column of a picture."""


@dataclass(frozen=True)
class Border:
    """Shares of the width (left, right) and of the height (top, bottom) that are border."""

    left: float
    right: float
    top: float
    bottom: float

    def crop(self, luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The part of a picture inside the border."""
        height, width = luma.shape
        return luma[
            round(self.top * height) : height - round(self.bottom * height),
            round(self.left * width) : width - round(self.right * width),
        ]


NO_BORDER = Border(0.0, 0.0, 0.0, 0.0)


def profile_of(luma: NDArray[np.uint8]) -> Profile:
    """Profile of one luma picture."""
    import cv2

    rows = cv2.reduce(luma, 1, cv2.REDUCE_AVG).ravel()
    columns = cv2.reduce(luma, 0, cv2.REDUCE_AVG).ravel()
    return rows.astype(np.uint8), columns.astype(np.uint8)


def find_border(profiles: Sequence[Profile]) -> Border:
    """Border of a clip from the profiles of its pictures; none where everything is black."""
    if not profiles:
        return NO_BORDER
    top, bottom = _black_ends(np.max([rows for rows, _ in profiles], axis=0))
    left, right = _black_ends(np.max([columns for _, columns in profiles], axis=0))
    if top + bottom > _ALL_BLACK or left + right > _ALL_BLACK:
        return NO_BORDER
    return Border(left, right, top, bottom)


def _black_ends(brightest: NDArray[np.uint8]) -> tuple[float, float]:
    """Shares of a profile that are black border at its two ends."""
    levels = brightest.astype(np.int32)
    if levels.max() <= MAX_BLACK:
        return 1.0, 0.0
    return _black_start(levels) / len(levels), _black_start(levels[::-1]) / len(levels)


def _black_start(levels: NDArray[np.int32]) -> int:
    """Entries of black border at the beginning of a profile that is not all black."""
    first = int(np.flatnonzero(levels > MAX_BLACK)[0])
    inside = levels[min(first + _STEP_PX, len(levels)) - 1]
    return first if first > 0 and inside - levels[first - 1] >= _MIN_STEP else 0
