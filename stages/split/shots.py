"""Shots take their final form while the source is still being decoded.

`ShotBuilder` gets frames and boundaries, plans each shot as soon as its end is known (or as soon
as a piece must come off a long one), and makes its row and its keyframes. JPEGs go to a spool
file in the scratch folder. Where pieces are to be cut or joined first, boundaries pass through a
`Stitcher`, whose decisions come some seconds later.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import IO

from schemas.outcomes import BoundaryKind, Reason
from schemas.table import Row
from stages.base import dropped, kept
from stages.split.config import SplitConfig
from stages.split.look import Looker
from stages.split.observe import Observations, Picture
from stages.split.reservoir import RECENT_S
from stages.split.sieve import PROBE_SHARES, Sieve
from stages.split.spans import Boundary, Clock, Span, SpanRules, head_piece, plan_piece, plan_shot
from stages.split.spooled import Spooled
from stages.split.stitch import DECIDE_S, Stitcher, StitchRules
from stages.split.view import FrameView

_NO_SHOT = 3
"""So many frames before a transition, or behind one, are no shot."""


@dataclass(frozen=True)
class ShotDraft:
    """One shot: `row` has all columns of `shots` but ids, pack references and audio."""

    row: Row
    keyframes: list[Spooled]
    cover: tuple[int, int]
    """First frame of the span and first frame after it, before trimming."""
    spare: list[Spooled] = field(default_factory=list)
    """More keyframes, for the clips of larger scales that take a part of this shot."""
    parent: int | None = None
    """Index, among the drafts of the source, of the clip that contains this one."""


class ShotBuilder:
    """Makes the shots of one source. For each frame in turn: `see`, then `take` what the detector
    made of it; at the end `finish`."""

    def __init__(
        self, config: SplitConfig, time_base: Fraction, spool: IO[bytes], looker: Looker
    ) -> None:
        self.config = config
        self.shots: list[ShotDraft] = []
        self.all_pts: array[int] = array("q")
        """PTS of every frame, where clips of larger scales are to be made."""
        self._rules = SpanRules(
            config.min_duration_s,
            config.max_duration_s,
            config.edge_trim_frames,
            config.edge_trim_fraction,
            config.long_shots == "head",
        )
        self._time_base = f"{time_base.numerator}/{time_base.denominator}"
        self._spool = spool
        self._before = Boundary(0, BoundaryKind.START)
        self._has_head = False
        self._stitcher = _make_stitcher(config, looker)
        self._looker = looker
        self._sieve = Sieve(looker, config.drop_still, config.drop_redundant)
        delay_s = DECIDE_S if self._stitcher is not None else 0.0
        look = looker.look if config.embedder else None
        self.seen = Observations(config, RECENT_S + delay_s, look)

    @property
    def large_steps_s(self) -> list[float]:
        """Steps of the time grids whose cells' first frames may be asked for large."""
        steps_s = [self.seen.large_step_s]
        if self._stitcher is not None and self._looker.wants_large:
            steps_s.append(self._looker.period_s)
        return steps_s

    def see(
        self,
        frame: int,
        pts: int,
        time_s: float,
        view: FrameView,
        large: Callable[[], FrameView],
    ) -> None:
        """Measure the next frame; `large` makes the keyframe-sized view."""
        self.seen.add(frame, pts, time_s, view, large)
        if self._stitcher is not None:
            self._stitcher.see(frame, time_s, view, large)
        if self.config.scales:
            self.all_pts.append(pts)

    def pass_over(self, pts: int, time_s: float) -> None:
        """The next frame was not decoded: only its time is known."""
        self.seen.pass_over(pts, time_s)
        if self.config.scales:
            self.all_pts.append(pts)

    def take(self, found: Sequence[Boundary], settled: int) -> None:
        """The detector reports `found`, and no boundary before `settled` from now on."""
        told = [self._told(boundary) for boundary in self._inside(found)]
        if self._stitcher is None:
            for boundary in told:
                self._close(boundary, None)
        else:
            for decided in self._stitcher.advance(told, settled, self._clock()):
                self._close(decided.boundary, decided.changed_by)
            settled = self._stitcher.settled
        self.relieve(settled)

    def finish(
        self,
        found: Sequence[Boundary],
        n_frames: int,
        end_pts: int,
        end_s: float,
        kind: BoundaryKind,
    ) -> None:
        """The video ends: frame `n_frames` would start at `end_pts`. `found`: boundaries that
        the detector still had."""
        end, changed_by = Boundary(n_frames, kind), None
        inside = [boundary for boundary in self._inside(found) if boundary.frame < n_frames]
        if inside and inside[-1].n_mixed and n_frames - inside[-1].clip_start <= _NO_SHOT:
            end = self._told(replace(end, first_mixed=inside.pop().first_mixed))
        told = [self._told(boundary) for boundary in inside]
        if self._stitcher is None:
            for boundary in told:
                self._close(boundary, None)
        else:
            clock = Clock(self.seen.first, [*self.seen.times_s, end_s])
            decided = self._stitcher.advance(told, n_frames, clock)
            decided += self._stitcher.finish(end, clock)
            for shot in decided[:-1]:
                self._close(shot.boundary, shot.changed_by)
            changed_by = decided[-1].changed_by
        clock = Clock(self.seen.first, [*self.seen.times_s, end_s])
        self._end_shot(end, clock, [*self.seen.pts, end_pts], changed_by)

    def _inside(self, found: Sequence[Boundary]) -> Sequence[Boundary]:
        """The boundaries before which there is something. A transition with which the video begins
        is none: the first shot begins behind it."""
        if not (found and self._before.kind == BoundaryKind.START):
            return found
        first = found[0]
        if first.clip_end > _NO_SHOT or not first.n_mixed:
            return found
        self._before = self._told(replace(self._before, first_clean=first.clip_start))
        return found[1:]

    def _told(self, boundary: Boundary) -> Boundary:
        """The boundary, with its mixed frames only where they are to be left out."""
        if self.config.trim_transitions:
            return boundary
        return replace(boundary, first_mixed=-1, first_clean=-1)

    def _close(self, boundary: Boundary, changed_by: float | None) -> None:
        """The shot that is open ends at `boundary`, a frame that has been added."""
        if boundary.frame <= self._before.frame:
            return
        self._end_shot(boundary, self._clock(), self.seen.pts, changed_by)
        self.seen.forget_before(boundary.frame)
        self._before, self._has_head = boundary, False

    def relieve(self, settled: int) -> None:
        """Take the pieces off an open shot that is too long, up to the frame `settled`."""
        open_s = self.seen.times_s[-1] - self.seen.times_s[0]
        if open_s <= 2 * self.config.max_duration_s:
            return
        clock = self._clock()
        while True:
            cut = head_piece(self._before, settled, clock, self.config.max_duration_s)
            if cut is None:
                return
            piece_end = Boundary(cut, BoundaryKind.FORCED)
            span = plan_piece(self._before, piece_end, clock, self._rules, self._has_head)
            self._emit(span, clock, self.seen.pts, None)
            self.seen.forget_before(cut)
            self._before, self._has_head = piece_end, True
            clock = self._clock()

    def _clock(self) -> Clock:
        return Clock(self.seen.first, self.seen.times_s)

    def _end_shot(
        self, after: Boundary, clock: Clock, pts: list[int], changed_by: float | None
    ) -> None:
        for span in plan_shot(self._before, after, clock, self._rules, self._has_head):
            self._emit(span, clock, pts, changed_by)

    def _emit(self, span: Span, clock: Clock, pts: list[int], changed_by: float | None) -> None:
        row: Row = {
            "index": len(self.shots),
            "scale": 0,
            "start_frame": span.start,
            "end_frame": span.end,
            "start_pts": pts[span.start - clock.first],
            "end_pts": pts[span.end - clock.first],
            "time_base": self._time_base,
            "start_s": clock.at(span.start),
            "end_s": clock.at(span.end),
            "cover_start_s": clock.at(span.before.frame),
            "cover_end_s": clock.at(span.after.frame),
            "n_frames": span.end - span.start,
            "start_kind": span.before.kind,
            "start_score": span.before.score,
            "end_kind": span.after.kind,
            "end_score": span.after.score,
        }
        cover = span.before.frame, span.after.frame
        unfit = self._unfit(span, clock, changed_by)
        if unfit is not None:
            self.shots.append(ShotDraft(row | dropped(*unfit), [], cover))
            return
        row |= self.seen.figures(span.start, span.end, clock) | kept()
        chosen = [
            self._spooled(moment.frame, moment.time_s, moment.value.view.picture)
            for moment in self.seen.keyframes(span.start, span.end, clock)
        ]
        self.shots.append(ShotDraft(row, chosen, cover, self._spare(span, chosen)))

    def _unfit(
        self, span: Span, clock: Clock, changed_by: float | None
    ) -> tuple[Reason, str] | None:
        """Why a span is no clip, if so."""
        start_s, end_s = clock.at(span.start), clock.at(span.end)
        config = self.config
        if span.is_rest:
            return Reason.TOO_LONG, (
                f"{end_s - start_s:.3f} s behind the first {config.max_duration_s:g} s of a shot"
            )
        if span.is_too_short:
            return Reason.TOO_SHORT, (
                f"{end_s - start_s:.3f} s before trimming; the minimum after it is "
                f"{config.min_duration_s:g} s"
            )
        if changed_by is not None:
            return Reason.CHANGING, f"its beginning and end are {changed_by:.3f} apart"
        if not (config.drop_still or config.drop_redundant):
            return None
        views = self.seen.probes(span.start, span.end, clock, PROBE_SHARES)
        return self._sieve.judge(views, f"shot {len(self.shots)} ({start_s:.1f}-{end_s:.1f} s)")

    def _spare(self, span: Span, chosen: Sequence[Spooled]) -> list[Spooled]:
        """The clip's other keyframe candidates, where clips of larger scales need them."""
        if not self.config.scales:
            return []
        taken = {shown.frame for shown in chosen}
        return [
            self._spooled(moment.frame, moment.time_s, moment.value.view.picture)
            for moment in self.seen.candidates(span.start, span.end)
            if moment.frame not in taken
        ]

    def _spooled(self, frame: int, time_s: float, picture: Picture) -> Spooled:
        import cv2

        quality = [cv2.IMWRITE_JPEG_QUALITY, self.config.jpeg_quality]
        encoded, jpeg = cv2.imencode(".jpg", picture, quality)
        if not encoded:
            raise RuntimeError(f"OpenCV could not encode frame {frame} as JPEG")
        offset = self._spool.tell()
        size_bytes = self._spool.write(jpeg.tobytes())
        height, width = picture.shape[:2]
        return Spooled(frame, time_s, width, height, offset, size_bytes)


def _make_stitcher(config: SplitConfig, looker: Looker) -> Stitcher | None:
    """The stitcher that `config` asks for, if any."""
    if not (config.force_cut_s or config.stitch or config.drop_changing):
        return None
    rules = StitchRules(
        config.force_cut_s,
        config.force_cut_past_s,
        looker.limits.stitch if config.stitch else None,
        looker.limits.changing if config.drop_changing else None,
    )
    return Stitcher(rules, looker)
