"""Gradual transitions between two runs of frames of equal length.

Every kind follows a progress that goes from 0 (all of the first shot) towards 1.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from scripts.shot_training.camera import pick
from scripts.shot_training.footage import Picture

Mask = NDArray[np.float32]

KINDS = {
    "dissolve": 0.24,
    "fade": 0.2,
    "wipe": 0.18,
    "slide": 0.16,
    "cover": 0.06,
    "shape": 0.08,
    "zoom": 0.04,
    "luma": 0.03,
    "grain": 0.03,
    "blur": 0.04,
}


def mixed(
    rng: Generator, old: list[Picture], new: list[Picture], kind: str | None = None
) -> list[Picture]:
    """The frames of a transition from `old` to `new`; the first equals old[0] or nearly so."""
    kind = kind or pick(rng, KINDS)
    n = len(old)
    progress = np.arange(n) / n if rng.random() < 0.7 else (np.arange(n) + 1) / (n + 1)
    if kind in ("dissolve", "wipe", "slide", "shape") and rng.random() < 0.25:
        progress = 3 * progress**2 - 2 * progress**3
    height, width = old[0].shape[:2]
    if kind == "dissolve":
        return [blend(a, b, p) for a, b, p in zip(old, new, progress, strict=True)]
    if kind == "fade":
        return _fades(rng, old, new, progress)
    if kind in ("slide", "cover"):
        return _slides(rng, old, new, progress, moves_both=kind == "slide")
    if kind == "zoom":
        return _zooms(rng, old, new, progress)
    if kind == "blur":
        return _blurs(rng, old, new, progress)
    order = _order(rng, kind, width, height, old[0], new[-1])
    soft = rng.choice([0.001, 0.02, 0.1, 0.3], p=[0.55, 0.15, 0.2, 0.1])
    return [
        _blend_by(a, b, np.clip((p * (1 + soft) - order) / soft, 0, 1).astype(np.float32))
        for a, b, p in zip(old, new, progress, strict=True)
    ]


def blend(old: Picture, new: Picture, share: float) -> Picture:
    import cv2

    return np.asarray(cv2.addWeighted(old, 1 - share, new, share, 0), np.uint8)


def _blend_by(old: Picture, new: Picture, share: Mask) -> Picture:
    mixed = old + (new.astype(np.float32) - old) * share[:, :, None]
    return np.asarray(mixed + 0.5, np.uint8)


def _fades(
    rng: Generator, old: list[Picture], new: list[Picture], progress: NDArray[np.float64]
) -> list[Picture]:
    """Through a colour, mostly black. The curve is xfade's `fadeblack`, or straight down, a
    pause, and straight up."""
    level = rng.choice([0, 255, int(rng.integers(0, 256))], p=[0.72, 0.2, 0.08])
    colour = np.empty_like(old[0])
    colour[:] = (level, 128, 128) if rng.random() < 0.9 else rng.integers(0, 256, 3)
    if rng.random() < 0.5:
        left = 1 - progress
        first = left * _smooth(0.8, 1.0, left)
        second = progress * (1 - _smooth(0.2, 1.0, left))
    else:
        down = rng.uniform(0.25, 0.6)
        up = rng.uniform(down, 0.8)
        first = np.clip(1 - progress / down, 0, 1)
        second = np.clip((progress - up) / (1 - up), 0, 1)
    return [
        blend(colour, a, float(f)) if f > 0 and f >= s else blend(colour, b, float(s))
        for a, b, f, s in zip(old, new, first, second, strict=True)
    ]


def _smooth(low: float, high: float, value: NDArray[np.float64]) -> NDArray[np.float64]:
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _slides(
    rng: Generator,
    old: list[Picture],
    new: list[Picture],
    progress: NDArray[np.float64],
    moves_both: bool,
) -> list[Picture]:
    axis, is_reversed = int(rng.integers(2)), rng.random() < 0.5
    reveals = rng.random() < 0.5
    shown = []
    for a, b, p in zip(old, new, progress, strict=True):
        if is_reversed:
            a, b = np.flip(a, axis), np.flip(b, axis)
        size = a.shape[axis]
        seam = size - round(float(p) * size)
        gone = size - seam
        index = [slice(None)] * 3

        def part(picture: Picture, low: int, high: int, index: list[slice] = index) -> Picture:
            index[axis] = slice(low, high)
            return picture[tuple(index)]

        if moves_both:
            pieces = [part(a, gone, size), part(b, 0, gone)]
        elif reveals:
            pieces = [part(a, gone, size), part(b, seam, size)]
        else:
            pieces = [part(a, 0, seam), part(b, 0, gone)]
        whole = np.concatenate(pieces, axis=axis)
        shown.append(np.ascontiguousarray(np.flip(whole, axis) if is_reversed else whole))
    return shown


def _zooms(
    rng: Generator, old: list[Picture], new: list[Picture], progress: NDArray[np.float64]
) -> list[Picture]:
    """The old shot grows while the new one appears in it."""
    import cv2

    shown = []
    most = rng.uniform(1.3, 4)
    height, width = old[0].shape[:2]
    for a, b, p in zip(old, new, progress, strict=True):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, 1 + (most - 1) * float(p))
        grown = np.asarray(cv2.warpAffine(a, matrix, (width, height)), np.uint8)
        shown.append(blend(grown, b, float(np.clip(2 * p - 0.5, 0, 1))))
    return shown


def _blurs(
    rng: Generator, old: list[Picture], new: list[Picture], progress: NDArray[np.float64]
) -> list[Picture]:
    """Out of focus, over, and back: or in large pixels."""
    import cv2

    shown, is_pixels = [], rng.random() < 0.5
    height, width = old[0].shape[:2]
    for a, b, p in zip(old, new, progress, strict=True):
        picture = blend(a, b, float(p))
        strength = int(40 * min(p, 1 - p))
        if is_pixels and strength >= 2:
            few = cv2.resize(picture, (max(2, width // strength), max(2, height // strength)))
            picture = np.asarray(
                cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8
            )
        elif strength >= 2:
            picture = np.asarray(cv2.blur(picture, (strength, strength)), np.uint8)
        shown.append(picture)
    return shown


def _order(rng: Generator, kind: str, width: int, height: int, old: Picture, new: Picture) -> Mask:
    """When each pixel changes over, in [0, 1]."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    if kind == "wipe":
        name = rng.choice(
            ["left", "up", "diagonal", "slices", "split"], p=[0.4, 0.25, 0.15, 0.1, 0.1]
        )
        order = {
            "left": x,
            "up": y,
            "diagonal": (x + y) / 2,
            "slices": (x * int(rng.integers(4, 12))) % 1,
            "split": np.abs(2 * (x if rng.random() < 0.5 else y) - 1),
        }[str(name)]
    elif kind == "shape":
        cx, cy = rng.uniform(0.3, 0.7, 2)
        name = rng.choice(["circle", "clock", "box"])
        order = {
            "circle": np.hypot(x - cx, (y - cy) * height / width),
            "clock": (np.arctan2(y - cy, x - cx) / (2 * np.pi) + rng.random()) % 1,
            "box": np.maximum(np.abs(x - 0.5), np.abs(y - 0.5)),
        }[str(name)]
    elif kind == "luma":
        order = (old if rng.random() < 0.5 else new)[:, :, 0] / 255.0
    else:
        order = rng.random((height, width))
    order = order - order.min()
    order = order / max(float(order.max()), 1e-6)
    return np.asarray(1 - order if rng.random() < 0.5 else order, np.float32)
