"""Changes of light and colour inside a shot: none of them is a boundary."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from scripts.shot_training.camera import pick, steps, wander
from scripts.shot_training.footage import Picture

Curve = NDArray[np.float64]

KINDS = {
    "flash": 0.22,
    "strobe": 0.1,
    "ramp": 0.2,
    "switch": 0.16,
    "dip": 0.1,
    "tint": 0.08,
    "lamp": 0.06,
    "defocus": 0.08,
}


def lit(
    rng: Generator, pictures: list[Picture], fps: float, kind: str | None = None
) -> list[Picture]:
    """The pictures under a light that changes."""
    kind = kind or pick(rng, KINDS)
    n = len(pictures)
    gain, lift = np.ones(n), np.zeros(n)
    t = np.arange(n) / fps
    if kind == "flash":
        return _flashes(rng, pictures, fps)
    if kind == "lamp":
        return _lamp(rng, pictures, fps)
    if kind == "defocus":
        return _defocus(rng, pictures, fps)
    if kind == "tint":
        return _tints(rng, pictures, fps)
    if kind == "strobe":
        period = rng.integers(2, 12)
        on = (np.arange(n) % period) < rng.integers(1, period)
        if rng.random() < 0.5:
            gain = np.where(on, 1.0, rng.uniform(0, 0.7))
        else:
            lift = np.where(on, rng.uniform(30, 200), 0.0)
        if rng.random() < 0.6:  # only for a while
            start = rng.integers(0, n)
            inside = (np.arange(n) >= start) & (np.arange(n) < start + fps * rng.uniform(0.5, 3))
            gain, lift = np.where(inside, gain, 1), np.where(inside, lift, 0)
    elif kind == "ramp":
        if rng.random() < 0.5:
            lift = 255 * rng.uniform(0.1, 0.4) * np.sin(t * rng.uniform(0.4, 4) + rng.uniform(0, 6))
        else:
            gain = np.clip(1 + 0.5 * wander(rng, n, 3 * fps), 0.15, 2.5)
    elif kind == "switch":
        level = steps(rng, n, fps, 0.15)
        gain = np.clip(2 ** (level * rng.uniform(0.3, 1.2)), 0.12, 3)
    elif kind == "dip":
        depth = _dips(rng, n, fps)
        colour = rng.choice([0, 255], p=[0.8, 0.2])
        gain, lift = 1 - depth, depth * colour
        return [_toned(p, g, b, 1.0) for p, g, b in zip(pictures, gain, lift, strict=True)]
    return [_lit(p, g, b) for p, g, b in zip(pictures, gain, lift, strict=True)]


def _dips(rng: Generator, n: int, fps: float) -> Curve:
    """Out to a colour and back to the same shot: short, so that it is seen to be the same."""
    depth = np.zeros(n)
    for _ in range(int(rng.integers(1, 3))):
        at, half, hold = rng.uniform(0, n), fps * rng.uniform(0.08, 0.4), fps * rng.uniform(0, 0.2)
        distance = np.maximum(0, np.abs(np.arange(n) - at) - hold)
        depth = np.maximum(depth, np.clip(1 - distance / half, 0, 1))
    return depth


def _lit(picture: Picture, gain: float, lift: float) -> Picture:
    """Gain of everything, then more luma."""
    return _toned(picture, gain, lift, gain)


def _toned(picture: Picture, gain: float, lift: float, colour: float) -> Picture:
    import cv2

    if gain == 1 and lift == 0 and colour == 1:
        return picture
    matrix = np.array(
        [[gain, 0, 0, lift], [0, colour, 0, 128 * (1 - colour)], [0, 0, colour, 128 * (1 - colour)]]
    )
    return np.asarray(cv2.transform(picture, matrix), np.uint8)


def _flashes(rng: Generator, pictures: list[Picture], fps: float) -> list[Picture]:
    n = len(pictures)
    lift = np.zeros(n)
    period = int(fps * rng.uniform(0.3, 2.5)) + 2
    length = int(rng.integers(1, max(2, int(fps * 0.17)) + 1))
    strength = rng.uniform(60, 255)
    fades = rng.random() < 0.4
    for start in range(int(rng.integers(0, period)), n, period):
        shape = np.ones(length) if not fades else np.linspace(1, 0.1, length)
        end = min(n, start + length)
        lift[start:end] = strength * shape[: end - start]
    gain = 1.0 if rng.random() < 0.6 else rng.uniform(0.1, 1)
    return [_lit(p, gain if b else 1.0, b) for p, b in zip(pictures, lift, strict=True)]


def _lamp(rng: Generator, pictures: list[Picture], fps: float) -> list[Picture]:
    """A part of the picture is lit on and off, or a spot wanders."""
    height, width = pictures[0].shape[:2]
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    n = len(pictures)
    cx, cy = wander(rng, n, 2 * fps), wander(rng, n, 2 * fps)
    level = steps(rng, n, fps, 0.2)
    radius, shown = rng.uniform(0.3, 0.9), []
    for index, picture in enumerate(pictures):
        spot = np.exp(-((x - 0.5 * cx[index]) ** 2 + (y - 0.5 * cy[index]) ** 2) / radius**2)
        gain = 1 + spot * float(np.clip(level[index], -0.9, 2))
        bright = picture.copy()
        bright[:, :, 0] = np.clip(picture[:, :, 0] * gain, 0, 255)
        shown.append(bright)
    return shown


def _defocus(rng: Generator, pictures: list[Picture], fps: float) -> list[Picture]:
    import cv2

    level = np.abs(steps(rng, len(pictures), fps, 1.0)) * rng.uniform(2, 8)
    return [
        np.asarray(cv2.blur(p, (1 + int(s), 1 + int(s))), np.uint8) if s >= 1 else p
        for p, s in zip(pictures, level, strict=True)
    ]


def _tints(rng: Generator, pictures: list[Picture], fps: float) -> list[Picture]:
    """Hue and saturation drift or jump, to grey too."""
    import cv2

    n = len(pictures)
    if rng.random() < 0.4:
        level = np.arange(n) / fps * rng.uniform(-2, 2)
    else:
        level = steps(rng, n, fps, float(rng.choice([0.07, 1.0])))
    angle = level * rng.uniform(0, 1.5)
    sat = np.clip(1 + level * rng.uniform(-1, 1), 0, 2)
    shown = []
    for picture, a, s in zip(pictures, angle, sat, strict=True):
        c, d = s * np.cos(a), s * np.sin(a)
        turn = np.array([[1, 0, 0, 0], [0, c, -d, 128 * (1 - c + d)], [0, d, c, 128 * (1 - c - d)]])
        shown.append(np.asarray(cv2.transform(picture, turn), np.uint8))
    return shown


def graded(rng: Generator, pictures: list[Picture]) -> list[Picture]:
    """One fixed look for a whole shot: contrast, brightness, saturation, hue."""
    import cv2

    gain, lift = rng.uniform(0.7, 1.3), rng.uniform(-30, 30)
    if rng.random() < 0.15:  # at night
        gain, lift = rng.uniform(0.15, 0.6), rng.uniform(-90, -40)
    s, a = rng.choice([1.0, rng.uniform(0, 1.6)]), rng.choice([0.0, rng.uniform(-0.6, 0.6)])
    c, d = s * np.cos(a), s * np.sin(a)
    matrix = np.array(
        [
            [gain, 0, 0, lift + 128 * (1 - gain)],
            [0, c, -d, 128 * (1 - c + d)],
            [0, d, c, 128 * (1 - c - d)],
        ]
    )
    return [np.asarray(cv2.transform(p, matrix), np.uint8) for p in pictures]
