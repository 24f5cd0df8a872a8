"""What the cut stage does with a unit: rows for every clip, same bytes, failures kept apart."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from coded_media import Coded, balanced, read_back, run_tool

from pipeline.testing import StageRun, run_unit_stage
from schemas.outcomes import ItemError, Reason
from stages.cut.config import CutConfig
from stages.cut.encode import ffmpeg_path, run_ffmpeg
from stages.cut.stage import CutStage


def cut(
    root: Path, sources: list[Any], shots: list[Any], balance: list[Any], **options: Any
) -> StageRun:
    tables = {"sources": sources, "shots": shots, "balance": balance}
    return run_unit_stage(CutStage(CutConfig(**options)), root, tables)


@pytest.fixture
def cfr(coded_videos: Callable[[str], Coded]) -> Coded:
    return replace(coded_videos("cfr"), source_id="s1")


def test_same_bytes_from_another_folder_and_with_other_resources(
    cfr: Coded, tmp_path: Path
) -> None:
    shots = [cfr.shot(0, 20), cfr.shot(20, 45), cfr.shot(50, 70)]
    balance = [balanced(shot) for shot in shots]
    moved = replace(cfr, path=tmp_path / "another name.mp4")
    shutil.copy(cfr.path, moved.path)
    packs = []
    for number, (coded, options) in enumerate(
        [
            (cfr, {"parallel_passes": 1}),
            (moved, {"decode_threads": 2, "pass_memory_mb": 64, "seek_margin_s": 0.1}),
            (cfr, {"parallel_passes": 3}),
        ]
    ):
        run = cut(tmp_path / f"run{number}", [coded.source()], shots, balance, **options)
        packs.append(run.storage.read_bytes("packs/clips-unit0.tar"))
        for row in run.tables["clips"]:
            clip = run.read_packed(row["video"])
            assert row["sha256"] == hashlib.sha256(clip).hexdigest()
            assert b"another name" not in clip
    assert packs[0] == packs[1] == packs[2]


def test_a_pass_is_the_same_whatever_runs_beside_it(cfr: Coded, tmp_path: Path) -> None:
    """Several sources at once, each in several passes: the bytes of one lane."""
    names = ("s1", "s2", "s3")
    sources = [cfr.source() | {"source_id": name} for name in names]
    shots = [
        cfr.shot(start, start + 10) | {"source_id": name, "shot_id": f"{name}-{start}"}
        for name in names
        for start in (0, 20, 40)
    ]
    balance = [balanced(shot) for shot in shots]
    packs = []
    for n_lanes in (1, 3):
        # 64 MB hold four encoders of this preset: one pass in one lane, three passes in three.
        options = {"parallel_passes": n_lanes, "pass_memory_mb": 64, "preset": "veryslow"}
        run = cut(tmp_path / str(n_lanes), sources, shots, balance, **options)
        assert [row["outcome"] for row in run.tables["clips"]] == ["kept"] * 9
        packs.append(run.storage.read_bytes("packs/clips-unit0.tar"))
    assert packs[0] == packs[1]


@pytest.mark.parametrize("mode", ["edit_list", "copy"])
def test_copied_clips_have_the_same_bytes_wherever_their_source_lies(
    mode: str, cfr: Coded, tmp_path: Path
) -> None:
    """And whatever else is cut from it: overlapping clips share packets."""
    moved = replace(cfr, path=tmp_path / "another name.mp4")
    shutil.copy(cfr.path, moved.path)
    shot, other = cfr.shot(20, 45), cfr.shot(25, 50)
    clips = []
    for coded, shots in ((cfr, [shot, other]), (moved, [shot])):
        balance = [balanced(each) for each in shots]
        run = cut(tmp_path / str(len(shots)), [coded.source()], shots, balance, mode=mode)
        clips.append(run.read_packed(run.tables["clips"][0]["video"]))
    assert clips[0] == clips[1]


def test_damage_costs_only_the_clips_in_it_and_behind_it(cfr: Coded, tmp_path: Path) -> None:
    cut_off = replace(cfr, path=tmp_path / "cut off.ts")
    run_tool("-i", cfr.path, "-c", "copy", "-copyts", "-muxdelay", "0", tmp_path / "whole.ts")
    data = (tmp_path / "whole.ts").read_bytes()
    cut_off.path.write_bytes(data[: len(data) * 6 // 10])
    whole = replace(read_back(tmp_path / "whole.ts", audio_stream=1), source_id="s1")
    shots = [whole.shot(start, start + 10) for start in (5, 20, 55)]
    source = cut_off.source()
    balance = [balanced(shot) for shot in shots]
    for mode in ("edit_list", "copy"):
        run = cut(tmp_path / mode, [source], shots, balance, mode=mode)
        assert [row["outcome"] for row in run.tables["clips"]] == ["kept", "kept", "failed"]
        assert run.tables["clips"][-1]["reason"] == Reason.SPAN_MISMATCH


def test_only_kept_clips_are_cut_and_each_has_its_row(cfr: Coded, tmp_path: Path) -> None:
    shots = [cfr.shot(0, 20), cfr.shot(20, 40), cfr.shot(40, 60)]
    balance = [balanced(shots[0]), balanced(shots[1], "dropped"), balanced(shots[2])]
    run = cut(tmp_path, [cfr.source()], shots, balance)
    assert [row["shot_id"] for row in run.tables["clips"]] == [
        shots[0]["shot_id"],
        shots[2]["shot_id"],
    ]
    expected = {"pack": "packs/frames-x.tar", "offset": 512, "size_bytes": 3}
    assert all(row["thumbnail"] == expected for row in run.tables["clips"])


def test_nothing_to_cut_gives_an_empty_table(cfr: Coded, tmp_path: Path) -> None:
    shot = cfr.shot(0, 20)
    run = cut(tmp_path, [cfr.source()], [shot], [balanced(shot, "dropped")])
    assert run.tables["clips"] == []


def test_a_changed_or_vanished_source_costs_only_its_own_clips(cfr: Coded, tmp_path: Path) -> None:
    sources = [cfr.source()]
    shots = [cfr.shot(0, 10)]
    for name, data in {"s2": b"other bytes", "s3": None}.items():
        path = tmp_path / f"{name}.mp4"
        if data is not None:
            path.write_bytes(data)
        sources.append(cfr.source() | {"source_id": name, "uri": str(path)})
        shots.append(cfr.shot(0, 10) | {"source_id": name, "shot_id": f"shot-{name}"})
    run = cut(tmp_path / "run", sources, shots, [balanced(shot) for shot in shots])
    ends = {row["source_id"]: (row["outcome"], row["reason"]) for row in run.tables["clips"]}
    assert ends == {
        "s1": ("kept", None),
        "s2": ("failed", "source_gone"),
        "s3": ("failed", "source_gone"),
    }
    (changed,) = (row for row in run.tables["clips"] if row["source_id"] == "s2")
    assert "has changed since it was ingested" in changed["detail"]


@pytest.mark.parametrize("mode", ["encode", "edit_list"])
def test_a_span_that_the_source_does_not_hold_fails_alone_with_numbers(
    mode: str, cfr: Coded, tmp_path: Path
) -> None:
    beyond = cfr.shot(60, 70) | {"shot_id": "shot-beyond"}
    beyond |= {"end_frame": 75, "end_pts": beyond["end_pts"] + 5 * 512}
    nowhere = beyond | {"shot_id": "shot-nowhere", "start_pts": 10**9, "end_pts": 10**9 + 5120}
    nowhere |= {"start_frame": 5000, "end_frame": 5010}
    shots = [cfr.shot(0, 10), beyond, nowhere]
    run = cut(tmp_path, [cfr.source()], shots, [balanced(shot) for shot in shots], mode=mode)
    rows = {row["shot_id"]: row for row in run.tables["clips"]}
    assert rows[shots[0]["shot_id"]]["outcome"] == "kept"
    assert rows["shot-beyond"]["reason"] == Reason.SPAN_MISMATCH
    assert "10 frames" in rows["shot-beyond"]["detail"]
    assert "has 15" in rows["shot-beyond"]["detail"]
    assert rows["shot-nowhere"]["outcome"] == "failed"


def test_ffmpeg_is_ended_at_its_limit_and_quoted_when_it_fails(tmp_path: Path) -> None:
    endless = [
        ffmpeg_path(),
        "-v",
        "error",
        "-re",
        "-f",
        "lavfi",
        "-i",
        "testsrc",
        "-f",
        "null",
        "-",
    ]
    with pytest.raises(ItemError) as slow:
        run_ffmpeg(endless, 0.5)
    assert slow.value.reason == Reason.TIMEOUT
    with pytest.raises(ItemError) as broken:
        run_ffmpeg([ffmpeg_path(), "-v", "error", "-i", str(tmp_path / "none.mp4")], 10)
    assert broken.value.reason == Reason.ENCODE_FAILED
    assert "No such file" in str(broken.value)
