"""Sharpness of a picture: how much fine detail it has. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def sharpness_of(luma: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of a luma picture. It depends on the picture's size, so compare
    only pictures of one size; blur shows at keyframe size and not on the analysis picture."""
    import cv2

    detail = cv2.Laplacian(luma, cv2.CV_16S)
    # cv2.meanStdDev takes as long as the Laplacian; these two take next to nothing.
    return float(cv2.norm(detail, cv2.NORM_L2SQR)) / luma.size - float(cv2.mean(detail)[0]) ** 2


def median_sharpness(values: Sequence[float]) -> float | None:
    """Sharpness of a clip from that of its pictures; None: no picture."""
    return float(np.median(values)) if len(values) else None
