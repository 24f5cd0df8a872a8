"""Cut clips hold exactly the frames of their spans, at their times, in sync with the sound."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from coded_media import (
    AAC_FRAME_S,
    RATE_HZ,
    Coded,
    balanced,
    beep_onsets,
    decode_codes,
    read_back,
    run_tool,
    write_coded,
)
from containers import MAKERS

from pipeline.testing import StageRun, run_unit_stage
from schemas.outcomes import Reason
from schemas.table import Row
from stages.cut.config import CutConfig
from stages.cut.stage import CutStage

NOT_COPIED = {
    **dict.fromkeys(("mov_prores", "webm_vp8", "wmv", "theora"), "into MP4"),
    **dict.fromkeys(("avi_b_frames", "avi_h264", "mpeg_ps"), "does not say when frame"),
}
"""Videos that cannot be cut by copying, and what is said: codecs that MP4 cannot hold, containers
that hold no presentation times."""


def cut(root: Path, spans: list[tuple[Coded, int, int]], **options: Any) -> StageRun:
    """Cut spans of several sources, all in one unit."""
    shots = [coded.shot(start, end) for coded, start, end in spans]
    sources = {coded.source_id: coded.source() for coded, _, _ in spans}
    tables = {
        "sources": list(sources.values()),
        "shots": shots,
        "balance": [balanced(shot) for shot in shots],
    }
    return run_unit_stage(CutStage(CutConfig(**options)), root, tables)


def spans_of(coded: Coded) -> list[tuple[Coded, int, int]]:
    """First frames, overlapping middle ones, one single frame, and the very last ones."""
    n = len(coded.pts)
    pairs = ((0, 10), (7, 25), (30, 31), (n - 12, n))
    return [(coded, start, end) for start, end in pairs]


@pytest.fixture(scope="module", params=["encode", "edit_list", "copy"])
def any_run(
    request: pytest.FixtureRequest,
    coded_videos: Callable[[str], Coded],
    tmp_path_factory: pytest.TempPathFactory,
) -> StageRun:
    """Every coded video in one unit, cut in one of the modes."""
    spans = [span for name in sorted(MAKERS) for span in spans_of(coded_videos(name))]
    return cut(tmp_path_factory.mktemp(request.param), spans, mode=request.param)


@pytest.fixture(scope="module")
def late_run(
    coded_videos: Callable[[str], Coded], tmp_path_factory: pytest.TempPathFactory
) -> StageRun:
    """The last frames of every coded video, which a pass seeks, right before them."""
    spans = [late_span(coded_videos(name)) for name in MAKERS]
    return cut(tmp_path_factory.mktemp("late"), spans, seek_margin_s=0.1)


def late_span(coded: Coded) -> tuple[Coded, int, int]:
    return coded, len(coded.pts) - 12, len(coded.pts)


def pictures(path: Path, stream: int = 0) -> list[bytes]:
    """A hash of each frame that PyAV shows of a file."""
    with av.open(str(path)) as container:
        return [
            hashlib.md5(frame.to_ndarray(format=frame.format.name).tobytes()).digest()
            for frame in container.decode(container.streams[stream])
        ]


source_pictures = cache(pictures)


def clips_of(run: StageRun, coded: Coded, folder: Path) -> list[tuple[int, int, Row, Path]]:
    """(start, end, row, file) of each clip of one source, in the order of `spans_of`."""
    return [
        (start, end, *clip_of(run, coded.shot(start, end)["shot_id"], folder))
        for _, start, end in spans_of(coded)
    ]


def clip_of(run: StageRun, shot_id: str, folder: Path) -> tuple[Row, Path]:
    """A clip's row and its file."""
    (row,) = (row for row in run.tables["clips"] if row["shot_id"] == shot_id)
    assert row["outcome"] == "kept", row["detail"]
    path = folder / f"{shot_id}.mp4"
    path.write_bytes(run.read_packed(row["video"]))
    return row, path


def assert_in_sync(coded: Coded, row: Row, clip: Path) -> None:
    """Each beep of the source within the clip is heard within one AAC frame of its time."""
    first_s = float(coded.pts[0] * coded.time_base)
    beeps = [
        onset - first_s - row["start_s"] for onset in source_beeps(coded.path, coded.audio_stream)
    ]
    expected = [beep for beep in beeps if 0.06 < beep < row["duration_s"] - 0.03]
    heard = beep_onsets(clip) if expected else []
    for beep in expected:
        assert min(abs(onset - beep) for onset in heard) < AAC_FRAME_S


@cache
def source_beeps(path: Path, stream: int) -> list[float]:
    return beep_onsets(path, stream)


