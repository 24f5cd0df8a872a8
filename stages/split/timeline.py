"""Exact times of frames: PTS and time base, never frame number over frame rate."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

_MAX_GAPS = 4096
"""Distinct gaps that are counted; streams with more vary beyond doubt."""

_VFR_SHARE = 0.05
"""Share of unusual gaps above which the frame rate counts as variable."""

_NEVER = -(2**63)


class BestEffort:
    """One time for each frame out of the two that a decoder hands over with it.

    Containers like AVI hold decoding times (DTS) only, and in MPEG program streams many frames
    have no time at all. The rule is that of libavcodec (guess_correct_pts in decode.c) and of the
    ffmpeg program (video_frame_process in ffmpeg_dec.c), which cuts the clips: PTS, but DTS where
    PTS went back more often, and without either the end of the frame before. PyAV shows neither
    result, so it is computed here.
    """

    def __init__(self) -> None:
        self._faulty_pts = 0
        self._faulty_dts = 0
        self._last_pts = _NEVER
        self._last_dts = _NEVER
        self._last: int | None = None
        self._last_length = 1

    def time_of(self, pts: int | None, dts: int | None, duration: int) -> int | None:
        """The next frame's time; `duration` 0: not stated. None: no frame had a time yet."""
        time = self._guess(pts, dts)
        if time is None and self._last is not None:
            time = self._last + self._last_length
        if time is not None:
            self._last_length = self._length(time, duration)
            self._last = time
        return time

    def _guess(self, pts: int | None, dts: int | None) -> int | None:
        if dts is not None:
            self._faulty_dts += dts <= self._last_dts
        if pts is not None:
            self._faulty_pts += pts <= self._last_pts
        known_dts, known_pts = pts if dts is None else dts, dts if pts is None else pts
        if known_pts is None or known_dts is None:
            return None
        self._last_pts, self._last_dts = known_pts, known_dts
        return known_pts if dts is None or self._faulty_pts <= self._faulty_dts else known_dts

    def _length(self, time: int, duration: int) -> int:
        """How long the frame at `time` is shown, if the one after it has no time."""
        gap = 0 if self._last is None else time - self._last
        is_invented = duration == 1 and gap > 2  # by a demuxer that knew none
        if duration > 0 and not is_invented:
            return duration
        return gap if gap > 0 else max(duration, self._last_length)


class Timeline:
    """PTS of a source's frames in presentation order, made strictly increasing.

    Decoders hand over frames in presentation order, but broken streams repeat a time or turn it
    back; such a frame gets the place of one usual gap (at least one tick) after its predecessor.
    """

    def __init__(self, time_base: Fraction, start_pts: int | None) -> None:
        self.time_base = time_base
        self.first_pts = start_pts or 0
        self.last_pts = 0
        self.n_frames = 0
        self.n_repaired = 0
        self._best_effort = BestEffort()
        self._last_duration = 0
        self._gaps: Counter[int] = Counter()

    def add(self, pts: int | None, duration: int | None, dts: int | None = None) -> int:
        """Take the next frame's PTS, stated duration and DTS; returns the PTS that it gets."""
        pts = self._best_effort.time_of(pts, dts, duration or 0)
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
        # Of whole numbers, so rounded once; a Fraction here costs as much as a small picture.
        ticks = (pts - self.first_pts) * self.time_base.numerator
        return ticks / self.time_base.denominator

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
