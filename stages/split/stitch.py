"""From what a detector found to shots: forced cuts, and joining pieces that look alike. Pure.

Panda-70M (arXiv 2402.19479) finds the boundaries that a detector of cuts misses by cutting too
much and joining again. A piece longer than `force_cut_past_s` loses its first `force_cut_s` as a
piece of its own, again and again. Two neighbouring pieces are joined when the tail of the first
looks like the head of the second; a forced cut that happens to lie in a fade stays. A boundary
inside a piece shows in that its head and tail look different: the piece is given up, and nothing
is joined across it, nor across the frames of a transition that belong to neither side.

The head is looked at after 5 % of the piece and the tail before the last 5 %, but never more than
half a second inside. So a piece is known well enough after ten seconds, and the decision about
the boundary before it never waits for the end of a long one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from schemas.outcomes import BoundaryKind
from stages.split.look import Look, Looker, distance
from stages.split.reservoir import Reservoir
from stages.split.spans import Boundary, Clock
from stages.split.view import FrameView

PROBE_SHARE = 0.05
DECIDE_S = 10.0
"""Length from which a piece's head is where it will be whatever follows."""
_HELD_PICTURES = 128
_HELD_LARGE = 32


@dataclass(frozen=True)
class StitchRules:
    """The part of SplitConfig that decides here; see its fields of the same names. `None`
    distances: nothing is joined, nothing is given up."""

    force_cut_s: float
    force_cut_past_s: float
    stitch_distance: float | None
    changing_distance: float | None


@dataclass(frozen=True)
class Decided:
    """A shot ends at `boundary`; `changed_by` says by how much its head and tail differ when
    that is too much for one shot."""

    boundary: Boundary
    changed_by: float | None = None


@dataclass
class _Piece:
    """The piece that is open; `is_undecided`: it may yet be joined to the one before. `head`
    is set when that was decided before the piece ended."""

    start: Boundary
    start_s: float
    is_undecided: bool
    head: Look | None = None


