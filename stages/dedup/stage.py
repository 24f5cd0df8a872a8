"""The dedup stage: which kept shots show the same footage, and which of them stands for it.

It is a barrier: the copy of a shot may be in any unit. The driver reads units one after the
other and holds the signatures of one batch of blocks, and then only what concerns shots that
resemble another one. Keys, candidates and comparisons are made by workers (`search`).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from schemas.outcomes import Outcome, Reason, Relation
from schemas.table import Row
from stages.base import Corpus, CorpusStage, dropped
from stages.dedup.cluster import Candidate
from stages.dedup.config import DedupConfig
from stages.dedup.decide import Decision, Rules, decide, leaders, missing_pairs
from stages.dedup.evidence import Thresholds
from stages.dedup.index import IndexReport
from stages.dedup.memory import Memory
from stages.dedup.quality import Quality, picture_pixels
from stages.dedup.rows import joined_rows, shot_row
from stages.dedup.sample import drawn
from stages.dedup.search import (
    PLACES,
    Block,
    BlockReport,
    BlockShot,
    Join,
    Match,
    Verification,
    build_block,
    join_slices,
    verify_block,
)
from stages.dedup.store import FOLDER

_LOG = logging.getLogger(__name__)

_BLOCK_SHOTS = 2000
_BATCH_BLOCKS = 32
_JOIN_ENTRIES = 4_000_000
_ROUNDS = 2


@dataclass
class _Search:
    """What the search found."""

    blocks: list[BlockReport] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    groups: list[list[int]] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)

    @property
    def involved(self) -> set[int]:
        found = {shot for group in self.groups for shot in group}
        return found.union(*({match.long, match.short} for match in self.matches))


@dataclass(frozen=True)
class _Known:
    """What is kept in memory of a shot that resembles another one."""

    candidate: Candidate
    has_sidecars: bool


class DedupStage(CorpusStage[DedupConfig]):
    name = "dedup"
    version = 4
    summary = "Finds shots that show the same footage and keeps the best of each."
    item = "shots"
    reads = {
        "sources": (
            "source_id",
            "key",
            "content_sha256",
            "size_bytes",
            "width",
            "height",
            "fps",
            "duration_s",
        ),
        "sidecars": ("source_id",),
        "shots": (
            "shot_id",
            "source_id",
            "scale",
            "start_frame",
            "end_frame",
            "start_s",
            "end_s",
            "signature",
            "sharpness",
            "border_left",
            "border_right",
            "border_top",
            "border_bottom",
            "outcome",
        ),
    }
    writes = ("dedup",)
    owns_folder = FOLDER

    def process(self, corpus: Corpus) -> None:
        memory = Memory.load(corpus, self.config)
        search = self._search(corpus, memory)
        known, names = self._known(corpus, search, memory)
        decisions = self._decide(corpus, search, known)
        self._write(corpus, search, decisions, names, memory)
        corpus.remove_except(FOLDER, sorted({*search.files, *memory.store(corpus)}))

    # the search

    def _search(self, corpus: Corpus, memory: Memory) -> _Search:
        search = _Search()
        batch: list[Block] = []
        for block in self._blocks(corpus, memory):
            batch.append(block)
            if len(batch) == _BATCH_BLOCKS:
                search.blocks += corpus.map(build_block, batch)
                batch = []
        search.blocks += corpus.map(build_block, batch)
        n_entries = sum(block.n_entries for block in search.blocks)
        joins = self._joins(len(search.blocks), n_entries)
        report = IndexReport()
        for answer in corpus.map(join_slices, joins):
            report.add(IndexReport(**answer["report"]))
            search.groups += answer["exact"] if self.config.exact else []
        search.files = [
            *(
                f"{kind}-{block.number}"
                for block in search.blocks
                for kind in ("records", "entries", "exact")
            ),
            *(f"pairs-{join.first}" for join in joins),
        ]
        self._warn(report)
        if self.config.near:
            starts = tuple(join.first for join in joins)
            search.matches = self._verified(
                corpus, [(block.number, starts, ()) for block in search.blocks]
            )
        return search

    def _blocks(self, corpus: Corpus, memory: Memory) -> Iterator[Block]:
        shots: list[BlockShot] = []
        number = 0
        for unit_id in corpus.units:
            for row, source in _rows(corpus, unit_id):
                shots.append(self._block_shot(row, source, memory))
            if len(shots) >= _BLOCK_SHOTS:
                yield Block(number, self.config.index_slices, shots)
                shots, number = [], number + 1
        if shots:
            yield Block(number, self.config.index_slices, shots)

    def _block_shot(self, row: Row, source: Row, memory: Memory) -> BlockShot:
        content = source["content_sha256"]
        span = (f"{content} {row['start_frame']} {row['end_frame']}",) if content else ()
        return BlockShot(
            row["shot_id"],
            row["source_id"],
            row["start_s"],
            row["end_s"],
            row["signature"],
            span,
            memory.state(row["shot_id"], row["signature"]),
        )

    def _joins(self, blocks: int, n_entries: int) -> list[Join]:
        slices = self.config.index_slices
        parts = max(1, min(slices, -(-n_entries // _JOIN_ENTRIES)))
        edges = [slices * part // parts for part in range(parts + 1)]
        return [
            Join(first, after, blocks, self.config.max_bucket) for first, after in pairwise(edges)
        ]

    def _verified(
        self,
        corpus: Corpus,
        work: Sequence[tuple[int, tuple[int, ...], tuple[tuple[int, int], ...]]],
    ) -> list[Match]:
        config = self.config
        limits = Thresholds(
            config.min_course, config.short_course, config.min_trend, config.max_shift
        )
        tasks = [
            Verification(
                block,
                joins,
                pairs,
                limits,
                config.within_source,
                config.max_candidates,
                config.min_similarity,
            )
            for block, joins, pairs in work
        ]
        found = list(corpus.map(verify_block, tasks))
        _LOG.info(
            "dedup: of %d candidate pairs %d compared",
            sum(part.candidates for part in found),
            sum(part.compared for part in found),
        )
        return [match for part in found for match in part.matches]

    def _warn(self, report: IndexReport) -> None:
        _LOG.info(
            "dedup: %d entries, %d meetings, %d candidate pairs",
            report.entries,
            report.met,
            report.candidates,
        )
        if report.capped_keys:
            _LOG.warning(
                "dedup: %d keys of the index are shared by more than dedup.max_bucket=%d entries "
                "(the largest by %d); their shots were compared with the nearest ones only",
                report.capped_keys,
                self.config.max_bucket,
                report.largest_key,
            )

    # the decisions

    def _known(
        self, corpus: Corpus, search: _Search, memory: Memory
    ) -> tuple[dict[int, _Known], dict[int, str]]:
        """What the decisions need of the shots that resemble another one, and their ids."""
        involved = search.involved
        known, names = {}, {}
        for unit_id, first in _starts(corpus, search.blocks):
            rows = list(_rows(corpus, unit_id))
            if not any(first + offset in involved for offset in range(len(rows))):
                continue
            with_sidecars = {row["source_id"] for row in corpus.unit(unit_id).rows("sidecars")}
            for offset, (row, source) in enumerate(rows):
                if first + offset in involved:
                    known[first + offset] = _Known(
                        Candidate(
                            _quality(row, source),
                            memory.is_kept(row),
                            source["fps"] or 0.0,
                            (source["key"], row["start_s"]),
                        ),
                        row["source_id"] in with_sidecars,
                    )
                    names[first + offset] = row["shot_id"]
        return known, names

    def _decide(
        self, corpus: Corpus, search: _Search, known: dict[int, _Known]
    ) -> dict[int, Decision]:
        config = self.config
        shots = {shot: item.candidate for shot, item in known.items()}
        copies = leaders(
            search.groups, shots, {shot: item.has_sidecars for shot, item in known.items()}
        )
        compared = {
            (min(match.long, match.short), max(match.long, match.short)) for match in search.matches
        }
        for _ in range(_ROUNDS):
            pairs = missing_pairs(search.matches, shots, compared)
            if not pairs:
                break
            compared.update(pairs)
            by_block: dict[int, list[tuple[int, int]]] = {}
            for pair in pairs:
                by_block.setdefault(pair[0] // PLACES, []).append(pair)
            search.matches += self._verified(
                corpus, [(block, (), tuple(some)) for block, some in sorted(by_block.items())]
            )
        rules = Rules(config.min_length_ratio, config.contained_policy, config.contained == "drop")
        return decide(shots, copies, search.matches, rules)

    # the rows

    def _write(
        self,
        corpus: Corpus,
        search: _Search,
        decisions: dict[int, Decision],
        names: dict[int, str],
        memory: Memory,
    ) -> None:
        followers = memory.followers + Counter(
            names[d.cluster] for shot, d in decisions.items() if d.cluster != shot
        )
        standing = memory.standing | {
            names[d.stands] for shot, d in decisions.items() if d.stands != shot
        }
        blocks = {block.number: block for block in search.blocks}
        for unit_id, first in _starts(corpus, search.blocks):
            rows = []
            pairs = list(_rows(corpus, unit_id))
            for offset, (row, _) in enumerate(pairs):
                shot = first + offset
                block = blocks[shot // PLACES]
                place = shot % PLACES
                decision = decisions.get(shot, Decision(shot, shot, Relation.UNIQUE))
                if place in block.unsigned and not self.config.keep_unsignable:
                    decision = Decision(shot, shot, Relation.UNIQUE)
                result = shot_row(row, decision, names, standing)
                if decision.relation != Relation.EXACT:
                    result |= self._ending_of_unsigned(block, place)
                result = memory.earlier(row, result)
                result["cluster_size"] = 1 + followers[result["cluster_id"]]
                rows.append(result)
            memory.note(rows)
            rows += joined_rows(corpus.unit(unit_id).rows("shots", Outcome.KEPT), rows)
            rows = drawn(
                rows,
                {row["shot_id"]: row["signature"] for row, _ in pairs},
                self.config.max_clips_per_source,
                self.config.sample_seed,
            )
            corpus.unit(unit_id).write("dedup", rows)

    def _ending_of_unsigned(self, block: BlockReport, place: int) -> Row:
        if place in block.broken:
            return {"relation": Relation.UNSIGNABLE} | block.broken[place].ending()
        if place not in block.unsigned:
            return {}
        ending: Row = {"relation": Relation.UNSIGNABLE}
        if not self.config.keep_unsignable:
            ending |= dropped(
                Reason.UNSIGNABLE,
                "too flat or too short for a signature, and dedup.keep_unsignable is false",
            )
        return ending


def _rows(corpus: Corpus, unit_id: str) -> Iterator[tuple[Row, Row]]:
    """(shot, its source) of the kept shots of a unit that are compared, in their order: not the
    clips of larger scales, which overlap their shots."""
    unit = corpus.unit(unit_id)
    sources = {row["source_id"]: row for row in unit.rows("sources")}
    for row in unit.rows("shots", Outcome.KEPT):
        if row["scale"] == 0:
            yield row, sources[row["source_id"]]


def _starts(corpus: Corpus, blocks: Sequence[BlockReport]) -> Iterator[tuple[str, int]]:
    """(unit, number of its first shot), in the order in which the blocks were filled."""
    block = place = 0
    for unit_id in corpus.units:
        count = sum(1 for _ in _rows(corpus, unit_id))
        yield unit_id, block * PLACES + place
        place += count
        if block < len(blocks) and place >= blocks[block].count:
            block, place = block + 1, 0


def _quality(row: Row, source: Row) -> Quality:
    pixels = picture_pixels(
        source["width"] or 0,
        source["height"] or 0,
        *(row[f"border_{side}"] or 0.0 for side in ("left", "right", "top", "bottom")),
    )
    rate = (source["size_bytes"] or 0) / source["duration_s"] if source["duration_s"] else 0.0
    return Quality(
        row["source_id"],
        row["shot_id"],
        pixels,
        rate,
        row["end_s"] - row["start_s"],
        row["sharpness"] or 0.0,
    )
