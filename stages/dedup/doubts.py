"""What speaks against two clips being the same, though their films agree."""

from __future__ import annotations

import math

from stages.dedup.alignment import Alignment
from stages.dedup.evidence import Floats, only_fades
from stages.dedup.footage import Footage
from stages.dedup.wording import agreement, stand_apart

_SAME_TIME = 0.9
"""Share of the longer clip from which both cover the same time. The spans that are kept of a part
are those of other times."""


def differs(a: Footage, b: Footage, at: Alignment, min_detail: float) -> bool:
    """Whether clips of which b, the shorter one, lies on a are different even so: still pictures
    with the same fade, cards that differ in what is written on them, or text that is typed."""
    films = _part(a, b, at), b.view(at.of_short, at.mirrored)[0]
    if any(len(film) > 1 and only_fades(film) for film in films):
        return True
    if a.detail is None or b.detail is None:
        return False
    if at.speed * b.duration_s >= _SAME_TIME * a.duration_s and stand_apart(a.detail, b.detail, at):
        return True
    agrees = agreement(a.detail, b.detail, at)
    return agrees is not None and agrees < min_detail


def _part(a: Footage, b: Footage, at: Alignment) -> Floats:
    """The pictures of a that lie wholly in the time of b, (n, cells)."""
    end_s = at.offset_s + at.speed * b.duration_s
    first, after = math.ceil(at.offset_s / a.part_s), math.floor(end_s / a.part_s)
    return a.view(at.of_long)[0][max(0, first) : max(0, after)]
