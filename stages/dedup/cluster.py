"""From matching pairs to decisions: clusters that are stars, never chains.

If A looks like B and B like C, then A and C may still be different clips; joining all three
(connected components) lets clusters creep. Here every member matches its representative itself.
Shots are taken in the order of quality: one that matches no representative so far becomes one;
one that matches some joins the most similar of them (the better one if two are equal). Since the
order is total, the result does not depend on the order of pairs or rows.

A faint copy may match others of its kind and miss their best one by a little. Such a pair counts
where a third shot matches both, and where its own similarity is not below a floor (`supported`):
one step of a chain, never two.

Containment is decided among the representatives that are left, in the same way, in the order of
its own policy. A shot that was decided before (`frozen`) comes first in every order, so new shots
join it and never replace it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from stages.dedup.quality import Quality


@dataclass(frozen=True)
class Match:
    """Two shots, by rank (0 is the best), that show the same footage."""

    better: int
    worse: int
    distance: float


@dataclass(frozen=True)
class Membership:
    """Where one shot ended: its representative's rank (its own, when it is one)."""

    representative: int
    match: Match | None


@dataclass(frozen=True)
class Candidate:
    """One shot of the decision. `fps`: frame rate of its source, 0 if unknown; `listed`: key of
    the source and start in it, the order in which shots are listed."""

    quality: Quality
    frozen: bool = False
    fps: float = 0.0
    listed: tuple[str, float] = ("", 0.0)


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


def join(
    order: Sequence[int], distances: Mapping[tuple[int, int], float], fixed: frozenset[int]
) -> dict[int, int]:
    """shot -> the shot that stands for it, for those that give way. `order`: the best first;
    `distances` by pairs of shots, in any order; shots in `fixed` never give way."""
    rank = {shot: place for place, shot in enumerate(order)}
    matches = []
    for (a, b), distance in distances.items():
        if a not in rank or b not in rank:
            continue
        better, worse = sorted((rank[a], rank[b]))
        if order[worse] not in fixed:
            matches.append(Match(better, worse, distance))
    members = stars(len(order), matches)
    return {
        order[place]: order[member.representative]
        for place, member in enumerate(members)
        if member.match is not None
    }


def supported(
    sure: Set[tuple[int, int]], weak: Mapping[tuple[int, int], float]
) -> dict[tuple[int, int], float]:
    """Of the weak pairs those whose shots both match a third one. Pairs are (smaller, larger)."""
    near: dict[int, set[int]] = defaultdict(set)
    for a, b in sure:
        near[a].add(b)
        near[b].add(a)
    return {(a, b): distance for (a, b), distance in weak.items() if near[a] & near[b]}


def best_first(shots: Mapping[int, Candidate]) -> list[int]:
    """Shots by quality; those that were decided before come first."""
    return sorted(shots, key=lambda s: (not shots[s].frozen, shots[s].quality.sort_key()))


def container_order(shots: Mapping[int, Candidate], policy: str) -> list[int]:
    """Shots in the order in which they are kept when one contains the other."""

    def key(shot: int) -> tuple[object, ...]:
        quality = shots[shot].quality
        first: tuple[object, ...] = ()
        if policy == "keep_longest":
            first = (-quality.duration_s,)
        elif policy == "keep_first":
            first = (quality.source_id, quality.shot_id)
        return (not shots[shot].frozen, *first, *quality.sort_key())

    return sorted(shots, key=key)


def components(pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Connected shots, each list sorted, the lists by their first shot."""
    parent: dict[int, int] = {}

    def root(shot: int) -> int:
        while parent.setdefault(shot, shot) != shot:
            parent[shot] = parent[parent[shot]]
            shot = parent[shot]
        return shot

    for a, b in pairs:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    groups: dict[int, list[int]] = {}
    for shot in sorted(parent):
        groups.setdefault(root(shot), []).append(shot)
    return list(groups.values())
