"""Which clips people are asked about: as many as possible from different sources, of all lengths,
and both where teachers agree and where they do not."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

N_BINS = 3
"""Lengths and agreements are each cut into thirds of equal size."""


@dataclass(frozen=True)
class Clip:
    """`agreement`: how alike its candidates are, higher is more; null counts as none at all."""

    shot_id: str
    source_id: str
    duration_s: float
    agreement: float | None


def balanced(clips: Sequence[Clip], n_clips: int, seed: int) -> list[Clip]:
    """At most `n_clips` of the clips, in a shuffled order that the seed decides. The cells of
    (length, agreement) take turns; a turn takes the clip of that cell whose source was taken from
    least, and of those the first by a hash of the seed and its id."""
    lengths = _thirds({clip.shot_id: clip.duration_s for clip in clips})
    agreements = _thirds({clip.shot_id: clip.agreement or 0.0 for clip in clips})
    cells: dict[tuple[int, int], list[Clip]] = defaultdict(list)
    for clip in clips:
        cells[lengths[clip.shot_id], agreements[clip.shot_id]].append(clip)
    drawn = {clip.shot_id: drawing(seed, clip.shot_id) for clip in clips}
    of_source: Counter[str] = Counter()
    taken: list[Clip] = []
    while cells and len(taken) < n_clips:
        for cell in sorted(cells):
            if len(taken) == n_clips:
                break
            best = min(cells[cell], key=lambda c: (of_source[c.source_id], drawn[c.shot_id]))
            cells[cell].remove(best)
            of_source[best.source_id] += 1
            taken.append(best)
        cells = defaultdict(list, {cell: left for cell, left in cells.items() if left})
    return sorted(taken, key=lambda clip: drawn[clip.shot_id])


def drawing(seed: int, name: str) -> str:
    """A draw that depends on nothing but the seed and the name; compare as text."""
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()


def _thirds(values: dict[str, float]) -> dict[str, int]:
    """Each name's third; equal values may fall into two."""
    ordered = sorted(values, key=lambda name: (values[name], name))
    return {name: at * N_BINS // len(ordered) for at, name in enumerate(ordered)}