@pytest.mark.parametrize("name", MAKERS)
def test_clips_hold_what_their_rows_say(
    name: str, any_run: StageRun, coded_videos: Callable[[str], Coded], tmp_path: Path
) -> None:
    coded = coded_videos(name)
    rows = [row for row in any_run.tables["clips"] if row["source_id"] == name]
    if name in NOT_COPIED and rows[0]["mode"] != "encode":
        assert {row["reason"] for row in rows} == {Reason.ENCODE_FAILED}
        assert all(NOT_COPIED[name] in row["detail"] for row in rows)
        assert all("cut.mode=encode" in row["detail"] for row in rows)
        return
    for start, end, row, clip in clips_of(any_run, coded, tmp_path):
        shot = coded.shot(start, end)
        if row["mode"] == "copy":
            assert_covering(coded, start, end, row, clip)
        else:
            assert_exact(coded, start, end, row, clip)
            assert row["start_s"] == pytest.approx(shot["start_s"], abs=1e-6)
            assert row["end_s"] == pytest.approx(shot["end_s"], abs=1e-6)
        if row["mode"] == "edit_list":
            assert pictures(clip) == source_pictures(coded.path, coded.video_stream)[start:end]
        long_enough = shot["end_s"] - shot["start_s"] > AAC_FRAME_S
        assert row["has_audio"] == (coded.audio_stream is not None and long_enough)
        if row["has_audio"]:
            assert_in_sync(coded, row, clip)
        assert row["duration_s"] == pytest.approx(row["end_s"] - row["start_s"], abs=2e-6)


@pytest.mark.parametrize("name", MAKERS)
def test_a_pass_that_seeks_cuts_the_same(
    name: str, late_run: StageRun, coded_videos: Callable[[str], Coded], tmp_path: Path
) -> None:
    coded, start, end = late_span(coded_videos(name))
    row, clip = clip_of(late_run, coded.shot(start, end)["shot_id"], tmp_path)
    assert_exact(coded, start, end, row, clip)
    if row["has_audio"]:
        assert_in_sync(coded, row, clip)


@pytest.mark.parametrize("name", ["b_frames", "hevc", "gradual_keys"])
def test_edit_lists_may_begin_and_end_anywhere(
    name: str, coded_videos: Callable[[str], Coded], tmp_path: Path
) -> None:
    """Every picture is that of the source, for PyAV and for the ffmpeg command: with B-frames
    that refer to each other, open groups, and pictures that are only gradually whole."""
    coded = coded_videos(name)
    spans = [(coded, start, start + 1 + start % 5) for start in range(13, 59, 5)]
    run = cut(tmp_path, spans, mode="edit_list", audio=False)
    clips = [clip_of(run, coded.shot(a, b)["shot_id"], tmp_path)[1] for _, a, b in spans]
    wanted = [source_pictures(coded.path)[a:b] for _, a, b in spans]
    assert [pictures(clip) for clip in clips] == wanted
    assert commands_pictures(clips, tmp_path) == wanted


def commands_pictures(clips: list[Path], folder: Path) -> list[list[bytes]]:
    """A hash of each frame that the ffmpeg command shows of each file."""
    given = [part for clip in clips for part in ("-i", clip)]
    taken: list[object] = []
    listings = [folder / f"{index}.md5" for index in range(len(clips))]
    for index, listing in enumerate(listings):
        taken += ["-map", f"{index}:v", "-fps_mode", "passthrough", "-f", "framemd5", listing]
    run_tool(*given, *taken)
    return [
        [
            bytes.fromhex(line.rsplit(",", 1)[1])
            for line in listing.read_text().splitlines()
            if not line.startswith("#")
        ]
        for listing in listings
    ]


def assert_exact(coded: Coded, start: int, end: int, row: Row, clip: Path) -> None:
    """Exactly the frames [start, end), at the distances that they have in the source."""
    codes, times = decode_codes(clip, -coded.rotation_deg if row["mode"] == "encode" else 0)
    assert codes == list(range(coded.first_code + start, coded.first_code + end))
    assert times == [(pts - coded.pts[start]) * coded.time_base for pts in coded.pts[start:end]]
    assert row["n_frames"] == end - start
    assert row["n_frames"] + row["hidden_frames"] == n_packets(clip)


def n_packets(clip: Path) -> int:
    """Pictures in a file, whether or not its edit list shows them."""
    with av.open(str(clip), options={"ignore_editlist": "1"}) as container:
        return sum(packet.size > 0 for packet in container.demux(video=0))


def assert_covering(coded: Coded, start: int, end: int, row: Row, clip: Path) -> None:
    """All frames of [start, end) and perhaps more, without a gap; the row has the true start."""
    codes, _ = decode_codes(clip)
    assert codes == list(range(codes[0], codes[0] + row["n_frames"]))
    assert row["hidden_frames"] == 0
    assert codes[0] <= coded.first_code + start
    assert codes[-1] >= coded.first_code + end - 1
    if codes[0] >= coded.first_code:
        true_start = coded.pts[codes[0] - coded.first_code] - coded.pts[0]
        assert row["start_s"] == pytest.approx(float(true_start * coded.time_base), abs=2e-6)


