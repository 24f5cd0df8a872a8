"""Whether two clips show the same footage, and how one lies on the other.

The search goes from many cheap looks to few exact ones. For every way in which the pictures may
lie on each other (`footage.placements`), plain and mirrored, the inner products of all pictures
of the one clip with all of the other are one matrix product. The sum along a line of that matrix
is the agreement for one speed and one offset in time; all lines are summed at once (`lines`). The
best lines are moved to where they fit best, and then looked at exactly (`evidence`). Where the
index says at which moment, through which crop and whether mirrored two clips met, that is looked at
first, and nothing else when it settles the matter.

Time: moment t of the shorter clip b is moment speed * t + offset_s of the longer one a. Nearly
all of b has to lie inside a: clips that only share an end are not the same footage.
"""

from __future__ import annotations

from dataclasses import replace

from stages.dedup.alignment import Met
from stages.dedup.doubts import differs
from stages.dedup.evidence import Thresholds
from stages.dedup.finding import Finding, rank
from stages.dedup.footage import STILL_CHANGE, Footage, placements
from stages.dedup.pair import FAINT, SURE, Pair
from stages.dedup.rects import WHOLE

_EXACT = 4


def compare(a: Footage, b: Footage, limits: Thresholds, met: Met | None = None) -> Finding | None:
    """The finding for two clips in any order; `offset_s` is where the shorter one (b, when they
    are equally long) begins inside the other. None where no alignment has anything in common."""
    if min(a.change, b.change) < STILL_CHANGE:
        return None
    if a.duration_s < b.duration_s:
        a, b = b, a
    pair = Pair(a, b, limits)
    found = _compared(pair, met)
    if found is not None and found.is_same and differs(a, b, found.alignment, limits.min_detail):
        return replace(found, is_same=False)
    return found


def _compared(pair: Pair, met: Met | None) -> Finding | None:
    """The finding by the films of two clips."""
    a, b = pair.a, pair.b
    if met is not None:
        best = pair.as_met(met)
        if best is not None:
            return best
    lines = pair.lines([(WHOLE, WHOLE)])
    best = pair.exactly(lines[:1])
    if best is not None and best.is_same and best.evidence.course >= SURE:
        return pair.settled(best)
    if best is not None and pair.is_hopeless(best):
        return best
    ways = [way for way in placements(a.border, b.border) if way != (WHOLE, WHOLE)]
    lines += pair.lines(ways)
    lines.sort(key=lambda line: -line[0])
    found = [best] if best is not None else []
    if lines[0][0] >= FAINT:
        found += [f for line in lines[:_EXACT] if (f := pair.exactly([line])) is not None]
    found.sort(key=rank, reverse=True)
    if not (found and found[0].is_same):
        found += pair.by_scene()
        found.sort(key=rank, reverse=True)
        barred = pair.with_bars()
        if barred and (not found or rank(barred[0]) > rank(found[0])):
            if barred[0].is_same:
                return barred[0]
            found.insert(0, barred[0])
    if found and not found[0].is_same and lines[0][0] >= FAINT:
        found = [pair.placed(f) for f in found[:2]] + pair.at_the_ends()
        found.sort(key=rank, reverse=True)
    return pair.settled(found[0]) if found else None
