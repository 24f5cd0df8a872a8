"""Frames as small planar pictures that cost next to nothing to make.

Scaling each frame with a real scaler costs a tenth of decoding it. Here the decoder's own planes
are averaged down by halves, which OpenCV does at memory speed. The view that detection and motion
look at reads only about two of the plane's rows for each of its own; keyframes read all. Where a
frame is not 8-bit 4:2:0, a scaler makes it so first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import groupby
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
        return self._make_alike([frame])[0]

    def make_many(self, frames: Sequence[Any]) -> list[FrameView]:
        """The views of some frames, faster than one by one."""
        alike = groupby(frames, lambda f: (f.width, f.height, f.format.name, f.color_range))
        return [view for _, some in alike for view in self._make_alike(list(some))]

    def _make_alike(self, frames: list[Any]) -> list[FrameView]:
        """The views of frames of one size, format and range."""
        from av.video.reformatter import ColorRange

        first, n = frames[0], len(frames)
        if self._size is None:
            self._size = display_size(
                first.width, first.height, self._pixel_aspect, self._long_side_px
            )
        width, height = self._size
        half = (width + 1) // 2, (height + 1) // 2
        is_full = first.color_range == ColorRange.JPEG or first.format.name == "yuvj420p"
        in_bt709 = [_is_bt709(frame) for frame in frames]
        if first.format.name not in ("yuv420p", "yuvj420p"):
            frames, is_full = [self._planar(frame, width, height) for frame in frames], False
        planes = [frame.planes for frame in frames]
        lumas = averaged_down([self._rows(luma, height) for luma, _, _ in planes], (width, height))
        chromas = averaged_down([self._rows(c, half[1]) for _, *both in planes for c in both], half)
        if not is_full:
            _stretch_in_place(lumas, *_LUMA)
            _stretch_in_place(chromas, *_CHROMA)
        deg, pairs = self._rotation_deg, chromas.reshape(n, 2, *half[::-1])
        return [
            FrameView(upright(luma, deg), upright(u, deg), upright(v, deg), is_bt709)
            for luma, (u, v), is_bt709 in zip(lumas, pairs, in_bt709, strict=True)
        ]

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

    def _rows(self, plane: Any, height: int) -> Plane:
        """The rows of a frame's plane that are looked at for a picture of some height."""
        rows, line = plane.height, plane.line_size
        step = max(1, rows // (_ROWS_PER_ROW * height)) if self._is_quick else 1
        shape, strides = (-(-rows // step), plane.width), (step * line, 1)
        return np.ndarray(shape, np.uint8, plane, 0, strides)


def averaged_down(planes: Sequence[Plane], size: tuple[int, int]) -> Plane:
    """Planes of one size at `size` (width, height), by averaging: shape (n, height, width), in
    memory of its own. Where only the width is left to be halved, all are one tall picture."""
    import cv2

    width, height = size
    n, (rows, columns) = len(planes), planes[0].shape
    halved, small = list(planes), None
    while columns >= 2 * width and columns % 2 == 0 and rows >= 2 * height and rows % 2 == 0:
        rows, columns = rows // 2, columns // 2
        small = np.empty((n, rows, columns), np.uint8)
        for plane, into in zip(halved, small, strict=True):
            cv2.resize(plane, (columns, rows), into, interpolation=cv2.INTER_AREA)
        halved = list(small)
    if small is None:
        small = np.stack(halved)
    while columns >= 2 * width and columns % 2 == 0:
        columns //= 2  # bilinear sampling is then the mean of two neighbours, and faster
        tall = cv2.resize(
            small.reshape(n * rows, -1), (columns, n * rows), interpolation=cv2.INTER_LINEAR
        )
        small = np.asarray(tall, np.uint8).reshape(n, rows, columns)
    if (rows, columns) == (height, width):
        return small
    # Averaging by less than two is bilinear sampling, and OpenCV's way to that is faster.
    is_near = rows < 2 * height and columns < 2 * width
    how = cv2.INTER_LINEAR if is_near else cv2.INTER_AREA
    fitted = np.empty((n, height, width), np.uint8)
    for plane, into in zip(small, fitted, strict=True):
        cv2.resize(plane, size, into, interpolation=how)
    return fitted


def _is_bt709(frame: Any) -> bool:
    space = frame.colorspace
    return space in _WIDE or (space == _UNSPECIFIED and frame.height >= _HD_HEIGHT)


def _stretch_in_place(planes: Plane, slope: float, offset: float) -> None:
    """Makes planes slope * planes + offset, rounded and kept in 0-255."""
    import cv2

    tall = planes.reshape(-1, planes.shape[2])
    cv2.addWeighted(tall, slope, tall, 0, offset, tall)


def _stretch(zero: int, top: int, zero_to: int) -> tuple[float, float]:
    """Slope and offset from a limited range to 0-255: `zero` becomes `zero_to`, `top` 255."""
    slope = (255 - zero_to) / (top - zero)
    return slope, zero_to - slope * zero


_LUMA, _CHROMA = _stretch(16, 235, 0), _stretch(128, 240, 128)
