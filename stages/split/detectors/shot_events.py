"""From probabilities per frame to boundaries. Pure.

A gradual transition is a run of frames that probably lie in one and whose best frame certainly
does; a cut is a frame that stands out among its neighbours. Where both are found in one place,
only one of them is true.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.outcomes import BoundaryKind
from stages.split.spans import Boundary

Floats = NDArray[np.float32]

RUN_SHARE = 0.4
"""Share of the threshold of mixed frames that the other frames of a run must reach."""

SURE_SHARE = 0.9
"""Share of a run's best answer that its surest frames have."""

MAX_GAP = 4
"""Frames in a run that may fall below that."""

MAX_RUN = 240
"""Frames after which a run ends whatever follows, so that memory stays bounded."""

NEAR = 3
"""Two cuts nearer than this are one, and a cut this near to a short run is the same event."""

SHORT_RUN = 12
"""A sure cut in a run of at most so many frames is the event: a shot that begins with a burst of
motion looks mixed for a while. In a longer run the surer of the two is."""

SETTLE = MAX_GAP + 2 * NEAR + 1
"""Frames that must be known after an event before it is certain."""


@dataclass(frozen=True)
class Thresholds:
    """Probabilities from which a frame is the first after a cut, and from which the best frame of a
    run lies in a gradual transition."""

    cut: float
    mixed: float


@dataclass(frozen=True)
class Event:
    """Frames [start, end) of a transition; empty for a cut at `start`. `middle` is the first
    frame of the new shot: of a transition, the middle of the frames that are surest."""

    start: int
    end: int
    middle: int
    score: float

    @property
    def is_cut(self) -> bool:
        return self.start == self.end

    def later(self, frames: int) -> Event:
        """The same event, where frames are counted from `frames` earlier."""
        return Event(self.start + frames, self.end + frames, self.middle + frames, self.score)

    def boundary(self) -> Boundary:
        if self.is_cut:
            return Boundary(self.start, BoundaryKind.CUT, self.score)
        return Boundary(self.middle, BoundaryKind.GRADUAL, self.score, self.start, self.end)


def cut_at(frame: int, score: float) -> Event:
    return Event(frame, frame, frame, score)


def is_active(answers: Floats, thresholds: Thresholds) -> NDArray[np.bool_]:
    """Frames that may belong to an event; the others never matter to it."""
    cut, mixed = answers.T
    return np.asarray((cut >= thresholds.cut) | (mixed >= thresholds.mixed * RUN_SHARE))


def find_events(answers: Floats, thresholds: Thresholds) -> list[Event]:
    """Events in the answers (n, 2) of consecutive frames, in order."""
    runs = _runs(answers[:, 1], thresholds.mixed)
    cuts = _cuts(answers[:, 0], thresholds.cut)
    kept_runs = []
    for run in runs:
        inside = [c for c in cuts if run.start - NEAR <= c.start <= run.end + NEAR]
        if not inside:
            kept_runs.append(run)
            continue
        best = max(inside, key=lambda event: event.score)
        if run.end - run.start <= SHORT_RUN or best.score > run.score:
            continue
        kept_runs.append(run)
        cuts = [c for c in cuts if c not in inside]
    return sorted(kept_runs + cuts, key=lambda event: event.start)


def _runs(mixed: Floats, threshold: float) -> list[Event]:
    inside = np.flatnonzero(mixed >= threshold * RUN_SHARE)
    if not len(inside):
        return []
    breaks = np.flatnonzero(np.diff(inside) > MAX_GAP + 1)
    runs = []
    for part in np.split(inside, breaks + 1):
        start, end = int(part[0]), int(part[-1]) + 1
        best = float(mixed[start:end].max())
        if best >= threshold and end - start >= 2:
            sure = start + np.flatnonzero(mixed[start:end] >= SURE_SHARE * best)
            runs.append(Event(start, end, int(sure[0] + sure[-1] + 1) // 2, best))
    return runs


def _cuts(cut: Floats, threshold: float) -> list[Event]:
    found: list[Event] = []
    for at in np.flatnonzero(cut >= threshold):
        score = float(cut[at])
        if found and at - found[-1].start < NEAR:
            if score > found[-1].score:
                found[-1] = cut_at(int(at), score)
            continue
        found.append(cut_at(int(at), score))
    return found
