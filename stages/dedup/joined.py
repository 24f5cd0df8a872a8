"""How clips that are joined from shots end, given how the shots in them ended. Pure.

A clip of a larger scale (split.scales) overlaps its shots and other scales, so it is never
compared: a parent and its child would be copies of each other. Its footage is that of its shots,
and those have been judged: it is a copy when copies of kept shots make up more than half of what
it holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_COPIED = 0.5


@dataclass(frozen=True)
class Stretch:
    """Seconds [start_s, end_s) of one source that a shot or a clip takes."""

    shot_id: str
    start_s: float
    end_s: float

    def shared_s(self, other: Stretch) -> float:
        """Length of what both take."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))


@dataclass(frozen=True)
class Copied:
    """What of a joined clip is a copy: its share, and the shot that is kept for the longest."""

    share: float
    representative: str


def copied(
    clip: Stretch, shots: Sequence[Stretch], kept_instead: Mapping[str, str]
) -> Copied | None:
    """Whether too much of a clip is copied; None: it is not. `shots`: of the same source;
    `kept_instead`: for each dropped copy among them the shot that is kept."""
    held_s = {shot.shot_id: clip.shared_s(shot) for shot in shots}
    total_s = sum(held_s.values())
    lost = {shot_id: s for shot_id, s in held_s.items() if shot_id in kept_instead and s > 0}
    if not lost or sum(lost.values()) <= MOST_COPIED * total_s:
        return None
    longest = max(lost, key=lambda shot_id: (lost[shot_id], shot_id))
    return Copied(sum(lost.values()) / total_s, kept_instead[longest])
