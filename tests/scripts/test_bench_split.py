"""The benchmark measures what it says: its videos, its rows, memory and many files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import av
import pytest
from av.video.frame import PictureType

from scripts import bench_media as media
from scripts.bench_measure import Usage, read_share, run_command
from scripts.bench_split import COLUMNS, Rounds, main, rounded, table


def test_a_generated_video_is_what_its_recipe_says(tmp_path: Path) -> None:
    recipe = media.Recipe("tiny", "h264", "libx264", 320, 180, 300)
    path = media.make_video(recipe, 9.0, [], tmp_path)
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height, video.codec_context.name) == (320, 180, "h264")
        assert audio.codec_context.sample_rate == 44100
        frames = list(container.decode(video))
    assert len(frames) == 270
    starts = [number for number, frame in enumerate(frames) if frame.key_frame]
    assert {0, 120} <= set(starts)  # at the cuts
    assert len(starts) < 10
    assert any(frame.pict_type == PictureType.B for frame in frames)
    written = path.stat().st_mtime_ns
    assert media.make_video(recipe, 9.0, [], tmp_path).stat().st_mtime_ns == written


def test_real_clips_follow_one_another(tmp_path: Path) -> None:
    recipe = media.Recipe("tiny", "h264", "libx264", 160, 90, 100)
    clips = tmp_path / "clips"
    clips.mkdir()
    for number, colour in enumerate(["red", "blue"]):
        source = f"color={colour}:size=64x64:rate=25:duration=2"
        media.ffmpeg("-f", "lavfi", "-i", source, clips / f"{number}.mp4")
    path = media.make_video(recipe, 4.0, media.find_clips(clips), tmp_path)
    with av.open(str(path)) as container:
        means = [f.to_ndarray(format="rgb24").mean(axis=(0, 1)) for f in container.decode(video=0)]
    assert len(means) == 120
    assert [mean[0] > 100 for mean in means] == [True] * 60 + [False] * 60


def test_repeated_and_cut_videos(tmp_path: Path) -> None:
    recipe = media.Recipe("tiny", "h264", "libx264", 160, 90, 100)
    base = media.make_video(recipe, 6.5, [], tmp_path)
    long = media.repeat_video(base, 5, tmp_path / "long.mp4")
    with av.open(str(long)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 5 * 195
    pieces = media.cut_pieces(base, 2.0, 5, tmp_path / "many")
    assert len({path.read_bytes() for path in pieces}) == 5
    for path in pieces:
        with av.open(str(path)) as container:
            assert sum(1 for _ in container.decode(video=0)) == 60


def test_a_command_is_measured_and_its_failure_is_not() -> None:
    script = "held = bytearray(80_000_000); sum(range(3_000_000))"
    used = run_command([sys.executable, "-c", script])
    assert 0.01 < used.cpu_s <= used.wall_s * 2
    assert used.peak_rss_mb > 80
    with pytest.raises(SystemExit, match="no such day"):
        run_command([sys.executable, "-c", "raise SystemExit('no such day')"])


def test_how_far_a_file_was_read(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(bytes(1000))
    pid = int(Path("/proc/self").resolve().name)
    assert read_share(pid, path) is None
    with path.open("rb", buffering=0) as file:
        file.read(250)
        assert read_share(pid, path) == 0.25


def test_medians_and_a_table_with_gaps() -> None:
    rounds = Rounds([Usage(1.0, 2.0, 10), Usage(4.0, 3.0, 30), Usage(2.0, 9.0, 20)])
    assert rounds.fps(100) == 50
    assert rounds.cpu_ms(100) == 30
    assert rounds.peak_rss_mb() == 30
    assert Rounds().fps(100) is None
    row = {name: None for name, _, _ in COLUMNS} | {"input": "360p", "polyreel_fps": 12.6}
    last = table([row]).splitlines()[-1]
    assert last.startswith("| 360p | - | - | - | 13 | - |")
    assert rounded({"a": [1.23456, 7]}) == {"a": [1.235, 7]}


@pytest.mark.bench
def test_the_whole_benchmark_on_a_short_video(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--json", "--generated", "--work", str(tmp_path), "--runs", "1", "--threads", "1"]
    assert main([*given, "--seconds", "6", "--inputs", "360p"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert row["input"] == "360p"
    assert row["frames"] == 180
    for name in ("decode_fps", "scenedetect_fps", "polyreel_fps", "peak_rss_mb"):
        assert row[name] > 0
    assert row["ratio_decode"] == pytest.approx(row["polyreel_fps"] / row["decode_fps"], rel=0.01)
    assert main([*given, "--many", "4"]) == 0
    many = json.loads(capsys.readouterr().out)["many"]
    assert (many["files"], many["frames"]) == (4, 240)
    assert main([*given, "--memory-hours", "0.05"]) == 0
    memory = json.loads(capsys.readouterr().out)["memory"]
    assert memory["frames"] == 3 * 60 * 24
    assert memory["peak_rss_mb"] >= memory["rss_mb_at_50"] > 10
