"""The balance stage: what only the whole corpus can tell of the clips that the filter kept.

It is a barrier only where a rule needs one: `BalanceStage` makes limits from shares, caps captions
that many clips have, and caps concepts. With none of these, `BalanceUnits` does the rest unit by
unit, so that the units stream on into the cut. Both write the same rows.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import replace
from typing import Any

from schemas.outcomes import Outcome
from stages.balance.captions import search_captions
from stages.balance.clips import (
    VERDICT_COLUMNS,
    ask_shares,
    ask_shares_of_source,
    clips_of_verdicts,
)
from stages.balance.config import BalanceConfig
from stages.balance.files import FOLDER, parts_of
from stages.balance.same_text import PairReport
from stages.balance.steps import (
    BlockTask,
    Known,
    LimitTask,
    collect_concepts,
    collect_values,
    concept_limits,
    limit_of,
    sign_block,
    write,
    write_rows,
)
from stages.base import Corpus, CorpusStage, Stage, Unit, UnitStage

_LOG = logging.getLogger(__name__)

_UNITS_PER_BLOCK = 64
_CLIPS_PER_PART = 1_000_000


class BalanceStage(CorpusStage[BalanceConfig]):
    name = "balance"
    version = 1
    summary = "Keeps shares of the best, and of captions and concepts so many clips."
    item = "clips"
    reads = {
        "sources": ("source_id", "size_bytes", "width", "height", "duration_s"),
        "shots": (
            "shot_id", "source_id", "start_s", "end_s", "sharpness",
            "border_left", "border_right", "border_top", "border_bottom",
        ),
        "dedup": ("shot_id", "source_id", "concept_id"),
        "selections": ("shot_id", "source_id", "caption_id"),
        "captions": ("caption_id", "shot_id", "source_id", "text"),
        "verdicts": VERDICT_COLUMNS,
    }  # fmt: skip
    writes = ("balance", "balance_texts")

    @classmethod
    def for_config(cls, config: BalanceConfig) -> type[Stage[BalanceConfig]]:
        return cls if config.needs_corpus else BalanceUnits

    def process(self, corpus: Corpus) -> None:
        units = corpus.units
        blocks = [
            units[start : start + _UNITS_PER_BLOCK]
            for start in range(0, len(units), _UNITS_PER_BLOCK)
        ]
        corpus.remove_except(FOLDER, [])  # of a run that was killed
        known = self._limits(corpus, blocks, Known(self.config))
        known = self._same_captions(corpus, blocks, known)
        known = self._full_concepts(corpus, blocks, known)
        _run(corpus, write, blocks, known)
        corpus.remove_except(FOLDER, [])

    def _limits(self, corpus: Corpus, blocks: list[list[str]], known: Known) -> Known:
        config = self.config
        if not (config.keep_top or any(config.keep_top_by_language.values())):
            return known
        slices: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for block, groups in enumerate(_run(corpus, collect_values, blocks, known)):
            for number, group in enumerate(groups):
                slices[group].append((block, number))
        tasks = [
            LimitTask(tuple(found), config.share(rule, language) or 1.0, rule.startswith("min_"))
            for (language, rule), found in sorted(slices.items())
        ]
        limits = dict(zip(sorted(slices), corpus.map(limit_of, tasks), strict=True))
        return replace(known, limits=limits)

    def _same_captions(self, corpus: Corpus, blocks: list[list[str]], known: Known) -> Known:
        if not self.config.max_same_caption:
            return known
        n_keys = sum(_run(corpus, sign_block, blocks, known))
        search = search_captions(corpus.map, n_keys, len(blocks), self.config)
        self._warn(search.report)
        return replace(known, joins=search.joins)

    def _full_concepts(self, corpus: Corpus, blocks: list[list[str]], known: Known) -> Known:
        most = self.config.max_per_concept
        if not most:
            return known
        n_clips = sum(_run(corpus, collect_concepts, blocks, known))
        parts = parts_of(n_clips, len(blocks), _CLIPS_PER_PART)
        limits = corpus.map(concept_limits, [(part, most) for part in parts])
        return replace(known, last_kept={c: key for found in limits for c, key in found})

    def _warn(self, report: PairReport) -> None:
        _LOG.info("balance: %d keys, %d candidate pairs", report.entries, report.pairs)
        if report.capped_keys:
            _LOG.warning(
                "balance: %d keys of the captions' index are shared by more than "
                "balance.max_bucket=%d different captions (the largest by %d); those were compared "
                "with the nearest ones only",
                report.capped_keys,
                self.config.max_bucket,
                report.largest_key,
            )


class BalanceUnits(UnitStage[BalanceConfig]):
    """The balance without a rule that needs the corpus."""

    name = BalanceStage.name
    version = BalanceStage.version
    summary = BalanceStage.summary
    item = BalanceStage.item
    reads = {"verdicts": VERDICT_COLUMNS}
    writes = BalanceStage.writes

    def process(self, unit: Unit) -> None:
        clips = clips_of_verdicts(unit.rows("verdicts", Outcome.KEPT))
        ask_shares_of_source(clips, self.config)
        ask_shares(clips, self.config, {})
        write_rows(unit, clips, self.config)


def _run(corpus: Corpus, work: Any, blocks: list[list[str]], known: Known) -> list[Any]:
    """`work` on every block; what it gives, in their order."""
    tasks = [BlockTask(number, tuple(units), known) for number, units in enumerate(blocks)]
    return list(corpus.map_units(work, tasks))
