"""Figures and keyframes of a clip that is made of several shots or parts of them. Pure.

They were measured shot by shot; frames between the shots that trimming left out do not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from schemas.table import Row
from stages.split.spooled import Spooled

_MEANS = ("motion", "pan_x", "pan_y", "zoom", "shake", "brightness", "contrast", "saturation")
_BORDERS = ("border_left", "border_right", "border_top", "border_bottom")


def figures_of(members: Sequence[Row], start: int, end: int) -> Row:
    """Figures of the frames [start, end) from the rows of the shots that reach into them.

    Means are weighted by frames; sharpness is the weighted median; a border is as wide as the
    narrowest of the members'. A figure is null where no member has it. There is no signature:
    whether a joined clip is a copy follows from its shots.
    """
    weights = [min(end, row["end_frame"]) - max(start, row["start_frame"]) for row in members]

    def known(name: str) -> list[tuple[float, int]]:
        values = [(row.get(name), weight) for row, weight in zip(members, weights, strict=True)]
        return [(value, weight) for value, weight in values if value is not None]

    figures: Row = {}
    for name in _MEANS:
        values = known(name)
        total = sum(weight for _, weight in values)
        figures[name] = sum(v * weight for v, weight in values) / total if values else None
    for name in _BORDERS:
        figures[name] = min((value for value, _ in known(name)), default=None)
    figures["sharpness"] = _weighted_median(known("sharpness"))
    figures["colours"] = _colours([row.get("colours") or [] for row in members], weights)
    return figures


def keyframes_of(
    shown: Sequence[Spooled], start: int, end: int, start_s: float, end_s: float, count: int
) -> list[Spooled]:
    """Of the pictures of [start, end), the one nearest to the middle, then up to `count` - 1
    that are spread most evenly, in the order of time."""
    rest = [picture for picture in shown if start <= picture.frame < end]
    if not rest:
        return []
    middle_s = (start_s + end_s) / 2
    first = min(rest, key=lambda picture: (abs(picture.time_s - middle_s), picture.frame))
    chosen = [first]
    rest.remove(first)
    while rest and len(chosen) < count:
        furthest = max(
            rest,
            key=lambda picture: (
                min(abs(picture.time_s - other.time_s) for other in chosen),
                -picture.frame,
            ),
        )
        chosen.append(furthest)
        rest.remove(furthest)
    return [first, *sorted(chosen[1:], key=lambda picture: picture.frame)]


def _weighted_median(values: Sequence[tuple[float, int]]) -> float | None:
    half = sum(weight for _, weight in values) / 2
    passed = 0
    for value, weight in sorted(values):
        passed += weight
        if passed >= half:
            return value
    return None


def _colours(lists: Sequence[Sequence[str]], weights: Sequence[int]) -> list[str]:
    """Colour names by their places in the members' lists, each place counting half the one
    before."""
    votes: dict[str, float] = defaultdict(float)
    for names, weight in zip(lists, weights, strict=True):
        for place, name in enumerate(names):
            votes[name] += weight / 2**place
    most = max((len(names) for names in lists), default=0)
    return sorted(votes, key=lambda name: (-votes[name], name))[:most]
