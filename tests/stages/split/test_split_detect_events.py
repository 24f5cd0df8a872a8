"""Events from probabilities: what is reported, once, and in order."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stages.split.detectors.shot_events import NEAR, Thresholds, find_events, is_active

THRESHOLDS = Thresholds(cut=0.8, mixed=0.9)


def answers_of(n: int, cuts: list[int], runs: list[tuple[int, int]]) -> NDArray[np.float32]:
    answers = np.zeros((n, 2), np.float32)
    for cut in cuts:
        answers[cut, 0] = 0.99
    for start, end in runs:
        answers[start:end, 1] = 0.95
    return answers


def test_cuts_and_runs_are_found_where_they_are() -> None:
    events = find_events(answers_of(200, [30, 150], [(60, 85)]), THRESHOLDS)
    assert [(e.start, e.end, e.middle) for e in events] == [
        (30, 30, 30), (60, 85, 72), (150, 150, 150),
    ]  # fmt: skip


def test_cuts_and_transitions_have_thresholds_of_their_own() -> None:
    answers = np.zeros((100, 2), np.float32)
    answers[20, 0] = answers[40:60, 1] = 0.85
    (cut,) = find_events(answers, Thresholds(cut=0.8, mixed=0.9))
    assert (cut.start, cut.end) == (20, 20)
    (gradual,) = find_events(answers, Thresholds(cut=0.9, mixed=0.8))
    assert (gradual.start, gradual.end) == (40, 60)


def test_a_gap_of_a_few_frames_does_not_divide_a_transition() -> None:
    events = find_events(answers_of(100, [], [(20, 32), (35, 50)]), THRESHOLDS)
    assert [(event.start, event.end) for event in events] == [(20, 50)]


def test_the_middle_is_where_the_network_is_surest() -> None:
    answers = answers_of(100, [], [(60, 80)])
    answers[30:60, 1] = 0.5
    (event,) = find_events(answers, THRESHOLDS)
    assert (event.start, event.end, event.middle) == (30, 80, 70)


def test_a_cut_inside_a_long_surer_transition_is_part_of_it() -> None:
    answers = answers_of(100, [45], [(30, 60)])
    answers[40:50, 1] = 0.999
    assert [(e.start, e.end) for e in find_events(answers, THRESHOLDS)] == [(30, 60)]


def test_a_few_mixed_frames_around_a_cut_are_the_cut() -> None:
    events = find_events(answers_of(100, [45], [(43, 47)]), THRESHOLDS)
    assert [(event.start, event.end) for event in events] == [(45, 45)]


def test_a_burst_of_motion_after_a_cut_is_no_transition() -> None:
    answers = answers_of(100, [45], [(44, 54)])
    answers[46:52, 1] = 0.999
    assert [(e.start, e.end) for e in find_events(answers, THRESHOLDS)] == [(45, 45)]


def test_neighbouring_peaks_are_one_cut_at_the_higher() -> None:
    answers = answers_of(50, [20], [])
    answers[21, 0] = 0.999
    assert [event.start for event in find_events(answers, THRESHOLDS)] == [21]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=120),
    st.builds(Thresholds, st.floats(0.05, 0.99), st.floats(0.05, 0.99)),
)
def test_events_are_in_order_apart_and_sure(
    values: list[tuple[float, float]], thresholds: Thresholds
) -> None:
    answers = np.array(values, np.float32)
    events = find_events(answers, thresholds)
    active = is_active(answers, thresholds)
    assert [event.start for event in events] == sorted(event.start for event in events)
    for event in events:
        least = thresholds.cut if event.start == event.end else thresholds.mixed
        assert np.float32(least) <= np.float32(event.score) + 1e-6
        assert 0 <= event.start <= event.middle <= max(event.end, event.start) <= len(answers)
        assert active[event.start]
    cuts = [event.start for event in events if event.start == event.end]
    assert all(later - cut >= NEAR for cut, later in pairwise(cuts))
