"""The union of detectors: nothing is lost, nothing is told twice, and delay changes nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from split_media import Scripted

from schemas.outcomes import BoundaryKind
from stages.split.config import SplitConfig
from stages.split.detectors.make import make_detector
from stages.split.detectors.union import Found, UnionDetector, grouped, merged
from stages.split.spans import Boundary
from stages.split.view import FrameView

N_FRAMES = 80
NEAR = 4
FLAT = np.zeros((2, 2), np.uint8)
BLANK = FrameView(FLAT, FLAT, FLAT)


@st.composite
def detections(draw: st.DrawFn) -> list[Boundary]:
    """What one detector may find: cuts and gradual transitions that do not overlap."""
    found = []
    frame = 0
    for gap, length in draw(
        st.lists(st.tuples(st.integers(1, 20), st.sampled_from([0, 0, 3, 9])), max_size=6)
    ):
        frame += gap
        if frame + length >= N_FRAMES:
            break
        score = draw(st.none() | st.floats(0, 1))
        if length:
            middle = frame + length // 2
            found.append(Boundary(middle, BoundaryKind.GRADUAL, score, frame, frame + length))
        else:
            kind = draw(st.sampled_from([BoundaryKind.CUT, BoundaryKind.FORCED]))
            found.append(Boundary(frame, kind, score))
        frame += length
    return found


def run(parts: list[list[Boundary]], lags: list[int]) -> list[Boundary]:
    """All boundaries of the union; checks the promise of `settled` on the way."""
    scripted = [Scripted(part, lag) for part, lag in zip(parts, lags, strict=False)]
    union = UnionDetector(scripted, NEAR)
    told: list[Boundary] = []
    settled = 0
    for frame in range(N_FRAMES):
        new = union.process(frame, frame / 25, BLANK)
        assert all(settled <= boundary.clip_end for boundary in new)
        told += new
        assert settled <= union.settled <= frame + 1
        settled = union.settled
    rest = union.finish()
    assert all(settled <= boundary.clip_end for boundary in rest)
    return told + rest


FEW = st.lists(detections(), min_size=2, max_size=3)
LAGS = st.lists(st.integers(0, 30), min_size=3, max_size=3)


@settings(max_examples=40)
@given(FEW, LAGS)
def test_delays_of_the_detectors_change_nothing(
    parts: list[list[Boundary]], lags: list[int]
) -> None:
    together = [Found(b, number) for number, part in enumerate(parts) for b in part]
    assert run(parts, lags) == [merged(group) for group in grouped(together, NEAR)]


@settings(max_examples=40)
@given(FEW, LAGS)
def test_boundaries_come_in_order_and_do_not_overlap(
    parts: list[list[Boundary]], lags: list[int]
) -> None:
    told = run(parts, lags)
    for before, after in pairwise(told):
        assert before.clip_start <= after.clip_end
        assert before.frame <= after.frame


@settings(max_examples=40)
@given(FEW, LAGS)
def test_every_mixed_frame_and_every_cut_is_in_the_answer(
    parts: list[list[Boundary]], lags: list[int]
) -> None:
    told = run(parts, lags)
    for boundary in (b for part in parts for b in part):
        near = NEAR if boundary.kind == BoundaryKind.FORCED else 0
        assert any(
            b.clip_end <= boundary.clip_end + near and boundary.clip_start - near <= b.clip_start
            for b in told
        )
    # And nothing is invented: every answer stands where some detector found something.
    frames = {(b.frame, b.score) for part in parts for b in part}
    assert {(b.frame, b.score) for b in told} <= frames


@settings(max_examples=40)
@given(detections())
def test_one_detector_alone_is_unchanged(part: list[Boundary]) -> None:
    assert run([part, []], [3, 0]) == part


def test_gradual_goes_before_cut_before_forced() -> None:
    dissolve = Boundary(45, BoundaryKind.GRADUAL, 0.9, 40, 50)
    cut, forced = Boundary(47, BoundaryKind.CUT, 31.0), Boundary(51, BoundaryKind.FORCED)
    assert run([[cut], [dissolve]], [0, 9]) == [dissolve]
    assert run([[forced], [cut]], [0, 0]) == [cut]
    assert run([[forced], [dissolve]], [0, 0]) == [dissolve]


def test_two_opinions_on_a_cut_leave_the_frames_between_to_no_one() -> None:
    first, second = Boundary(30, BoundaryKind.CUT, 1.0), Boundary(32, BoundaryKind.CUT, 2.0)
    assert run([[second], [first]], [0, 0]) == [Boundary(32, BoundaryKind.CUT, 2.0, 30, 32)]


def test_near_boundaries_of_one_detector_stay_two() -> None:
    cuts = [Boundary(frame, BoundaryKind.CUT) for frame in (30, 32)]
    assert run([cuts, []], [0, 0]) == cuts


def test_a_list_in_the_config_makes_a_union() -> None:
    config = SplitConfig(detector=["fixed", "threshold"], fixed_length_s=1.0, min_shot_s=0.1)
    detector = make_detector(config, 25.0)
    assert isinstance(detector, UnionDetector)
    found = []
    for frame in range(60):
        shade = 0 if 33 <= frame < 39 else 128
        luma = np.full((18, 32), shade, np.uint8)
        grey = np.full((9, 16), 128, np.uint8)
        found += detector.process(frame, frame / 25, FrameView(luma, grey, grey))
    found += detector.finish()
    assert [(b.kind, b.clip_end, b.clip_start) for b in found] == [
        (BoundaryKind.FORCED, 25, 25),
        (BoundaryKind.GRADUAL, 33, 39),
        (BoundaryKind.FORCED, 50, 50),
    ]


@pytest.mark.parametrize("wrong", [[], ["content", "content"], ["none", "content"], ["content+x"]])
def test_lists_that_make_no_sense_are_refused(wrong: list[str]) -> None:
    with pytest.raises(ValidationError):
        SplitConfig.model_validate({"detector": wrong})
