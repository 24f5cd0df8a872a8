"""The default detector: frame relations, a small network over time, and events made from both.

Frames are looked at and judged in batches, some eight seconds late at 30 frames a second. Of
faster videos only every second (third, ...) frame is judged, so that the network sees about the
pace it was trained on; a cut is then placed where the frames between change most. Frame numbers
may jump, where frames were not decoded: a cut is then placed at the frame behind the jump, and a
gradual transition takes in all that may be mixed. Of pictures between bars what is inside is
looked at; when the bars change, so are the frames before on which what follows depends.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stages.split.detectors.bars import Bars, Window
from stages.split.detectors.shot_cover import MOST_GOING_ON, NO_CELLS, cells_of, going_on
from stages.split.detectors.shot_events import (
    MAX_RUN,
    SETTLE,
    Event,
    Thresholds,
    cut_at,
    find_events,
    is_active,
)
from stages.split.detectors.shot_features import N_FEATURES, REACH, FeatureStream
from stages.split.detectors.shot_looks import Looks, look_at
from stages.split.detectors.shot_model import CONTEXT, probabilities
from stages.split.spans import Boundary
from stages.split.view import NOTHING, FrameView

_FASTEST_FPS = 36.0
_USUAL_FPS = 30.0
_VIEWS_PER_BATCH = 48
_BATCHES_WITH_BARS = 3
_RUN_S = 4.5
"""Length that the network judges at once. It looks two seconds to either side, so shorter runs are
mostly spent on frames that are judged in others; longer ones report boundaries later."""


class LearnedDetector:
    """Cuts and gradual transitions, each with the network's probability as its score."""

    def __init__(self, thresholds: Thresholds, fps: float | None) -> None:
        """`fps`: frames that the detector is given, in a second of video."""
        rate = fps or 25.0
        self._thresholds = thresholds
        self._step = round(rate / _USUAL_FPS) if rate > _FASTEST_FPS else 1
        self._answers_per_run = max(1, round(_RUN_S * rate / self._step))
        self._stream = FeatureStream()
        self._bars = Bars(_BATCHES_WITH_BARS)
        self._window: Window | None = None
        self._views: list[FrameView] = []
        self._looked_at: list[FrameView] = []
        """The last frames in the stream, as many as its next row depends on."""
        # Judged frames: rows and cells from `_rows_from` on, answers from `_open_from` on.
        self._rows = np.zeros((0, N_FEATURES), np.float32)
        self._cells = NO_CELLS
        self._rows_from = 0
        self._answered = 0
        self._answers = np.zeros((0, 2), np.float32)
        self._open_from = 0
        self._frames = _Frames(self._step)

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        if view is NOTHING or not self._frames.add(frame, view.luma):
            return []
        self._views.append(view)
        if len(self._views) < _VIEWS_PER_BATCH:
            return []
        self._add_rows(self._look())
        end = self._rows_from + len(self._rows)
        if end - CONTEXT - self._answered < self._answers_per_run:
            return []
        self._judge(end - CONTEXT)
        return self._decide(is_end=False)

    def finish(self) -> list[Boundary]:
        if not self._frames.count:
            return []
        if self._views:
            self._add_rows(self._look())
        self._add_rows(self._last_look.still(-1, REACH))
        self._judge(self._rows_from + len(self._rows))
        return self._decide(is_end=True)

    @property
    def settled(self) -> int:
        return self._frames.after(self._open_from)

    def _look(self) -> Looks:
        """The looks of the views that wait."""
        window = self._bars.see(self._views)
        if self._looked_at and window != self._window:
            self._stream = FeatureStream()
            before = look_at([window.of(view) for view in self._looked_at])
            self._stream.add(before)  # gives the rows that are there already
            self._last_look = before[-1:]
        self._window = window
        looks = look_at([window.of(view) for view in self._views])
        last = self._last_look.luma if self._looked_at else None
        self._cells = self._cells.then(cells_of(looks.luma, last))
        self._looked_at = [*self._looked_at, *self._views][-2 * REACH :]
        self._views = []
        return looks

    def _add_rows(self, looks: Looks) -> None:
        self._last_look = looks[-1:]
        self._rows = np.concatenate([self._rows, self._stream.add(looks)])

    def _judge(self, end: int) -> None:
        """Answers for the judged frames up to `end`."""
        if end <= self._answered:
            return
        answers = probabilities(self._rows)
        judged = slice(self._answered - self._rows_from, end - self._rows_from)
        part = answers[judged].copy()
        part[going_on(self._cells)[judged] > MOST_GOING_ON, 0] = 0.0
        self._answers = np.concatenate([self._answers, part])
        self._answered = end
        gone = max(0, end - CONTEXT - self._rows_from)
        self._rows, self._cells = self._rows[gone:], self._cells[gone:]
        self._rows_from += gone

    def _decide(self, is_end: bool) -> list[Boundary]:
        """Boundaries of the stretches of activity that are over, and forget these."""
        found: list[Event] = []
        while len(self._answers):
            active = np.flatnonzero(is_active(self._answers, self._thresholds))
            if not len(active):
                self._forget(len(self._answers))
                break
            self._forget(int(active[0]))
            pauses = np.flatnonzero(np.diff(active) > SETTLE)
            last = active[pauses[0]] if len(pauses) else active[-1]
            end = int(last - active[0]) + 1
            is_over = is_end or len(self._answers) > end + SETTLE
            if not is_over and len(self._answers) < MAX_RUN:
                break
            part = self._answers[:end]
            found += [event.later(self._open_from) for event in find_events(part, self._thresholds)]
            self._forget(end)
        boundaries = [self._frames.boundary(event) for event in found if event.end > 0]
        self._frames.forget_before(self._open_from)
        return boundaries

    def _forget(self, n: int) -> None:
        self._answers = self._answers[n:]
        self._open_from += n


