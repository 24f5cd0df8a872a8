"""Videos whose every frame carries its own number, in black and white blocks that survive lossy
encoders; and what is true of such a file, read back with the ffmpeg program and not with the
library that Polyreel decodes with."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np

N_BITS = 12
RATE_HZ = 48_000
BEEP_EVERY_S = 0.5
AAC_FRAME_S = 1024 / RATE_HZ
SIZE = (192, 144)

_SHOWN = re.compile(rb"n: *\d+ pts: *(-?\d+) .*?duration: *(\d+)")
_TIME_BASE = re.compile(rb"config in time_base: (\d+)/(\d+)")


@dataclass
class Coded:
    """A coded video and what is true of it."""

    path: Path
    pts: list[int]
    """PTS of each shown frame, as the ffmpeg program has them."""
    time_base: Fraction
    last_duration: int
    """How long the last frame is shown, in PTS units; 0: the file does not say."""
    first_code: int
    rotation_deg: int = 0
    size: tuple[int, int] = SIZE
    video_stream: int = 0
    audio_stream: int | None = None
    source_id: str = "s1"
    row: dict[str, Any] = field(default_factory=dict)

    def source(self) -> dict[str, Any]:
        """Its row of `sources`."""
        return {
            "source_id": self.source_id,
            "uri": str(self.path),
            "key": self.path.name,
            "content_sha256": hashlib.sha256(self.path.read_bytes()).hexdigest(),
            "video_stream": self.video_stream,
            "audio_stream": self.audio_stream,
            "width": self.size[0],
            "height": self.size[1],
            "rotation_deg": self.rotation_deg,
            "sample_aspect": "1/1",
            "outcome": "kept",
        } | self.row

    @property
    def end_pts(self) -> int:
        """Where the last frame ends: after its stated duration, else after the usual gap."""
        gaps = np.diff(self.pts)
        values, counts = np.unique(gaps, return_counts=True)
        return self.pts[-1] + (self.last_duration or int(values[np.argmax(counts)]))

    def seconds(self, pts: int) -> float:
        """Time of a PTS from the first frame on."""
        return float((pts - self.pts[0]) * self.time_base)

    def shot(self, start: int, end: int) -> dict[str, Any]:
        """The row of `shots` of frames [start, end)."""
        ends = [*self.pts, self.end_pts]
        start_s, end_s = self.seconds(ends[start]), self.seconds(ends[end])
        return {
            "shot_id": f"{self.source_id}-{start:04d}-{end:04d}",
            "source_id": self.source_id,
            "index": start,
            "start_frame": start,
            "end_frame": end,
            "start_pts": ends[start],
            "end_pts": ends[end],
            "time_base": f"{self.time_base.numerator}/{self.time_base.denominator}",
            "start_s": start_s,
            "end_s": end_s,
            "scale": 0,
            "cover_start_s": start_s,
            "cover_end_s": end_s,
            "n_frames": end - start,
            "start_kind": "cut",
            "end_kind": "cut",
            **dict.fromkeys(("border_left", "border_right", "border_top", "border_bottom"), 0.0),
            "keyframes": [
                {"time_s": 0.0, "frame": start, "width": 8, "height": 8}
                | {"pack": "packs/frames-x.tar", "offset": 512, "size_bytes": 3}
            ],
            "outcome": "kept",
        }


def balanced(shot: dict[str, Any], outcome: str = "kept") -> dict[str, Any]:
    """The clip's row of `balance`."""
    return {"shot_id": shot["shot_id"], "source_id": shot["source_id"], "outcome": outcome}


