"""Which groups of pictures show nothing but their keyframe. Pure.

The sizes of a group's packets, which a demuxer tells for nothing, say how much came after the
keyframe. They do not say that nothing happened: a still picture that fades within half a second
takes no more bytes than another one that stays. So the next keyframe has to look the same too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_MOST_CHANGE = 4.0
"""Levels of luma; a still picture through an encoder differs by less than 1."""
_MIN_CORRELATION = 0.9
_SIDE = (40, 24)

_NO_NEWS_BYTES = 64
"""A packet that says that nothing has changed takes up to this."""


def has_little_news(sizes_bytes: Sequence[int]) -> bool:
    """Whether all that is told after a keyframe is smaller than the keyframe. `sizes_bytes`: of
    the packets of a group in the order of decoding."""
    return sum(max(0, size - _NO_NEWS_BYTES) for size in sizes_bytes[1:]) < sizes_bytes[0]


def looks_quiet(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    """Whether two luma pictures, of neighbouring keyframes, show the same."""
    import cv2

    a, b = (
        np.asarray(cv2.resize(luma, _SIDE, interpolation=cv2.INTER_AREA), np.float64).ravel()
        for luma in (before, after)
    )
    if float(np.abs(a - b).mean()) > _MOST_CHANGE:
        return False
    spread = a.std() * b.std()
    if spread < 1.0:
        return True  # both flat, and equally bright
    return bool(((a - a.mean()) * (b - b.mean())).mean() / spread >= _MIN_CORRELATION)
