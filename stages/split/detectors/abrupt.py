"""Cuts that no one could miss: from one frame to the next everything is another colour.

The network of `default` learned to distrust sudden change, because flashes, banners and camera
moves make it too, and so it can miss a cut into a shot that begins with a fast move of its own.
This rule knows only one kind of cut and is sure of it. The frame before and the frame after

1. share less than half of their colours (64 bins of chroma) and have other tones,
2. are uncorrelated in what is left of the picture after coarse light is taken out,
3. differ all at once: among the frames before, and among those after, colours change little;
4. and all this still holds a fifth of a second around: a flash goes, a cut stays.

Cameras that pan, zoom or shake change colours bit by bit; light that is switched keeps the
detail; what pops up over a part of the picture keeps the other part's colours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from schemas.outcomes import BoundaryKind
from stages.split.detectors.bars import Bars, Window
from stages.split.spans import Boundary
from stages.split.view import NOTHING, FrameView

_AROUND_S = 0.2
_MIN_COLOURS = 0.5
_MIN_TONES = 0.25
_MAX_CORRELATION = 0.25
_CALM = 0.3
"""Change of colours next to the cut, as a share of that at the cut."""

_SIDE = (32, 18)
_BATCH = 48
_BATCHES_WITH_BARS = 3


@dataclass(frozen=True)
class Glance:
    """What the rule sees of a frame: shares of its chroma bins; tones and detail if asked."""

    frame: int
    view: FrameView
    colours: NDArray[np.float64]

    @cached_property
    def tones(self) -> NDArray[np.float64]:
        """Shares of the luma bins."""
        counts = np.bincount((self._luma >> 5).ravel(), minlength=8)
        return np.asarray(counts / counts.sum())

    @cached_property
    def detail(self) -> NDArray[np.float32]:
        """Luma without its coarse light, mean 0."""
        import cv2

        luma = self._luma.astype(np.float32)
        detail = luma - cv2.blur(luma, (9, 9))
        return np.asarray(detail - detail.mean(), np.float32)

    @cached_property
    def _luma(self) -> NDArray[np.uint8]:
        import cv2

        return np.asarray(cv2.resize(self.view.luma, _SIDE, interpolation=cv2.INTER_AREA), np.uint8)


def glances_at(frames: Sequence[tuple[int, FrameView]]) -> list[Glance]:
    """The glances of numbered frames; every second pixel of their chroma is enough for shares."""
    u = np.stack([view.u[::2, ::2] for _, view in frames])
    v = np.stack([view.v[::2, ::2] for _, view in frames])
    bins, n = _bins(), len(frames)
    cells = ((bins[u] << 3) | bins[v]).reshape(n, -1) + 64 * np.arange(n)[:, None]
    counts = np.bincount(cells.ravel(), minlength=64 * n).reshape(n, 64)
    shares = counts / cells.shape[1]
    return [Glance(frame, view, own) for (frame, view), own in zip(frames, shares, strict=True)]


def is_abrupt(before: Glance, after: Glance) -> bool:
    """Whether two frames have nothing in common: conditions 1 and 2."""
    return (
        change(before.colours, after.colours) >= _MIN_COLOURS
        and change(before.tones, after.tones) >= _MIN_TONES
        and _correlation(before.detail, after.detail) <= _MAX_CORRELATION
    )


def change(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """The share of a distribution that lies elsewhere, 0-1."""
    return float(np.abs(before - after).sum()) / 2


class AbruptDetector:
    """Reports a cut some frames after it, with the change of colours as its score. Frames are
    looked at in batches, which costs a fourth of looking at each by itself."""

    def __init__(self, fps: float | None) -> None:
        self._around = max(2, round(_AROUND_S * (fps or 25.0)))
        self._glances: deque[Glance] = deque(maxlen=2 * self._around + 2)
        self._seen: deque[tuple[int, FrameView]] = deque(maxlen=self._glances.maxlen)
        """The frames of the glances; of pictures between bars a glance sees what is inside."""
        self._bars = Bars(_BATCHES_WITH_BARS)
        self._window: Window | None = None
        self._waiting: list[tuple[int, FrameView]] = []

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        if view is NOTHING:
            return []
        self._waiting.append((frame, view))
        return self.finish() if len(self._waiting) >= _BATCH else []

    def finish(self) -> list[Boundary]:
        found: list[Boundary] = []
        if not self._waiting:
            return found
        window = self._bars.see([view for _, view in self._waiting])
        if self._seen and window != self._window:
            anew = glances_at([(frame, window.of(view)) for frame, view in self._seen])
            self._glances = deque(anew, self._glances.maxlen)
        self._window = window
        for glance in glances_at([(number, window.of(view)) for number, view in self._waiting]):
            self._glances.append(glance)
            if len(self._glances) == 2 * self._around + 2:
                found += self._cut_at(self._around + 1)
        self._seen.extend(self._waiting)
        self._waiting = []
        return found

    @property
    def settled(self) -> int:
        if len(self._glances) > self._around:
            return self._glances[-self._around - 1].frame
        seen = [glance.frame for glance in self._glances] or [frame for frame, _ in self._waiting]
        return seen[0] if seen else 0

    def _cut_at(self, at: int) -> list[Boundary]:
        """The cut between the glances `at` - 1 and `at`, if there is one."""
        glances = self._glances
        jump = change(glances[at - 1].colours, glances[at].colours)
        if jump < _MIN_COLOURS:
            return []
        calm = _CALM * jump
        if change(glances[at - 2].colours, glances[at - 1].colours) > calm:
            return []
        if change(glances[at].colours, glances[at + 1].colours) > calm:
            return []
        distances = range(1, self._around + 1)
        if not all(is_abrupt(glances[at - d], glances[at + d - 1]) for d in distances):
            return []
        return [Boundary(glances[at].frame, BoundaryKind.CUT, jump)]


@cache
def _bins() -> NDArray[np.uint8]:
    """Chroma to one of 8 bins, finer near grey."""
    return np.digitize(np.arange(256), (68, 100, 118, 128, 138, 156, 188)).astype(np.uint8)


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    spread = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / spread if spread > 0 else 0.0
