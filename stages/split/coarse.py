"""Where the fast mode has to look closely. Pure.

A coarse look sees some of the frames: keyframes, and where the picture changes between two of
them also the reference frames in between. The detector that runs on these says roughly where
boundaries may be; whatever is not plainly a cut at a keyframe is looked at again, every frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.outcomes import BoundaryKind
from stages.split.spans import Boundary

MARGIN_S = 1.2
"""Time around a possible boundary that is looked at closely: longer than half a transition, with
some quiet frames on either side."""

_QUIET_CORRELATION = 0.9
_QUIET_CHANGE = 12.0
_SIDE = (40, 24)
_PLAIN_SCORE = 0.9


@dataclass(frozen=True)
class Suspect:
    """A boundary that the coarse look found: it lies after frame `low`, at `high` or before, and
    `high` is the coarse boundary's own frame."""

    low: int
    high: int
    boundary: Boundary


def looks_quiet(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    """Whether two luma pictures, of neighbouring keyframes, show the same scene nearly unmoved."""
    import cv2

    a, b = (
        np.asarray(cv2.resize(luma, _SIDE, interpolation=cv2.INTER_AREA), np.float64).ravel()
        for luma in (before, after)
    )
    if float(np.abs(a - b).mean()) > _QUIET_CHANGE:
        return False
    spread = a.std() * b.std()
    if spread < 1.0:
        return True  # both flat, and equally bright
    return bool(((a - a.mean()) * (b - b.mean())).mean() / spread >= _QUIET_CORRELATION)


def is_plain_cut(suspect: Suspect, keys: set[int], others: list[Suspect], margin: int) -> bool:
    """Whether the suspect is a cut exactly at a keyframe, beyond doubt and with nothing near: an
    encoder puts a keyframe at the first frame of a new shot."""
    boundary = suspect.boundary
    return (
        boundary.kind == BoundaryKind.CUT
        and boundary.frame in keys
        and (boundary.score is None or boundary.score >= _PLAIN_SCORE)
        and all(abs(other.high - suspect.high) > margin for other in others if other != suspect)
    )


def groups(suspects: list[Suspect], margin: int) -> list[list[Suspect]]:
    """The suspects, in order, with those together whose close looks would overlap."""
    grouped: list[list[Suspect]] = []
    for suspect in suspects:
        if grouped and suspect.low - grouped[-1][-1].high <= 2 * margin:
            grouped[-1].append(suspect)
        else:
            grouped.append([suspect])
    return grouped
