"""Exact times of frames: PTS and time base, never frame number over frame rate."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

_MAX_GAPS = 4096
"""Distinct gaps that are counted; streams with more vary beyond doubt."""

_VFR_SHARE = 0.05
"""Share of unusual gaps above which the frame rate counts as variable."""


class Timeline:
    """PTS of a source's frames in presentation order, made strictly increasing.

    Decoders hand over frames in presentation order, but broken streams repeat or lack a PTS;
    such a frame gets the place of one usual gap (at least one tick) after its predecessor.
    """

    def __init__(self, time_base: Fraction, start_pts: int | None) -> None:
        self.time_base = time_base
        self.first_pts = start_pts or 0
        self.last_pts = 0
        self.n_frames = 0
        self.n_repaired = 0
        self._last_duration = 0
        self._gaps: Counter[int] = Counter()

    def add(self, pts: int | None, duration: int | None) -> int:
        """Take the next frame's PTS and stated duration; returns the PTS that it gets."""
        if self.n_frames == 0:
            if pts is not None:
                self.first_pts = pts
            self.last_pts = self.first_pts
        else:
            if pts is None or pts <= self.last_pts:
                pts = self.last_pts + max(1, self.usual_gap)
                self.n_repaired += 1
            gap = pts - self.last_pts
            if gap in self._gaps or len(self._gaps) < _MAX_GAPS:
                self._gaps[gap] += 1
            self.last_pts = pts
        self._last_duration = duration or 0
        self.n_frames += 1
        return self.last_pts

    def seconds(self, pts: int) -> float:
        """Time of a PTS from the first frame on."""
        return float((pts - self.first_pts) * self.time_base)

    @property
    def usual_gap(self) -> int:
        """Most frequent distance of neighbours in PTS units; of equals the smallest; 0: none."""
        if not self._gaps:
            return 0
        return min(self._gaps, key=lambda gap: (-self._gaps[gap], gap))

    @property
    def end_pts(self) -> int:
        """Where the last frame ends: after its stated duration, else after the usual gap."""
        return self.last_pts + max(1, self._last_duration or self.usual_gap)

    @property
    def is_vfr(self) -> bool:
        """Whether more than a few gaps differ from the usual one by more than rounding does."""
        total = sum(self._gaps.values())
        if not total:
            return False
        usual = self.usual_gap
        tolerance = max(1, usual // 50)
        unusual = sum(n for gap, n in self._gaps.items() if abs(gap - usual) > tolerance)
        return unusual > _VFR_SHARE * total
