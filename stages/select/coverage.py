"""Which teachers to run: greedy set cover over the clips on which each is good.

Panda-70M (Chen et al., CVPR 2024) chose its captioners so: first the one that is good on most
clips, then always the one that is good on most of the clips that are still without a good one.
The best of 31 is good on 30.8 % of its clips; eight cover 76.8 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """`n_new`: clips that this teacher adds; `n_covered`: clips covered with it; `n_alone`:
    clips on which it is good by itself."""

    teacher: str
    n_new: int
    n_covered: int
    n_alone: int


def greedy_cover(good: Mapping[str, frozenset[str]]) -> list[Step]:
    """All teachers in greedy order. `good`: teacher -> clips on which it is good. Of equals the
    one that is good on more clips by itself goes first, then the first by name."""
    covered: set[str] = set()
    waiting = dict(good)
    steps = []
    while waiting:
        name = min(waiting, key=lambda n: (-len(waiting[n] - covered), -len(waiting[n]), n))
        clips = waiting.pop(name)
        n_new = len(clips - covered)
        covered |= clips
        steps.append(Step(name, n_new, len(covered), len(clips)))
    return steps
