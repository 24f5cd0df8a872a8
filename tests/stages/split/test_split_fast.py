"""The fast mode decodes less and finds the same; where it cannot, the row says so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from split_media import ffmpeg, joined, request_for, scene, tone

from schemas.outcomes import BoundaryKind
from stages.dedup.compare import compare
from stages.dedup.config import DedupConfig
from stages.dedup.footage import Footage
from stages.split.closed_gops import Gop, rank, referred_to
from stages.split.decode import decode_source
from stages.split.exact_cuts import ExactCuts
from stages.split.fewer import Part, fewer, needed_of
from stages.split.one_pass import AUDIO_FILE, KEYFRAMES_FILE, DecodeResult
from stages.split.quiet import has_little_news, looks_quiet
from stages.split.signature import unpack
from stages.split.spans import Boundary
from stages.split.view import FrameView

LONG_GOP = ("-c:v", "libx264", "-preset", "veryfast", "-g", "250", "-pix_fmt", "yuv420p")
NO_KEYFRAME_AT_CUTS = ("-sc_threshold", "0", "-g", "90", "-bf", "3", "-b_strategy", "0")
SHOWN = ("start_pts", "end_pts", "start_frame", "end_frame", "start_s", "end_s", "start_kind")


def both(path: Path, folder: Path, **options: object) -> tuple[DecodeResult, DecodeResult]:
    """The full and the fast result of one file."""
    full = decode_source(request_for(path, folder / "full", mode="full", **options))
    return full, decode_source(request_for(path, folder / "fast", mode="fast", **options))


def spans(result: DecodeResult) -> list[list[object]]:
    return [[shot.row[name] for name in SHOWN] for shot in result.shots]


@dataclass(eq=False)
class Packet:
    """What groups are told by, of an av.Packet."""

    pts: int
    size: int = 100
    is_reference: bool = True
    is_discard: bool = False
    is_keyframe: bool = False

    def __bytes__(self) -> bytes:
        return b"\0\0\0\1" + bytes([0x41 if self.is_reference else 0x01])


def group(first: int, sizes: Sequence[int]) -> Gop:
    """Keyframe, P, leaf, P, leaf ...: in the order of decoding the leaves come behind."""
    order = [0, *(pts for p in range(2, len(sizes), 2) for pts in (p, p - 1))]
    packets = [
        Packet(first + pts, size, pts % 2 == 0, is_keyframe=pts == 0)
        for pts, size in zip(order, sizes, strict=True)
    ]
    return Gop(packets)  # type: ignore[arg-type]


def look_at(luma_of: dict[int, int]) -> Any:
    """Decodes packets to flat views, with the luma by PTS."""

    def look(packets: Sequence[Any]) -> list[tuple[int, FrameView]]:
        half = np.full((4, 4), 128, np.uint8)
        return [
            (p.pts, FrameView(np.full((8, 8), luma_of[p.pts], np.uint8), half, half))
            for p in sorted(packets, key=lambda packet: packet.pts)
        ]

    return look


def needed(packets: Sequence[Any], fps: float = 30.0) -> list[Any]:
    return needed_of(packets, "h264", b"\0\0\1", fps)


def test_only_pictures_to_which_others_refer_are_decoded() -> None:
    gop = group(0, [100] * 9)
    (part,) = fewer([gop], look_at({}), needed)
    assert part.decoded_pts == {0, 2, 4, 6, 8}
    assert [packet.pts for packet in part.missing] == [1, 3, 5, 7]
    assert [packet.pts for packet in part.shown] == list(range(9))
    assert referred_to(gop.video, "vp9", None) == gop.video


@pytest.mark.parametrize(("fps", "most"), [(30.0, 2), (24.0, 2), (60.0, 4), (None, 2)])
def test_decoded_pictures_are_never_far_apart(fps: float, most: int) -> None:
    order = [0, 20, *range(1, 20), 22, 21]
    packets = [Packet(pts, is_reference=pts in (0, 20, 22)) for pts in order]
    chosen = needed(packets, fps)
    places = sorted(packet.pts for packet in chosen)
    assert {0, 20, 22} <= set(places)
    assert max(b - a for a, b in pairwise(places)) <= most
    assert len(chosen) == 2 + math.ceil(20 / most)
    assert chosen == [packet for packet in packets if packet in chosen]


@pytest.mark.parametrize(
    ("data", "codec", "expected"),
    [
        (b"\0\0\0\2\x09\xf0\0\0\0\1\x65", "h264", (True, 0)),
        (b"\0\0\0\1\x41", "h264", (True, 0)),
        (b"\0\0\0\2\x06\x05\0\0\0\1\x01", "h264", (False, 0)),  # SEI, then a B picture
        (b"\0\0\0\2\x26\x01", "hevc", (True, 1)),  # IDR
        (b"\0\0\0\2\x02\x01", "hevc", (True, 1)),  # TRAIL_R
        (b"\0\0\0\2\x00\x01", "hevc", (False, 1)),  # TRAIL_N
        (b"\0\0\0\2\x00\x02", "hevc", (False, 2)),  # of a higher layer
    ],
)
def test_a_picture_says_whether_others_refer_to_it(
    data: bytes, codec: str, expected: tuple[bool, int]
) -> None:
    assert rank(data, codec, 4) == expected


def test_pictures_of_lower_layers_are_kept_for_the_higher() -> None:
    low, high = (
        type("Packet", (), {"is_keyframe": False, "__bytes__": lambda self, data=data: data})()
        for data in (b"\0\0\1\x00\x01", b"\0\0\1\x00\x02")
    )
    assert referred_to([low, high], "hevc", b"") == [low]
    assert referred_to([low], "hevc", b"") == []


def test_a_quiet_group_has_little_behind_its_keyframe_and_the_same_after_it() -> None:
    sizes = [1000, *[50] * 14]
    quiet, next_one = group(0, sizes), group(15, [1000])

    def decoded(gop: Gop, luma: int) -> frozenset[int]:
        first, _ = fewer([gop, next_one], look_at({0: 90, 15: luma}), needed)
        return first.decoded_pts

    assert decoded(quiet, 91) == {0, 1, 2, 3, 4, 6}
    assert decoded(quiet, 110) == {0, 2, 4, 6, 8, 10, 12, 14}
    assert decoded(group(0, [*sizes[:7], 1100, *sizes[8:]]), 91) == {0, 2, 4, 6, 8, 10, 12, 14}
    assert has_little_news(sizes)
    assert not has_little_news([1000, 999, 200])


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


@pytest.mark.parametrize("cut", [5, 6, 7, 8])
def test_a_cut_moves_to_its_frame_among_those_that_were_left_out(cut: int) -> None:
    gop = group(20, [100] * 9)
    lumas = {20 + k: 40 if k < cut else 200 for k in range(9)}
    cuts = ExactCuts(look_at(lumas))
    cuts.add(100, Part(gop, needed(gop.video)))
    behind = 100 + cut + cut % 2  # the first frame of the new shot that was decoded
    found = Boundary(behind, BoundaryKind.CUT, 0.99)
    assert cuts.place(found) == Boundary(100 + cut, BoundaryKind.CUT, 0.99)


def test_other_boundaries_stay_and_groups_are_let_go() -> None:
    first, second = group(0, [100] * 9), group(9, [100] * 9)
    cuts = ExactCuts(look_at({}))
    for number, gop in ((0, first), (9, second)):
        cuts.add(number, Part(gop, needed(gop.video)))
    at_keyframe = Boundary(9, BoundaryKind.CUT, 0.9)
    gradual = Boundary(6, BoundaryKind.GRADUAL, 0.9, 4, 8)
    assert [cuts.place(each) for each in (at_keyframe, gradual)] == [at_keyframe, gradual]
    cuts.forget_before(9)
    assert cuts.place(Boundary(4, BoundaryKind.CUT)).frame == 4  # nothing to decode any more


@pytest.mark.parametrize(
    "options",
    [
        LONG_GOP,
        (*LONG_GOP[:-4], *NO_KEYFRAME_AT_CUTS, "-pix_fmt", "yuv420p"),
        (*LONG_GOP, "-bf", "0"),
        (*LONG_GOP, "-x264-params", "open-gop=1:keyint=40:scenecut=0"),
        ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:open-gop=0"),
    ],
    ids=["usual", "no-keyframe-at-cuts", "no-b-frames", "open-gop", "hevc"],
)
def test_cuts_and_times_are_those_of_the_full_mode(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    path = joined(tmp_path / "v.mp4", ["test", "mandel", "bars", "test"], 2.0, *options)
    full, fast = both(path, tmp_path)
    assert len(full.shots) == 4
    assert spans(fast) == spans(full)
    assert (fast.n_frames, fast.duration_s) == (full.n_frames, full.duration_s) == (240, 8.0)
    assert fast.mode == "fast"
    share = fast.n_decoded / full.n_decoded
    assert share == 1 if options[-2:] == ("-bf", "0") else share < 0.75
    for shot, as_full in zip(fast.shots, full.shots, strict=True):
        assert shot.keyframes
        assert shot.row["motion"] == pytest.approx(as_full.row["motion"], rel=0.5, abs=0.2)


def test_the_same_pass_twice_gives_the_same(tmp_path: Path) -> None:
    path = joined(tmp_path / "v.mp4", ["test", "mandel"], 2.0, *LONG_GOP)
    results = [
        decode_source(request_for(path, tmp_path / str(n), mode="fast", decode_threads=n))
        for n in (1, 2)
    ]
    assert [s.row for s in results[0].shots] == [s.row for s in results[1].shots]
    spooled = [(tmp_path / str(n) / KEYFRAMES_FILE).read_bytes() for n in (1, 2)]
    assert spooled[0] == spooled[1]


def test_signatures_of_both_modes_are_of_the_same_footage(tmp_path: Path) -> None:
    path = joined(tmp_path / "v.mp4", ["mandel"], 6.0, *LONG_GOP)
    footage = [Footage(unpack(result.shots[0].row["signature"])) for result in both(path, tmp_path)]
    found = compare(*footage, DedupConfig().thresholds)
    assert found is not None
    assert found.is_same


def test_of_a_still_source_next_to_nothing_is_decoded(tmp_path: Path) -> None:
    options = (*LONG_GOP[:-4], "-g", "60", "-pix_fmt", "yuv420p")
    path = joined(tmp_path / "still.mp4", ["bars"], 20.0, *options)
    full, fast = both(path, tmp_path)
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
    options = (*LONG_GOP, "-g", "40", "-c:a", "aac", "-shortest")
    ffmpeg(*scene("mandel", 3), *tone(3), *options, path)
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
        ("intra.mp4", ("-c:v", "mjpeg"), "codec mjpeg"),
        ("old.avi", ("-c:v", "mpeg4", "-bf", "2", "-g", "100"), "codec mpeg4"),
        ("long.mp4", (*LONG_GOP, "-g", "999", "-sc_threshold", "0", "-r", "200"), "600 pictures"),
    ],
)
def test_other_sources_are_done_in_full_and_say_why(
    tmp_path: Path, name: str, options: tuple[str, ...], why: str
) -> None:
    path = joined(tmp_path / name, ["test", "mandel"], 2.0, *options)
    full, fast = both(path, tmp_path)
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
    full, fast = both(broken, tmp_path)
    assert fast.mode == "full"
    assert fast.not_fast_because
    assert spans(fast) == spans(full)


def test_a_detector_that_has_to_see_every_frame_does(tmp_path: Path) -> None:
    path = joined(tmp_path / "v.mp4", ["test", "mandel"], 2.0, *LONG_GOP)
    full, fast = both(path, tmp_path, detector=["default", "content"])
    assert fast.mode == "full"
    assert "content" in str(fast.not_fast_because)
    assert spans(fast) == spans(full)
