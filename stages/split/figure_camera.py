"""Global camera motion: pan, tilt, zoom and shake. Pure.

Between two pictures, sparse optical flow follows a fixed grid of points, and one similarity
(shift, zoom, roll) is fitted to the flow so that points on moving objects lose their weight. A
pair in which most points do not agree says nothing: a cut, an object filling the frame, no
texture.

Signs speak of the camera and not of the picture: pan_x > 0 when the camera turns right (the
picture moves left), pan_y > 0 when it tilts down, zoom > 0 when it goes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]

MAX_PAIR_S = 0.5
"""Pictures further apart than this are not compared: the camera may have gone and come back."""

_GRID = (8, 5)
"""Points across and down."""

_WINDOW_PX = 13
_LEVELS = 3
_MIN_TEXTURE = 1e-3
"""Least eigenvalue of the flow equations per pixel; smaller: no texture to follow."""

_AGREE_PX = 1.0
_MIN_AGREEING = 0.5
"""Share of the followed points that must lie within _AGREE_PX of the fit."""

_ROUNDS = 4
_MIN_POINTS = 12
_MIN_STEPS = 3
_SMOOTH_STEPS = 5
"""Steps over which intended camera motion is averaged; what differs from it is shake."""


@dataclass(frozen=True)
class CameraStep:
    """Camera motion over one pair of pictures `length_s` apart: shifts in frame widths and
    heights, zoom as change of scale."""

    length_s: float
    shift_x: float
    shift_y: float
    zoom: float


@dataclass(frozen=True)
class Camera:
    """Camera motion of a clip, per second; shake as RMS jitter in frame widths per step."""

    pan_x: float
    pan_y: float
    zoom: float
    shake: float


def camera_step(before: Luma, after: Luma, length_s: float) -> CameraStep | None:
    """Motion between two luma pictures of one size; None when it cannot be told."""
    import cv2

    height, width = before.shape
    points = _grid_points(width, height)
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        points,
        points.copy(),
        winSize=(_WINDOW_PX, _WINDOW_PX),
        maxLevel=_LEVELS,
        criteria=(cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 8, 0.03),
        minEigThreshold=_MIN_TEXTURE,
    )
    good = found.ravel() == 1
    if int(good.sum()) < _MIN_POINTS:
        return None
    start = points.reshape(-1, 2)[good].astype(np.float64)
    flow = moved.reshape(-1, 2)[good].astype(np.float64) - start
    fit = fit_similarity(start - (width / 2, height / 2), flow)
    if fit is None:
        return None
    shift_x, shift_y, zoom, _roll = fit
    return CameraStep(length_s, -shift_x / width, -shift_y / height, zoom)


def fit_similarity(
    places: NDArray[np.float64], flow: NDArray[np.float64]
) -> tuple[float, float, float, float] | None:
    """(shift_x, shift_y, zoom, roll) of the flow at `places` (both (n, 2), pixels, the origin at
    the picture's middle); None when too few points agree with it.

    As complex numbers the model is flow = shift + (zoom + i roll) * place, which has a weighted
    least-squares solution in closed form; Cauchy weights are refined in a few rounds.
    """
    place = places[:, 0] + 1j * places[:, 1]
    moved = flow[:, 0] + 1j * flow[:, 1]
    shift, turn = complex(_middle(flow[:, 0]), _middle(flow[:, 1])), 0j
    for _ in range(_ROUNDS):
        distance = np.abs(moved - shift - turn * place)
        weight = 1.0 / (1.0 + (distance / max(0.1, 1.5 * _middle(distance))) ** 2)
        total = weight.sum()
        place_mean, moved_mean = weight @ place / total, weight @ moved / total
        centred = place - place_mean
        weighted = weight * centred.conj()
        turn = weighted @ (moved - moved_mean) / (weighted @ centred)
        shift = moved_mean - turn * place_mean
    agreeing = np.count_nonzero(np.abs(moved - shift - turn * place) <= _AGREE_PX)
    if agreeing < _MIN_AGREEING * len(places):
        return None
    return float(shift.real), float(shift.imag), float(turn.real), float(turn.imag)


def clip_camera(steps: Sequence[CameraStep]) -> Camera | None:
    """Camera of a clip from its steps in the order of time; None when too few are known."""
    if len(steps) < _MIN_STEPS:
        return None
    total_s = sum(step.length_s for step in steps)
    shifts = np.array([(step.shift_x, step.shift_y) for step in steps])
    zoom = sum(step.zoom for step in steps) / total_s
    pan_x, pan_y = shifts.sum(axis=0) / total_s
    return Camera(float(pan_x), float(pan_y), float(zoom), _shake(shifts))


def _shake(shifts: NDArray[np.float64]) -> float:
    """RMS distance of the steps from their moving average (window cut off at the ends)."""
    half = _SMOOTH_STEPS // 2
    total = np.concatenate([np.zeros((1, 2)), np.cumsum(shifts, axis=0)])
    index = np.arange(len(shifts))
    low, high = np.maximum(index - half, 0), np.minimum(index + half + 1, len(shifts))
    smooth = (total[high] - total[low]) / (high - low)[:, None]
    return float(np.sqrt(np.mean(np.sum((shifts - smooth) ** 2, axis=1))))


def _middle(values: NDArray[np.float64]) -> float:
    """Upper median; np.median costs ten times as much on arrays this small."""
    half = len(values) // 2
    return float(np.partition(values, half)[half])


@cache
def _grid_points(width: int, height: int) -> NDArray[np.float32]:
    across = np.linspace(0.08, 0.92, _GRID[0]) * width
    down = np.linspace(0.08, 0.92, _GRID[1]) * height
    grid = np.stack(np.meshgrid(across, down), axis=-1)
    return grid.reshape(-1, 1, 2).astype(np.float32)
