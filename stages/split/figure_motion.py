"""Motion of the picture: how much luma changes from frame to frame. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def frame_change(before: NDArray[np.uint8], luma: NDArray[np.uint8]) -> float:
    """Mean absolute difference of two luma pictures of one size, 0-255."""
    import cv2

    return float(cv2.norm(before, luma, cv2.NORM_L1)) / luma.size


def mean_motion(changes: Sequence[float]) -> float | None:
    """Motion of a clip from the changes between its neighbouring frames; None: one frame."""
    return float(np.mean(changes)) if len(changes) else None
