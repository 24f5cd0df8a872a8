"""The fast mode decodes less and finds the same; where it cannot, the row says so."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from split_media import ffmpeg, joined, request_for, scene, tone

from schemas.outcomes import BoundaryKind
from stages.split.coarse import Suspect, groups, is_plain_cut, looks_quiet
from stages.split.decode import decode_source
from stages.split.one_pass import AUDIO_FILE, DecodeResult
from stages.split.packets import Gop, Packet, PacketIndex, surges, unfit_reason
from stages.split.spans import Boundary

LONG_GOP = ("-c:v", "libx264", "-preset", "veryfast", "-g", "250", "-pix_fmt", "yuv420p")
SHOWN = ("start_pts", "end_pts", "start_frame", "end_frame", "start_s", "end_s", "start_kind")


def both(path: Path, folder: Path, **options: object) -> tuple[DecodeResult, DecodeResult]:
    """The full and the fast result of one file."""
    full = decode_source(request_for(path, folder / "full", mode="full", **options))
    return full, decode_source(request_for(path, folder / "fast", mode="fast", **options))


def spans(result: DecodeResult) -> list[list[object]]:
    return [[shot.row[name] for name in SHOWN] for shot in result.shots]


def packets(gop_lengths: list[int], reorder: bool) -> list[Packet]:
    """Packets in the order of decoding, 10 ticks apart; with `reorder` each second frame of a
    group is decoded before the one ahead of it."""
    found: list[Packet] = []
    number = 0
    for length in gop_lengths:
        order = list(range(length))
        if reorder:
            for i in range(1, length - 1, 2):
                order[i], order[i + 1] = order[i + 1], order[i]
        found += [Packet(10 * (number + i), None, 10, 100, i == 0) for i in order]
        number += length
    return found


@given(st.lists(st.integers(12, 60), min_size=1, max_size=8), st.booleans())
def test_packets_tell_every_frame_and_group(lengths: list[int], reorder: bool) -> None:
    stream = packets(lengths, reorder)
    assert unfit_reason(stream) is None
    index = PacketIndex(stream)
    assert index.n_frames == sum(lengths)
    assert [gop.end - gop.first for gop in index.gops] == lengths
    assert all(a.end == b.first for a, b in pairwise(index.gops))
    for frame in range(index.n_frames):
        assert index.number_of(10 * frame) == frame
        gop = index.gops[index.gop_of(frame)]
        assert gop.first <= frame < gop.end
    assert index.number_of(5) is None
    assert index.number_of(None) is None


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        ([], "no packet"),
        ([Packet(0, 0, 1, 1, False)], "keyframe"),
        ([Packet(0, 0, 1, 1, True), Packet(None, 1, 1, 1, False)], "without a time"),
        ([Packet(0, 0, 1, 1, True), Packet(0, 1, 1, 1, False)], "one time"),
        ([Packet(0, 5, 1, 1, True), Packet(1, 5, 1, 1, False)], "backwards"),
        ([Packet(i, i, 1, 1, True) for i in range(9)], "too many keyframes"),
    ],
)
def test_streams_whose_packets_do_not_tell_their_frames(stream: list[Packet], why: str) -> None:
    assert why in str(unfit_reason(stream))


def test_a_surge_is_more_than_the_usual_frames() -> None:
    rng = np.random.default_rng(1)
    usual = rng.uniform(800, 1200, 100)
    gop = Gop(0, 100)
    assert not surges(usual, gop)
    shown = usual.copy()
    shown[50] = 6000
    assert surges(shown, gop)
    assert surges(usual[:10], Gop(0, 10))  # too short to know what is usual


def test_quiet_is_the_same_scene_equally_bright() -> None:
    rng = np.random.default_rng(2)
    scene_a, scene_b = rng.integers(0, 255, (2, 9, 16)).astype(np.uint8).repeat(10, 1).repeat(10, 2)
    noisy = np.clip(scene_a + rng.normal(0, 4, scene_a.shape), 0, 255).astype(np.uint8)
    assert looks_quiet(scene_a, noisy)
    assert not looks_quiet(scene_a, scene_b)
    assert not looks_quiet(scene_a // 2, scene_a)
    black, white = np.zeros((90, 160), np.uint8), np.full((90, 160), 255, np.uint8)
    assert looks_quiet(black, black)
    assert not looks_quiet(black, white)


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 60)), max_size=20))
def test_close_looks_do_not_overlap(found: list[tuple[int, int]]) -> None:
    suspects = [
        Suspect(low, low + length, Boundary(low + length, BoundaryKind.GRADUAL))
        for low, length in sorted(found)
    ]
    grouped = groups(suspects, 30)
    assert [suspect for group in grouped for suspect in group] == suspects
    for before, after in pairwise(grouped):
        assert after[0].low - before[-1].high > 2 * 30


def test_only_a_sure_cut_at_a_keyframe_with_nothing_near_is_plain() -> None:
    cut = Suspect(98, 100, Boundary(100, BoundaryKind.CUT, 0.99))
    near = Suspect(110, 120, Boundary(115, BoundaryKind.GRADUAL, 0.6))
    assert is_plain_cut(cut, {0, 100}, [cut], 30)
    assert not is_plain_cut(cut, {0, 101}, [cut], 30)
    assert not is_plain_cut(cut, {0, 100}, [cut, near], 30)
    unsure = Suspect(98, 100, Boundary(100, BoundaryKind.CUT, 0.5))
    assert not is_plain_cut(unsure, {0, 100}, [unsure], 30)


@pytest.mark.parametrize(
    "options",
    [
        LONG_GOP,
        (*LONG_GOP, "-sc_threshold", "0"),  # cuts inside the groups
        (*LONG_GOP, "-x264-params", "open-gop=1:keyint=40"),
        (*LONG_GOP, "-bf", "0"),
    ],
    ids=["usual", "no-keyframe-at-cuts", "open-gop", "no-b-frames"],
)
def test_the_same_shots_from_fewer_frames(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = joined(tmp_path / "v.mp4", ["test", "mandel", "bars", "test"], 2.0, *options)
    full, fast = both(path, tmp_path, detector="content")
    assert len(full.shots) == 4
    assert fast.mode == "fast", fast.not_fast_because
    assert spans(fast) == spans(full)
    assert (fast.n_frames, fast.duration_s) == (full.n_frames, full.duration_s) == (240, 8.0)
    if "-bf" not in options:
        assert fast.n_decoded < full.n_decoded
    for shot in fast.shots:
        assert shot.row["motion"] is not None
        assert shot.keyframes
        assert all(
            shot.row["start_frame"] <= shown.frame < shot.row["end_frame"]
            for shown in shot.keyframes
        )


def test_of_a_still_source_next_to_nothing_is_decoded(tmp_path: Path) -> None:
    options = (*LONG_GOP[:-4], "-g", "60", "-pix_fmt", "yuv420p")
    path = joined(tmp_path / "still.mp4", ["bars"], 20.0, *options)
    full, fast = both(path, tmp_path, detector="content")
    assert fast.n_decoded < full.n_decoded / 4
    assert spans(fast) == spans(full)
    assert fast.shots[0].row["motion"] == pytest.approx(full.shots[0].row["motion"], abs=0.1)


@pytest.mark.parametrize("detector", ["none", "fixed"])
def test_detectors_that_do_not_look_find_the_same(tmp_path: Path, detector: str) -> None:
    path = joined(tmp_path / "v.mp4", ["mandel", "test"], 3.0, *LONG_GOP)
    options = {"detector": detector, "fixed_length_s": 1.7}
    full, fast = both(path, tmp_path, **options)
    assert fast.mode == "fast"
    assert spans(fast) == spans(full)
    assert len(fast.shots) == (1 if detector == "none" else 4)


def test_the_sound_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    ffmpeg(*scene("mandel", 3), *tone(3), *LONG_GOP, "-c:a", "aac", "-shortest", path)
    full, fast = both(path, tmp_path)
    assert fast.mode == "fast"
    assert (fast.audio_start_s, fast.audio_duration_s) == (
        full.audio_start_s,
        full.audio_duration_s,
    )
    a, b = ((tmp_path / mode / AUDIO_FILE).read_bytes() for mode in ("full", "fast"))
    assert a == b


@pytest.mark.parametrize(
    ("name", "options", "why"),
    [
        ("intra.mp4", ("-c:v", "mjpeg"), "too many keyframes"),
        ("old.avi", ("-c:v", "mpeg4", "-bf", "2", "-g", "100"), "time"),
    ],
)
def test_other_sources_are_done_in_full_and_say_why(
    tmp_path: Path, name: str, options: tuple[str, ...], why: str
) -> None:
    path = joined(tmp_path / name, ["test", "mandel"], 2.0, *options)
    full, fast = both(path, tmp_path, detector="content")
    assert fast.mode == "full"
    assert why in str(fast.not_fast_because)
    assert spans(fast) == spans(full)


def test_damage_is_done_in_full(tmp_path: Path) -> None:
    path = joined(tmp_path / "whole.ts", ["test", "mandel"], 3.0, *LONG_GOP)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    broken = tmp_path / "broken.ts"
    broken.write_bytes(data)
    full, fast = both(broken, tmp_path, detector="content")
    assert fast.mode == "full"
    assert fast.not_fast_because
    assert spans(fast) == spans(full)
