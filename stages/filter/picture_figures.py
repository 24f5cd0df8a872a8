"""Figures of keyframes: overlays that stay while the picture moves, and recorded screens. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.float32]

EDGE = 24.0
"""Gradient of luma, 0-255 for each pixel, from which on there is an edge."""
STAYS = 14.0
"""Change of luma up to which a pixel stays what it is; JPEG alone makes half of it."""
LEAST_MOVING = 0.35
"""Less of the picture than this moving does not show what stays."""
AROUND_PX = 4
MOVING_AROUND = 0.5
"""Of the pixels up to AROUND_PX away from an overlay's edge, more than this share moves."""
FLAT_BLOCK_PX = 8
FLAT = 1.2
"""Standard deviation of luma below which a block is of one colour."""
NEAR_BLACK = 24.0


def overlay_share(pictures: NDArray[np.float32]) -> float | None:
    """Share of the picture that edges take which stay where they are in all pictures, although
    the rest moves: a watermark, a logo, burnt-in text.

    `pictures` [n, height, width]: luma of keyframes, 0-255, about 160 px wide. None for fewer
    than two of them, and where too little moves to tell.
    """
    if len(pictures) < 2:
        return None
    change = pictures.max(axis=0) - pictures.min(axis=0)
    if float((change > STAYS).mean()) < LEAST_MOVING:
        return None
    across, down = _gradients(pictures)
    edges = np.hypot(across, down).min(axis=0) > EDGE
    # The edge must also point the same way in all, else it is texture that happens to be there.
    same = np.hypot(across.mean(axis=0), down.mean(axis=0)) > 0.9 * np.hypot(across, down).mean(
        axis=0
    )
    # A fixed background stays too, but so does what is around its edges.
    around = _share_around(change > STAYS, AROUND_PX)
    return float((edges & same & (change <= STAYS * 2) & (around > MOVING_AROUND)).mean())


def screen_share(picture: Luma) -> float:
    """How much a picture looks like a recorded screen, 0 to 1: the share of blocks of one colour
    (black borders aside) times the share of edges that run straight across or down.

    `picture` [height, width]: luma, 0-255, as stored (scaling would blur the edges).
    """
    height, width = (side // FLAT_BLOCK_PX * FLAT_BLOCK_PX for side in picture.shape)
    if not height or not width:
        return 0.0
    blocks = picture[:height, :width].reshape(
        height // FLAT_BLOCK_PX, FLAT_BLOCK_PX, width // FLAT_BLOCK_PX, FLAT_BLOCK_PX
    )
    flat = blocks.std(axis=(1, 3)) < FLAT
    lit = blocks.mean(axis=(1, 3)) > NEAR_BLACK
    across, down = _gradients(picture[None])
    strength = np.hypot(across, down)[0]
    edges = strength > EDGE
    if not edges.any() or not lit.any():
        return 0.0
    straight = np.minimum(np.abs(across[0]), np.abs(down[0])) < 0.08 * strength
    return float((flat & lit).mean()) * float(straight[edges].mean())


def _gradients(pictures: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Central differences across and down, [n, height, width], 0 at the borders."""
    across, down = np.zeros_like(pictures), np.zeros_like(pictures)
    across[:, :, 1:-1] = (pictures[:, :, 2:] - pictures[:, :, :-2]) / 2
    down[:, 1:-1, :] = (pictures[:, 2:, :] - pictures[:, :-2, :]) / 2
    return across, down


def _share_around(mask: NDArray[np.bool_], reach_px: int) -> NDArray[np.float64]:
    """Share of True in the square around each pixel, [height, width]; squares end at the
    borders."""
    side = 2 * reach_px + 1
    inside = np.pad(np.ones(mask.shape), reach_px)
    padded = np.pad(mask.astype(np.float64), reach_px)
    sums = []
    for values in (padded, inside):
        total = np.pad(values.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
        sums.append(
            total[side:, side:]
            - total[:-side, side:]
            - total[side:, :-side]
            + total[:-side, :-side]
        )
    return np.asarray(sums[0] / sums[1])
