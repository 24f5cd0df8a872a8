"""Which groups of pictures hide no boundary, so that the fast mode need not decode them. Pure.

What is known of a group before it is decoded: its keyframe, the keyframe after it, and the sizes
of its packets, which a demuxer tells for nothing. A group hides nothing when no packet in it is
much larger than the others, and one of these holds:

- both keyframes show the same scene nearly unmoved;
- the group is as long as groups of this source get, so that the next keyframe came because it was
  time and not because the picture changed, and both have the same look (see `look`), which people
  and the camera may move in. Neighbouring shots of one room can have the same look too; but there
  an encoder sets a keyframe at the cut, and the group before it is shorter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stages.split.look import distance, look_of
from stages.split.view import FrameView

_CORRELATION = 0.9
_CHANGE = 12.0
_SIDE = (40, 24)

_SAME_LOOK = 0.55
"""Of 600 pairs of pictures from different videos none is nearer than 0.59; of 82 pairs 5 to 9 s
apart in one shot nearly half are nearer than this."""

_WINDOW = 5
"""Frames over which a size is the largest: between two B-frames there is then a P-frame."""

_SURGE = 4.5
"""Packets this much larger than usual, for some frames, may hold new content. In moving shots of
real footage they reach 4.2, at a cut without a keyframe more than 7."""


def hides_nothing(
    own: FrameView, following: FrameView, sizes_bytes: Sequence[int], longest: int
) -> bool:
    """Whether a group need not be decoded. `own` and `following`: its keyframe and the next;
    `sizes_bytes`: see `surges`; `longest`: packets of the longest group near it."""
    if surges(sizes_bytes):
        return False
    if looks_quiet(own.luma, following.luma):
        return True
    is_full = len(sizes_bytes) >= longest
    return is_full and distance(look_of(own), look_of(following)) <= _SAME_LOOK


def looks_quiet(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    """Whether two luma pictures, of neighbouring keyframes, show the same scene nearly unmoved."""
    import cv2

    a, b = (
        np.asarray(cv2.resize(luma, _SIDE, interpolation=cv2.INTER_AREA), np.float64).ravel()
        for luma in (before, after)
    )
    if float(np.abs(a - b).mean()) > _CHANGE:
        return False
    spread = a.std() * b.std()
    if spread < 1.0:
        return True  # both flat, and equally bright
    return bool(((a - a.mean()) * (b - b.mean())).mean() / spread >= _CORRELATION)


def surges(sizes_bytes: Sequence[int]) -> bool:
    """Whether some frames of a group are much larger than its usual ones: what a shot that comes
    and goes between two keyframes looks like. `sizes_bytes`: of all its frames, as they are shown;
    the first is the keyframe's, which does not count."""
    sizes = np.array(sizes_bytes[1:], np.float64)
    if len(sizes) < 4 * _WINDOW:
        return True
    padded = np.pad(sizes, _WINDOW // 2, mode="edge")
    envelope = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW).max(axis=1)
    return bool(envelope.max() > _SURGE * max(1.0, float(np.median(envelope))))
