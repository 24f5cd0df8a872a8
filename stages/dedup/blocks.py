"""Blocks: some units each, whose rows a worker reads and, in the end, writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from schemas.outcomes import Outcome, Reason, Relation
from schemas.table import Row
from stages.base import Failure, Unit, Units, dropped
from stages.dedup.concepts import ConceptReader, Concepts
from stages.dedup.config import DedupConfig
from stages.dedup.memory import (
    Ask,
    Before,
    ask,
    decided_name,
    decided_slices,
    looked_up,
    number_of,
)
from stages.dedup.quality import quality_of
from stages.dedup.records import GONE, STANDS, Facts
from stages.dedup.rows import joined_rows, shot_row
from stages.dedup.sample import drawn
from stages.dedup.search import BlockShot, index_block
from stages.dedup.settle import Settled, read_settled
from stages.dedup.store import write_slices


@dataclass(frozen=True)
class Block:
    """The shots of some units, in their order. `has_earlier`: whether earlier decisions stand."""

    number: int
    units: tuple[str, ...]
    config: DedupConfig
    has_earlier: bool


@dataclass(frozen=True)
class BlockReport:
    """How the shots of a block fared, `broken` by place."""

    count: int
    n_entries: int
    broken: dict[int, Failure]


@dataclass(frozen=True)
class Writing:
    """What is needed to write a block's rows. `generation` is that of the files of `memory`."""

    block: Block
    parts: int
    generation: int
    broken: dict[int, Failure]
    concepts: Concepts | None = None


def ask_block(units: Units, block: Block) -> None:
    """Ask what was decided on the shots of a block."""
    numbers = [
        number_of(row["shot_id"], row["signature"])
        for unit_id in block.units
        for row, _ in _rows(units.unit(unit_id))
    ]
    ask(units, Ask(block.number, block.config.index_slices, np.array(numbers, np.uint64)))


def build_block(units: Units, block: Block) -> BlockReport:
    """Write the files of a block that the search needs, and the facts of its shots."""
    config = block.config
    read = []
    for unit_id in block.units:
        unit = units.unit(unit_id)
        with_sidecars = {row["source_id"] for row in unit.rows("sidecars")}
        read += [(row, source, row["source_id"] in with_sidecars) for row, source in _rows(unit)]
    numbers = [number_of(row["shot_id"], row["signature"]) for row, _, _ in read]
    before: dict[int, Before] = {}
    if block.has_earlier:
        before = looked_up(units, numbers, config.index_slices)
    shots, facts = [], []
    for (row, source, has_sidecars), number in zip(read, numbers, strict=True):
        known = before.get(number, Before())
        shots.append(_block_shot(row, source, known, config))
        fact = Facts(
            quality_of(row, source),
            number,
            known.state,
            has_sidecars,
            source["fps"] or 0.0,
            (source["key"], row["start_s"]),
            known.row,
        )
        facts.append(fact.stored())
    write_slices(units, f"facts-{block.number}", facts)
    found = index_block(units, block.number, config.index_slices, shots, config.exact)
    return BlockReport(len(shots), found.n_entries, found.broken)


def write_block(units: Units, task: Writing) -> None:
    """Write the rows of a block's units, and what a later run has to know of them."""
    block, place = task.block, 0
    ends = read_settled(units, task.parts, block.number)
    concepts = task.concepts and ConceptReader(units, task.concepts, block.number)
    numbers, gone = [], []
    for unit_id in block.units:
        unit = units.unit(unit_id)
        pairs = list(_rows(unit))
        rows = []
        for row, _ in pairs:
            end = ends.get(place, Settled(row["shot_id"], row["shot_id"], Relation.UNIQUE))
            result = shot_row(row, end)
            if end.before is None and end.relation != Relation.EXACT:
                result |= _ending_of_unsigned(row, task.broken.get(place), block.config)
            rows.append(result)
            numbers.append(number_of(row["shot_id"], row["signature"]))
            if end.before is not None:
                gone.append(end.before | result)
            elif end.representative_id != row["shot_id"]:
                known = {"number": numbers[-1], "representative_number": end.representative_number}
                gone.append(result | known)
            place += 1
        rows += joined_rows(unit.rows("shots", Outcome.KEPT), rows)
        if concepts:
            rows = [concepts.applied(row) for row in rows]
        signatures = {row["shot_id"]: row["signature"] for row, _ in pairs}
        config = block.config
        rows = drawn(rows, signatures, config.max_clips_per_source, config.sample_seed)
        unit.write("dedup", rows)
    slices = decided_slices(numbers, gone, block.config.index_slices)
    write_slices(units, decided_name(task.generation, block.number), slices)


def _rows(unit: Unit) -> Iterator[tuple[Row, Row]]:
    """(shot, its source) of the kept shots of a unit that are compared, in their order: not the
    clips of larger scales, which overlap their shots."""
    sources = {row["source_id"]: row for row in unit.rows("sources")}
    for row in unit.rows("shots", Outcome.KEPT):
        if row["scale"] == 0:
            yield row, sources[row["source_id"]]


def _block_shot(row: Row, source: Row, known: Before, config: DedupConfig) -> BlockShot:
    content = source["content_sha256"]
    span = f"{content} {row['start_frame']} {row['end_frame']}"
    can_be_copy = config.exact and content and known.state != GONE
    if row["signature"] is None and not config.keep_unsignable:
        can_be_copy = False
    earlier = ""
    if known.row is not None:
        earlier = f"earlier {known.row['representative_id']}"
    elif known.state == STANDS:
        earlier = f"earlier {row['shot_id']}"
    return BlockShot(
        row["shot_id"],
        row["source_id"],
        row["start_s"],
        row["end_s"],
        row["signature"],
        (span,) if can_be_copy else (),
        known.state,
        earlier,
    )


def _ending_of_unsigned(row: Row, broken: Failure | None, config: DedupConfig) -> Row:
    if broken is not None:
        return {"relation": Relation.UNSIGNABLE} | broken.ending()
    if row["signature"] is not None:
        return {}
    ending: Row = {"relation": Relation.UNSIGNABLE}
    if not config.keep_unsignable:
        ending |= dropped(
            Reason.UNSIGNABLE,
            "too flat or too short for a signature, and dedup.keep_unsignable is false",
        )
    return ending
