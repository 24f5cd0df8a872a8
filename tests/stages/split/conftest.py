"""Videos that several tests decode; made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from split_media import X264, ffmpeg, joined, scene, tone


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small videos; their names say what is special about them."""
    folder = tmp_path_factory.mktemp("split-media")
    three = joined(folder / "three.mp4", ["test", "mandel", "bars"], 2.0, *X264, "-bf", "0")
    ffmpeg("-i", three, *X264[:2], "-preset", "veryfast", "-bf", "3", folder / "bframes.mp4")
    ffmpeg("-i", three, "-c", "copy", "-output_ts_offset", "12.5", folder / "offset.ts")
    ffmpeg("-i", three, "-c", "copy", folder / "three.mkv")
    ffmpeg("-i", three, "-c:v", "mpeg4", "-q:v", "4", folder / "three.avi")
    ffmpeg(
        "-i", three, "-vf", "select='not(eq(mod(n,7),3))+gt(n,120)',scale=160:-2", "-fps_mode",
        "vfr", *X264, folder / "vfr.mp4",
    )  # fmt: skip
    ffmpeg(*scene("test", 2, "161x91"), *X264[:4], "-pix_fmt", "yuv444p", folder / "odd_size.mp4")
    ffmpeg(*scene("test", 2), *X264[:4], "-pix_fmt", "yuv420p10le", folder / "ten_bit.mp4")
    ffmpeg(*scene("test", 2, "160x90"), *tone(3.5), *X264, "-c:a", "aac", folder / "long_audio.mp4")
    ffmpeg(
        *scene("mandel", 2, "160x90"), "-itsoffset", "0.5", *tone(1), "-map", "0:v", "-map", "1:a",
        *X264, "-c:a", "aac", folder / "late_audio.mp4",
    )  # fmt: skip
    ffmpeg(
        *scene("test", 2, "160x90"), "-c:v", "libvpx", "-b:v", "200k", "-deadline", "realtime",
        "-cpu-used", "8", folder / "vp8.webm",
    )  # fmt: skip
    ffmpeg("-display_rotation", "-90", "-i", three, "-c", "copy", folder / "rotated.mp4")
    return folder
