"""The size of a clip's picture. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Geometry:
    """What happens to each frame after rotation: crop to (crop_*), then scale to (width, height).

    H.264 with 4:2:0 colour needs even sides. An odd row or column is cropped rather than scaled
    away, so a picture that needs no scaling keeps its pixels.
    """

    crop_width: int
    crop_height: int
    width: int
    height: int


def clip_geometry(
    width: int, height: int, rotation_deg: int, pixel_aspect: Fraction | None, max_short_side: int
) -> Geometry:
    """Geometry of the clips of a source of `width` x `height` stored pixels.

    `rotation_deg` is the clockwise rotation for display (a multiple of 90), `pixel_aspect` a
    stored pixel's width over its height (None: leave as it is), `max_short_side` 0: no limit.
    """
    if rotation_deg % 180:
        width, height = height, width
        pixel_aspect = 1 / pixel_aspect if pixel_aspect else None
    crop_width, crop_height = _even(width), _even(height)
    wide = Fraction(crop_width) * (pixel_aspect or 1)
    tall = Fraction(crop_height)
    shrink = Fraction(1)
    if max_short_side and min(wide, tall) > max_short_side:
        shrink = Fraction(max_short_side) / min(wide, tall)
    return Geometry(
        crop_width, crop_height, _nearest_even(wide * shrink), _nearest_even(tall * shrink)
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


def _even(side: int) -> int:
    return max(2, side - side % 2)


def _nearest_even(side: Fraction) -> int:
    return max(2, round(side / 2) * 2)