@pytest.mark.parametrize("rotation_deg", [90, 180, 270])
def test_rotation_is_applied_when_encoding_and_carried_when_copying(
    rotation_deg: int, any_run: StageRun, coded_videos: Callable[[str], Coded], tmp_path: Path
) -> None:
    coded = coded_videos(f"rotated_{rotation_deg}")
    shown = coded.size if rotation_deg == 180 else coded.size[::-1]
    for _, _, row, clip in clips_of(any_run, coded, tmp_path):
        assert (row["width"], row["height"]) == shown
        with av.open(str(clip)) as container:
            frame = next(container.decode(video=0))
        assert frame.rotation % 360 == (0 if row["mode"] == "encode" else 360 - rotation_deg)


def test_clips_can_be_scaled_down(coded_videos: Callable[[str], Coded], tmp_path: Path) -> None:
    coded = coded_videos("cfr")
    run = cut(tmp_path, [(coded, 5, 15)], max_short_side_px=96, audio=False)
    (row,) = run.tables["clips"]
    assert (row["width"], row["height"]) == (128, 96)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(run.read_packed(row["video"]))
    assert decode_codes(clip)[0] == list(range(5, 15))


@pytest.mark.parametrize("name", ["cfr", "rotated_90"])
def test_borders_are_cut_off_to_the_pixel(
    name: str, coded_videos: Callable[[str], Coded], tmp_path: Path
) -> None:
    """Without loss, so that the pixels of the source's picture can be met again."""
    coded = coded_videos(name)
    shot = coded.shot(5, 8) | {"border_left": 0.125, "border_top": 0.1, "border_bottom": 0.25}
    tables = {"sources": [coded.source()], "shots": [shot], "balance": [balanced(shot)]}
    stage = CutStage(CutConfig(crop_borders=True, crf=0, audio=False))
    run = run_unit_stage(stage, tmp_path / "run", tables)
    row, clip = clip_of(run, shot["shot_id"], tmp_path)
    width, height = coded.size if coded.rotation_deg == 0 else coded.size[::-1]
    left, right, top, bottom = row["crop_px"]
    assert (left, right) == (width // 8, 0)
    assert (top, bottom) == (int(0.1 * height) // 2 * 2, height // 4)
    assert (row["width"], row["height"]) == (width - left - right, height - top - bottom)
    wanted = [np.rot90(each, -coded.rotation_deg // 90) for each in lumas(coded.path)[5:8]]
    for found, whole in zip(lumas(clip), wanted, strict=True):
        assert np.array_equal(found, whole[top : height - bottom, left : width - right])


def lumas(path: Path) -> list[np.ndarray]:
    """The luma of every frame, as stored."""
    with av.open(str(path)) as container:
        return [
            frame.to_ndarray(format="yuv420p")[: frame.height, : frame.width]
            for frame in container.decode(video=0)
        ]


def test_a_clip_after_the_end_of_the_sound_has_none(tmp_path: Path) -> None:
    full = write_coded(
        tmp_path / "full.mp4", range(0, 60 * 512, 512), Fraction(1, 12_800), beeps=True
    )
    target = tmp_path / "short_sound.mp4"
    run_tool("-i", full, "-t", "1", "-i", full, "-map", "0:v", "-map", "1:a", "-c", "copy", target)
    coded = read_back(target, audio_stream=1)
    run = cut(tmp_path / "run", [(coded, 0, 10), (coded, 40, 60)])
    assert [row["has_audio"] for row in run.tables["clips"]] == [True, False]
    assert [row["n_frames"] for row in run.tables["clips"]] == [10, 20]


def test_the_sound_of_edit_lists_is_the_sources_to_the_sample(
    coded_videos: Callable[[str], Coded], tmp_path: Path
) -> None:
    """Where it begins within a clip too; it ends less than one packet after the picture."""
    master, late = coded_videos("cfr").path, tmp_path / "late.mp4"
    run_tool(
        "-i", master, "-itsoffset", "1.013", "-i", master, "-map", "0:v", "-map", "1:a", "-c",
        "copy", late,
    )  # fmt: skip
    coded = read_back(late, audio_stream=1)
    spans = [(coded, 0, 30), (coded, 10, 60), (coded, 41, 42)]
    run = cut(tmp_path, spans, mode="edit_list")
    source_s, source = sound(late)
    for _, start, end in spans:
        start_s = (coded.pts[start] - coded.pts[0]) * coded.time_base
        heard_s, heard = sound(clip_of(run, coded.shot(start, end)["shot_id"], tmp_path)[1])
        assert abs(heard_s - max(0, source_s - start_s)) <= coded.time_base
        first = int(max(0, start_s - source_s) * RATE_HZ)
        assert np.array_equal(heard, source[first : first + len(heard)])
        late_s = float(heard_s) + len(heard) / RATE_HZ - (end - start) / 25
        assert 0 <= late_s < AAC_FRAME_S


def sound(path: Path) -> tuple[Fraction, np.ndarray]:
    """When the sound of a file begins, in seconds, and its samples."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    return frames[0].pts * frames[0].time_base, np.hstack([f.to_ndarray()[0] for f in frames])
