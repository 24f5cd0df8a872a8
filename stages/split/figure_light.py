"""Brightness, contrast and saturation of a picture. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Light:
    """Mean and standard deviation of luma and mean HSV saturation, each 0-255."""

    brightness: float
    contrast: float
    saturation: float


def light_of(picture: NDArray[np.uint8], luma: NDArray[np.uint8]) -> Light:
    """Light of one picture: `luma` (height, width), `picture` BGR of any size."""
    import cv2

    mean, deviation = cv2.meanStdDev(luma)
    saturation = cv2.mean(cv2.cvtColor(picture, cv2.COLOR_BGR2HSV))[1]
    return Light(float(mean[0, 0]), float(deviation[0, 0]), float(saturation))


def mean_light(lights: Sequence[Light]) -> Light | None:
    """Light of a clip from the lights of its sampled pictures; None: no picture."""
    if not lights:
        return None
    return Light(
        float(np.mean([light.brightness for light in lights])),
        float(np.mean([light.contrast for light in lights])),
        float(np.mean([light.saturation for light in lights])),
    )
