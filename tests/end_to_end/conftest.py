"""Small real inputs, made once, and ways to run the command over them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from e2e_support import CPU_S, SETTINGS, Polyreel, command, timed

from pipeline.config import load_config
from pipeline.models.cache import ModelCache
from pipeline.registry import STAGE_NAMES

SUBTITLES = "1\n00:00:00,200 --> 00:00:02,000\nHello from the first shot.\n"


def _make(path: Path, *sources: str) -> None:
    import imageio_ffmpeg

    inputs = [part for source in sources for part in ("-f", "lavfi", "-i", source)]
    joined = "".join(f"[{i}:v]" for i in range(len(sources))) + f"concat=n={len(sources)}[v]"
    encoder = ["-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-pix_fmt", "yuv420p"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *inputs]
    command += ["-filter_complex", joined, "-map", "[v]", *encoder, str(path)]
    subprocess.run(command, check=True)


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shots with sidecars, a copy of it, another video, and three files that are broken."""
    folder = tmp_path_factory.mktemp("videos")
    size = "s=256x192:r=25:d=3"
    _make(folder / "a_two_shots.mp4", f"testsrc2={size}", "mandelbrot=s=256x192:r=25,trim=0:3")
    _make(folder / "c_other.mp4", "cellauto=s=256x192:r=25,trim=0:3", f"rgbtestsrc={size}")
    _make(folder / "d_last.mkv", f"testsrc={size}")
    (folder / "b_copy.mp4").write_bytes((folder / "a_two_shots.mp4").read_bytes())
    (folder / "a_two_shots.srt").write_text(SUBTITLES)
    facts = {"title": "A test picture", "tags": ["x"], "language": "en"}
    (folder / "a_two_shots.json").write_text(json.dumps(facts))
    (folder / "c_other.srt").write_bytes(b"\x00\x01 this is no subtitle file")
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "text.mp4").write_text("I am not a video.\n" * 50)
    whole = (folder / "c_other.mp4").read_bytes()
    (folder / "torn.mp4").write_bytes(whole[: len(whole) // 3])
    return folder


@pytest.fixture(scope="session")
def models() -> None:
    """The models of these settings; fetched by `make models`, never by a test."""
    cache = ModelCache(may_fetch=False)
    for spec in load_config(settings=SETTINGS).specs(list(STAGE_NAMES)):
        for reference in spec.build().models():
            if cache.find(reference) is None:
                pytest.skip(f"{reference} is not here; run `polyreel models pull`")


@pytest.fixture(scope="session")
def polyreel() -> Polyreel:
    """Run the command; gives the finished process with its output as text."""

    def call(*arguments: str, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments],
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )

    return call


@pytest.fixture(scope="session")
def finished_run(videos: Path, models: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete run in one process, shared by the tests that only look; what it took is written
    beside it."""
    run = tmp_path_factory.mktemp("run") / "local"
    cpu_s = timed(command(videos, run, "--set", "engine.kind=local"))
    (run.parent / CPU_S).write_text(str(cpu_s))
    return run
