"""Which of the waiting candidates become a clip's keyframes. Pure.

The first is the candidate nearest to the clip's middle: later stages that look at one picture
take that. The others are chosen one by one as the candidate that differs most from those already
chosen (in small luma, or in looks where an embedder makes them), with blurred ones counting less
and black or flat ones only when there is nothing else.
Candidates wait at least `sample` apart (see reservoir), so the "middle" is within that, or a
sixteenth of the clip when that is more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.split.look import Look

MIN_BRIGHTNESS = 16.0
MIN_CONTRAST = 5.0
THUMB_PX = (16, 16)
LOOK_LEVELS = 50.0
"""What a distance of looks of 1 counts in luma levels: unrelated pictures are some 70 apart in
both."""


@dataclass(frozen=True)
class Candidate:
    """What decides about one candidate; `thumb` is its luma, averaged down to THUMB_PX."""

    time_s: float
    sharpness: float
    thumb: NDArray[np.float32]


def thumb_of(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    import cv2

    return cv2.resize(luma, THUMB_PX, interpolation=cv2.INTER_AREA).astype(np.float32)


def choose(
    candidates: Sequence[Candidate],
    middle_s: float,
    count: int,
    looks: Callable[[int], Look] | None = None,
) -> list[int]:
    """Indices of the chosen candidates: the middle one, then the others in the order of time.
    `looks`: the look of a candidate, by its index; asked for only where there is a choice."""
    if not candidates:
        return []
    everyone = range(len(candidates))
    first = min(everyone, key=lambda i: (abs(candidates[i].time_s - middle_s), i))
    usual = float(np.median([candidate.sharpness for candidate in candidates]))
    is_free = 1 < count < len(candidates)
    seen = np.stack([looks(i) for i in everyone]) if looks and is_free else None
    distance = np.full(len(candidates), np.inf)
    chosen = [first]
    while len(chosen) < min(count, len(candidates)):
        distance = np.minimum(distance, _distances(candidates, seen, chosen[-1]))
        rest = [i for i in everyone if i not in chosen]
        good = [i for i in rest if _is_usable(candidates[i])] or rest
        chosen.append(
            max(good, key=lambda i: (_merit(candidates[i], float(distance[i]), usual), -i))
        )
    return [first, *sorted(chosen[1:])]


def _distances(
    candidates: Sequence[Candidate], looks: NDArray[np.float32] | None, one: int
) -> NDArray[np.float64]:
    """How far each candidate is from one of them, in luma levels."""
    if looks is not None:
        apart = np.linalg.norm(looks - looks[one], axis=1)
        return np.asarray(LOOK_LEVELS * apart, np.float64)
    latest = candidates[one].thumb
    return np.array([float(np.abs(each.thumb - latest).mean()) for each in candidates])


def _is_usable(candidate: Candidate) -> bool:
    thumb = candidate.thumb
    return float(thumb.mean()) >= MIN_BRIGHTNESS and float(thumb.std()) >= MIN_CONTRAST


def _merit(candidate: Candidate, distance: float, usual_sharpness: float) -> float:
    """Difference from what is chosen, less where the picture is softer than usual in the clip."""
    softness = min(1.0, candidate.sharpness / usual_sharpness) if usual_sharpness > 0 else 1.0
    return (0.5 + distance) * softness
