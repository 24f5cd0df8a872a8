"""The size of a clip's picture. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

Borders = tuple[float, float, float, float]
"""Shares of the width (left, right) and of the height (top, bottom) of the displayed picture."""
NO_BORDERS: Borders = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Crop:
    """Pixels of the displayed picture that are cut off at each side; they are even numbers, so
    that no colour sample is cut in two."""

    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0


NO_CROP = Crop()


@dataclass(frozen=True)
class Geometry:
    """What happens to each frame after rotation: cut off (left, top), crop to (crop_*), then scale
    to (width, height).

    H.264 with 4:2:0 colour needs even sides. An odd row or column is cropped rather than scaled
    away, so a picture that needs no scaling keeps its pixels.
    """

    crop_width: int
    crop_height: int
    width: int
    height: int
    crop: Crop = NO_CROP
    """The border that is cut off; an odd last row or column is not counted."""


def clip_geometry(
    width: int,
    height: int,
    rotation_deg: int,
    pixel_aspect: Fraction | None,
    max_short_side: int,
    borders: Borders = NO_BORDERS,
) -> Geometry:
    """Geometry of the clips of a source of `width` x `height` stored pixels.

    `rotation_deg` is the clockwise rotation for display (a multiple of 90), `pixel_aspect` a
    stored pixel's width over its height (None: leave as it is), `max_short_side` 0: no limit,
    `borders` what is cut off at the sides of the displayed picture.
    """
    if rotation_deg % 180:
        width, height = height, width
        pixel_aspect = 1 / pixel_aspect if pixel_aspect else None
    left, right, top, bottom = borders
    crop = Crop(
        _border_px(width, left),
        _border_px(width, right),
        _border_px(height, top),
        _border_px(height, bottom),
    )
    crop_width = _even(width - crop.left - crop.right)
    crop_height = _even(height - crop.top - crop.bottom)
    wide = Fraction(crop_width) * (pixel_aspect or 1)
    tall = Fraction(crop_height)
    shrink = Fraction(1)
    if max_short_side and min(wide, tall) > max_short_side:
        shrink = Fraction(max_short_side) / min(wide, tall)
    return Geometry(
        crop_width, crop_height, _nearest_even(wide * shrink), _nearest_even(tall * shrink), crop
    )


def parse_aspect(text: str | None) -> Fraction | None:
    """A pixel aspect ratio "num/den" or "num:den"; None when it says nothing or square."""
    if not text:
        return None
    numerator, _, denominator = text.replace(":", "/").partition("/")
    if int(numerator) <= 0 or int(denominator or 1) <= 0:
        return None
    aspect = Fraction(int(numerator), int(denominator or 1))
    return None if aspect == 1 else aspect


def _border_px(side: int, share: float) -> int:
    """Pixels of a border, rounded down so that no picture is lost. Shares are stored with six
    decimals, which may be a little less than they were."""
    border = int(share * side + 0.01)
    return border - border % 2


def _even(side: int) -> int:
    return max(2, side - side % 2)


def _nearest_even(side: Fraction) -> int:
    return max(2, round(side / 2) * 2)
