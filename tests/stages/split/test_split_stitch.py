"""Forced cuts and stitching: what looks alike is one shot, whatever cut it; nothing reaches over
a gap; decisions come in time, and are the same however late the detector speaks."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from split_media import X264, ffmpeg, joined, request_for, scene

from schemas.outcomes import BoundaryKind, Reason
from stages.split.decode import decode_source
from stages.split.look import Look, Looker, LookLimits
from stages.split.shots import ShotBuilder
from stages.split.sieve import Sieve
from stages.split.spans import Boundary, Clock
from stages.split.stitch import DECIDE_S, Decided, Stitcher, StitchRules
from stages.split.view import FrameView

FPS = 10
GREY = np.full((2, 2), 128, np.uint8)


def view_of(scene_number: int) -> FrameView:
    """A picture that looks like all of its scene and like nothing else."""
    return FrameView(np.full((4, 4), scene_number, np.uint8), GREY, GREY)


def scene_look(view: FrameView) -> Look:
    return np.eye(256, dtype=np.float32)[view.luma[0, 0]]


LIMITS = LookLimits(stitch=0.6, still=0.1, redundant=0.3, changing=1.0)
LOOKER = Looker(scene_look, LIMITS, wants_large=False, period_s=0.1)


def rules_of(force_cut_s: float = 0.0, changing: float | None = None) -> StitchRules:
    return StitchRules(force_cut_s, 0.0, LIMITS.stitch, changing)


def decide(
    scenes: list[int], boundaries: list[Boundary], rules: StitchRules, lag: int = 0
) -> list[Decided]:
    """All decisions about a film that shows `scenes` frame by frame; the detector reports each
    boundary `lag` frames late. Checks the promise of `settled` on the way."""
    stitcher, waiting, decided = Stitcher(rules, LOOKER), list(boundaries), []
    times_s = [frame / FPS for frame in range(len(scenes) + 1)]
    for frame, number in enumerate(scenes):
        stitcher.see(frame, times_s[frame], view_of(number), lambda: view_of(0))
        found = [b for b in waiting if max(b.frame, b.clip_start) + lag <= frame]
        waiting = waiting[len(found) :]
        promise = stitcher.settled
        clock = Clock(0, times_s[: frame + 1])
        new = stitcher.advance(found, max(0, frame - lag - 20), clock)
        assert all(shot.boundary.clip_end >= promise for shot in new)
        decided += new
    clock = Clock(0, times_s)
    decided += stitcher.advance(waiting, len(scenes), clock)
    return decided + stitcher.finish(Boundary(len(scenes), BoundaryKind.END), clock)


@st.composite
def films(draw: st.DrawFn) -> tuple[list[int], list[Boundary]]:
    """Scenes of some length, and boundaries anywhere, not only between scenes."""
    scenes = [
        number
        for number, length in enumerate(draw(st.lists(st.integers(1, 160), min_size=1, max_size=5)))
        for _ in range(length)
    ]
    cuts = draw(st.sets(st.integers(1, max(1, len(scenes) - 1)), max_size=8))
    inner = sorted(cut for cut in cuts if cut < len(scenes))
    return scenes, [Boundary(cut, BoundaryKind.CUT, 1.0) for cut in inner]


@settings(max_examples=40)
@given(films(), st.sampled_from([0.0, 2.0, 5.0]), st.sampled_from([None, 1.0]))
def test_only_what_was_found_or_forced_is_a_boundary(
    film: tuple[list[int], list[Boundary]], force_cut_s: float, changing: float | None
) -> None:
    scenes, boundaries = film
    decided = decide(scenes, boundaries, rules_of(force_cut_s, changing))
    frames = [shot.boundary.frame for shot in decided]
    assert frames[-1] == len(scenes)
    assert all(a < b for a, b in pairwise(frames))
    found = {boundary.frame for boundary in boundaries}
    for shot in decided[:-1]:
        is_forced = shot.boundary.kind == BoundaryKind.FORCED
        assert is_forced != (shot.boundary.frame in found)
        assert not is_forced or force_cut_s


@settings(max_examples=30)
@given(films(), st.sampled_from([0.0, 5.0]), st.integers(1, 40))
def test_a_late_detector_changes_nothing(
    film: tuple[list[int], list[Boundary]], force_cut_s: float, lag: int
) -> None:
    scenes, boundaries = film
    rules = rules_of(force_cut_s, 1.0)
    assert decide(scenes, boundaries, rules, lag) == decide(scenes, boundaries, rules)


@settings(max_examples=40)
@given(st.integers(2, 400), st.lists(st.integers(1, 399), max_size=6), st.booleans())
def test_one_scene_is_one_shot_whatever_cuts_it(
    length: int, cuts: list[int], is_forced: bool
) -> None:
    boundaries = [Boundary(cut, BoundaryKind.CUT) for cut in sorted(set(cuts)) if cut < length]
    decided = decide([7] * length, boundaries, rules_of(5.0 if is_forced else 0.0))
    assert [shot.boundary.frame for shot in decided] == [length]


def test_cuts_between_scenes_stay_with_their_score() -> None:
    boundaries = [Boundary(40, BoundaryKind.CUT, 31.5), Boundary(75, BoundaryKind.CUT, 29.0)]
    decided = decide([1] * 40 + [2] * 35 + [3] * 60, boundaries, rules_of(5.0))
    assert [(d.boundary.frame, d.boundary.score) for d in decided[:-1]] == [(40, 31.5), (75, 29.0)]


def test_a_forced_cut_stays_where_the_scene_changes_across_it() -> None:
    decided = decide([1] * 101 + [2] * 149, [], rules_of(5.0))
    forced, end = decided
    assert (forced.boundary.frame, forced.boundary.kind) == (100, BoundaryKind.FORCED)
    assert forced.boundary.score == pytest.approx(2**0.5)
    assert end.boundary.frame == 250


def test_a_piece_that_hides_a_boundary_is_given_up_and_nothing_joins_it() -> None:
    decided = decide([1] * 120 + [2] * 130, [], rules_of(5.0, changing=1.0))
    assert [(d.boundary.frame, d.changed_by is not None) for d in decided] == [
        (100, False),
        (150, True),
        (250, False),
    ]


def test_nothing_is_joined_across_the_frames_of_a_transition() -> None:
    fade = Boundary(50, BoundaryKind.GRADUAL, 0.9, first_mixed=45, first_clean=55)
    plain = Boundary(50, BoundaryKind.GRADUAL, 0.9)
    assert [d.boundary.frame for d in decide([1] * 100, [fade], rules_of())] == [50, 100]
    assert [d.boundary.frame for d in decide([1] * 100, [plain], rules_of())] == [100]


def test_the_decision_does_not_wait_for_the_end_of_a_long_piece() -> None:
    stitcher = Stitcher(rules_of(), LOOKER)
    times_s = [frame / FPS for frame in range(1000)]
    cut = Boundary(100, BoundaryKind.CUT)
    for frame in range(1000):
        number = 1 if frame < 100 else 2
        stitcher.see(frame, times_s[frame], view_of(number), lambda: view_of(0))
        found = [cut] if frame == 100 else []
        if stitcher.advance(found, frame, Clock(0, times_s[: frame + 1])):
            break
    assert frame == pytest.approx(100 + DECIDE_S * FPS, abs=1)


def test_still_and_redundant_clips_are_told_with_their_distance() -> None:
    sieve = Sieve(LOOKER, drops_still=True, drops_redundant=True)
    assert sieve.judge([view_of(1), view_of(2), view_of(3)], "shot 0") is None
    still = sieve.judge([view_of(4)] * 3, "shot 1")
    again = sieve.judge([view_of(3), view_of(1), view_of(2)], "shot 2")
    assert still is not None
    assert still[0] == Reason.STILL
    assert again is not None
    assert again[0] == Reason.REDUNDANT_IN_SOURCE
    assert "shot 0" in again[1]
    assert "0.000" in again[1]
    assert sieve.judge([view_of(1), view_of(5), view_of(6)], "shot 3") is None
    assert sieve.judge([], "shot 4") is None


def test_rules_that_are_off_look_at_nothing() -> None:
    def fail(view: FrameView) -> Look:
        raise AssertionError("nobody asked for a look")

    looker = Looker(fail, LIMITS, wants_large=False, period_s=0.1)
    assert Sieve(looker, False, False).judge([view_of(1)] * 3, "shot") is None
    stitcher = Stitcher(StitchRules(5.0, 0.0, None, None), looker)
    stitcher.see(0, 0.0, view_of(1), lambda: view_of(0))
    clock = Clock(0, [frame / FPS for frame in range(121)])
    decided = stitcher.finish(Boundary(120, BoundaryKind.END), clock)
    assert [d.boundary.frame for d in decided] == [50, 100, 120]


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A moving scene, still bars, the moving scene again, another one."""
    path = tmp_path_factory.mktemp("stitch") / "repeated.mp4"
    return joined(path, ["test", "bars", "test", "mandel"], 3.0, *X264)


