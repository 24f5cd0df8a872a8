"""The rows of the `dedup` table, from decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set

from schemas.outcomes import Reason, Relation
from schemas.table import Row
from stages.base import dropped, kept
from stages.dedup.decide import Decision
from stages.dedup.joined import Copied, Stretch, copied


def shot_row(
    row: Row,
    decision: Decision,
    names: Mapping[int, str],
    standing: Set[str],
) -> Row:
    """The row of one shot, but for its `cluster_size`. `names`: ids of the shots that decisions
    name by number; `standing`: ids of those that stand for others."""
    own = row["shot_id"]
    relation, place = decision.relation, decision.place
    if relation == Relation.UNIQUE and own in standing:
        relation = Relation.REPRESENTATIVE
    return {
        "shot_id": own,
        "source_id": row["source_id"],
        "cluster_id": names.get(decision.cluster, own),
        "representative_id": names.get(decision.stands, own),
        "relation": relation,
        "score": place and place.score,
        "offset_s": place and place.offset_s,
        "speed": place and place.speed,
        "mirrored": place and place.mirrored,
        "contained_in": [
            {"shot_id": names[container], "offset_s": at.offset_s, "score": at.score}
            for container, at in sorted(decision.containers, key=lambda c: names[c[0]])
        ],
        **_ending(decision, names),
    }


def joined_rows(shots: Sequence[Row], results: Sequence[Row]) -> list[Row]:
    """Rows of the clips of larger scales of a unit, from those of the shots in them."""
    of_source: dict[str, list[Stretch]] = defaultdict(list)
    for shot in shots:
        if shot["scale"] == 0:
            of_source[shot["source_id"]].append(_stretch(shot))
    gone = (Relation.EXACT, Relation.NEAR, Relation.CONTAINED)
    kept_instead = {
        row["shot_id"]: row["representative_id"] for row in results if row["relation"] in gone
    }
    rows = []
    for clip in shots:
        if clip["scale"] == 0:
            continue
        lost = copied(_stretch(clip), of_source[clip["source_id"]], kept_instead)
        stands = clip["shot_id"] if lost is None else lost.representative
        rows.append(
            {
                "shot_id": clip["shot_id"],
                "source_id": clip["source_id"],
                "cluster_id": stands,
                "representative_id": stands,
                "relation": Relation.UNIQUE if lost is None else Relation.NEAR,
                "score": lost and lost.share,
                "cluster_size": 1,
                "contained_in": [],
                **(kept() if lost is None else _joined_ending(lost)),
            }
        )
    return rows


def _stretch(shot: Row) -> Stretch:
    return Stretch(shot["shot_id"], shot["start_s"], shot["end_s"])


def _joined_ending(lost: Copied) -> Row:
    detail = f"{100 * lost.share:.0f} % of it are copies of kept shots"
    return dropped(Reason.NEAR_DUPLICATE, detail)


def _ending(decision: Decision, names: Mapping[int, str]) -> Row:
    place = decision.place
    if place is None:
        return kept()
    best, score = names[decision.stands], f"similarity {place.score:.3f}"
    if decision.relation == Relation.EXACT:
        return dropped(
            Reason.EXACT_DUPLICATE, f"the same frames of the same content are kept as {best}"
        )
    from_s = round(place.offset_s, 2) + 0.0  # not -0.00
    how = f"{score}, from {from_s:.2f} s on" + (", mirrored" if place.mirrored else "")
    if decision.relation == Relation.CONTAINED:
        return dropped(Reason.CONTAINED, f"one contains the other; {best} is kept: {how}")
    return dropped(Reason.NEAR_DUPLICATE, f"shows the same footage as {best}, which is kept: {how}")
