"""The fast mode decodes less and finds the same; where it cannot, the row says so."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from split_media import ffmpeg, joined, request_for, scene, tone

from schemas.outcomes import BoundaryKind
from stages.split.decode import decode_source
from stages.split.detectors.stretches import StretchDetector
from stages.split.one_pass import AUDIO_FILE, DecodeResult
from stages.split.quiet import hides_nothing, looks_quiet, surges
from stages.split.spans import Boundary
from stages.split.view import NOTHING, FrameView

LONG_GOP = ("-c:v", "libx264", "-preset", "veryfast", "-g", "250", "-pix_fmt", "yuv420p")
SHOWN = ("start_pts", "end_pts", "start_frame", "end_frame", "start_s", "end_s", "start_kind")


def both(path: Path, folder: Path, **options: object) -> tuple[DecodeResult, DecodeResult]:
    """The full and the fast result of one file."""
    full = decode_source(request_for(path, folder / "full", mode="full", **options))
    return full, decode_source(request_for(path, folder / "fast", mode="fast", **options))


def spans(result: DecodeResult) -> list[list[object]]:
    return [[shot.row[name] for name in SHOWN] for shot in result.shots]


def test_a_surge_is_more_than_the_usual_frames() -> None:
    rng = np.random.default_rng(1)
    usual = rng.integers(800, 1200, 100).tolist()
    assert not surges(usual)
    assert not surges([20_000, *usual])  # the keyframe
    assert surges([*usual[:50], 6000, *usual[50:]])
    assert surges(usual[:10])  # too short to know what is usual


def view_of(seed: int, shift: int = 0) -> FrameView:
    """Soft shapes around one colour, moved to the side."""
    rng = np.random.default_rng(seed)
    planes = []
    for height, width in ((90, 240), (45, 120), (45, 120)):
        noise = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), 6)
        middle = rng.integers(80, 170)
        planes.append((middle + 15 * noise / noise.std()).clip(0, 255).astype(np.uint8))
    luma, u, v = planes
    half = shift // 2
    return FrameView(luma[:, shift : shift + 160], u[:, half : half + 80], v[:, half : half + 80])


def test_a_full_group_may_move_and_one_that_ended_early_may_not() -> None:
    own, moved, other = view_of(1), view_of(1, 16), view_of(2)
    sizes = [9000, *[1000] * 99]
    assert hides_nothing(own, moved, sizes, longest=100)
    assert not hides_nothing(own, moved, sizes, longest=120)
    assert not hides_nothing(own, other, sizes, longest=100)
    assert hides_nothing(own, own, sizes, longest=120)
    assert not hides_nothing(own, own, [*sizes[:50], 9000, *sizes[50:]], longest=101)


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


class Recorded:
    """A detector that reports a boundary in the middle of what it has seen."""

    def __init__(self) -> None:
        self.frames: list[int] = []

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        self.frames.append(frame)
        return []

    def finish(self) -> list[Boundary]:
        return [Boundary(self.frames[len(self.frames) // 2], BoundaryKind.CUT)]

    @property
    def settled(self) -> int:
        return self.frames[0]


@given(st.lists(st.booleans(), max_size=40))
def test_each_stretch_has_a_detector_of_its_own(is_seen: list[bool]) -> None:
    made: list[Recorded] = []

    def make() -> Recorded:
        made.append(Recorded())
        return made[-1]

    detector, found = StretchDetector(make), list[Boundary]()
    for frame, seen in enumerate(is_seen):
        settled = detector.settled
        new = detector.process(frame, frame / 25, view_of(1) if seen else NOTHING)
        assert all(boundary.clip_end >= settled for boundary in new)
        found += new
    found += detector.finish()
    seen_frames = [frame for frame, seen in enumerate(is_seen) if seen]
    assert [frame for one in made for frame in one.frames] == seen_frames
    assert len(found) == len(made)
    for one in made:
        assert one.frames == list(range(one.frames[0], one.frames[-1] + 1))


@pytest.mark.parametrize(
    "options",
    [
        LONG_GOP,
        (*LONG_GOP[:-4], "-sc_threshold", "0", "-g", "50"),  # cuts inside the groups
        (*LONG_GOP, "-bf", "0"),
    ],
    ids=["usual", "no-keyframe-at-cuts", "no-b-frames"],
)
def test_cuts_and_times_are_those_of_the_full_mode(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    path = joined(tmp_path / "v.mp4", ["test", "mandel", "bars", "test"], 2.0, *options)
    full, fast = both(path, tmp_path, detector="content")
    assert len(full.shots) == 4
    assert fast.mode == "fast", fast.not_fast_because
    assert spans(fast) == spans(full)
    assert (fast.n_frames, fast.duration_s) == (full.n_frames, full.duration_s) == (240, 8.0)
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
        ("open.mp4", (*LONG_GOP, "-x264-params", "open-gop=1:keyint=40:scenecut=0"), "one group"),
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
