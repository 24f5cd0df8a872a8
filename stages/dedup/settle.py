"""How the shots of one part end: those that hang together are all here, and no others.

What the index did not bring together though a chain of matches does is compared first, in at most
two rounds. Then `decide` says how each shot ends, and a file with one slice per block tells the
blocks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from schemas.outcomes import Relation
from schemas.table import Row
from stages.base import Worker
from stages.dedup.cluster import Candidate
from stages.dedup.decide import Decision, Rules, decide, leaders, missing_pairs
from stages.dedup.evidence import Thresholds
from stages.dedup.records import GONE, PLACES, BlockFiles, Facts, Match, Shots
from stages.dedup.search import COPY, MATCH, TIE, read_matches, read_part
from stages.dedup.store import SliceFile, write_slices

_ROUNDS = 2
_BATCH = 2048


@dataclass(frozen=True)
class Settled:
    """How one shot ended, in terms of ids. `before`: its row of an earlier run, which stands but
    for the size of its cluster."""

    representative_id: str
    cluster_id: str
    relation: Relation
    cluster_size: int = 1
    is_standing: bool = False
    score: float | None = None
    offset_s: float | None = None
    speed: float | None = None
    mirrored: bool | None = None
    contained_in: list[dict[str, Any]] = field(default_factory=list)
    representative_number: int = 0
    before: Row | None = None


@dataclass(frozen=True)
class Settling:
    """The slices of one part in the files that `groups` made."""

    part: int
    parts: int
    groups: tuple[str, ...]
    blocks: int
    limits: Thresholds
    within_source: bool
    min_similarity: float
    rules: Rules


def settle(worker: Worker, task: Settling) -> None:
    """Write how the shots of a part end."""
    ties = read_part(worker, task.groups, task.part, TIE).tolist()
    matches = read_matches(read_part(worker, task.groups, task.parts + task.part, MATCH))
    involved = {shot for first, second, _ in ties for shot in (first, second)}
    involved |= {shot for match in matches for shot in (match.long, match.short)}
    stored = BlockFiles(worker, "facts").read(sorted(involved))
    facts = {shot: Facts.read(data) for shot, data in stored.items()}
    shots = {shot: fact.candidate for shot, fact in facts.items() if fact.state != GONE}
    copies = [(a, b) for a, b, kind in ties if kind == COPY]
    sidecars = {shot: fact.has_sidecars for shot, fact in facts.items()}
    copies_of = leaders(copies, shots, sidecars)
    _complete(worker, task, matches, shots, copies_of)
    decisions = decide(shots, copies_of, matches, task.rules)
    slices: list[list[Any]] = [[] for _ in range(task.blocks)]
    for shot, settled in sorted(settled_shots(facts, decisions).items()):
        slices[shot // PLACES].append((shot % PLACES, asdict(settled)))
    write_slices(worker, f"decisions-{task.part}", [json.dumps(some).encode() for some in slices])


def read_settled(worker: Worker, parts: int, block: int) -> dict[int, Settled]:
    """How the shots of a block ended, by place; those that resemble no other one are not there."""
    return {
        place: Settled(**values)
        for part in range(parts)
        for place, values in json.loads(
            SliceFile(worker, f"decisions-{part}").read(block, block + 1)
        )
    }


def settled_shots(
    facts: Mapping[int, Facts], decisions: Mapping[int, Decision]
) -> dict[int, Settled]:
    """Decisions on shots in terms of ids, with the sizes of the clusters, and the earlier rows."""
    names = {shot: fact.quality.shot_id for shot, fact in facts.items()}
    before = {names[s]: fact.before for s, fact in facts.items() if fact.before is not None}
    followers = Counter(
        row["cluster_id"] for own, row in before.items() if row["cluster_id"] != own
    )
    followers.update(names[d.cluster] for shot, d in decisions.items() if d.cluster != shot)
    standing = {row["representative_id"] for row in before.values()}
    standing |= {names[d.stands] for shot, d in decisions.items() if d.stands != shot}
    found = {}
    for shot, fact in facts.items():
        row = fact.before
        if row is not None:
            found[shot] = Settled(
                row["representative_id"],
                row["cluster_id"],
                row["relation"],
                1 + followers[row["cluster_id"]],
                before=row,
            )
            continue
        decision = decisions.get(shot, Decision(shot, shot, Relation.UNIQUE))
        place = decision.place
        found[shot] = Settled(
            names[decision.stands],
            names[decision.cluster],
            decision.relation,
            1 + followers[names[decision.cluster]],
            names[shot] in standing,
            place.score if place else None,
            place.offset_s if place else None,
            place.speed if place else None,
            place.mirrored if place else None,
            [
                {"shot_id": names[container], "offset_s": at.offset_s, "score": at.score}
                for container, at in sorted(decision.containers, key=lambda c: names[c[0]])
            ],
            facts[decision.stands].number,
        )
    return found


def _complete(
    worker: Worker,
    task: Settling,
    matches: list[Match],
    shots: Mapping[int, Candidate],
    copies: Mapping[int, int],
) -> None:
    """Add what comparing the pairs that are missing gives: also those that are not the same by
    themselves but similar enough to follow a third shot."""
    seen = Shots(worker, task.limits, task.within_source)
    compared = {(min(match.long, match.short), max(match.long, match.short)) for match in matches}
    for _ in range(_ROUNDS):
        pairs = missing_pairs(matches, shots, copies, compared)
        compared.update(pairs)
        for start in range(0, len(pairs), _BATCH):
            matches += _compared(seen, pairs[start : start + _BATCH], task.min_similarity)


def _compared(seen: Shots, pairs: Sequence[tuple[int, int]], least: float) -> list[Match]:
    seen.load([shot for pair in pairs for shot in pair])
    found = [seen.match(a, b) for a, b in pairs if seen.comparable(a, b)]
    return [match for match in found if match and (match.is_sure or match.score >= least)]
