"""Motion of the picture: how much luma changes from frame to frame. Pure.

Where frames between were not decoded, the change from frame to frame is told from that over the
gap. It grows a bit slower than the gap: on 42 single shots of real footage, motion from the
pictures to which others refer, half of all, is 0.98 times that from all frames in the median, and
0.88 to 1.06 times in eight of ten.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST_FRAMES = 8
"""Gap up to which the change is taken; over longer ones what moves has gone somewhere else."""

_GROWTH = 0.8


def frame_change(before: NDArray[np.uint8], luma: NDArray[np.uint8], frames: int) -> float:
    """Mean absolute difference of two luma pictures of one size, 0-255, that are so many frames
    apart, as it would be from frame to frame."""
    import cv2

    change = float(cv2.norm(before, luma, cv2.NORM_L1)) / luma.size
    return change if frames == 1 else change / float(frames**_GROWTH)


def mean_motion(changes: Sequence[float], frames: Sequence[int]) -> float | None:
    """Motion of a clip from the changes along it, each of which stands for so many frames; None:
    one frame."""
    return float(np.average(changes, weights=frames)) if len(changes) else None
