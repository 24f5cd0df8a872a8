"""A detector for a source of which only some stretches are seen: a new one for each of them."""

from __future__ import annotations

from collections.abc import Callable

from stages.split.detectors.port import Detector
from stages.split.spans import Boundary
from stages.split.view import NOTHING, FrameView

_MOST_BETWEEN = 8
"""Frames that may be passed over between two of one stretch: half of as many B-frames as an
encoder takes in a row."""


class StretchDetector:
    """Gives each stretch of frames that were decoded to a detector of its own; where a few frames
    are passed over (their view is NOTHING), the stretch goes on without them. Where more are,
    nothing is found. `lead`: a detector finds nothing in so many frames at its beginning, so it
    first sees a still picture for as long."""

    def __init__(self, make: Callable[[], Detector], lead: int = 0) -> None:
        self._make = make
        self._lead = lead
        self._detector: Detector | None = None
        self._next = 0
        self._passed_over = 0

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        self._next = frame + 1
        if view is NOTHING:
            self._passed_over += 1
            return self.finish() if self._passed_over > _MOST_BETWEEN else []
        self._passed_over = 0
        if self._detector is None:
            self._detector = self._make()
            for before in range(max(0, frame - self._lead), frame):
                self._detector.process(before, time_s, view)
        return self._detector.process(frame, time_s, view)

    def finish(self) -> list[Boundary]:
        detector, self._detector = self._detector, None
        return detector.finish() if detector is not None else []

    @property
    def settled(self) -> int:
        return self._detector.settled if self._detector is not None else self._next
