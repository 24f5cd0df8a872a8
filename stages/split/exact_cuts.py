"""The exact frame of a cut among frames that were not decoded.

Where only pictures to which others refer are decoded, a cut is known to lie between two of them.
An encoder that saw the cut put a keyframe there, which is its place. Else the frames between are
decoded after all, and the cut is where neighbours differ most.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

from schemas.outcomes import BoundaryKind
from stages.split.closed_gops import Unfit
from stages.split.fewer import Look, Part
from stages.split.spans import Boundary


@dataclass(frozen=True)
class _Group:
    """A group whose frames are `first`, `first` + 1, ...; `pts`: those of its frames, in order."""

    first: int
    pts: list[int]
    part: Part


class ExactCuts:
    """Holds the packets of the groups in which a cut may still be reported."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._groups: deque[_Group] = deque()

    def add(self, first: int, part: Part) -> None:
        """The next group, and the number of its first frame."""
        self._groups.append(_Group(first, [packet.pts for packet in part.shown], part))

    def forget_before(self, frame: int) -> None:
        """No cut before `frame` will be asked for."""
        while self._groups and self._groups[0].first + len(self._groups[0].pts) <= frame:
            self._groups.popleft()

    def place(self, boundary: Boundary) -> Boundary:
        """The boundary, which moves to its exact frame where it is a cut between decoded frames.
        Raises Unfit."""
        if boundary.kind != BoundaryKind.CUT or boundary.clip_end != boundary.clip_start:
            return boundary
        inside = (g for g in self._groups if g.first < boundary.frame < g.first + len(g.pts))
        group = next(inside, None)
        if group is None:  # at a keyframe
            return boundary
        at = boundary.frame - group.first
        before, decoded = at - 1, group.part.decoded_pts
        while before > 0 and group.pts[before] not in decoded:
            before -= 1
        if before == at - 1:
            return boundary
        number = group.first + before + 1 + self._largest_change(group, before, at)
        return Boundary(number, boundary.kind, boundary.score)

    def _largest_change(self, group: _Group, before: int, at: int) -> int:
        """Between which neighbours of the frames `before` to `at` of a group the change is
        largest: 0 for the first two."""
        import cv2

        wanted = set(group.pts[before : at + 1])
        usual = {packet.pts for packet in group.part.packets}
        needed, missing = [], set(wanted)
        for packet in group.part.gop.video:
            if not missing:
                break
            missing.discard(packet.pts)
            if packet.pts in wanted or packet.pts in usual:
                needed.append(packet)
        lumas = [view.luma for pts, view in self._look(needed) if pts in wanted]
        if len(lumas) != len(wanted):
            raise Unfit("packets that do not show one frame each")
        changes = [cv2.norm(a, b, cv2.NORM_L1) for a, b in pairwise(lumas)]
        return changes.index(max(changes))
