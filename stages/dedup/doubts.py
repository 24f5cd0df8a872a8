"""What speaks against two clips being the same, though their films agree."""

from __future__ import annotations

from stages.dedup.alignment import Alignment, films_at
from stages.dedup.evidence import only_fades
from stages.dedup.footage import Footage
from stages.dedup.wording import agreement


def differs(a: Footage, b: Footage, at: Alignment, min_detail: float) -> bool:
    """Whether clips of which b, the shorter one, lies on a are different even so: still pictures
    with the same fade, or cards that differ in what is written on them."""
    films = films_at(a, b, at)
    if films is not None and any(only_fades(film) for film in films):
        return True
    if a.detail is None or b.detail is None:
        return False
    agrees = agreement(a.detail, b.detail, at)
    return agrees is not None and agrees < min_detail
