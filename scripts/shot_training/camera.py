"""Camera moves over footage, as one affine map per frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from scripts.shot_training.footage import HEIGHT, WIDTH, Picture

Curve = NDArray[np.float64]

KINDS = {
    "still": 0.26,
    "pan": 0.19,
    "whip": 0.14,
    "shake": 0.09,
    "handheld": 0.08,
    "zoom": 0.15,
    "crash_zoom": 0.05,
    "rotate": 0.05,
}


@dataclass
class Path:
    """Where the camera looks: centre in [-1, 1] of what the zoom leaves free, zoom, angle."""

    x: Curve
    y: Curve
    zoom: Curve
    angle: Curve


def pick(rng: Generator, weights: dict[str, float]) -> str:
    names = list(weights)
    shares = np.array([weights[name] for name in names])
    return names[int(rng.choice(len(names), p=shares / shares.sum()))]


def steps(rng: Generator, n: int, fps: float, longest_s: float) -> Curve:
    """A curve from 0 that jumps to other levels by smooth steps at random times."""
    level = np.zeros(n)
    for _ in range(int(rng.integers(1, 4))):
        at, width = rng.uniform(0, n), fps * rng.uniform(0.06, longest_s)
        ramp = np.clip((np.arange(n) - at) / width, 0, 1)
        level = level + rng.uniform(-2, 2) * (3 * ramp**2 - 2 * ramp**3)
    return level


def there_and_back(rng: Generator, n: int, fps: float, longest_s: float) -> Curve:
    """A curve that stays at -1 or 1 and goes over to the other by fast smooth steps."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    level = np.full(n, side)
    at = fps * rng.uniform(0.3, 3)
    while at < n:
        ramp = np.clip((np.arange(n) - at) / (fps * rng.uniform(0.06, longest_s)), 0, 1)
        level -= 2 * side * (3 * ramp**2 - 2 * ramp**3)
        side = -side
        at += fps * rng.uniform(0.8, 4)
    return level


def camera_path(
    rng: Generator, n: int, fps: float, kind: str | None = None, is_unusual: bool = False
) -> Path:
    """A path over `n` frames. `is_unusual`: some go so far and so fast that nothing is left of
    what was seen before."""
    kind = kind or pick(rng, KINDS)
    t = np.arange(n) / fps
    x, y = np.full(n, rng.uniform(-1, 1)), np.full(n, rng.uniform(-1, 1))
    zoom, angle = np.full(n, rng.uniform(1, 1.25)), np.zeros(n)
    phase = rng.uniform(0, 6.3, 2)
    if kind == "pan":
        zoom = zoom * rng.uniform(1.2, 2.2)
        if rng.random() < 0.6:
            speed = rng.uniform(0.2, 2.6)
            x = np.sin(t * speed + phase[0])
            y = y * np.cos(t * rng.uniform(0, 1.5))
        else:
            x = x + t * rng.uniform(-1.2, 1.2)
            y = y + t * rng.uniform(-0.6, 0.6)
    elif kind == "whip":
        zoom = zoom * rng.uniform(1.4, 2.4)
        if is_unusual and rng.random() < 0.25:
            x = there_and_back(rng, n, fps, 0.25)
        else:
            x = x + steps(rng, n, fps, 0.45)
            y = y + 0.4 * steps(rng, n, fps, 0.45)
    elif kind == "shake":
        zoom = zoom * rng.uniform(1.05, 1.25)
        if rng.random() < 0.5:
            x = np.sin(t * 30 * rng.uniform(0.5, 2.2) + phase[0])
            y = np.cos(t * 30 * rng.uniform(0.5, 2.6) + phase[1])
        else:
            x, y = rng.uniform(-1, 1, n), rng.uniform(-1, 1, n)
        x, y = x * rng.uniform(0.3, 1), y * rng.uniform(0.3, 1)
    elif kind == "handheld":
        zoom = zoom * rng.uniform(1.1, 1.4)
        x, y = (wander(rng, n, fps) * rng.uniform(0.3, 1.2) for _ in range(2))
        angle = wander(rng, n, fps) * rng.uniform(0, 3)
    elif kind == "zoom":
        if rng.random() < 0.5:
            zoom = zoom + rng.uniform(0.2, 1) * np.abs(np.sin(t * rng.uniform(0.3, 1.3) + phase[0]))
        else:
            zoom = zoom * np.clip(1 + t * rng.uniform(-0.25, 0.3) + 0.4, 1, 3)
    elif kind == "crash_zoom":
        if is_unusual and rng.random() >= 0.5:
            most = rng.uniform(1.5, 2.7)
            zoom = 1.03 * most ** (0.5 + 0.5 * there_and_back(rng, n, fps, 0.35))
        else:
            zoom = np.clip(zoom + 0.4 + 0.35 * steps(rng, n, fps, 0.5), 1, 2.6)
    elif kind == "rotate":
        zoom = zoom * 1.2
        angle = t * rng.uniform(-60, 60) if rng.random() < 0.5 else 12 * steps(rng, n, fps, 1.0)
    return Path(x, y, zoom, angle)


def wander(rng: Generator, n: int, fps: float) -> Curve:
    """Smooth random motion of unit size."""
    noise = rng.normal(size=n + 8 * int(fps))
    width = fps * rng.uniform(0.08, 0.5)
    kernel = np.exp(-0.5 * (np.arange(-3 * width, 3 * width + 1) / width) ** 2)
    smooth = np.convolve(noise, kernel / np.sqrt((kernel**2).sum()), "same")
    return np.asarray(smooth[4 * int(fps) :][:n])


def shoot(
    sources: list[Picture], path: Path, size: tuple[int, int], is_mirrored: bool, blurs: bool
) -> list[Picture]:
    """The sources as seen along the path, at `size` (width, height). `blurs`: fast moves smear,
    as with a long exposure."""
    import cv2

    shown = []
    before: NDArray[np.float64] | None = None
    for index, source in enumerate(sources):
        zoom, angle = path.zoom[index], np.deg2rad(path.angle[index])
        free = 1 - 1 / zoom
        centre = np.array(
            [
                WIDTH * (0.5 + 0.5 * free * _fold(path.x[index])),
                HEIGHT * (0.5 + 0.5 * free * _fold(path.y[index])),
            ]
        )
        scale = np.array([WIDTH / size[0], HEIGHT / size[1]]) / zoom
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        linear = turn * scale[None, :]
        if is_mirrored:
            linear[:, 0] *= -1
        matrix = np.column_stack([linear, centre - linear @ (np.array(size) / 2)])
        warped = cv2.warpAffine(
            source,
            matrix,
            size,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        picture = np.asarray(warped, np.uint8)
        if blurs and before is not None:
            picture = _smear(picture, np.linalg.solve(linear, centre - before) * 0.5)
        before = centre
        shown.append(picture)
    return shown


def _fold(value: float) -> float:
    """Back into [-1, 1] by reflection, so that long moves turn around at the picture's edge."""
    return abs((value + 1) % 4 - 2) - 1


def _smear(picture: Picture, move: NDArray[np.float64]) -> Picture:
    import cv2

    wide, high = int(min(25, abs(move[0]))), int(min(25, abs(move[1])))
    if wide < 2 and high < 2:
        return picture
    return np.asarray(cv2.blur(picture, (max(1, wide), max(1, high))), np.uint8)
