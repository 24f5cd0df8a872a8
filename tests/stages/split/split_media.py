"""Small real videos for the tests of split, made with imageio-ffmpeg's ffmpeg."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg

from stages.split.config import SplitConfig
from stages.split.one_pass import DecodeRequest
from stages.split.spans import Boundary
from stages.split.view import FrameView

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "23", "-pix_fmt", "yuv420p")


def ffmpeg(*args: str | Path) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y"]
    subprocess.run([*command, *map(str, args)], check=True)


def scene(kind: str, seconds: float, size: str = "320x180", fps: str = "30") -> list[str]:
    """Arguments of one lavfi input; kinds differ clearly."""
    source = {
        "test": f"testsrc2=size={size}:rate={fps}:duration={seconds}",
        "bars": f"smptebars=size={size}:rate={fps}:duration={seconds}",
        "mandel": f"mandelbrot=size={size}:rate={fps}:end_pts=400,trim=duration={seconds}",
        "life": f"cellauto=size={size}:rate={fps}:rule=110,trim=duration={seconds}",
        "black": f"color=black:size={size}:rate={fps}:duration={seconds}",
    }[kind]
    return ["-f", "lavfi", "-i", source]


def tone(seconds: float, hz: int = 440) -> list[str]:
    return ["-f", "lavfi", "-i", f"sine=frequency={hz}:sample_rate=44100:duration={seconds}"]


def joined(path: Path, kinds: list[str], seconds: float, *options: str) -> Path:
    """A video of several scenes of equal length, joined by hard cuts."""
    inputs = [arg for kind in kinds for arg in scene(kind, seconds)]
    labels = "".join(f"[{i}:v]format=yuv420p,setsar=1[v{i}];" for i in range(len(kinds)))
    chain = labels + "".join(f"[v{i}]" for i in range(len(kinds)))
    graph = f"{chain}concat=n={len(kinds)}:v=1:a=0[v]"
    ffmpeg(*inputs, "-filter_complex", graph, "-map", "[v]", *(options or X264), path)
    return path


def plain_pts(path: Path, stream: int = 0) -> list[int]:
    """PTS of all frames in presentation order, by a plain decode."""
    with av.open(str(path)) as container:
        return [frame.pts for frame in container.decode(container.streams[stream])]


def request_for(path: Path, folder: Path, **options: Any) -> DecodeRequest:
    """What the split stage would ask for this file."""
    folder.mkdir(parents=True, exist_ok=True)
    rotation = options.pop("rotation_deg", 0)
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        audio = container.streams.audio
        aspect = video.sample_aspect_ratio
        return DecodeRequest(
            path=str(path),
            folder=str(folder),
            config=SplitConfig(**options),
            video_stream=video.index,
            audio_stream=audio[0].index if audio else None,
            rotation_deg=rotation,
            sample_aspect=f"{aspect.numerator}/{aspect.denominator}" if aspect else None,
            fps=float(video.average_rate) if video.average_rate else None,
            duration_s=container.duration / 1e6 if container.duration else None,
        )


class Scripted:
    """A detector that reports given boundaries `lag` frames after their extents are over."""

    def __init__(self, boundaries: list[Boundary], lag: int) -> None:
        self.waiting = list(boundaries)
        self.lag = lag
        self.next = 0

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        self.next = frame + 1
        return self._take(lambda b: max(b.frame, b.clip_start) + self.lag <= frame)

    def finish(self) -> list[Boundary]:
        return self._take(lambda b: True)

    @property
    def settled(self) -> int:
        ends = [boundary.clip_end for boundary in self.waiting]
        return min([self.next, *ends])

    def _take(self, is_due: Callable[[Boundary], bool]) -> list[Boundary]:
        due = [boundary for boundary in self.waiting if is_due(boundary)]
        self.waiting = [boundary for boundary in self.waiting if not is_due(boundary)]
        return due