def test_each_rule_drops_with_its_reason(repeated: Path, tmp_path: Path) -> None:
    options = {"detector": "content", "edge_trim_frames": 0, "max_duration_s": 2.0}
    request = request_for(
        repeated, tmp_path / "out", drop_still=True, drop_redundant=True, long_shots="head",
        **options,
    )  # fmt: skip
    rows = [draft.row for draft in decode_source(request).shots]
    assert [(row["start_frame"], row["reason"]) for row in rows] == [
        (0, None),
        (60, Reason.TOO_LONG),
        (90, Reason.STILL),
        (150, Reason.TOO_LONG),
        (180, Reason.REDUNDANT_IN_SOURCE),
        (240, Reason.TOO_LONG),
        (270, None),
        (330, Reason.TOO_LONG),
    ]
    assert rows[0]["cover_start_s"] == 0
    assert all(a["cover_end_s"] == b["cover_start_s"] for a, b in pairwise(rows))


def test_forced_cuts_of_a_real_video_are_joined_again(repeated: Path, tmp_path: Path) -> None:
    options = {"detector": "content", "force_cut_s": 1.0, "edge_trim_frames": 0}
    cut = decode_source(request_for(repeated, tmp_path / "a", **options)).shots
    stitched = decode_source(request_for(repeated, tmp_path / "b", stitch=True, **options)).shots
    assert len(cut) == 12
    assert [draft.row["start_frame"] for draft in stitched] == [0, 90, 180, 270]
    assert {draft.row["start_kind"] for draft in stitched[1:]} == {BoundaryKind.CUT}


