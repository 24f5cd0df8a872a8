"""What the trained detector keeps of each frame: small pictures of its detail and its colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.split.view import FrameView

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Places = slice | NDArray[np.int64]

WIDTH, HEIGHT = 64, 32


@dataclass(frozen=True)
class Looks:
    """Some frames: `detail` (n, HEIGHT, WIDTH) band-passed luma; `colour` (n, 3, 32) mean Y, U, V
    of 4 x 8 parts; `luma` (n, HEIGHT, WIDTH); `chroma` (n, 2, HEIGHT / 2, WIDTH / 2)."""

    detail: Floats
    colour: Floats
    luma: Bytes
    chroma: Bytes

    def __len__(self) -> int:
        return len(self.detail)

    def __getitem__(self, place: Places) -> Looks:
        return Looks(self.detail[place], self.colour[place], self.luma[place], self.chroma[place])

    def then(self, more: Looks) -> Looks:
        """These frames and those after them."""
        return Looks(
            np.concatenate([self.detail, more.detail]),
            np.concatenate([self.colour, more.colour]),
            np.concatenate([self.luma, more.luma]),
            np.concatenate([self.chroma, more.chroma]),
        )

    def still(self, at: int, n: int) -> Looks:
        """The frame at one place, n times."""
        return self[np.full(n, at)]


def look_at(views: Sequence[FrameView]) -> Looks:
    """The looks of some frames. Sizes are halved where OpenCV has a fast way to; what shrinks by
    whole numbers is shrunk for all frames in one call, as one tall picture."""
    import cv2

    n = len(views)
    height, width = views[0].luma.shape
    luma, ground = np.empty((2, n, HEIGHT, WIDTH), np.uint8)
    chroma = np.empty((n, 2, HEIGHT // 2, WIDTH // 2), np.uint8)
    # What is narrow, as between bars, is wanted no narrower.
    half = (width // 2 if width >= WIDTH else width, height // 2 if height >= HEIGHT else height)
    small = (WIDTH // 2, HEIGHT // 2)
    for view, y, (u, v) in zip(views, luma, chroma, strict=True):
        halved = cv2.resize(view.luma, half, interpolation=cv2.INTER_AREA)
        cv2.resize(halved, (WIDTH, HEIGHT), y, interpolation=cv2.INTER_LINEAR)
        cv2.resize(view.u, small, u, interpolation=cv2.INTER_LINEAR)
        cv2.resize(view.v, small, v, interpolation=cv2.INTER_LINEAR)
    light = cv2.resize(luma.reshape(-1, WIDTH), (8, 4 * n), interpolation=cv2.INTER_AREA)
    hues = cv2.resize(chroma.reshape(-1, WIDTH // 2), (8, 8 * n), interpolation=cv2.INTER_AREA)
    for coarse, y in zip(light.reshape(n, 4, 8), ground, strict=True):
        cv2.resize(coarse, (WIDTH, HEIGHT), y, interpolation=cv2.INTER_LINEAR)
    colour = np.concatenate([light.reshape(n, 1, 32), hues.reshape(n, 2, 32)], axis=1)
    return Looks(
        np.subtract(luma, ground, dtype=np.float32),
        colour.astype(np.float32),
        luma,
        chroma,
    )
