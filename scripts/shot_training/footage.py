"""Single shots in memory, small, as the raw material of made videos.

Pictures are YUV 4:4:4, full range, uint8, shape (HEIGHT, WIDTH, 3): mixing and recolouring in
this form does what a video editor does, and the planes are those the detector looks at.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 320, 180


@dataclass(frozen=True)
class Clip:
    """One shot: its name, frames per second, and pictures (n, HEIGHT, WIDTH, 3)."""

    name: str
    fps: float
    pictures: NDArray[np.uint8]


@dataclass(frozen=True, order=True)
class Span:
    """A part of a video that is one shot, in seconds."""

    path: Path
    start_s: float
    end_s: float


def load_clip(span: Span, max_frames: int = 400) -> Clip:
    """The first frames of a shot."""
    import av
    from av.video.reformatter import ColorRange, Interpolation

    pictures = []
    with av.open(str(span.path)) as container:
        stream = container.streams.video[0]
        fps = float(stream.average_rate or 25)
        for frame in container.decode(stream):
            time_s = frame.time or 0.0
            if time_s < span.start_s:
                continue
            if time_s >= span.end_s:
                break
            planar = frame.reformat(
                WIDTH,
                HEIGHT,
                "yuv444p",
                interpolation=Interpolation.AREA,
                dst_color_range=ColorRange.JPEG,
            )
            planes = [_plane(plane) for plane in planar.planes]
            pictures.append(np.stack(planes, axis=-1))
            if len(pictures) == max_frames:
                break
    return Clip(span.path.stem, fps, np.stack(pictures))


def _plane(plane: object) -> NDArray[np.uint8]:
    line = plane.line_size  # type: ignore[attr-defined]
    stored = np.frombuffer(plane, np.uint8)[: HEIGHT * line]  # type: ignore[call-overload]
    return np.asarray(stored.reshape(HEIGHT, line)[:, :WIDTH])
