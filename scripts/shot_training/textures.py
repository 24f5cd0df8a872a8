"""Shots of nothing but texture: noise of several sizes in two or three colours, with some spots.

Water, leaves, gravel and crowds look like this from afar. Where two such shots meet, hardly
anything but the detail changes, and a network that has seen a lot of fast camera moves may take
that for one more.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from scripts.shot_training.footage import HEIGHT, WIDTH, Clip

FPS = 25.0
_FRAMES = (60, 120)
_SIGMAS_PX = (1.0, 2.0, 4.0, 9.0, 20.0)


def texture_clip(rng: Generator) -> Clip:
    """A shot over which the camera drifts, or does not."""
    import cv2

    n = int(rng.integers(*_FRAMES))
    per_frame_px = float(rng.choice([0.0, rng.uniform(0, 1), rng.uniform(0, 4)]))
    width = WIDTH + int(np.ceil(per_frame_px * n))
    weights = rng.dirichlet(np.ones(len(_SIGMAS_PX)))
    planes = []
    for channel in range(3):
        noise = [
            weight * sigma * cv2.GaussianBlur(_noise(rng, width), (0, 0), sigma)
            for weight, sigma in zip(weights, _SIGMAS_PX, strict=True)
        ]
        field = np.sum(noise, axis=0)
        field /= field.std() + 1e-6
        spread = rng.uniform(15, 60) if channel == 0 else rng.uniform(0, 25)
        planes.append(rng.uniform(60, 190) + spread * field)
    if rng.random() < 0.5:  # colours go with the light
        planes[1:] = [p.mean() + rng.uniform(-0.4, 0.4) * (planes[0] - 128) for p in planes[1:]]
    world = np.clip(np.stack(planes, axis=-1), 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 15))):
        centre = int(rng.integers(width)), int(rng.integers(HEIGHT))
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        cv2.circle(world, centre, int(rng.integers(4, 50)), colour, -1)
    starts = (per_frame_px * np.arange(n)).astype(int)
    return Clip("texture", FPS, np.stack([world[:, at : at + WIDTH] for at in starts]))


def _noise(rng: Generator, width: int) -> NDArray[np.float32]:
    return rng.normal(size=(HEIGHT, width)).astype(np.float32)
