"""Names of the dominant colours, as people use them. Pure.

Each pixel gets one of twelve names by hue, saturation and value; a clip's dominant colours are
the names that cover at least an eighth of its pixels. The names are looked up in a table of
32 x 32 x 32 BGR cells, which makes a picture cost a few microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

NAMES = (
    "red",
    "orange",
    "yellow",
    "green",
    "cyan",
    "blue",
    "purple",
    "pink",
    "brown",
    "gray",
    "black",
    "white",
)

MIN_SHARE = 0.125
MAX_COLOURS = 3

_HUE_ENDS = (15, 42, 68, 160, 200, 258, 295, 345)
"""Where red, orange ... pink end on the colour circle, in degrees; past the last, red again."""


def count_colours(picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Pixels of each of NAMES in a BGR picture."""
    cells = picture.astype(np.int32) >> 3
    index = (cells[..., 0] << 10) | (cells[..., 1] << 5) | cells[..., 2]
    return np.bincount(_lookup()[index].ravel(), minlength=len(NAMES))


def dominant_colours(counts: Sequence[NDArray[np.int64]]) -> list[str]:
    """Dominant colours of a clip from the counts of its pictures, most frequent first."""
    if not counts:
        return []
    total = np.sum(counts, axis=0)
    order = sorted(range(len(NAMES)), key=lambda i: (-int(total[i]), i))
    least = MIN_SHARE * float(total.sum())
    return [NAMES[i] for i in order if total[i] >= max(1.0, least)][:MAX_COLOURS]


def name_pixels(hue: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Indices into NAMES; `hue` in degrees [0, 360), `saturation` and `value` 0-1."""
    named = np.searchsorted(_HUE_ENDS, hue, side="right")
    named = np.where(named == len(_HUE_ENDS), NAMES.index("red"), named)
    warm = (hue < 48) | (hue >= 345)
    pale = (hue >= 325) | (hue < 12)
    named = np.where(pale & (saturation < 0.55) & (value > 0.7), NAMES.index("pink"), named)
    named = np.where(warm & (hue >= 8) & (value < 0.62), NAMES.index("brown"), named)
    named = np.where(warm & (value < 0.35), NAMES.index("brown"), named)
    named = np.where((saturation < 0.16) | (saturation * value < 0.07), NAMES.index("gray"), named)
    is_gray = named == NAMES.index("gray")
    named = np.where(is_gray & (value > 0.82), NAMES.index("white"), named)
    return np.where(value < 0.16, NAMES.index("black"), named)


@cache
def _lookup() -> NDArray[np.uint8]:
    """Index into NAMES for each cell (blue << 10 | green << 5 | red) of 5 bits per channel."""
    cells = np.arange(32**3)
    blue, green, red = ((cells >> shift & 31) / 31.0 for shift in (10, 5, 0))
    value = np.maximum(np.maximum(red, green), blue)
    chroma = value - np.minimum(np.minimum(red, green), blue)
    safe = np.where(chroma > 0, chroma, 1.0)
    hue = np.select(
        [value == red, value == green],
        [((green - blue) / safe) % 6, (blue - red) / safe + 2],
        default=(red - green) / safe + 4,
    )
    saturation = np.where(value > 0, chroma / np.where(value > 0, value, 1.0), 0.0)
    return name_pixels(hue * 60.0, saturation, value).astype(np.uint8)
