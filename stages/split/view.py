"""What every frame is looked at as: a small planar picture that costs next to nothing to make.

Scaling each frame with a real scaler costs about a tenth of decoding it. Detection and motion
need no such care: of the decoder's own planes only about two rows per row of the view are read,
and averaged down. Where a frame is not 8-bit 4:2:0, a scaler makes it so first.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.split.pictures import Picture, display_size, upright

Plane = NDArray[np.uint8]

_ROWS_PER_ROW = 2
"""Rows of a plane that are averaged into one row of the view."""

_FULL_RANGE = 2
"""AVCOL_RANGE_JPEG."""


def _stretch(zero: int, top: int, zero_to: int) -> Plane:
    """Table from a limited range to 0-255: `zero` becomes `zero_to`, `top` 255."""
    slope = (255 - zero_to) / (top - zero)
    values = (np.arange(256) - zero) * slope + zero_to
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


_CHROMA = _stretch(128, 240, 128)
_STRETCH = (_stretch(16, 235, 0), _CHROMA, _CHROMA)


@dataclass(frozen=True)
class FrameView:
    """One frame, upright and with square pixels, at analysis size.

    `luma` has shape (height, width) and goes from 0 (black) to 255; `u` and `v` have half that
    size (rounded up) and are 128 where there is no colour.
    """

    luma: Plane
    u: Plane
    v: Plane

    @cached_property
    def picture(self) -> Picture:
        """The view as BGR, shape (height, width, 3)."""
        import cv2

        size = self.luma.shape[::-1]
        colour = [
            cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST) for plane in (self.v, self.u)
        ]
        return np.asarray(
            cv2.cvtColor(cv2.merge([self.luma, *colour]), cv2.COLOR_YCrCb2BGR), np.uint8
        )


class ViewMaker:
    """Makes the views of one stream. Their size follows from the first frame, so a stream that
    changes its resolution in the middle still gives views of one size."""

    def __init__(self, long_side_px: int, rotation_deg: int, pixel_aspect: Fraction) -> None:
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()
        self._long_side_px = long_side_px
        self._rotation_deg = rotation_deg
        self._pixel_aspect = pixel_aspect
        self._size: tuple[int, int] | None = None

    def make(self, frame: Any) -> FrameView:
        """The view of an av.VideoFrame."""
        import cv2

        if self._size is None:
            self._size = display_size(
                frame.width, frame.height, self._pixel_aspect, self._long_side_px
            )
        width, height = self._size
        is_full = frame.color_range == _FULL_RANGE or frame.format.name == "yuvj420p"
        if frame.format.name not in ("yuv420p", "yuvj420p"):
            frame = self._reformatter.reformat(
                frame, width, height, "yuv420p", interpolation="AREA", dst_color_range=1, threads=1
            )
            is_full = False
        half = (width + 1) // 2, (height + 1) // 2
        planes = [
            upright(_small(plane, size), self._rotation_deg)
            for plane, size in zip(frame.planes, ((width, height), half, half), strict=True)
        ]
        if not is_full:
            planes = [
                np.asarray(cv2.LUT(plane, table), np.uint8)
                for plane, table in zip(planes, _STRETCH, strict=True)
            ]
        return FrameView(*planes)


def _small(plane: Any, size: tuple[int, int]) -> Plane:
    import cv2

    stored = np.frombuffer(plane, np.uint8)[: plane.height * plane.line_size]
    rows = stored.reshape(plane.height, plane.line_size)[:, : plane.width]
    step = max(1, plane.height // (_ROWS_PER_ROW * size[1]))
    return np.asarray(cv2.resize(rows[::step], size, interpolation=cv2.INTER_AREA), np.uint8)
