"""Shots take their final form while the source is still being decoded.

`ShotBuilder` gets frames and boundaries, plans each shot as soon as its end is known (or as soon
as a piece must come off a long one), and makes its row and its keyframes. JPEGs go to a spool
file in the scratch folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import IO

from schemas.outcomes import BoundaryKind, Reason
from schemas.table import Row
from stages.base import dropped, kept
from stages.split.config import SplitConfig
from stages.split.observe import Observations, Picture
from stages.split.spans import Boundary, Clock, Span, SpanRules, head_piece, plan_piece, plan_shot


@dataclass(frozen=True)
class Spooled:
    """A keyframe's bytes in the spool file, and what its row will say of it."""

    frame: int
    time_s: float
    width: int
    height: int
    offset: int
    size_bytes: int


@dataclass(frozen=True)
class ShotDraft:
    """One shot: `row` has all columns of `shots` but ids, pack references and audio."""

    row: Row
    keyframes: list[Spooled]


class ShotBuilder:
    """Makes the shots of one source."""

    def __init__(self, config: SplitConfig, time_base: Fraction, spool: IO[bytes]) -> None:
        self.config = config
        self.seen = Observations(config)
        self.shots: list[ShotDraft] = []
        self._rules = SpanRules(
            config.min_duration_s,
            config.max_duration_s,
            config.edge_trim_frames,
            config.edge_trim_fraction,
        )
        self._time_base = f"{time_base.numerator}/{time_base.denominator}"
        self._spool = spool
        self._before = Boundary(0, BoundaryKind.START)

    def close(self, boundary: Boundary) -> None:
        """The shot that is open ends at `boundary`, a frame that has been added."""
        if boundary.frame <= self._before.frame:
            return
        self._end_shot(boundary, self._clock(), self.seen.pts)
        self.seen.forget_before(boundary.frame)
        self._before = boundary

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
            span = plan_piece(self._before, piece_end, clock, self._rules)
            self._emit(span, clock, self.seen.pts)
            self.seen.forget_before(cut)
            self._before = piece_end
            clock = self._clock()

    def finish(self, n_frames: int, end_pts: int, end_s: float, kind: BoundaryKind) -> None:
        """The video ends: frame `n_frames` would start at `end_pts`."""
        clock = Clock(self.seen.first, [*self.seen.times_s, end_s])
        self._end_shot(Boundary(n_frames, kind), clock, [*self.seen.pts, end_pts])

    def _clock(self) -> Clock:
        return Clock(self.seen.first, self.seen.times_s)

    def _end_shot(self, after: Boundary, clock: Clock, pts: list[int]) -> None:
        for span in plan_shot(self._before, after, clock, self._rules):
            self._emit(span, clock, pts)

    def _emit(self, span: Span, clock: Clock, pts: list[int]) -> None:
        start_s, end_s = clock.at(span.start), clock.at(span.end)
        row: Row = {
            "index": len(self.shots),
            "start_frame": span.start,
            "end_frame": span.end,
            "start_pts": pts[span.start - clock.first],
            "end_pts": pts[span.end - clock.first],
            "time_base": self._time_base,
            "start_s": start_s,
            "end_s": end_s,
            "cover_start_s": clock.at(span.before.frame),
            "cover_end_s": clock.at(span.after.frame),
            "n_frames": span.end - span.start,
            "start_kind": span.before.kind,
            "start_score": span.before.score,
            "end_kind": span.after.kind,
            "end_score": span.after.score,
        }
        if span.is_too_short:
            least = self.config.min_duration_s
            detail = f"{end_s - start_s:.3f} s before trimming; the minimum after it is {least:g} s"
            self.shots.append(ShotDraft(row | dropped(Reason.TOO_SHORT, detail), []))
            return
        row |= self.seen.figures(span.start, span.end, clock) | kept()
        chosen = self.seen.keyframes(span.start, span.end, clock)
        jpegs = [
            self._spooled(moment.frame, moment.time_s, moment.value.view.picture)
            for moment in chosen
        ]
        self.shots.append(ShotDraft(row, jpegs))

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