def picture(code: int, size: tuple[int, int]) -> np.ndarray:
    """An RGB frame: N_BITS blocks from left to right, most significant first, over grey."""
    width, height = size
    image = np.full((height, width, 3), 96, np.uint8)
    for bit in range(N_BITS):
        left, right = bit * width // N_BITS, (bit + 1) * width // N_BITS
        image[: height // 2, left:right] = 255 if code >> (N_BITS - 1 - bit) & 1 else 0
    return image


def read_code(image: np.ndarray) -> int:
    """The number in a frame of any size, grey or in colours."""
    height, width = image.shape[:2]
    code = 0
    for bit in range(N_BITS):
        centre = int((bit + 0.5) * width / N_BITS)
        code = code << 1 | int(image[height // 4, centre].mean() > 128)
    return code


def decode_codes(path: Path, turn_deg: int = 0) -> tuple[list[int], list[Fraction]]:
    """The numbers and times (s) of all frames; `turn_deg`: turn them clockwise first."""
    import av

    codes, times = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            image = np.rot90(frame.to_ndarray(format="rgb24"), -turn_deg // 90)
            codes.append(read_code(image))
            times.append(frame.pts * frame.time_base)
    return codes, times


def beep_onsets(path: Path, stream: int | None = None) -> list[float]:
    """Times (s, on the file's clock) at which the sound of a file jumps from silence; `stream`:
    of all the file's streams, else the first audio stream."""
    import av

    waves, times, first_s = [], [], 0.0
    with av.open(str(path)) as container:
        audio = container.streams.audio[0] if stream is None else container.streams[stream]
        for frame in container.decode(audio):
            waves.append(np.abs(frame.to_ndarray().mean(axis=0)))
            if frame.pts is not None:
                first_s = float(frame.pts * frame.time_base)
            times.append(first_s + np.arange(frame.samples) / RATE_HZ)
            first_s += frame.samples / RATE_HZ
    loud_s = np.concatenate(times)[np.concatenate(waves) > 0.1]
    return [float(at_s) for at_s in loud_s[np.diff(loud_s, prepend=-np.inf) > 0.05]]


def write_coded(
    path: Path,
    pts: Sequence[int],
    time_base: Fraction,
    size: tuple[int, int] = SIZE,
    options: dict[str, str] | None = None,
    beeps: bool = False,
) -> Path:
    """Encode frame i with the number i at `pts[i]`; `beeps`: 50 ms of tone every half second."""
    import av

    span = (pts[-1] - pts[0]) * time_base
    fps = Fraction(len(pts) - 1) / span
    options = {"preset": "veryfast"} | (options or {})
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=fps.limit_denominator(1001), options=options)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.time_base = time_base
        sound = container.add_stream("aac", rate=RATE_HZ, layout="mono") if beeps else None
        if sound is not None:
            _write_beeps(container, sound, pts[0] * time_base, float(span) + 0.2)
        for code, stamp in enumerate(pts):
            frame = av.VideoFrame.from_ndarray(picture(code, size), format="rgb24")
            frame.pts, frame.time_base = stamp, time_base
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def _write_beeps(container: Any, stream: Any, start: Fraction, length_s: float) -> None:
    import av

    times = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    on = (times % BEEP_EVERY_S) < 0.05
    wave = (np.sin(2 * np.pi * 1000 * times) * on * 0.8).astype(np.float32)
    offset = round(start * RATE_HZ)
    for first in range(0, len(wave), 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, first : first + 1024], "fltp", "mono")
        frame.rate, frame.pts, frame.time_base = RATE_HZ, offset + first, Fraction(1, RATE_HZ)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def read_back(
    path: Path,
    size: tuple[int, int] = SIZE,
    rotation_deg: int = 0,
    video_stream: int = 0,
    audio_stream: int | None = None,
) -> Coded:
    """What the ffmpeg program shows of a file: PTS and durations by its showinfo filter, frame
    numbers by the pixels."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-copyts", "-noautorotate",
        "-i", path, "-map", f"0:{video_stream}", "-vf", "showinfo=checksum=0,format=gray",
        "-fps_mode", "passthrough", "-f", "rawvideo", "-",
    ]  # fmt: skip
    done = subprocess.run([str(part) for part in command], capture_output=True, check=True)
    times = [(int(pts), int(duration)) for pts, duration in _SHOWN.findall(done.stderr)]
    base = _TIME_BASE.search(done.stderr)
    assert base is not None
    frames = np.frombuffer(done.stdout, np.uint8).reshape(len(times), size[1], size[0])
    codes = [read_code(frame) for frame in frames]
    assert codes == list(range(codes[0], codes[0] + len(codes))), "the test video itself is wrong"
    return Coded(
        path,
        [pts for pts, _ in times],
        Fraction(int(base[1]), int(base[2])),
        times[-1][1],
        codes[0],
        rotation_deg,
        size,
        video_stream,
        audio_stream,
    )


def run_tool(*arguments: object) -> None:
    """ffmpeg, for the containers that need it."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-v", "error"]
    subprocess.run([*command, *(str(part) for part in arguments)], check=True)
