"""From boundaries to clips: forced cuts of long shots, trimming, the minimum duration. Pure.

Boundaries are final one after the other while the source is still being decoded, so a shot is
planned by itself, and a long shot gives up its beginning before its end is known: pieces of
exactly `max_duration_s` come off while more than twice that is left, and the rest is divided
equally. Every piece is then between half the maximum and the maximum, and memory is bounded by
the maximum instead of by the length of the video. Where only the head of a long shot is wanted,
every piece but the last has the maximum, and all but the first are marked as the rest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from schemas.outcomes import BoundaryKind

DETECTED = frozenset({BoundaryKind.CUT, BoundaryKind.GRADUAL, BoundaryKind.DAMAGE})
"""Kinds of ends next to which frames may be mixed or damaged."""


@dataclass(frozen=True)
class Boundary:
    """Where one shot ends and the next begins.

    `frame` is the first frame of the new shot. Frames in [first_mixed, first_clean) belong to
    neither shot (a fade, say); for a cut both are `frame`.
    """

    frame: int
    kind: BoundaryKind
    score: float | None = None
    first_mixed: int = -1
    first_clean: int = -1

    @property
    def clip_end(self) -> int:
        """First frame that a clip before this boundary must not have."""
        return self.frame if self.first_mixed < 0 else self.first_mixed

    @property
    def clip_start(self) -> int:
        """First frame that a clip after this boundary may have."""
        return self.frame if self.first_clean < 0 else self.first_clean

    @property
    def n_mixed(self) -> int:
        """Frames that belong to neither shot."""
        return self.clip_start - self.clip_end


@dataclass(frozen=True)
class SpanRules:
    """The part of SplitConfig that decides spans."""

    min_duration_s: float
    max_duration_s: float
    edge_trim_frames: int
    edge_trim_fraction: float
    keeps_head_only: bool = False


@dataclass(frozen=True)
class Span:
    """Frames [start, end) of a clip inside the frames that it accounts for, between `before`
    and `after`."""

    before: Boundary
    after: Boundary
    start: int
    end: int
    is_too_short: bool
    is_rest: bool = False
    """Whether it lies behind the head of a shot of which only the head is wanted."""


class Clock:
    """Times of the frames [first, first + len(times) - 1); the last time is where they end."""

    def __init__(self, first: int, times_s: Sequence[float]) -> None:
        self.first = first
        self.times_s = times_s

    @property
    def end(self) -> int:
        return self.first + len(self.times_s) - 1

    def at(self, frame: int) -> float:
        return self.times_s[frame - self.first]

    def frame_at(self, time_s: float) -> int:
        """The first frame that starts at `time_s` or later."""
        return min(self.end, self.first + bisect_left(self.times_s, time_s))


def head_piece(before: Boundary, settled: int, clock: Clock, max_duration_s: float) -> int | None:
    """Where a piece comes off the beginning of a shot of which frames up to `settled` are known;
    None while no more than twice `max_duration_s` is known."""
    start_s = clock.at(before.frame)
    if clock.at(min(settled, clock.end)) - start_s <= 2 * max_duration_s:
        return None
    cut = max(before.frame + 1, clock.frame_at(start_s + max_duration_s))
    return cut if cut < settled else None


def forced_frames(
    before: Boundary,
    after: Boundary,
    clock: Clock,
    max_duration_s: float,
    keeps_head_only: bool = False,
) -> list[int]:
    """First frames of the second and later pieces of the shot [before, after)."""
    cuts: list[int] = []
    start = before
    while (cut := head_piece(start, after.frame, clock, max_duration_s)) is not None:
        cuts.append(cut)
        start = Boundary(cut, BoundaryKind.FORCED)
    start_s, end_s = clock.at(start.frame), clock.at(after.frame)
    n_pieces = 1 if end_s - start_s <= max_duration_s else 2
    if n_pieces == 2:
        middle_s = start_s + max_duration_s if keeps_head_only else (start_s + end_s) / 2
        middle = clock.frame_at(middle_s)
        if start.frame < middle < after.frame:
            cuts.append(middle)
    return cuts


def plan_shot(
    before: Boundary, after: Boundary, clock: Clock, rules: SpanRules, has_head: bool = False
) -> list[Span]:
    """Clips of the shot between two boundaries; their covers tile [before.frame, after.frame).

    Frame numbers count from the source's first frame; `clock` has to know all of the shot.
    `has_head`: a piece has come off the beginning of the shot already.
    """
    cuts = forced_frames(before, after, clock, rules.max_duration_s, rules.keeps_head_only)
    ends = [before, *(Boundary(frame, BoundaryKind.FORCED) for frame in cuts), after]
    return [
        plan_piece(a, b, clock, rules, has_head=has_head or a is not before)
        for a, b in pairwise(ends)
    ]


def plan_piece(
    before: Boundary, after: Boundary, clock: Clock, rules: SpanRules, has_head: bool = False
) -> Span:
    """One clip: trimmed, and marked when too little is left. A clip that is too short, or that
    is the rest of a shot, keeps its untrimmed frames, so that its row says what was lost."""
    if has_head and rules.keeps_head_only:
        return Span(before, after, before.frame, after.frame, is_too_short=False, is_rest=True)
    start, end = before.clip_start, after.clip_end
    margin = int(rules.edge_trim_fraction * max(0, end - start))
    start += margin + (rules.edge_trim_frames if before.kind in DETECTED else 0)
    end -= margin + (rules.edge_trim_frames if after.kind in DETECTED else 0)
    if start >= end or clock.at(end) - clock.at(start) < rules.min_duration_s:
        return Span(before, after, before.frame, after.frame, is_too_short=True)
    return Span(before, after, start, end, is_too_short=False)
