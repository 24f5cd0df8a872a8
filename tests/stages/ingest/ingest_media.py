"""Small inputs for the tests of ingest, made with imageio-ffmpeg's ffmpeg."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from pipeline.testing import StageRun, run_corpus_stage
from schemas.table import Row
from stages.ingest.config import IngestConfig
from stages.ingest.stage import IngestStage

SRT = "1\n00:00:00,200 --> 00:00:00,900\nHello <i>there</i>\n\n"


def ffmpeg(*args: str | Path) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y"]
    subprocess.run([*command, *map(str, args)], check=True)


def video(path: Path, seconds: float = 1.0, *options: str | Path, size: str = "64x48") -> Path:
    source = f"testsrc2=size={size}:rate=10:duration={seconds}"
    default = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    ffmpeg("-f", "lavfi", "-i", source, *(options or default), path)
    return path


def ingest(source: Path | str, root: Path, **options: Any) -> StageRun:
    return run_corpus_stage(IngestStage(IngestConfig(input=str(source), **options)), root, {})


def by_key(run: StageRun) -> dict[str, Row]:
    return {row["key"]: row for row in run.tables["sources"]}


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value))