class Stitcher:
    """Stands between a detector and the shots; frames and boundaries pass in order."""

    def __init__(self, rules: StitchRules, looker: Looker) -> None:
        self.rules = rules
        self._looker = looker
        held = _HELD_LARGE if looker.wants_large else _HELD_PICTURES
        self._views: Reservoir[FrameView] = Reservoir(held, looker.period_s)
        self._piece = _Piece(Boundary(0, BoundaryKind.START), 0.0, is_undecided=False)
        self._tail: Look | None = None
        self._settled = 0

    @property
    def settled(self) -> int:
        """No boundary will come out any more whose `clip_end` is before this frame."""
        return self._settled

    def see(
        self, frame: int, time_s: float, view: FrameView, large: Callable[[], FrameView]
    ) -> None:
        """Hold the frame's picture if its time has come."""
        if self._looks and self._views.wants(time_s):
            self._views.add(frame, time_s, large() if self._looker.wants_large else view)

    def advance(self, found: Sequence[Boundary], settled: int, clock: Clock) -> list[Decided]:
        """Shots that are over now that the detector reported `found` and promised `settled`.
        `clock` must know all frames from the last decided boundary on."""
        decided: list[Decided] = []
        for boundary in found:
            if boundary.frame > self._piece.start.frame:
                decided += self._force(boundary.clip_end, clock)
                decided += self._end_piece(boundary, clock)
        decided += self._force(settled, clock)
        decided += self._decide_early(settled, clock)
        self._settled = max(self._settled, self._promise(settled, clock))
        return decided

    def finish(self, end: Boundary, clock: Clock) -> list[Decided]:
        """The video ends; the last of the shots ends at `end`."""
        decided = self._force(end.frame, clock) + self._end_piece(end, clock)
        # Nothing follows that the last piece could be joined to.
        return [*decided, Decided(end)] if self._piece.is_undecided else decided

    @property
    def _looks(self) -> bool:
        return self.rules.stitch_distance is not None or self.rules.changing_distance is not None

    def _promise(self, settled: int, clock: Clock) -> int:
        piece = self._piece
        if piece.is_undecided:
            return min(settled, piece.start.clip_end)
        if self.rules.force_cut_s:
            return min(settled, clock.frame_at(piece.start_s + self.rules.force_cut_s))
        return settled

    def _force(self, known: int, clock: Clock) -> list[Decided]:
        """Take pieces off the open one while more than the limit of it is known."""
        decided: list[Decided] = []
        length_s, past_s = self.rules.force_cut_s, self.rules.force_cut_past_s
        if not length_s or known <= self._piece.start.frame:
            return decided
        known = min(known, clock.end)
        while clock.at(known) - self._piece.start_s > max(length_s, past_s):
            cut = clock.frame_at(self._piece.start_s + length_s)
            if not self._piece.start.frame < cut < known:
                break
            decided += self._end_piece(Boundary(cut, BoundaryKind.FORCED), clock)
        return decided

    def _end_piece(self, after: Boundary, clock: Clock) -> list[Decided]:
        piece, rules = self._piece, self.rules
        start = piece.start.clip_start
        end = max(start, after.clip_end)
        end_s = clock.at(end)
        length_s = end_s - piece.start_s
        inset_s = PROBE_SHARE * min(DECIDE_S, length_s)
        is_judged = rules.changing_distance is not None and length_s < DECIDE_S
        is_joinable = rules.stitch_distance is not None and after.clip_start == after.clip_end
        head, tail = piece.head, None
        if head is None and (piece.is_undecided or is_judged):
            head = self._look_at(piece.start_s + inset_s, start, end)
        if is_judged or is_joinable:
            tail = self._look_at(end_s - inset_s, start, end)
        changed_by = self._change(head, tail) if is_judged else None
        decided = self._decide(head, is_joinable=changed_by is None)
        is_joinable = is_joinable and changed_by is None and tail is not None
        self._tail = tail
        self._piece = _Piece(after, clock.at(after.clip_start), is_undecided=is_joinable)
        self._views.forget_before(after.clip_start)
        if not is_joinable:
            decided.append(Decided(after, changed_by))
        return decided

    def _change(self, head: Look | None, tail: Look | None) -> float | None:
        """How far apart head and tail of a piece are, when that is too much."""
        limit = self.rules.changing_distance
        if limit is None or head is None or tail is None:
            return None
        found = distance(head, tail)
        return found if found > limit else None

    def _decide_early(self, settled: int, clock: Clock) -> list[Decided]:
        piece = self._piece
        if not piece.is_undecided or settled <= piece.start.frame:
            return []
        if clock.at(min(settled, clock.end)) - piece.start_s < DECIDE_S:
            return []
        at_s = piece.start_s + PROBE_SHARE * DECIDE_S
        piece.head = self._look_at(at_s, piece.start.clip_start, settled)
        return self._decide(piece.head, is_joinable=True)

    def _decide(self, head: Look | None, is_joinable: bool) -> list[Decided]:
        """Whether the boundary before the open piece stays."""
        piece = self._piece
        if not piece.is_undecided:
            return []
        piece.is_undecided = False
        limit = self.rules.stitch_distance
        if head is None or self._tail is None or limit is None:
            return [Decided(piece.start)]
        found = distance(self._tail, head)
        if is_joinable and found <= limit:
            return []
        is_forced = piece.start.kind == BoundaryKind.FORCED
        return [Decided(replace(piece.start, score=found) if is_forced else piece.start)]

    def _look_at(self, time_s: float, start: int, end: int) -> Look | None:
        """The look of the held picture of [start, end) that is nearest in time."""
        moments = self._views.between(start, end) if self._looks else []
        if not moments:
            return None
        nearest = min(moments, key=lambda moment: abs(moment.time_s - time_s))
        return self._looker.look(nearest.value)
