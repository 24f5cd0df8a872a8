"""Spans: covers tile what was decoded, pieces keep to the limits, order of knowing is no matter."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import BoundaryKind
from stages.split.spans import (
    Boundary,
    Clock,
    Span,
    SpanRules,
    head_piece,
    plan_piece,
    plan_shot,
)

gaps = st.lists(st.floats(0.001, 2.0), min_size=1, max_size=300)
rules_of = st.builds(
    SpanRules,
    min_duration_s=st.floats(0.1, 3.0),
    max_duration_s=st.floats(1.0, 20.0),
    edge_trim_frames=st.integers(0, 5),
    edge_trim_fraction=st.floats(0.0, 0.45),
)


def clock_of(gaps_s: list[float], first: int = 0) -> Clock:
    times = [0.0]
    for gap in gaps_s:
        times.append(times[-1] + gap)
    return Clock(first, times)


@st.composite
def videos(draw: st.DrawFn) -> tuple[Clock, list[Boundary]]:
    clock = clock_of(draw(gaps))
    cuts = draw(st.sets(st.integers(1, max(1, clock.end - 1)), max_size=8))
    inner = [Boundary(cut, BoundaryKind.CUT, 1.0) for cut in sorted(cuts) if cut < clock.end]
    ends = [Boundary(0, BoundaryKind.START), *inner, Boundary(clock.end, BoundaryKind.END)]
    return clock, ends


def all_spans(clock: Clock, ends: list[Boundary], rules: SpanRules) -> list[Span]:
    return [span for a, b in pairwise(ends) for span in plan_shot(a, b, clock, rules)]


@given(videos(), rules_of)
def test_covers_tile_the_video(video: tuple[Clock, list[Boundary]], rules: SpanRules) -> None:
    clock, ends = video
    spans = all_spans(clock, ends, rules)
    assert spans[0].before.frame == 0
    assert spans[-1].after.frame == clock.end
    assert all(a.after == b.before for a, b in pairwise(spans))
    assert {end.frame for end in ends} <= {s.before.frame for s in spans} | {clock.end}


@given(videos(), rules_of)
def test_clips_lie_inside_their_covers_and_are_long_enough(
    video: tuple[Clock, list[Boundary]], rules: SpanRules
) -> None:
    clock, ends = video
    for span in all_spans(clock, ends, rules):
        assert span.before.frame <= span.start < span.end <= span.after.frame
        if span.is_too_short:
            assert (span.start, span.end) == (span.before.frame, span.after.frame)
        else:
            assert clock.at(span.end) - clock.at(span.start) >= rules.min_duration_s


@given(videos(), rules_of)
def test_pieces_keep_to_the_maximum_but_for_one_frame(
    video: tuple[Clock, list[Boundary]], rules: SpanRules
) -> None:
    clock, ends = video
    longest_gap = max(b - a for a, b in pairwise(clock.times_s))
    for span in all_spans(clock, ends, rules):
        length_s = clock.at(span.after.frame) - clock.at(span.before.frame)
        assert length_s <= rules.max_duration_s + longest_gap + 1e-9
        is_forced = BoundaryKind.FORCED in (span.before.kind, span.after.kind)
        if is_forced and longest_gap < rules.max_duration_s / 4:
            assert length_s >= rules.max_duration_s / 2 - longest_gap - 1e-9


@given(videos(), rules_of, st.integers(0, 30))
def test_pieces_taken_while_decoding_are_those_planned_afterwards(
    video: tuple[Clock, list[Boundary]], rules: SpanRules, lag: int
) -> None:
    """A decoder that reports boundaries `lag` frames late gets the same spans as hindsight."""
    clock, ends = video
    spans: list[Span] = []
    before, waiting = ends[0], list(ends[1:-1])
    for seen in range(1, clock.end + 1):
        known = Clock(0, clock.times_s[: seen + 1])
        while waiting and waiting[0].frame + lag <= seen:
            after = waiting.pop(0)
            spans += plan_shot(before, after, known, rules)
            before = after
        settled = max(0, seen - lag - 1)
        while settled > before.frame:
            cut = head_piece(before, settled, known, rules.max_duration_s)
            if cut is None:
                break
            after = Boundary(cut, BoundaryKind.FORCED)
            spans.append(plan_piece(before, after, known, rules))
            before = after
    for after in [*waiting, ends[-1]]:
        spans += plan_shot(before, after, clock, rules)
        before = after
    assert spans == all_spans(clock, ends, rules)


def test_trimming_is_done_at_detected_boundaries_only() -> None:
    clock = clock_of([0.1] * 100)
    rules = SpanRules(0.5, 60.0, 3, 0.0)
    start, cut = Boundary(0, BoundaryKind.START), Boundary(50, BoundaryKind.CUT, 30.0)
    first = plan_piece(start, cut, clock, rules)
    second = plan_piece(cut, Boundary(100, BoundaryKind.END), clock, rules)
    assert (first.start, first.end) == (0, 47)
    assert (second.start, second.end) == (53, 100)


def test_a_fraction_is_trimmed_at_both_ends() -> None:
    clock = clock_of([0.1] * 100)
    ends = Boundary(0, BoundaryKind.START), Boundary(100, BoundaryKind.END)
    span = plan_piece(*ends, clock, SpanRules(0.5, 60.0, 0, 0.1))
    assert (span.start, span.end) == (10, 90)


def test_frames_of_a_transition_belong_to_neither_clip() -> None:
    clock = clock_of([0.1] * 100)
    fade = Boundary(50, BoundaryKind.GRADUAL, None, first_mixed=42, first_clean=57)
    rules = SpanRules(0.5, 60.0, 0, 0.0)
    before = plan_piece(Boundary(0, BoundaryKind.START), fade, clock, rules)
    after = plan_piece(fade, Boundary(100, BoundaryKind.END), clock, rules)
    assert (before.start, before.end) == (0, 42)
    assert (after.start, after.end) == (57, 100)


@pytest.mark.parametrize(
    ("length_s", "pieces"), [(10, [10]), (11, [5.5, 5.5]), (20, [10, 10]), (35, [10, 10, 7.5, 7.5])]
)
def test_long_shots_are_divided(length_s: float, pieces: list[float]) -> None:
    clock = clock_of([0.1] * round(length_s * 10))
    ends = Boundary(0, BoundaryKind.START), Boundary(clock.end, BoundaryKind.END)
    spans = plan_shot(*ends, clock, SpanRules(0.5, 10.0, 0, 0.0))
    lengths = [clock.at(s.after.frame) - clock.at(s.before.frame) for s in spans]
    assert lengths == pytest.approx(pieces, abs=0.11)


@given(videos(), rules_of)
def test_where_only_heads_are_wanted_each_shot_gives_one(
    video: tuple[Clock, list[Boundary]], rules: SpanRules
) -> None:
    clock, ends = video
    rules = replace(rules, keeps_head_only=True)
    for before, after in pairwise(ends):
        head, *rest = plan_shot(before, after, clock, rules)
        assert not head.is_rest
        assert all(span.is_rest for span in rest)
        assert all((s.start, s.end) == (s.before.frame, s.after.frame) for s in rest)
        if rest:
            head_s = clock.at(head.after.frame) - clock.at(head.before.frame)
            assert head_s >= rules.max_duration_s - 1e-9
        assert all(s.is_rest for s in plan_shot(before, after, clock, rules, has_head=True))
