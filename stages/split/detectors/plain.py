"""Detectors that do not look at the pictures: `none` and `fixed`."""

from __future__ import annotations

from schemas.outcomes import BoundaryKind
from stages.split.spans import Boundary
from stages.split.view import FrameView


class NoDetector:
    """The whole video is one shot."""

    def __init__(self) -> None:
        self._next = 0

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        self._next = frame + 1
        return []

    def finish(self) -> list[Boundary]:
        return []

    @property
    def settled(self) -> int:
        return self._next


class FixedDetector:
    """A boundary at the first frame at or after each multiple of `length_s`."""

    def __init__(self, length_s: float) -> None:
        self.length_s = length_s
        self._part = 0
        self._next = 0

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        self._next = frame + 1
        part = int(time_s / self.length_s)
        if part == self._part:
            return []
        self._part = part
        return [Boundary(frame, BoundaryKind.FORCED)]

    def finish(self) -> list[Boundary]:
        return []

    @property
    def settled(self) -> int:
        return self._next
