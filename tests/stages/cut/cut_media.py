"""Videos whose every frame carries its own number, in black and white blocks that survive x264."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

N_BITS = 12
RATE_HZ = 48_000
BEEP_EVERY_S = 0.5


@dataclass
class Coded:
    """A coded video and what is true of it."""

    path: Path
    pts: list[int]
    """PTS of each shown frame, as a decoder gives them."""
    time_base: Fraction
    rotation_deg: int = 0
    size: tuple[int, int] = (192, 144)
    first_code: int = 0
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
            "video_stream": 0,
            "audio_stream": self.audio_stream,
            "width": self.size[0],
            "height": self.size[1],
            "rotation_deg": self.rotation_deg,
            "sample_aspect": "1/1",
            "outcome": "kept",
        } | self.row

    def shot(self, start: int, end: int) -> dict[str, Any]:
        """The row of `shots` of frames [start, end)."""
        last_step = self.pts[-1] - self.pts[-2]
        ends = [*self.pts, self.pts[-1] + last_step]
        start_s = float((ends[start] - ends[0]) * self.time_base)
        end_s = float((ends[end] - ends[0]) * self.time_base)
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
            "cover_start_s": start_s,
            "cover_end_s": end_s,
            "n_frames": end - start,
            "start_kind": "cut",
            "end_kind": "cut",
            "keyframes": [
                {"time_s": 0.0, "frame": start, "width": 8, "height": 8}
                | {"pack": "packs/frames-x.tar", "offset": 512, "size_bytes": 3}
            ],
            "outcome": "kept",
        }


def verdict(shot: dict[str, Any], outcome: str = "kept") -> dict[str, Any]:
    return {
        "shot_id": shot["shot_id"],
        "source_id": shot["source_id"],
        "scope": "clip",
        "text_id": "",
        "outcome": outcome,
    }


def picture(code: int, size: tuple[int, int]) -> np.ndarray:
    """An RGB frame: N_BITS blocks from left to right, most significant first, over grey."""
    width, height = size
    image = np.full((height, width, 3), 96, np.uint8)
    for bit in range(N_BITS):
        left, right = bit * width // N_BITS, (bit + 1) * width // N_BITS
        image[: height // 2, left:right] = 255 if code >> (N_BITS - 1 - bit) & 1 else 0
    return image


def read_code(image: np.ndarray) -> int:
    """The number in a frame of any size."""
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


def beep_onsets(path: Path) -> list[float]:
    """Times (s, on the file's clock) at which the sound of a file jumps from silence."""
    import av

    parts, start = [], None
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            if start is None:
                start = float(frame.pts * frame.time_base)
            parts.append(frame.to_ndarray().mean(axis=0))
    wave = np.abs(np.concatenate(parts))
    loud = wave > 0.1
    onsets, quiet_since = [], 0
    for index in np.flatnonzero(loud):
        if index - quiet_since > RATE_HZ // 20 or not onsets:
            onsets.append((start or 0.0) + index / RATE_HZ)
        quiet_since = index
    return onsets


def write_coded(
    path: Path,
    pts: Sequence[int],
    time_base: Fraction,
    size: tuple[int, int] = (192, 144),
    options: dict[str, str] | None = None,
    beeps: bool = False,
    codec: str = "libx264",
) -> Coded:
    """Encode frame i with the number i at `pts[i]`; `beeps`: 50 ms of tone every half second."""
    import av

    span = (pts[-1] - pts[0]) * time_base
    fps = Fraction(len(pts) - 1) / span
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=fps.limit_denominator(1001), options=options or {})
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
    return read_back(path, size)


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


