"""How every shot that resembles another one ends.

1. Exact copies follow a leader: the one whose source has sidecars, then the smallest id, so that
   of identical files one is kept whole.
2. Near copies among the leaders form stars around the best (`cluster.stars`).
3. Where one of the remaining shots contains another, the policy says which one goes.
4. A shot that gives way names one shot that stands for it. Of several kept containers it is the
   most direct one: one of the same frame rate, which cutting and joining keep; then one of which
   it is a whole scene; then the shortest. The others stand in its list of containers. A shot that
   is a near copy only for a part of its length, and lies whole in a kept container, names that in
   the same way. But a shot never follows a near copy that is shorter and gives way to a container
   without the rest of it.

Shots are numbers here; what was decided before is marked by `Candidate.frozen`.
"""

from __future__ import annotations

from collections import defaultdict
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

_SAME_RATE = 5e-4
"""Frame rates that differ by less, as a share, are the same; 29.97 and 30 differ by twice this."""
_WHOLE_LENGTH = 0.9
"""Two clips of which the shorter has at least this share of the longer one's length are copies of
the whole."""


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
    matches: Sequence[Match],
    shots: Mapping[int, Candidate],
    copies: Mapping[int, int],
    compared: set[tuple[int, int]],
) -> list[tuple[int, int]]:
    """Pairs that the index did not bring together though a chain of matches does: every shot of
    a component with the best of it. A match of a copy chains its leader."""
    found = []
    met = {_pair(copies.get(m.long, m.long), copies.get(m.short, m.short)) for m in matches}
    for group in components(sorted(pair for pair in met if pair[0] != pair[1])):
        best = best_first({shot: shots[shot] for shot in group})[0]
        for shot in group:
            pair = _pair(shot, best)
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
    near = sure | supported(sure.keys(), weak)
    parts = _most_direct(
        [m for m in by_pair.values() if m.is_sure and m.cover < rules.min_length_ratio], shots
    )
    while True:
        follows = join(best_first(alone), near, fixed)
        left = {shot: candidate for shot, candidate in alone.items() if shot not in follows}
        gives_way = _gives_way(left, parts, rules, fixed)
        cut = _cut_off(follows, gives_way, by_pair)
        if not cut:
            break
        near = {pair: distance for pair, distance in near.items() if pair not in cut}
    kept = left.keys() - gives_way.keys() if rules.drop_contained else set()
    holders: dict[int, list[Match]] = defaultdict(list)
    for match in parts:
        if match.long in kept:
            holders[match.short].append(match)
    decisions = {}
    for shot in sorted(alone):
        decisions[shot] = _decision(shot, follows, gives_way, by_pair, holders[shot], shots)
    for match in parts:
        decisions[match.short].containers.append((match.long, _placed(match)))
    for group in components([(leader, shot) for shot, leader in copies.items()]):
        _follow(group, copies, decisions, holders, shots)
    return decisions


def _gives_way(
    left: Mapping[int, Candidate], parts: Sequence[Match], rules: Rules, fixed: frozenset[int]
) -> dict[int, int]:
    """shot -> the shot that is kept for it, of those of which one contains the other."""
    if not rules.drop_contained:
        return {}
    distances = {_pair(match.long, match.short): float(n) for n, match in enumerate(parts)}
    return join(container_order(left, rules.contained_policy), distances, fixed)


def _cut_off(
    follows: Mapping[int, int],
    gives_way: Mapping[int, int],
    by_pair: Mapping[tuple[int, int], Match],
) -> set[tuple[int, int]]:
    """Pairs of a shot and the shorter copy that it follows, where that gives way to a container
    which does not hold the longer one."""
    found = set()
    for shot, leader in follows.items():
        match = by_pair[_pair(shot, leader)]
        outer = by_pair.get(_pair(shot, gives_way.get(leader, leader)))
        is_cut = match.long == shot and match.cover < _WHOLE_LENGTH
        if leader in gives_way and is_cut and not (outer and outer.is_sure and outer.short == shot):
            found.add(_pair(shot, leader))
    return found


def _most_direct(matches: Sequence[Match], shots: Mapping[int, Candidate]) -> list[Match]:
    """Matches, those first that most probably tell where a part comes from."""

    def key(match: Match) -> tuple[object, ...]:
        long, short = shots[match.long].quality, shots[match.short].quality
        ids = long.shot_id, short.shot_id
        is_other = not _same_rate(match, shots)
        return is_other, not match.is_scene, long.duration_s, -match.score, *ids

    return sorted(matches, key=key)


