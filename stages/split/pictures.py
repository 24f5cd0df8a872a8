"""Sizes and orientation of pictures."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def display_size(
    width: int, height: int, pixel_aspect: Fraction, long_side: int
) -> tuple[int, int]:
    """Size with square pixels and a long side of at most `long_side`, before rotation.

    `pixel_aspect` is a stored pixel's width over its height. Never enlarges.
    """
    wide, tall = Fraction(width) * pixel_aspect, Fraction(height)
    shrink = min(Fraction(1), Fraction(long_side) / max(wide, tall))
    return max(2, round(wide * shrink)), max(2, round(tall * shrink))


def parse_aspect(text: str | None) -> Fraction:
    """A pixel aspect ratio "num/den"; 1 where it is missing or says nothing."""
    if not text:
        return Fraction(1)
    numerator, _, denominator = text.partition("/")
    top, bottom = int(numerator), int(denominator or 1)
    aspect = Fraction(top, bottom) if top > 0 and bottom > 0 else Fraction(1)
    return aspect if Fraction(1, 8) <= aspect <= 8 else Fraction(1)


def upright(picture: Picture, rotation_deg: int) -> Picture:
    """The picture turned clockwise by a multiple of 90 degrees."""
    import cv2

    turns = {
        90: cv2.ROTATE_90_CLOCKWISE,
        180: cv2.ROTATE_180,
        270: cv2.ROTATE_90_COUNTERCLOCKWISE,
    }
    turn = turns.get(rotation_deg % 360)
    return picture if turn is None else np.asarray(cv2.rotate(picture, turn), dtype=np.uint8)
