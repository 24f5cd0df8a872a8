"""Timelines and reservoirs: exact times, and bounded memory for streams of any length."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.split.reservoir import RECENT_S, Reservoir
from stages.split.timeline import Timeline


@given(st.lists(st.integers(1, 5000), max_size=80), st.integers(-10_000, 10_000))
def test_good_pts_pass_unchanged(gaps: list[int], first: int) -> None:
    pts = [first]
    for gap in gaps:
        pts.append(pts[-1] + gap)
    timeline = Timeline(Fraction(1, 90_000), None)
    assert [timeline.add(value, None) for value in pts] == pts
    assert timeline.n_repaired == 0
    assert timeline.seconds(pts[0]) == 0.0
    assert timeline.seconds(pts[-1]) == pytest.approx((pts[-1] - first) / 90_000)


@given(st.lists(st.one_of(st.none(), st.integers(-100, 100)), min_size=1, max_size=60))
def test_pts_always_increase(pts: list[int | None]) -> None:
    timeline = Timeline(Fraction(1, 25), 3)
    given_pts = [timeline.add(value, None) for value in pts]
    assert all(a < b for a, b in pairwise(given_pts))
    assert timeline.end_pts > given_pts[-1]


def test_the_last_frame_ends_after_its_duration_or_the_usual_gap() -> None:
    timeline = Timeline(Fraction(1, 1000), 0)
    for pts in (0, 33, 67, 100):
        timeline.add(pts, None)
    assert timeline.end_pts == 133
    timeline.add(133, 40)
    assert timeline.end_pts == 173


@pytest.mark.parametrize(
    ("gaps", "is_vfr"),
    [
        ([512] * 100, False),
        ([33, 33, 34] * 30, False),
        ([512] * 98 + [1024] * 2, False),
        ([512, 1024] * 40, True),
        ([10, 700, 40, 90, 33, 250] * 10, True),
        ([], False),
    ],
)
def test_rounding_and_a_lost_frame_are_no_variable_rate(gaps: list[int], is_vfr: bool) -> None:
    timeline = Timeline(Fraction(1, 1000), 0)
    pts = 0
    timeline.add(pts, None)
    for gap in gaps:
        pts += gap
        timeline.add(pts, None)
    assert timeline.is_vfr is is_vfr


@given(
    st.integers(2, 40),
    st.floats(0.05, 1.0),
    st.lists(st.floats(0.01, 1.5), min_size=1, max_size=600),
)
def test_a_reservoir_is_bounded_ordered_and_even(
    capacity: int, step_s: float, gaps: list[float]
) -> None:
    reservoir: Reservoir[int] = Reservoir(capacity, step_s)
    time_s = 0.0
    for frame, gap in enumerate(gaps):
        if reservoir.wants(time_s):
            reservoir.add(frame, time_s, frame)
        assert len(reservoir.moments) <= capacity + RECENT_S / step_s + 2
        time_s += gap
    times = [moment.time_s for moment in reservoir.moments]
    assert times == sorted(times)
    assert all(moment.value == moment.frame for moment in reservoir.moments)
    assert times[0] < step_s  # the first moment is always kept


def test_a_long_stream_keeps_moments_all_over_it() -> None:
    reservoir: Reservoir[None] = Reservoir(16, 0.4)
    for frame in range(30 * 600):
        if reservoir.wants(frame / 30):
            reservoir.add(frame, frame / 30, None)
    times = [moment.time_s for moment in reservoir.moments]
    assert max(b - a for a, b in pairwise(times)) <= 600 / 8 + 0.4


def test_the_recent_past_stays_dense() -> None:
    """A cut that is reported late must still find candidates of the new shot."""
    reservoir: Reservoir[None] = Reservoir(16, 0.4)
    for frame in range(30 * 120):
        if reservoir.wants(frame / 30):
            reservoir.add(frame, frame / 30, None)
    recent = [m for m in reservoir.moments if m.time_s >= 120 - RECENT_S]
    assert len(recent) >= 4


def test_forgetting_keeps_what_follows() -> None:
    reservoir: Reservoir[str] = Reservoir(8, 0.1)
    for frame in range(10):
        reservoir.add(frame, frame / 10, str(frame))
    reservoir.forget_before(6)
    assert [moment.value for moment in reservoir.moments] == ["6", "7", "8", "9"]
    assert [moment.frame for moment in reservoir.between(7, 9)] == [7, 8]
