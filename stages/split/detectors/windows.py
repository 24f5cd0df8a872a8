"""Overlapping windows over a stream, for networks that see a stretch of frames at once.

Every window holds `CONTEXT` frames, `STEP` frames that it decides, and `CONTEXT` frames more;
before the first and after the last frame those frames are repeated. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

CONTEXT = 25
STEP = 50


@dataclass(frozen=True)
class Window(Generic[T]):
    """`frames` has 2 * CONTEXT + STEP entries; those from CONTEXT on, `n_decided` of them, are
    the frames `first`, `first` + 1, ... of the stream."""

    frames: list[T]
    first: int
    n_decided: int


class WindowFeed(Generic[T]):
    """Takes frames one by one and gives each window as soon as its last frame is there."""

    def __init__(self) -> None:
        self._held: list[T] = []
        self._n_seen = 0
        self._n_decided = 0

    def add(self, frame: T) -> Window[T] | None:
        """Take the next frame; a window when it completes one."""
        if self._n_seen == 0:
            self._held = [frame] * CONTEXT
        self._held.append(frame)
        self._n_seen += 1
        return self._window(STEP) if len(self._held) == 2 * CONTEXT + STEP else None

    def rest(self) -> list[Window[T]]:
        """The windows that decide the frames that are still undecided at the end."""
        windows = []
        while (n_left := self._n_seen - self._n_decided) > 0:
            missing = 2 * CONTEXT + STEP - len(self._held)
            self._held += [self._held[-1]] * missing
            windows.append(self._window(min(STEP, n_left)))
        return windows

    def _window(self, n_decided: int) -> Window[T]:
        window = Window(self._held[:], self._n_decided, n_decided)
        self._n_decided += n_decided
        del self._held[:STEP]
        return window
