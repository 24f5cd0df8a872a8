"""A bounded choice of moments from a stream whose length is not known.

Keyframes and signature pictures are picked when a shot ends, but decoding is not repeated and
not every picture can be held. So moments are taken at a fixed rate, and when too many wait, older
ones are thinned: of each cell of a time grid the first stays, and the grid doubles its step until
few enough are left. Recent moments stay dense, because the boundary that makes them belong to a
new, short shot may still be unknown.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

RECENT_S = 20.0
"""How long moments are safe from thinning; longer than detectors take to report a boundary."""


@dataclass(frozen=True)
class Moment(Generic[T]):
    """One held picture, or whatever was kept of it."""

    frame: int
    time_s: float
    value: T


class Reservoir(Generic[T]):
    """Moments in the order of time, at least `step_s` apart, about `capacity` old ones."""

    def __init__(self, capacity: int, step_s: float, recent_s: float = RECENT_S) -> None:
        self.capacity = capacity
        self.step_s = step_s
        self.recent_s = recent_s
        self._step_s = step_s
        self._last_cell: int | None = None
        self.moments: list[Moment[T]] = []

    def wants(self, time_s: float) -> bool:
        """Whether the picture at `time_s` is the first in its cell of the finest grid."""
        return self._last_cell is None or int(time_s / self.step_s) > self._last_cell

    def add(self, frame: int, time_s: float, value: T) -> None:
        self._last_cell = int(time_s / self.step_s)
        self.moments.append(Moment(frame, time_s, value))
        self._thin(time_s - self.recent_s)

    def between(self, start: int, end: int) -> list[Moment[T]]:
        """Moments of the frames [start, end)."""
        return [moment for moment in self.moments if start <= moment.frame < end]

    def forget_before(self, frame: int) -> None:
        """Let go of what lies before `frame`; what follows may be dense again."""
        self.moments = [moment for moment in self.moments if moment.frame >= frame]
        self._step_s = self.step_s

    def _thin(self, horizon_s: float) -> None:
        if len(self.moments) <= self.capacity:
            return
        n_old = bisect_left(self.moments, horizon_s, key=lambda moment: moment.time_s)
        if n_old <= self.capacity:
            return
        kept = self._first_of_cells(self.moments[:n_old])
        while len(kept) > self.capacity:
            self._step_s *= 2
            kept = self._first_of_cells(kept)
        self.moments[:n_old] = kept

    def _first_of_cells(self, moments: list[Moment[T]]) -> list[Moment[T]]:
        kept: list[Moment[T]] = []
        last_cell = None
        for moment in moments:
            cell = int(moment.time_s / self._step_s)
            if cell != last_cell:
                kept.append(moment)
            last_cell = cell
        return kept