class _Frames:
    """Numbers of the judged frames, and how much every frame changed, for what is still open."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._n_seen = 0
        self._first = 0
        self._last = -1
        self._judged: list[int] = []
        self._judged_from = 0
        """Index of the first judged frame whose number is held."""
        self._changes: dict[int, float] = {}
        self._before: NDArray[np.uint8] | None = None

    @property
    def count(self) -> int:
        """Judged frames so far."""
        return self._judged_from + len(self._judged)

    def add(self, frame: int, luma: NDArray[np.uint8]) -> bool:
        """Note a frame; says whether it is to be judged."""
        if self._last < 0:
            self._first = frame
        self._last = frame
        if self._step > 1:
            import cv2

            if self._before is not None:
                self._changes[frame] = cv2.norm(luma, self._before, cv2.NORM_L1)
            self._before = luma
        self._n_seen += 1
        if (self._n_seen - 1) % self._step:
            return False
        self._judged.append(frame)
        return True

    def after(self, index: int) -> int:
        """The frame after the judged frame before `index`: where what `index` shows may begin."""
        return self._number(index - 1) + 1 if index else self._first

    def forget_before(self, index: int) -> None:
        for frame in [f for f in self._changes if f < self.after(index)]:
            del self._changes[frame]
        gone = max(0, index - 1 - self._judged_from)
        del self._judged[:gone]
        self._judged_from += gone

    def boundary(self, event: Event) -> Boundary:
        """The boundary of an event whose numbers count judged frames."""
        start = self.after(event.start)
        if event.is_cut:
            at = self._number(event.start)
            between = [frame for frame in self._changes if start <= frame <= at]
            best = max(between, key=self._changes.__getitem__, default=at)
            return cut_at(best, event.score).boundary()
        end = self._number(event.end) if event.end < self.count else self._last + 1
        middle = min(event.middle, self.count - 1)
        return Event(start, end, self._number(middle), event.score).boundary()

    def _number(self, index: int) -> int:
        return self._judged[index - self._judged_from]
