"""The pieces of one source that are to be cut, in exact units. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from schemas.table import Row
from stages.cut.geometry import NO_BORDERS, Borders, Geometry


@dataclass(frozen=True)
class Span:
    """Frames [start_frame, end_frame) of a source: the ones with PTS in [start_pts, end_pts)."""

    shot_id: str
    start_pts: int
    end_pts: int
    time_base: Fraction
    n_frames: int
    start_s: float
    """Seconds from the source's first frame, as in the shots row."""
    end_s: float
    borders: Borders = NO_BORDERS
    """Black borders of the picture, as they were measured."""

    @classmethod
    def of_shot(cls, shot: Row) -> Span:
        return cls(
            shot["shot_id"],
            shot["start_pts"],
            shot["end_pts"],
            Fraction(shot["time_base"]),
            shot["end_frame"] - shot["start_frame"],
            shot["start_s"],
            shot["end_s"],
            (
                shot["border_left"] or 0.0,
                shot["border_right"] or 0.0,
                shot["border_top"] or 0.0,
                shot["border_bottom"] or 0.0,
            ),
        )

    @property
    def start_time(self) -> Fraction:
        """Start on the container's own clock, which need not begin at 0."""
        return self.start_pts * self.time_base

    @property
    def end_time(self) -> Fraction:
        return self.end_pts * self.time_base


@dataclass(frozen=True)
class Job:
    """One span, the file that it is to become, whether its source has sound there, and what
    happens to its picture where it is encoded."""

    span: Span
    target: Path
    has_sound: bool
    geometry: Geometry


_ENCODER_BYTES_PER_PIXEL = {
    "ultrafast": 25,
    "superfast": 75,
    "veryfast": 110,
    "faster": 160,
    "fast": 210,
    "medium": 260,
    "slow": 310,
    "slower": 380,
    "veryslow": 480,
}
"""Memory of one x264 encoder that runs on one thread, per pixel of its picture: mostly the frames
it looks ahead. Measured with imageio-ffmpeg's ffmpeg 9 at 640x360 and 1920x1080, rounded up."""

_MOST_SPANS_PER_PASS = 64
"""Keeps the command line and the number of open files small whatever the memory."""


_LEAST_PASS_S = 4.0
"""A pass over less video than this is not worth a process and a seek of its own."""


def spans_per_pass(width: int, height: int, preset: str, memory_bytes: int) -> int:
    """How many clips one pass may encode: ffmpeg frees their encoders only when it ends."""
    each = width * height * _ENCODER_BYTES_PER_PIXEL[preset]
    return min(_MOST_SPANS_PER_PASS, max(1, memory_bytes // each))


def passes(spans: Sequence[Span], max_spans: int, n_lanes: int = 1) -> list[list[Span]]:
    """Group spans for passes of at most `max_spans`, neighbours in time together, so that each
    pass decodes one stretch of the source and the number of open encoders is bounded.

    There are enough for `n_lanes` that run at once, unless that makes them too short, and they are
    about as long, since nothing else is done while the last of them is encoded.
    """
    ordered = sorted(spans, key=lambda span: (span.start_pts, span.end_pts, span.shot_id))
    n_needed = -(-len(ordered) // max_spans)
    ends_s = list(accumulate(span.end_s - span.start_s for span in ordered))
    total_s = ends_s[-1] if ends_s else 0.0
    n_useful = max(1, min(n_lanes, int(total_s / _LEAST_PASS_S)))
    n_passes = min(len(ordered), -(-n_needed // n_useful) * n_useful)
    groups, first = [], 0
    for n_left in range(n_passes, 0, -1):
        # A fair share of what is left, and neither too many spans here nor too few or many after.
        before_s = ends_s[first - 1] if first else 0.0
        end_s = before_s + (total_s - before_s) / n_left
        end = min(range(first + 1, len(ordered) + 1), key=lambda k: abs(ends_s[k - 1] - end_s))
        end = min(end, first + max_spans, len(ordered) - (n_left - 1))
        end = max(end, len(ordered) - (n_left - 1) * max_spans)
        groups.append(ordered[first:end])
        first = end
    return groups
