"""Decoded frames as upright BGR pictures with square pixels, at the sizes that are needed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

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


class PictureMaker:
    """Scales frames to one long side and turns them upright.

    The size follows from the first frame, so a stream that changes its resolution in the middle
    still gives pictures of one size. One scaler is kept: making one per frame doubles the time.
    """

    def __init__(self, long_side_px: int, rotation_deg: int, pixel_aspect: Fraction) -> None:
        from av.video.reformatter import Interpolation, VideoReformatter

        self._reformatter = VideoReformatter()
        self._area = Interpolation.AREA
        self._long_side_px = long_side_px
        self._rotation_deg = rotation_deg
        self._pixel_aspect = pixel_aspect
        self._size: tuple[int, int] | None = None

    def make(self, frame: Any) -> Picture:
        """The picture of an av.VideoFrame: BGR, shape (height, width, 3), upright."""
        if self._size is None:
            self._size = display_size(
                frame.width, frame.height, self._pixel_aspect, self._long_side_px
            )
        width, height = self._size
        small = self._reformatter.reformat(frame, width, height, "bgr24", interpolation=self._area)
        return upright(np.asarray(small.to_ndarray(), dtype=np.uint8), self._rotation_deg)


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


def luma_of(picture: Picture) -> Picture:
    """Luma of a BGR picture, shape (height, width)."""
    import cv2

    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
