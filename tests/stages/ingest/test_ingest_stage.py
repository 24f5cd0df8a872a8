"""Every input gets a row that says what it is or what is wrong with it; nothing else is lost."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from ingest_media import SRT, by_key, ffmpeg, ingest, video, write_json

from schemas.outcomes import Outcome, Reason
from stages.ingest.plan_units import unit_id


def test_a_good_video_is_described(tmp_path: Path) -> None:
    path = tmp_path / "in" / "v.mp4"
    path.parent.mkdir()
    tone = "sine=frequency=300:duration=1"
    video(
        path, 1.0, "-f", "lavfi", "-i", tone, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a",
        "aac", "-metadata", "title=From the container", "-metadata:s:a:0", "language=deu",
    )  # fmt: skip
    run = ingest(path.parent, tmp_path / "run")
    row = by_key(run)["v.mp4"]
    assert row["outcome"] == Outcome.KEPT
    assert row["content_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert row["size_bytes"] == path.stat().st_size
    assert (row["codec"], row["pix_fmt"], row["width"], row["height"]) == (
        "h264",
        "yuv420p",
        64,
        48,
    )
    assert (row["fps"], row["duration_s"], row["rotation_deg"]) == (10.0, 1.0, 0)
    assert (row["audio_codec"], row["audio_language"]) == ("aac", "de")
    assert row["title"] == "From the container"
    assert list(run.commits) == [unit_id([row["source_id"]])]


def test_bad_files_fail_with_their_reasons_and_neighbours_stay(tmp_path: Path, clip: bytes) -> None:
    root = tmp_path / "in"
    root.mkdir()
    (root / "good.mp4").write_bytes(clip)
    (root / "empty.mp4").write_bytes(b"")
    (root / "text.mp4").write_text("This is not a video.\n" * 100)
    (root / "header_only.mp4").write_bytes(clip[:200])
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", root / "sound.mp4")
    ffmpeg("-f", "lavfi", "-i", "color=red:size=32x32", "-frames:v", "1", root / "p.png")
    (root / "p.png").rename(root / "picture.mp4")
    (root / "gone.mp4").symlink_to(root / "nowhere.mp4")
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{root}/good.mp4\n#EXT-X-ENDLIST\n"
    (root / "playlist.mp4").write_text(playlist)
    rows = by_key(ingest(root, tmp_path / "run"))
    ended = {key: (row["outcome"], row["reason"]) for key, row in rows.items()}
    assert ended.pop("good.mp4") == (Outcome.KEPT, None)
    reasons = {key: reason for key, (outcome, reason) in ended.items() if outcome == Outcome.FAILED}
    assert reasons == {
        "empty.mp4": Reason.EMPTY_FILE,
        "text.mp4": Reason.NOT_A_VIDEO,
        "header_only.mp4": Reason.NOT_A_VIDEO,
        "sound.mp4": Reason.NO_VIDEO_STREAM,
        "picture.mp4": Reason.NOT_A_VIDEO,
        "gone.mp4": Reason.UNREADABLE,
        "playlist.mp4": Reason.NOT_A_VIDEO,
    }
    assert all(row["detail"] for key, row in rows.items() if key != "good.mp4")


@pytest.mark.parametrize(
    ("options", "outcome", "reason"),
    [
        ({"max_pixels": 64 * 48 - 1}, Outcome.FAILED, Reason.ABSURD_HEADER),
        ({"max_fps": 9.0}, Outcome.FAILED, Reason.ABSURD_HEADER),
        ({"min_duration_s": 1.5}, Outcome.DROPPED, Reason.SOURCE_TOO_SHORT),
        ({"max_duration_s": 0.5}, Outcome.DROPPED, Reason.SOURCE_TOO_LONG),
        ({"max_size_bytes": 100}, Outcome.DROPPED, Reason.SOURCE_TOO_LARGE),
    ],
)
def test_limits(
    tmp_path: Path, clip: bytes, options: dict[str, float], outcome: Outcome, reason: Reason
) -> None:
    (tmp_path / "v.mp4").write_bytes(clip)
    row = by_key(ingest(tmp_path / "v.mp4", tmp_path / "run", **options))["v.mp4"]
    assert (row["outcome"], row["reason"]) == (outcome, reason)


def test_sidecars_are_read_and_broken_ones_cost_only_themselves(
    tmp_path: Path, clip: bytes
) -> None:
    root = tmp_path / "in"
    root.mkdir()
    (root / "v.mp4").write_bytes(clip)
    (root / "v.en.srt").write_text(SRT)
    (root / "v.de.vtt").write_bytes(b"\x00\x01 nothing of the sort")
    (root / "v.fr.srt").write_bytes(b"  \n")
    write_json(root / "v.json", {"title": "J", "license": "CC0", "uploader": "me"})
    (root / "v.info.json").write_text("{broken")
    (root / "v.txt").write_text("What it shows.")
    run = ingest(root, tmp_path / "run")
    row = by_key(run)["v.mp4"]
    assert row["outcome"] == Outcome.KEPT
    assert (row["title"], row["description"], row["licence"]) == ("J", "What it shows.", "CC0")
    assert json.loads(row["extra_json"]) == {"uploader": "me"}
    ended = {s["sidecar"]: (s["outcome"], s["reason"]) for s in run.tables["sidecars"]}
    assert ended == {
        "v.en.srt": (Outcome.KEPT, None),
        "v.de.vtt": (Outcome.FAILED, Reason.SIDECAR_BROKEN),
        "v.fr.srt": (Outcome.DROPPED, Reason.SIDECAR_EMPTY),
        "v.json": (Outcome.KEPT, None),
        "v.info.json": (Outcome.FAILED, Reason.SIDECAR_BROKEN),
        "v.txt": (Outcome.KEPT, None),
    }
    (cue,) = run.tables["cues"]
    assert (cue["sidecar"], cue["language"], cue["text"]) == ("v.en.srt", "en", "Hello there")
    assert (cue["start_s"], cue["end_s"]) == (0.2, 0.9)


def test_embedded_subtitles_and_chapters(tmp_path: Path, clip: bytes) -> None:
    (tmp_path / "clip.mp4").write_bytes(clip)
    (tmp_path / "s.srt").write_text(SRT)
    (tmp_path / "m.txt").write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=Opening\n"
    )
    (tmp_path / "in").mkdir()
    ffmpeg(
        "-i", tmp_path / "clip.mp4", "-i", tmp_path / "s.srt", "-i", tmp_path / "m.txt", "-map",
        "0:v", "-map", "1:s", "-map_metadata", "2", "-c:v", "copy", "-c:s", "srt",
        "-metadata:s:s:0", "language=spa", tmp_path / "in" / "v.mkv",
    )  # fmt: skip
    run = ingest(tmp_path / "in", tmp_path / "run")
    row = by_key(run)["v.mkv"]
    assert row["chapters"] == [{"start_s": 0.0, "end_s": 0.5, "title": "Opening"}]
    (track,) = run.tables["sidecars"]
    assert (track["sidecar"], track["language"], track["n_cues"]) == ("stream:1", "es", 1)
    (cue,) = run.tables["cues"]
    assert (cue["text"], cue["start_s"], cue["end_s"]) == ("Hello there", 0.2, 0.9)


def test_a_table_carries_its_columns_and_counts_before_sidecars(
    tmp_path: Path, clip: bytes
) -> None:
    (tmp_path / "v.mp4").write_bytes(clip)
    (tmp_path / "sub.srt").write_text(SRT)
    write_json(tmp_path / "v.json", {"title": "from the sidecar", "description": "kept"})
    table = tmp_path / "t.csv"
    table.write_text(
        "url,title,tags,license,subtitles,score\nv.mp4,Mine,a;b,MIT,sub.srt,7\n"
        "missing.mp4,,,,,\nv.mp4,again,,,,\n"
    )
    run = ingest(table, tmp_path / "run")
    rows = by_key(run)
    row = rows["v.mp4"]
    assert (row["title"], row["description"], row["licence"]) == ("Mine", "kept", "MIT")
    assert row["tags"] == ["a", "b"]
    assert json.loads(row["extra_json"]) == {"score": "7"}
    assert [cue["sidecar"] for cue in run.tables["cues"]] == ["sub.srt"]
    assert rows["missing.mp4"]["reason"] == Reason.UNREADABLE
    assert rows["t.csv#row-3"]["reason"] == Reason.BAD_ROW


def test_the_same_input_gives_the_same_rows_in_any_chunks(tmp_path: Path, clip: bytes) -> None:
    root = tmp_path / "in"
    root.mkdir()
    for index in range(7):
        (root / f"{index}.mp4").write_bytes(clip)
    (root / "bad.mp4").write_bytes(b"x")
    runs = [
        ingest(root, tmp_path / f"run{size}", chunk_sources=size, unit_duration_s=2.0)
        for size in (2, 100)
    ]
    assert runs[0].tables == runs[1].tables
    assert list(runs[0].commits) == list(runs[1].commits)
    assert len(runs[0].commits) > 1
    ids = {row["source_id"] for row in runs[0].tables["sources"]}
    assert len(ids) == 8  # equal bytes under other names stay sources of their own


def test_rotation_default_stream_and_start(tmp_path: Path, clip: bytes) -> None:
    (tmp_path / "clip.mp4").write_bytes(clip)
    root = tmp_path / "in"
    root.mkdir()
    for degrees in (0, 90, 180, 270):
        name = root / f"r{degrees}.mp4"
        ffmpeg("-display_rotation", str(-degrees), "-i", tmp_path / "clip.mp4", "-c", "copy", name)
    video(tmp_path / "large.mp4", 1.0, size="128x96")
    ffmpeg(
        "-i", tmp_path / "clip.mp4", "-i", tmp_path / "large.mp4", "-map", "0", "-map", "1", "-c",
        "copy", "-disposition:v:0", "default", "-disposition:v:1", "0", root / "two.mkv",
    )  # fmt: skip
    rows = by_key(ingest(root, tmp_path / "run"))
    for degrees in (0, 90, 180, 270):
        assert rows[f"r{degrees}.mp4"]["rotation_deg"] == degrees
        assert rows[f"r{degrees}.mp4"]["width"] == 64
    assert (rows["two.mkv"]["video_stream"], rows["two.mkv"]["width"]) == (0, 64)


def test_the_real_odd_files_are_all_understood(corpus: Path, tmp_path: Path) -> None:
    rows = by_key(ingest(corpus / "odd", tmp_path / "run"))
    assert len(rows) == len(list((corpus / "odd").iterdir()))
    assert {row["outcome"] for row in rows.values()} == {Outcome.KEPT}
    assert [rows[f"video_{d}.mov"]["rotation_deg"] for d in (0, 90, 180, 270)] == [0, 90, 180, 270]
    assert rows["h264_10bits.mp4"]["pix_fmt"] == "yuv420p10le"
    assert rows["nasa_13013.mp4"]["video_stream"] == 3
