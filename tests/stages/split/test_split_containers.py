"""Frames and times of shots are those that the ffmpeg program shows, whatever the container.

The truth comes from elsewhere: times from ffmpeg's showinfo filter, the identity of a frame from
the number that its pixels spell.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from coded_media import AAC_FRAME_S, Coded, beep_onsets, read_code
from containers import MAKERS
from hypothesis import given
from hypothesis import strategies as st

from stages.ingest.probe import ProbeLimits, probe_media
from stages.split.audio import RATE_HZ
from stages.split.config import SplitConfig
from stages.split.decode import decode_source
from stages.split.one_pass import AUDIO_FILE, KEYFRAMES_FILE, DecodeRequest, DecodeResult
from stages.split.timeline import BestEffort

Splitted = tuple[Coded, Path, DecodeResult]
LIMITS = ProbeLimits(0, 1e6, 65_536, 10**9, 1000, 99, 0, False)


def split(coded: Coded, folder: Path) -> DecodeResult:
    """Shots of half a second, with every frame in one of them."""
    options = {"fixed_length_s": 0.5, "min_duration_s": 0.1, "edge_trim_frames": 0}
    request = DecodeRequest(
        str(coded.path),
        str(folder),
        SplitConfig(detector="fixed", **options),
        coded.video_stream,
        coded.audio_stream,
        coded.rotation_deg,
        "1/1",
        None,
        None,
    )
    return decode_source(request)


@pytest.fixture(scope="module", params=MAKERS)
def splitted(
    request: pytest.FixtureRequest,
    coded_videos: Callable[[str], Coded],
    tmp_path_factory: pytest.TempPathFactory,
) -> Splitted:
    """Every coded video, each split once."""
    coded, folder = coded_videos(request.param), tmp_path_factory.mktemp("split")
    return coded, folder, split(coded, folder)


def test_shots_have_the_sources_own_frames_and_times(splitted: Splitted) -> None:
    coded, _, result = splitted
    assert result.n_frames == len(coded.pts)
    assert (result.n_decode_errors, result.is_partial) == (0, False)
    assert result.duration_s == pytest.approx(coded.seconds(coded.end_pts))
    ends = [*coded.pts, coded.end_pts]
    rows = [shot.row for shot in result.shots]
    assert len(rows) >= 3
    assert [row["start_frame"] for row in rows] == [0, *(row["end_frame"] for row in rows[:-1])]
    assert rows[-1]["end_frame"] == len(coded.pts)
    for row in rows:
        assert Fraction(row["time_base"]) == coded.time_base
        for side in ("start", "end"):
            pts = ends[row[f"{side}_frame"]]
            assert row[f"{side}_pts"] == pts
            assert row[f"{side}_s"] == pytest.approx(coded.seconds(pts))
            assert row[f"cover_{side}_s"] == row[f"{side}_s"]


def test_keyframes_show_the_frame_that_they_name(splitted: Splitted) -> None:
    coded, folder, result = splitted
    spool = (folder / KEYFRAMES_FILE).read_bytes()
    n_seen = 0
    for shot in result.shots:
        for shown in shot.keyframes:
            jpeg = np.frombuffer(spool, np.uint8, shown.size_bytes, shown.offset)
            image = np.rot90(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), coded.rotation_deg // 90)
            assert read_code(image) == coded.first_code + shown.frame
            assert shown.time_s == pytest.approx(coded.seconds(coded.pts[shown.frame]))
            n_seen += 1
    assert n_seen >= len(result.shots)


def test_the_sound_keeps_its_place_beside_the_picture(splitted: Splitted) -> None:
    coded, folder, result = splitted
    if coded.audio_stream is None:
        assert result.audio_start_s is None
        return
    assert result.audio_start_s is not None
    first_s = float(coded.pts[0] * coded.time_base)
    expected = [at_s - first_s for at_s in beep_onsets(coded.path, coded.audio_stream)]
    heard = flac_onsets(folder / AUDIO_FILE)
    assert len(heard) == len(expected) >= 3
    assert [h + result.audio_start_s for h in heard] == pytest.approx(expected, abs=AAC_FRAME_S)


def flac_onsets(path: Path) -> list[float]:
    """Times at which the sound of a mono FLAC file jumps from silence."""
    with av.open(str(path)) as container:
        wave = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    loud = np.flatnonzero(np.abs(wave.astype(np.int32)) > 0.1 * 32768)
    starts = [loud[0], *loud[1:][np.diff(loud) > RATE_HZ // 20]]
    return [float(start) / RATE_HZ for start in starts]


@pytest.mark.parametrize(
    ("name", "rotation_deg"),
    [("cfr", 0), ("rotated_90", 90), ("rotated_180", 180), ("rotated_270", 270)],
)
def test_the_probe_sees_how_a_source_is_turned(
    name: str, rotation_deg: int, coded_videos: Callable[[str], Coded]
) -> None:
    source = probe_media(str(coded_videos(name).path), LIMITS)["source"]
    assert source["rotation_deg"] == rotation_deg


def test_packets_that_hold_two_frames_keep_their_order(corpus: Path, tmp_path: Path) -> None:
    """A real AVI with packed B-frames, for which FFmpeg makes up PTS that go back."""
    path = corpus / "odd" / "test.avi"
    shown = showinfo_pts(path)
    coded = Coded(path, shown, Fraction(1, 25), 1, 0)
    result = split(coded, tmp_path)
    assert shown == list(range(1, 165))
    rows = [shot.row for shot in result.shots]
    assert [row["start_pts"] for row in rows] == [shown[row["start_frame"]] for row in rows]
    assert rows[-1]["end_pts"] == 165


def showinfo_pts(path: Path) -> list[int]:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-copyts", "-i", str(path), "-vf",
        "showinfo=checksum=0", "-fps_mode", "passthrough", "-f", "null", "-",
    ]  # fmt: skip
    said = subprocess.run(command, capture_output=True, check=True, text=True).stderr
    return [int(pts) for pts in re.findall(r"n: *\d+ pts: *(-?\d+) ", said)]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(-100, 100))
def test_good_times_win_over_decoding_times(gaps: list[int], first: int) -> None:
    """PTS that rise are taken as they are, whatever DTS says beside them."""
    pts = [int(p) for p in np.cumsum([first, *gaps])]
    for dts in ([p - 3 for p in pts], pts, [None] * len(pts)):
        best = BestEffort()
        assert [best.time_of(p, d, 1) for p, d in zip(pts, dts, strict=True)] == pts


def test_times_that_go_back_give_way_to_decoding_times() -> None:
    best = BestEffort()
    given_times = [(1, 1), (2, 2), (4, 3), (3, 4), (5, 5), (7, 6), (6, 7), (8, 8)]
    times = [best.time_of(pts, dts, 1) for pts, dts in given_times]
    assert times == [1, 2, 4, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("frames", "times"),
    [
        ([(10, None, 5), (None, None, 5), (None, None, 0), (None, None, 0)], [10, 15, 20, 25]),
        ([(0, None, 0), (40, None, 0), (None, None, 0)], [0, 40, 80]),
        ([(0, None, 1), (40, None, 1), (None, None, 1)], [0, 40, 80]),
        ([(None, 7, 2), (None, None, 2)], [7, 9]),
        ([(None, None, 2), (None, 9, 2)], [None, 9]),
    ],
)
def test_a_frame_without_a_time_begins_where_the_one_before_ends(
    frames: list[tuple[int | None, int | None, int]], times: list[int | None]
) -> None:
    best = BestEffort()
    assert [best.time_of(*frame) for frame in frames] == times
