"""The dedup stage: which kept shots show the same footage, and which of them stands for it.

It is a barrier: the copy of a shot may be in any unit. Everything is done by workers, each on a
part of the corpus, and what one leaves for the next lies in files of the index; the driver sees
counts and names of files (docs/scaling.md).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import pairwise

from stages.base import Corpus, CorpusStage
from stages.dedup.blocks import Block, BlockReport, Writing, ask_block, build_block, write_block
from stages.dedup.concepts import FOLDER as CONCEPTS
from stages.dedup.concepts import find_concepts
from stages.dedup.config import DedupConfig
from stages.dedup.decide import Rules
from stages.dedup.groups import Found, group
from stages.dedup.index import IndexReport
from stages.dedup.memory import Earlier, Find, find
from stages.dedup.search import Join, Verification, Verified, join_slices, verify_block
from stages.dedup.settle import Settling, settle
from stages.dedup.store import FOLDER

_LOG = logging.getLogger(__name__)

JOIN_ENTRIES = 4_000_000
"""Entries that one join brings into memory, about."""
MOST_PARTS = 1024
_BLOCKS = 2000
"""Blocks of a large corpus, unless they would get larger than _MOST_UNITS."""
_LEAST_UNITS, _MOST_UNITS = 64, 1600


@dataclass(frozen=True)
class Sizes:
    """How the work is divided; never changes what is found. `units_per_block` 0: by the number of
    units, so that large corpora do not have ever more files."""

    units_per_block: int = 0
    shots_per_part: int = 50_000

    def of_block(self, units: int) -> int:
        """Units in one block, of so many."""
        return self.units_per_block or min(_MOST_UNITS, max(_LEAST_UNITS, -(-units // _BLOCKS)))


class DedupStage(CorpusStage[DedupConfig]):
    name = "dedup"
    version = 9
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
            "embeddings",
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

    def __init__(self, config: DedupConfig, sizes: Sizes = Sizes()) -> None:
        super().__init__(config)
        self._sizes = sizes

    def process(self, corpus: Corpus) -> None:
        earlier = Earlier.load(corpus, self.config)
        blocks = self._blocks(corpus, earlier)
        if earlier.is_used:
            list(corpus.map_units(ask_block, blocks))
            slices = self.config.index_slices
            asked = [Find(number, len(blocks), earlier, slices) for number in range(slices)]
            list(corpus.map(find, asked))
        reports = list(corpus.map_units(build_block, blocks))
        found = self._search(corpus, reports)
        groups = group(corpus, found)
        limits, config = self.config.thresholds, self.config
        rules = Rules(config.min_length_ratio, config.contained_policy, config.contained == "drop")
        settling = [
            Settling(
                part,
                found.parts,
                tuple(groups),
                len(blocks),
                limits,
                config.within_source,
                config.min_similarity,
                rules,
            )
            for part in range(found.parts)
        ]
        list(corpus.map(settle, settling))
        concepts = None
        if config.concepts:
            units = [block.units for block in blocks]
            concepts = find_concepts(corpus, config, units, found.parts)
        writing = [
            Writing(block, found.parts, earlier.generation + 1, report.broken, concepts)
            for block, report in zip(blocks, reports, strict=True)
        ]
        list(corpus.map_units(write_block, writing))
        corpus.remove_except(CONCEPTS, [])
        corpus.remove_except(FOLDER, earlier.follow(corpus, len(blocks), config))

    def _blocks(self, corpus: Corpus, earlier: Earlier) -> list[Block]:
        units = corpus.units
        size = self._sizes.of_block(len(units))
        return [
            Block(number, tuple(units[start : start + size]), self.config, earlier.is_used)
            for number, start in enumerate(range(0, len(units), size))
        ]

    def _search(self, corpus: Corpus, reports: list[BlockReport]) -> Found:
        config = self.config
        shots = sum(report.count for report in reports)
        parts = max(1, min(MOST_PARTS, -(-shots // self._sizes.shots_per_part)))
        joins = joins_of(len(reports), sum(report.n_entries for report in reports), config, parts)
        total = IndexReport()
        for report in corpus.map(join_slices, joins):
            total.add(report)
        self._warn(total)
        starts = tuple(join.first for join in joins)
        ties = tuple(f"ties-{start}" for start in starts)
        if not config.near:
            return Found(ties, (), parts)
        tasks = [
            Verification(
                block,
                starts,
                parts,
                self.config.thresholds,
                config.within_source,
                config.max_candidates,
            )
            for block in range(len(reports))
        ]
        verified = Verified()
        for part in corpus.map(verify_block, tasks):
            verified = verified.plus(part)
        _LOG.info(
            "dedup: of %d candidate pairs %d compared, %d the same",
            verified.candidates,
            verified.compared,
            verified.matches,
        )
        return Found(ties, tuple(f"matches-{block}" for block in range(len(reports))), parts)

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


def joins_of(blocks: int, entries: int, config: DedupConfig, parts: int) -> list[Join]:
    """The slices of the keys, in joins of about JOIN_ENTRIES entries."""
    slices = config.index_slices
    count = max(1, min(slices, -(-entries // JOIN_ENTRIES)))
    edges = [slices * number // count for number in range(count + 1)]
    return [Join(a, b, slices, blocks, config.max_bucket, parts) for a, b in pairwise(edges)]
