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
Complexes = NDArray[np.complex128]

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
_FITTED_AT_ONCE = 512
"""Tracks: what a minute and more of video has, in a few megabytes."""

_MIN_POINTS = 12
_MIN_STEPS = 3
_SMOOTH_STEPS = 5
"""Steps over which intended camera motion is averaged; what differs from it is shake."""


@dataclass(frozen=True)
class Track:
    """What optical flow found between two pictures `length_s` apart, of `size` (width, height):
    `flow` (points, 2), pixels, of the points that are `good`."""

    length_s: float
    size: tuple[int, int]
    flow: NDArray[np.float32]
    good: NDArray[np.bool_]


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


def follow(before: Luma, after: Luma, length_s: float) -> Track | None:
    """Where the grid's points of one luma picture are in the next; None: too few are found."""
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
    if int(np.count_nonzero(good)) < _MIN_POINTS:
        return None
    return Track(length_s, (width, height), (moved - points).reshape(-1, 2), good)


def camera_steps(tracks: Sequence[Track]) -> list[CameraStep]:
    """Motion along each track, in their order, but for those on which it cannot be told. Many
    tracks are fitted at once: on arrays as small as one, numpy's calls are what costs."""
    steps: list[CameraStep] = []
    for at in range(0, len(tracks), _FITTED_AT_ONCE):
        some = tracks[at : at + _FITTED_AT_ONCE]
        width, height = size = some[0].size
        place = _grid_points(*size).reshape(-1, 2).astype(np.float64) - (width / 2, height / 2)
        flows = np.stack([track.flow for track in some]).astype(np.float64)
        shift, turn, agrees = fit_similarities(place, flows, np.stack([t.good for t in some]))
        steps += [
            CameraStep(track.length_s, -x / width, -y / height, zoom)
            for track, x, y, zoom, is_known in zip(
                some,
                shift.real.tolist(),
                shift.imag.tolist(),
                turn.real.tolist(),
                agrees,
                strict=True,
            )
            if is_known
        ]
    return steps


def fit_similarities(
    places: NDArray[np.float64], flows: NDArray[np.float64], good: NDArray[np.bool_]
) -> tuple[Complexes, Complexes, NDArray[np.bool_]]:
    """Of each of n flows the shift (x + i y, pixels), the turn (zoom + i roll), and whether enough
    points agree with them. `places` (points, 2): pixels from the picture's middle; `flows` (n,
    points, 2); `good` (n, points): the points that count.

    As complex numbers the model is flow = shift + turn * place, which has a weighted least-squares
    solution in closed form; Cauchy weights are refined in a few rounds.
    """
    place = places[:, 0] + 1j * places[:, 1]
    moved = flows[..., 0] + 1j * flows[..., 1]
    shift = (_middles(flows[..., 0], good) + 1j * _middles(flows[..., 1], good))[:, None]
    turn = np.zeros_like(shift)
    for _ in range(_ROUNDS):
        distance = np.abs(moved - shift - turn * place)
        scale = np.maximum(0.1, 1.5 * _middles(distance, good))[:, None]
        weight = good / (1.0 + (distance / scale) ** 2)
        weight /= weight.sum(axis=1, keepdims=True)
        place_mean = (weight * place).sum(axis=1, keepdims=True)
        moved_mean = (weight * moved).sum(axis=1, keepdims=True)
        centred = place - place_mean
        weighted = weight * centred.conj()
        turn = (weighted * (moved - moved_mean)).sum(axis=1, keepdims=True)
        turn /= (weighted * centred).sum(axis=1, keepdims=True)
        shift = moved_mean - turn * place_mean
    near = good & (np.abs(moved - shift - turn * place) <= _AGREE_PX)
    return shift[:, 0], turn[:, 0], near.sum(axis=1) >= _MIN_AGREEING * good.sum(axis=1)


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


def _middles(values: NDArray[np.float64], good: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Upper median of the good values of each row."""
    ordered = np.sort(np.where(good, values, np.inf), axis=1)
    return np.asarray(ordered[np.arange(len(values)), good.sum(axis=1) // 2], np.float64)


@cache
def _grid_points(width: int, height: int) -> NDArray[np.float32]:
    across = np.linspace(0.08, 0.92, _GRID[0]) * width
    down = np.linspace(0.08, 0.92, _GRID[1]) * height
    grid = np.stack(np.meshgrid(across, down), axis=-1)
    return grid.reshape(-1, 1, 2).astype(np.float32)