def test_transition_frames_stay_out_unless_told_otherwise(tmp_path: Path) -> None:
    """Two scenes with half a second of black between them."""
    video = tmp_path / "fade.mp4"
    black = ["-f", "lavfi", "-i", "color=black:size=320x180:rate=30:duration=0.5"]
    graph = "[0:v][1:v][2:v]concat=n=3:v=1:a=0,format=yuv420p[v]"
    ffmpeg(*scene("test", 2), *black, *scene("bars", 2), "-filter_complex", graph, "-map", "[v]",
           *X264, video)  # fmt: skip
    options = {"detector": "threshold", "edge_trim_frames": 0, "fade_threshold": 12.0}
    trimmed = decode_source(request_for(video, tmp_path / "a", **options)).shots
    whole = decode_source(request_for(video, tmp_path / "b", trim_transitions=False, **options))
    spans = [(d.row["start_frame"], d.row["end_frame"]) for d in trimmed]
    assert spans == [(0, 60), (75, 135)]
    first, second = (d.row for d in whole.shots)
    assert first["end_frame"] == second["start_frame"]
    assert 60 <= first["end_frame"] <= 75
    assert first["end_kind"] == second["start_kind"] == BoundaryKind.GRADUAL


def test_an_open_stitched_shot_is_bounded(tmp_path: Path) -> None:
    """However long pieces are joined, no more waits than two maximal clips and a decision."""
    video = tmp_path / "long.mp4"
    ffmpeg(*scene("test", 60, "64x36", "10"), *X264, video)
    most_open = 0
    relieve = ShotBuilder.relieve

    def watched(self: ShotBuilder, settled: int) -> None:
        nonlocal most_open
        relieve(self, settled)
        most_open = max(most_open, len(self.seen.pts))

    options = {"detector": "none", "force_cut_s": 2.0, "stitch": True, "stitch_distance": 2.0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ShotBuilder, "relieve", watched)
        request = request_for(video, tmp_path / "out", max_duration_s=5, **options)
        result = decode_source(request)
    assert len(result.shots) == 12
    assert most_open <= (2 * 5 + DECIDE_S) * 10 + 2
