"""The cut benchmark times what it says, on clips that are really cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts import bench_cut
from scripts.bench_media import ffmpeg

KEYS = {
    "input", "clips", "polyreel_clips_per_s", "per_clip_clips_per_s",
    "per_clip_two_workers_clips_per_s", "edit_list_clips_per_s", "copy_clips_per_s", "ratio",
    "polyreel_exact", "per_clip_exact", "edit_list_exact",
}  # fmt: skip


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Two scenes of one second each, with sound."""
    folder = tmp_path / "videos"
    folder.mkdir()
    scenes = "testsrc2=s=128x72:r=25:d=1[a];smptebars=s=128x72:r=25:d=1,setsar=1[b]"
    ffmpeg(
        "-f", "lavfi", "-i", "sine=d=2", "-filter_complex", f"{scenes};[a][b]concat=n=2[v]",
        "-map", "[v]", "-map", "0:a", "-c:v", "libx264", "-c:a", "aac", folder / "two.mp4",
    )  # fmt: skip
    return folder


def test_the_json_has_its_keys_and_every_way_cuts_every_clip(
    videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    arguments = ["--videos", str(videos), "--work", str(work), "--clip-seconds", "0.5"]
    assert bench_cut.main([*arguments, "--runs", "1", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert row.keys() >= KEYS
    assert (row["input"], row["clips"]) == ("two.mp4", 4)
    assert all(row[key] > 0 for key in KEYS - {"input"})
    assert (row["polyreel_exact"], row["edit_list_exact"]) == (4, 4)
    assert row["copy_exact"] < 4
    speeds = row["polyreel_clips_per_s"], row["per_clip_two_workers_clips_per_s"]
    assert row["ratio"] == pytest.approx(speeds[0] / speeds[1])
    assert list(work.iterdir()) == []


def test_end_to_end_says_what_was_timed_for_the_others(
    videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--videos", str(videos), "--work", str(tmp_path / "work"), "--end-to-end"]
    assert bench_cut.main([*arguments, "--detector", "fixed", "--runs", "1", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["mode"] for row in rows] == ["encode", "edit_list"]
    for row in rows:
        for peer in ("data_juicer", "video2dataset"):
            assert row[f"ratio_{peer}"] == pytest.approx(row[f"{peer}_s"] / row["polyreel_s"])
            assert "repeated" in row[peer]


def test_an_empty_folder_ends_with_words(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="there is no video below"):
        bench_cut.main(["--videos", str(tmp_path), "--work", str(tmp_path / "work")])
