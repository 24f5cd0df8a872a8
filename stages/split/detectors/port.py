"""What a shot boundary detector is to the decode pass."""

from __future__ import annotations

from typing import Protocol

from stages.split.spans import Boundary
from stages.split.view import FrameView


class Detector(Protocol):
    """Finds boundaries while frames pass by, in the order of presentation.

    The first frame that a detector sees need not be frame 0. In the fast mode not all are decoded;
    the view of the others is NOTHING.
    """

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        """Boundaries that this frame decides, in order; their frames are at most `frame`."""
        ...

    def finish(self) -> list[Boundary]:
        """Boundaries that were still waiting for frames when the last one had been seen."""
        ...

    @property
    def settled(self) -> int:
        """No boundary will be reported any more whose `clip_end` is before this frame."""
        ...
