"""Several detectors at once: a boundary is where any of them finds one.

What different detectors find nearer than `near_frames` is one boundary, and so is what overlaps.
It takes in all frames that any of them calls mixed: a clip that lacks a few clean frames is worth
more than one with a few mixed ones. For the same reason it is gradual if any part is, else a cut
if any part is, else forced; a forced boundary has no place of its own beside a found one. Frame
and score are those of the part of that kind whose detector is named first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.outcomes import BoundaryKind
from stages.split.detectors.port import Detector
from stages.split.spans import Boundary
from stages.split.view import FrameView

_KINDS = (BoundaryKind.GRADUAL, BoundaryKind.CUT, BoundaryKind.FORCED)


@dataclass(frozen=True)
class Found:
    """A boundary, and which of the detectors found it."""

    boundary: Boundary
    detector: int


class UnionDetector:
    """The union of `detectors`. A boundary is reported when nothing can join it any more."""

    def __init__(self, detectors: Sequence[Detector], near_frames: int) -> None:
        self._detectors = detectors
        self._near_frames = near_frames
        self._waiting: list[Found] = []
        self._released_to = -1

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        n_before = len(self._waiting)
        for number, detector in enumerate(self._detectors):
            found = detector.process(frame, time_s, view)
            self._waiting += [Found(boundary, number) for boundary in found]
        open_from = self._open_from
        if open_from == self._released_to and len(self._waiting) == n_before:
            return []
        self._released_to = open_from
        return self._released(open_from)

    def finish(self) -> list[Boundary]:
        for number, detector in enumerate(self._detectors):
            self._waiting += [Found(boundary, number) for boundary in detector.finish()]
        return self._released(None)

    @property
    def settled(self) -> int:
        # What is still to come may reach back over the gap to something that waits.
        return min([self._open_from, *(found.boundary.clip_end for found in self._waiting)])

    @property
    def _open_from(self) -> int:
        return min([detector.settled for detector in self._detectors])

    def _released(self, settled: int | None) -> list[Boundary]:
        """Merged boundaries that lie before what is to come from frame `settled` on."""
        groups = grouped(self._waiting, self._near_frames)
        done = [
            group
            for group in groups
            if settled is None or _end(group) + self._near_frames < settled
        ]
        self._waiting = [found for group in groups[len(done) :] for found in group]
        return [merged(group) for group in done]


def grouped(found: list[Found], near_frames: int) -> list[list[Found]]:
    """Groups of what is one boundary, in order; their extents do not overlap."""
    ordered = sorted(found, key=lambda f: (f.boundary.clip_end, f.boundary.clip_start, f.detector))
    groups: list[list[Found]] = []
    for each in ordered:
        if groups and _belongs(each, groups[-1], near_frames):
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


def merged(group: list[Found]) -> Boundary:
    """The boundary that a group is; see the module."""
    if len(group) == 1:
        return group[0].boundary
    kinds = {found.boundary.kind for found in group}
    kind = next(kind for kind in _KINDS if kind in kinds)
    first = min((f for f in group if f.boundary.kind == kind), key=lambda f: f.detector).boundary
    if kind == BoundaryKind.FORCED:
        return first
    seen = [f for f in group if f.boundary.kind != BoundaryKind.FORCED]
    start, end = min(f.boundary.clip_end for f in seen), _end(seen)
    if start == end:
        return Boundary(first.frame, kind, first.score)
    return Boundary(first.frame, kind, first.score, start, end)


def _end(group: list[Found]) -> int:
    return max(found.boundary.clip_start for found in group)


def _belongs(each: Found, group: list[Found], near_frames: int) -> bool:
    gap = each.boundary.clip_end - _end(group)
    is_news = each.detector not in {found.detector for found in group}
    return gap < 0 or (is_news and gap <= near_frames)