def read_back(path: Path, size: tuple[int, int], rotation_deg: int = 0) -> Coded:
    """What a decoder finds in the file; frames are numbered by what it shows."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        time_base = stream.time_base
        audio = container.streams.audio[0].index if container.streams.audio else None
        frames = [
            (f.pts, read_code(f.to_ndarray(format="rgb24"))) for f in container.decode(stream)
        ]
    codes = [code for _, code in frames]
    assert codes == list(range(codes[0], codes[0] + len(codes))), "the test video itself is wrong"
    return Coded(path, [p for p, _ in frames], time_base, rotation_deg, size, codes[0], audio)


def run_tool(*arguments: str | Path) -> None:
    """ffmpeg, for the containers that need it."""
    from stages.cut.encode import ffmpeg_path, run_ffmpeg

    run_ffmpeg([ffmpeg_path(), "-y", "-v", "error", *map(str, arguments)], 60)


def _cfr(folder: Path) -> Coded:
    return write_coded(folder / "cfr.mp4", range(0, 90 * 512, 512), Fraction(1, 12_800), beeps=True)


def _b_frames(folder: Path) -> Coded:
    options = {"bf": "3", "g": "24", "x264-params": "b-adapt=0:b-pyramid=normal:open-gop=1"}
    pts = range(0, 90 * 1001, 1001)
    return write_coded(folder / "bframes.mp4", pts, Fraction(1, 30_000), options=options)


def _vfr(folder: Path) -> Coded:
    steps = np.random.default_rng(3).integers(300, 4000, 90)
    pts = [int(p) for p in np.cumsum(steps) - steps[0]]
    return write_coded(
        folder / "vfr.mp4", pts, Fraction(1, 90_000), options={"bf": "2"}, beeps=True
    )


def _start_offset(folder: Path) -> Coded:
    coded = _cfr(folder)
    run_tool("-i", coded.path, "-c", "copy", "-output_ts_offset", "7.5", folder / "offset.ts")
    return read_back(folder / "offset.ts", coded.size)


def _edit_list(folder: Path) -> Coded:
    """Cut inside a GOP by stream copy: an edit list hides the frames before the cut."""
    options = {"bf": "2", "g": "30"}
    coded = write_coded(
        folder / "full.mp4",
        range(0, 90 * 512, 512),
        Fraction(1, 12_800),
        options=options,
        beeps=True,
    )
    run_tool("-ss", "0.5", "-i", coded.path, "-c", "copy", folder / "edit.mp4")
    return read_back(folder / "edit.mp4", coded.size)


def _rotated(folder: Path) -> Coded:
    coded = _cfr(folder)
    target = folder / "rotated.mp4"
    run_tool("-display_rotation", "-90", "-i", coded.path, "-c", "copy", target)
    return read_back(target, coded.size, rotation_deg=90)


def _matroska(folder: Path) -> Coded:
    pts = [round(i * 1000 / 24) for i in range(90)]
    return write_coded(
        folder / "video.mkv", pts, Fraction(1, 1000), options={"bf": "2"}, beeps=True
    )


def _odd_size(folder: Path) -> Coded:
    options = {"g": "15", "qp": "0"}
    pts, base = range(0, 60 * 512, 512), Fraction(1, 12_800)
    coded = write_coded(folder / "wide.mkv", pts, base, size=(200, 150), options=options)
    target = folder / "odd.mkv"
    run_tool(
        "-i", coded.path, "-vf", "crop=193:145:0:0:exact=1,format=yuv444p", "-c:v", "ffv1", target
    )
    return Coded(target, read_pts(target), Fraction(1, 1000), size=(193, 145))


def _avi(folder: Path) -> Coded:
    coded = _cfr(folder)
    run_tool("-i", coded.path, "-c:v", "mpeg4", "-q:v", "2", "-bf", "2", folder / "video.avi")
    return read_back(folder / "video.avi", coded.size)


def read_pts(path: Path) -> list[int]:
    import av

    with av.open(str(path)) as container:
        return [frame.pts for frame in container.decode(video=0)]


MAKERS: dict[str, Callable[[Path], Coded]] = {
    "cfr": _cfr,
    "b_frames": _b_frames,
    "vfr": _vfr,
    "start_offset": _start_offset,
    "edit_list": _edit_list,
    "rotated": _rotated,
    "matroska": _matroska,
    "avi": _avi,
    "odd_size": _odd_size,
}
