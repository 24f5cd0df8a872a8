"""The ffmpeg command that cuts many spans out of one decode of a source. Pure.

Why by PTS. Frames are chosen by their timestamps in the source's own time base (`-copyts`),
which is what the shots table holds. A count of frames would go wrong for a whole source when two
decoders differ on one damaged frame, and it could not start in the middle; afterwards the count
of each clip's frames is what proves the cut (see verify.py).

Why these options. Nothing of the machine, the time or the source's metadata may reach the bytes:
one encoder thread, x264 independent of the CPU's instruction set, bitexact muxing and coding,
a scaler with exact rounding. Timestamps pass through, so variable frame rate stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from stages.cut.spans import Job, Span

_SCALER = "bicubic+accurate_rnd+full_chroma_int+bitexact"
_SILENCE_GAP_S = 0.02
"""Holes in the sound longer than this become silence; one AAC frame at 48 kHz is 0.0213 s."""


@dataclass(frozen=True)
class Encoding:
    """How the clips of one source are encoded."""

    square_pixels: bool
    preset: str
    crf: int
    audio_stream: int | None
    audio_bitrate_kbps: int
    max_audio_channels: int


def encode_command(
    ffmpeg_path: str,
    source: Path,
    video_stream: int,
    jobs: Sequence[Job],
    encoding: Encoding,
    seek: Fraction | None,
    decode_threads: int,
) -> list[str]:
    """The argument list of one pass: decode `source` once, write each job's file."""
    import ffmpeg

    reading: dict[str, Any] = {"copyts": None, "threads": decode_threads}
    if seek is not None:
        reading |= {"seek_timestamp": 1, "ss": _seconds(seek), "noaccurate_seek": None}
    given = ffmpeg.input(f"file:{source}", **reading)
    pictures = given[str(video_stream)].filter_multi_output("split", len(jobs))
    with_sound = [job for job in jobs if job.has_sound]
    if with_sound:
        stream = given[str(encoding.audio_stream)]
        sounds = stream.filter_multi_output("asplit", len(with_sound))
    outputs = []
    for index, job in enumerate(jobs):
        streams = [_picture(pictures.stream(index), job, encoding)]
        if job.has_sound:
            sound = sounds.stream(with_sound.index(job))
            streams.append(_sound(sound, job.span, encoding))
        options = _output_options(job, encoding)
        outputs.append(ffmpeg.output(*streams, f"file:{job.target}", **options))
    command: list[str] = ffmpeg.compile(ffmpeg.merge_outputs(*outputs), cmd=ffmpeg_path)
    program, *rest = command
    return [program, "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *rest]


def _picture(stream: Any, job: Job, encoding: Encoding) -> Any:
    span, geometry = job.span, job.geometry
    stream = (
        stream.filter("settb", str(span.time_base))
        .filter("trim", start_pts=span.start_pts, end_pts=span.end_pts)
        .filter("setpts", f"PTS-({span.start_pts})")
        .filter(
            "crop",
            geometry.crop_width,
            geometry.crop_height,
            geometry.crop.left,
            geometry.crop.top,
        )
        .filter("scale", geometry.width, geometry.height, flags=_SCALER)
    )
    if encoding.square_pixels:
        stream = stream.filter("setsar", "1")
    return stream.filter("format", "yuv420p")


def _sound(stream: Any, span: Span, encoding: Encoding) -> Any:
    layouts = "mono" if encoding.max_audio_channels == 1 else "mono|stereo"
    start, end = _seconds(span.start_time), _seconds(span.end_time)
    return (
        stream.filter("atrim", start=start, end=end)
        .filter("asetpts", f"PTS-round({start}/TB)")
        .filter("aresample", **{"async": 1, "first_pts": 0, "min_hard_comp": _SILENCE_GAP_S})
        .filter("aformat", channel_layouts=layouts)
    )


def _output_options(job: Job, encoding: Encoding) -> dict[str, Any]:
    time_base = job.span.time_base
    options: dict[str, Any] = {
        "f": "mp4",
        "c:v": "libx264",
        "preset": encoding.preset,
        "crf": encoding.crf,
        "threads:v": 1,
        "x264-params": "cpu-independent=1",
        "flags:v": "+bitexact",
        "fps_mode": "passthrough",
        "enc_time_base:v": f"{time_base.numerator}:{time_base.denominator}",
        "map_metadata": -1,
        "map_chapters": -1,
        "fflags": "+bitexact",
        "movflags": "+faststart",
    }
    if time_base.numerator == 1:
        options["video_track_timescale"] = time_base.denominator
    if job.has_sound:
        options |= {
            "c:a": "aac",
            "b:a": f"{encoding.audio_bitrate_kbps}k",
            "flags:a": "+bitexact",
        }
    return options


def _seconds(time: Fraction) -> str:
    return f"{float(time):.6f}"
