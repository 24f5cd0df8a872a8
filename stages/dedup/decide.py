"""How every shot that resembles another one ends.

1. Exact copies follow a leader: the one whose source has sidecars, then the smallest id, so that
   of identical files one is kept whole.
2. Near copies among the leaders form stars around the best (`cluster.stars`).
3. Where one of the remaining shots contains another, the policy says which one goes.

Shots are numbers here; what was decided before is marked by `Candidate.frozen`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schemas.outcomes import Relation
from stages.dedup.cluster import (
    Candidate,
    best_first,
    components,
    container_order,
    join,
    supported,
)
from stages.dedup.records import Match


@dataclass(frozen=True)
class Place:
    """Where one shot lies in another."""

    score: float
    offset_s: float
    speed: float
    mirrored: bool


@dataclass
class Decision:
    """One shot's end: `stands` stands for it (itself, if it is kept)."""

    stands: int
    cluster: int
    relation: Relation
    place: Place | None = None
    containers: list[tuple[int, Place]] = field(default_factory=list)


@dataclass(frozen=True)
class Rules:
    """The options of DedupConfig that decide."""

    min_length_ratio: float
    contained_policy: str
    drop_contained: bool


def leaders(
    pairs: Sequence[tuple[int, int]],
    shots: Mapping[int, Candidate],
    has_sidecars: Mapping[int, bool],
) -> dict[int, int]:
    """copy -> its leader. `pairs`: copies of each other; those that are not in `shots` are left
    out, and hold the others together."""
    found = {}
    for every in components(pairs):
        group = [shot for shot in every if shot in shots]
        if not group:
            continue
        first = min(
            group,
            key=lambda s: (
                not shots[s].frozen,
                not has_sidecars[s],
                shots[s].quality.source_id,
                shots[s].quality.shot_id,
            ),
        )
        found.update({shot: first for shot in group if shot != first and not shots[shot].frozen})
    return found


def missing_pairs(
    matches: Sequence[Match], shots: Mapping[int, Candidate], compared: set[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Pairs that the index did not bring together though a chain of matches does: every shot of
    a component with the best of it."""
    found = []
    met = {(min(m.long, m.short), max(m.long, m.short)) for m in matches}
    for group in components(sorted(met)):
        best = best_first({shot: shots[shot] for shot in group})[0]
        for shot in group:
            pair = (min(shot, best), max(shot, best))
            if shot != best and pair not in compared:
                found.append(pair)
    return sorted(found)


def decide(
    shots: Mapping[int, Candidate],
    copies: Mapping[int, int],
    matches: Sequence[Match],
    rules: Rules,
) -> dict[int, Decision]:
    """Decisions on all `shots` (those that have a copy, a match, or both)."""
    by_pair = _of_leaders(matches, copies)
    alone = {shot: candidate for shot, candidate in shots.items() if shot not in copies}
    fixed = frozenset(shot for shot, candidate in alone.items() if candidate.frozen)
    like = {p: m for p, m in by_pair.items() if m.cover >= rules.min_length_ratio}
    sure = {pair: 1 - match.score for pair, match in like.items() if match.is_sure}
    weak = {pair: 1 - match.score for pair, match in like.items() if not match.is_sure}
    follows = join(best_first(alone), sure | supported(sure.keys(), weak), fixed)
    left = {shot: candidate for shot, candidate in alone.items() if shot not in follows}
    parts = {
        pair: match
        for pair, match in by_pair.items()
        if match.is_sure and match.cover < rules.min_length_ratio
    }
    inside = {pair: m for pair, m in parts.items() if m.long in left and m.short in left}
    gives_way = (
        join(
            container_order(left, rules.contained_policy),
            {pair: 1 - match.score for pair, match in inside.items()},
            fixed,
        )
        if rules.drop_contained
        else {}
    )
    decisions = {}
    for shot in sorted(alone):
        decisions[shot] = _decision(shot, follows, gives_way, by_pair)
    for match in parts.values():
        place = Place(match.score, match.offset_s, match.speed, match.mirrored)
        decisions[match.short].containers.append((match.long, place))
    for shot, leader in copies.items():
        decisions[shot] = _of_copy(leader, decisions[leader])
        decisions[shot].containers = list(decisions[leader].containers)
    return decisions


def _of_leaders(
    matches: Sequence[Match], copies: Mapping[int, int]
) -> dict[tuple[int, int], Match]:
    """The best match of each pair of shots that are no copies of others, by (smaller, larger)."""
    best: dict[tuple[int, int], Match] = {}
    for match in matches:
        if match.long in copies or match.short in copies:
            continue
        pair = (min(match.long, match.short), max(match.long, match.short))
        before = best.get(pair)
        if before is None or (match.is_sure, match.score) > (before.is_sure, before.score):
            best[pair] = match
    return best


def _decision(
    shot: int,
    follows: Mapping[int, int],
    gives_way: Mapping[int, int],
    by_pair: Mapping[tuple[int, int], Match],
) -> Decision:
    cluster = follows.get(shot, shot)
    stands = gives_way.get(cluster, cluster)
    if stands == shot:
        return Decision(shot, shot, Relation.UNIQUE)
    near = _place(shot, cluster, by_pair) if cluster != shot else None
    outer = _place(cluster, stands, by_pair) if stands != cluster else None
    if outer is None:
        return Decision(stands, cluster, Relation.NEAR, near)
    if near is not None:
        outer = Place(
            min(outer.score, near.score),
            outer.offset_s + near.offset_s * outer.speed,
            outer.speed * near.speed,
            outer.mirrored != near.mirrored,
        )
    return Decision(stands, cluster, Relation.CONTAINED, outer)


def _place(shot: int, other: int, by_pair: Mapping[tuple[int, int], Match]) -> Place:
    """Where `shot` lies in `other`; where `other` is the part, its place turned around."""
    match = by_pair[(min(shot, other), max(shot, other))]
    if match.short == shot:
        return Place(match.score, match.offset_s, match.speed, match.mirrored)
    return Place(match.score, -match.offset_s / match.speed, 1 / match.speed, match.mirrored)


def _of_copy(leader: int, decision: Decision) -> Decision:
    """How an exact copy ends, given how its leader ended."""
    if decision.stands == leader:
        return Decision(leader, leader, Relation.EXACT, Place(1.0, 0.0, 1.0, False))
    return Decision(decision.stands, decision.cluster, decision.relation, decision.place)