def _same_rate(match: Match, shots: Mapping[int, Candidate]) -> bool:
    a, b = shots[match.long].fps, shots[match.short].fps
    return abs(a - b) <= _SAME_RATE * max(a, b)


def _pair(a: int, b: int) -> tuple[int, int]:
    return (min(a, b), max(a, b))


def _of_leaders(
    matches: Sequence[Match], copies: Mapping[int, int]
) -> dict[tuple[int, int], Match]:
    """The best match of each pair of shots that are no copies of others, by (smaller, larger)."""
    best: dict[tuple[int, int], Match] = {}
    for match in matches:
        if match.long in copies or match.short in copies:
            continue
        pair = _pair(match.long, match.short)
        before = best.get(pair)
        if before is None or (match.is_sure, match.score) > (before.is_sure, before.score):
            best[pair] = match
    return best


def _decision(
    shot: int,
    follows: Mapping[int, int],
    gives_way: Mapping[int, int],
    by_pair: Mapping[tuple[int, int], Match],
    holders: Sequence[Match],
    shots: Mapping[int, Candidate],
) -> Decision:
    """`holders`: matches with the kept shots that contain this one, the most direct first."""
    cluster = follows.get(shot, shot)
    stands = gives_way.get(cluster, cluster)
    if stands == shot:
        return Decision(shot, shot, Relation.UNIQUE)
    if cluster == shot:
        return Decision(stands, shot, Relation.CONTAINED, _place(shot, stands, by_pair))
    near = by_pair[_pair(shot, cluster)]
    if holders and (stands != cluster or _is_better(holders[0], near, shot, shots)):
        return Decision(holders[0].long, cluster, Relation.CONTAINED, _placed(holders[0]))
    place = _place(shot, cluster, by_pair)
    if stands == cluster:
        return Decision(stands, cluster, Relation.NEAR, place)
    outer = _place(cluster, stands, by_pair)
    through = Place(
        min(outer.score, place.score),
        outer.offset_s + place.offset_s * outer.speed,
        outer.speed * place.speed,
        outer.mirrored != place.mirrored,
    )
    return Decision(stands, cluster, Relation.CONTAINED, through)


def _is_better(holder: Match, near: Match, shot: int, shots: Mapping[int, Candidate]) -> bool:
    """Whether a shot is rather a part of its container than a near copy: they share only some of
    their length, and the container holds all of the shot."""
    if near.cover >= _WHOLE_LENGTH:
        return False
    return near.long == shot or _most_direct([near, holder], shots)[0] is holder


def _follow(
    group: Sequence[int],
    copies: Mapping[int, int],
    decisions: dict[int, Decision],
    holders: Mapping[int, Sequence[Match]],
    shots: Mapping[int, Candidate],
) -> None:
    """Decide on the exact copies in a group, given how their leaders ended. Where a leader is
    contained in several kept shots of the same frame rate, the copies name these in turn, both in
    the order in which they are listed, so that each container is named by a row."""
    for leader in sorted(set(group) - copies.keys()):
        followers = [shot for shot in group if copies.get(shot) == leader]
        decision = decisions[leader]
        for shot in followers:
            decisions[shot] = _of_copy(leader, decision)
            decisions[shot].containers = list(decision.containers)
        equal = [match for match in holders[leader] if _same_rate(match, shots)]
        if decision.relation != Relation.CONTAINED or decision.cluster != leader or not equal:
            continue
        some = sorted([leader, *followers], key=lambda shot: shots[shot].listed)
        named = sorted(equal[: len(some)], key=lambda match: shots[match.long].listed)
        for place, shot in enumerate(some):
            match = named[place % len(named)]
            decisions[shot].stands, decisions[shot].place = match.long, _placed(match)


def _placed(match: Match) -> Place:
    """Where the shorter shot lies in the longer one."""
    return Place(match.score, match.offset_s, match.speed, match.mirrored)


def _place(shot: int, other: int, by_pair: Mapping[tuple[int, int], Match]) -> Place:
    """Where `shot` lies in `other`; where `other` is the part, its place turned around."""
    match = by_pair[_pair(shot, other)]
    if match.short == shot:
        return _placed(match)
    return Place(match.score, -match.offset_s / match.speed, 1 / match.speed, match.mirrored)


def _of_copy(leader: int, decision: Decision) -> Decision:
    """How an exact copy ends, given how its leader ended."""
    if decision.stands == leader:
        return Decision(leader, leader, Relation.EXACT, Place(1.0, 0.0, 1.0, False))
    return Decision(decision.stands, decision.cluster, decision.relation, decision.place)
