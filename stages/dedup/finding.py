"""What one alignment of two clips shows, and which of several findings is the better one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stages.dedup.alignment import Alignment
from stages.dedup.evidence import Evidence
from stages.dedup.rects import Rect

USUAL_SPEED = 0.02
"""How much better another speed must fit than the original one."""


@dataclass(frozen=True)
class Finding:
    """The best alignment of two clips and what it shows."""

    alignment: Alignment
    evidence: Evidence
    is_same: bool


def rank(found: Finding) -> tuple[bool, float]:
    seen = found.evidence
    drift = min(seen.trend, seen.slope) - abs(seen.shift)
    return found.is_same, max(seen.course, drift) + bonus(found)


def bonus(found: Finding) -> float:
    return USUAL_SPEED if found.alignment.speed == 1.0 else 0.0


def settled_fit(found: Finding) -> float:
    return fit(found) - abs(found.evidence.shift) + bonus(found)


def fit(found: Finding) -> float:
    return found.evidence.course + found.evidence.trend


def on_frames(found: Finding, of_long: Rect, of_short: Rect) -> Finding:
    at = replace(found.alignment, of_long=of_long, of_short=of_short)
    return replace(found, alignment=at)
