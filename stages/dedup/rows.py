"""The rows of the `dedup` table, from decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from schemas.outcomes import Reason, Relation
from schemas.table import Row
from stages.base import dropped, kept
from stages.dedup.joined import Copied, Stretch, copied
from stages.dedup.settle import Settled

_NUMBERS = ("number", "representative_number")
"""What the index keeps of an earlier row beside its columns."""


def shot_row(row: Row, end: Settled) -> Row:
    """The row of one shot, given how it ended."""
    if end.before is not None:
        earlier = {key: value for key, value in end.before.items() if key not in _NUMBERS}
        return earlier | {"cluster_size": end.cluster_size}
    relation = end.relation
    if relation == Relation.UNIQUE and end.is_standing:
        relation = Relation.REPRESENTATIVE
    return {
        "shot_id": row["shot_id"],
        "source_id": row["source_id"],
        "cluster_id": end.cluster_id,
        "representative_id": end.representative_id,
        "relation": relation,
        "score": end.score,
        "offset_s": end.offset_s,
        "speed": end.speed,
        "mirrored": end.mirrored,
        "cluster_size": end.cluster_size,
        "contained_in": end.contained_in,
        **_ending(end),
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


def _ending(end: Settled) -> Row:
    if end.score is None or end.offset_s is None:
        return kept()
    best, score = end.representative_id, f"similarity {end.score:.3f}"
    if end.relation == Relation.EXACT:
        return dropped(
            Reason.EXACT_DUPLICATE, f"the same frames of the same content are kept as {best}"
        )
    from_s = round(end.offset_s, 2) + 0.0  # not -0.00
    how = f"{score}, from {from_s:.2f} s on" + (", mirrored" if end.mirrored else "")
    if end.relation == Relation.CONTAINED:
        return dropped(Reason.CONTAINED, f"one contains the other; {best} is kept: {how}")
    return dropped(Reason.NEAR_DUPLICATE, f"shows the same footage as {best}, which is kept: {how}")
