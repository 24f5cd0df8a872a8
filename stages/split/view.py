"""Frames as small planar pictures that cost next to nothing to make.

Scaling each frame with a real scaler costs a tenth of decoding it. Here the decoder's own planes
are averaged down by halves, which OpenCV does at memory speed. The view that detection and motion
look at reads only about two of the plane's rows for each of its own; keyframes read all. Where a
frame is not 8-bit 4:2:0, a scaler makes it so first.
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
"""Rows of a plane that are averaged into one row of a quick view."""

_BT601 = ((1.0, 1.772, 0.0), (1.0, -0.344136, -0.714136), (1.0, 0.0, 1.402))
_BT709 = ((1.0, 1.8556, 0.0), (1.0, -0.187324, -0.468124), (1.0, 0.0, 1.5748))
"""Blue, green and red from luma, u and v (ITU-R BT.601 and BT.709)."""

_WIDE = (1, 9, 10)
"""AVColorSpace numbers of BT.709, and of BT.2020, which is nearer to it than to BT.601."""

_UNSPECIFIED = 2
_HD_HEIGHT = 720
"""Frames that do not name their matrix are BT.709 from this height on, as players assume."""


@dataclass(frozen=True)
class FrameView:
    """One frame, upright and with square pixels.

    `luma` has shape (height, width) and goes from 0 (black) to 255; `u` and `v` have half that
    size (rounded up) and are 128 where there is no colour.
    """

    luma: Plane
    u: Plane
    v: Plane
    is_bt709: bool = False

    @cached_property
    def picture(self) -> Picture:
        """The view as BGR, shape (height, width, 3)."""
        import cv2

        size = self.luma.shape[::-1]
        u, v = (cv2.resize(p, size, interpolation=cv2.INTER_LINEAR) for p in (self.u, self.v))
        return self._bgr(self.luma, u, v)

    @cached_property
    def half_picture(self) -> Picture:
        """Every second row and column of it: enough for colours, and a quarter of the cost."""
        return self._bgr(self.luma[::2, ::2], self.u, self.v)

    def _bgr(self, luma: Any, u: Any, v: Any) -> Picture:
        import cv2

        matrix = np.array(_BT709 if self.is_bt709 else _BT601)
        offset = -128 * matrix[:, 1:].sum(axis=1, keepdims=True)
        bgr = cv2.transform(cv2.merge([luma, u, v]), np.hstack([matrix, offset]))
        return np.asarray(bgr, np.uint8)


_EMPTY = np.zeros((0, 0), np.uint8)
NOTHING = FrameView(_EMPTY, _EMPTY, _EMPTY)
"""The view of a frame that was not decoded, for detectors that do not look."""


class ViewMaker:
    """Makes the views of one stream. Their size follows from the first frame, so a stream that
    changes its resolution in the middle still gives views of one size.

    `is_quick` leaves rows out: enough to measure on, not to look at.
    """

    def __init__(
        self, long_side_px: int, rotation_deg: int, pixel_aspect: Fraction, *, is_quick: bool
    ) -> None:
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()
        self._long_side_px = long_side_px
        self._rotation_deg = rotation_deg
        self._pixel_aspect = pixel_aspect
        self._is_quick = is_quick
        self._size: tuple[int, int] | None = None

    def make(self, frame: Any) -> FrameView:
        """The view of an av.VideoFrame."""
        import cv2
        from av.video.reformatter import ColorRange

        if self._size is None:
            self._size = display_size(
                frame.width, frame.height, self._pixel_aspect, self._long_side_px
            )
        width, height = self._size
        space = frame.colorspace
        is_bt709 = space in _WIDE or (space == _UNSPECIFIED and frame.height >= _HD_HEIGHT)
        is_full = frame.color_range == ColorRange.JPEG or frame.format.name == "yuvj420p"
        if frame.format.name not in ("yuv420p", "yuvj420p"):
            frame, is_full = self._planar(frame, width, height), False
        half = (width + 1) // 2, (height + 1) // 2
        planes = []
        for plane, size, (slope, offset) in zip(
            frame.planes, ((width, height), half, half), _STRETCH, strict=True
        ):
            small = self._small(plane, size)
            if not is_full:  # slope * small + offset, rounded and kept in 0-255
                small = np.asarray(cv2.addWeighted(small, slope, small, 0, offset), np.uint8)
            planes.append(upright(small, self._rotation_deg))
        luma, u, v = planes
        return FrameView(luma, u, v, is_bt709)

    def _planar(self, frame: Any, width: int, height: int) -> Any:
        """The frame as limited-range 4:2:0 of the view's size."""
        from av.video.reformatter import ColorRange, Interpolation

        return self._reformatter.reformat(
            frame,
            width,
            height,
            "yuv420p",
            interpolation=Interpolation.AREA,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )

    def _small(self, plane: Any, size: tuple[int, int]) -> Plane:
        stored = np.frombuffer(plane, np.uint8)[: plane.height * plane.line_size]
        rows = stored.reshape(plane.height, plane.line_size)[:, : plane.width]
        step = max(1, plane.height // (_ROWS_PER_ROW * size[1])) if self._is_quick else 1
        return averaged_down(rows[::step], size)


def averaged_down(plane: Plane, size: tuple[int, int]) -> Plane:
    """The plane at `size` (width, height), by averaging, in memory of its own."""
    import cv2

    width, height = size
    small = plane
    while small.shape[1] >= 2 * width and small.shape[1] % 2 == 0:
        rows, columns = small.shape
        if rows >= 2 * height and rows % 2 == 0:
            half, how = (columns // 2, rows // 2), cv2.INTER_AREA
        else:  # halving one side, bilinear sampling is the mean of two neighbours, and faster
            half, how = (columns // 2, rows), cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(small, half, interpolation=how), np.uint8)
    if small is plane or small.shape != (height, width):
        # Averaging by less than two is bilinear sampling, and OpenCV's way to that is faster.
        is_near = small.shape[0] < 2 * height and small.shape[1] < 2 * width
        how = cv2.INTER_LINEAR if is_near else cv2.INTER_AREA
        small = np.asarray(cv2.resize(small, size, interpolation=how), np.uint8)
    return small


def _stretch(zero: int, top: int, zero_to: int) -> tuple[float, float]:
    """Slope and offset from a limited range to 0-255: `zero` becomes `zero_to`, `top` 255."""
    slope = (255 - zero_to) / (top - zero)
    return slope, zero_to - slope * zero


_CHROMA = _stretch(128, 240, 128)
_STRETCH = (_stretch(16, 235, 0), _CHROMA, _CHROMA)
