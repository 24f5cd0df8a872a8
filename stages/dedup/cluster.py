"""From matching pairs to clusters that are stars, never chains.

If A looks like B and B like C, then A and C may still be different clips; joining all three
(connected components) lets clusters creep. Here every member matches its representative itself.
Shots are taken in the order of quality: one that matches no representative so far becomes one;
one that matches some joins the most similar of them (the better one if two are equal). Since the
order of quality is total, the result does not depend on the order of pairs or rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Match:
    """Two shots, by rank of quality (0 is the best), that show the same footage."""

    better: int
    worse: int
    distance: float


@dataclass(frozen=True)
class Membership:
    """Where one shot ended: its representative's rank (its own, when it is one)."""

    representative: int
    match: Match | None


def stars(count: int, matches: Sequence[Match]) -> list[Membership]:
    """Memberships of `count` shots by rank. Raises ValueError for a match of a shot with itself
    or with better >= worse."""
    by_worse: dict[int, list[Match]] = {}
    for match in matches:
        if not 0 <= match.better < match.worse < count:
            raise ValueError(f"{match} is not a pair of ranks below {count}, the better first")
        by_worse.setdefault(match.worse, []).append(match)
    members: list[Membership] = []
    for rank in range(count):
        options = [m for m in by_worse.get(rank, []) if members[m.better].match is None]
        best = min(options, key=lambda m: (m.distance, m.better), default=None)
        members.append(Membership(best.better if best else rank, best))
    return members
