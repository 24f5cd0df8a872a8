"""A clip that the filter kept, on its way through the balance: from the tables' rows to its rows.

The rules are asked in this order: shares of the best (of a source, of the corpus), then captions
that many clips have, then full concepts. A clip that one of them ends is not asked further, and
takes no place among the clips that the next one counts. Shares are always of what the filter kept,
so they do not depend on each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from schemas.outcomes import Outcome, Reason, TextScope
from schemas.table import Row
from stages.balance.config import BalanceConfig
from stages.balance.shares import limit_of_share
from stages.base import Unit, dropped, kept
from stages.dedup.quality import Quality, quality_of
from stages.filter.config import CLIP_RULES, TEXT_RULES
from stages.filter.verdict import Measure, limited

VERDICT_COLUMNS = (
    "shot_id", "source_id", "scope", "text_id", "language", "text", "scores", "outcome",
)  # fmt: skip

Limits = Mapping[tuple[str, str], float]
"""(language, or "" for a clip; rule) -> the limit that its share came to."""


@dataclass
class Text:
    """One kept text of a clip."""

    text_id: str
    language: str
    values: dict[str, float]
    used: str | None
    measures: list[Measure] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        return all(measure.passed for measure in self.measures)


@dataclass
class Clip:
    """One kept clip with its kept texts. `quality`, `caption` and `concept` are read only where
    the whole corpus is looked at. `ended`: closing columns of a clip that a rule dropped."""

    shot_id: str
    source_id: str
    values: dict[str, float]
    texts: list[Text]
    measures: list[Measure] = field(default_factory=list)
    quality: Quality | None = None
    caption: str = ""
    concept: int | None = None
    same: Row = field(default_factory=dict)
    """Columns that say which clips have nearly the same caption."""
    ended: Row | None = None

    def end(self, reason: Reason, detail: str) -> None:
        self.ended = self.ended or dropped(reason, detail)


def clips_of_verdicts(verdicts: Sequence[Row]) -> list[Clip]:
    """The clips that the filter kept, with the texts that it kept, in key order."""
    texts: dict[str, list[Text]] = defaultdict(list)
    clips = []
    for row in verdicts:
        values = {
            score["rule"]: score["value"]
            for score in row["scores"] or ()
            if score["value"] is not None and np.isfinite(score["value"])
        }
        if row["scope"] == TextScope.TEXT:
            text = Text(row["text_id"], row["language"] or "", values, row["text"])
            texts[row["shot_id"]].append(text)
        else:
            clips.append(Clip(row["shot_id"], row["source_id"], values, texts[row["shot_id"]]))
    return clips


def read_clips(unit: Unit) -> list[Clip]:
    """The clips of a unit with all that a rule may ask."""
    clips = clips_of_verdicts(unit.rows("verdicts", Outcome.KEPT))
    sources = {row["source_id"]: row for row in unit.rows("sources")}
    shots = {row["shot_id"]: row for row in unit.rows("shots")}
    concepts = {row["shot_id"]: row["concept_id"] for row in unit.rows("dedup")}
    chosen = {row["shot_id"]: row["caption_id"] for row in unit.rows("selections")}
    captions = {row["caption_id"]: row["text"] for row in unit.rows("captions")}
    for clip in clips:
        caption_id = chosen.get(clip.shot_id)
        used = next((text.used for text in clip.texts if text.text_id == caption_id), None)
        clip.caption = used or captions.get(caption_id) or ""
        clip.concept = concepts.get(clip.shot_id)
        clip.quality = quality_of(shots[clip.shot_id], sources[clip.source_id])
    return clips


def ask_shares_of_source(clips: Sequence[Clip], config: BalanceConfig) -> None:
    """Apply `keep_top_of_source`; all clips of a source have to be here."""
    by_source: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        by_source[clip.source_id].append(clip)
    for rule, share in sorted(config.keep_top_of_source.items()):
        for own in by_source.values():
            values = [clip.values[rule] for clip in own if rule in clip.values]
            if not values:
                continue
            limit = limit_of_share(np.array(values), share, rule.startswith("min_"))
            for clip in own:
                clip.measures.append(_measure("keep_top_of_source", rule, clip.values, limit))


def ask_shares(clips: Sequence[Clip], config: BalanceConfig, limits: Limits) -> None:
    """Apply the limits that `keep_top` came to in the corpus; a clip goes with its last text."""
    for clip in clips:
        for rule in CLIP_RULES:
            if ("", rule) in limits:
                limit = limits["", rule]
                clip.measures.append(_measure("keep_top", rule, clip.values, limit))
        for text in clip.texts:
            for rule in TEXT_RULES:
                if (text.language, rule) in limits:
                    limit = limits[text.language, rule]
                    text.measures.append(_measure("keep_top", rule, text.values, limit))
        if failed := [measure for measure in clip.measures if not measure.passed]:
            clip.end(Reason.NOT_IN_TOP, "; ".join(measure.in_words() for measure in failed))
        elif not any(text.is_kept for text in clip.texts):
            clip.end(Reason.NO_TEXT_LEFT, f"none of its {len(clip.texts)} texts was kept")


def _measure(field_name: str, rule: str, values: Mapping[str, float], limit: float) -> Measure:
    name = f"{rule[:4]}{field_name}.{rule}"
    return limited(name, Reason.NOT_IN_TOP, values.get(rule), limit)


def values_to_share(
    clips: Iterable[Clip], config: BalanceConfig
) -> dict[tuple[str, str], list[float]]:
    """(language, or ""; rule) -> values of all clips or texts that a share is asked of."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for clip in clips:
        for rule in CLIP_RULES:
            if rule in clip.values and config.share(rule) is not None:
                found["", rule].append(clip.values[rule])
        for text in clip.texts:
            for rule in TEXT_RULES:
                if rule in text.values and config.share(rule, text.language) is not None:
                    found[text.language, rule].append(text.values[rule])
    return found


def rows_of_clip(clip: Clip, with_concept: bool) -> tuple[Row, list[Row]]:
    """The clip's row of `balance`, and its texts' rows of `balance_texts`."""
    ids = {"shot_id": clip.shot_id, "source_id": clip.source_id}
    row: Row = ids | clip.same | {"concept_id": clip.concept if with_concept else None}
    row["scores"] = [measure.score() for measure in clip.measures]
    return row | (clip.ended or kept()), [
        ids
        | {"text_id": text.text_id, "language": text.language}
        | {"scores": [measure.score() for measure in text.measures]}
        | _ending_of_text(text, clip)
        for text in clip.texts
    ]


def _ending_of_text(text: Text, clip: Clip) -> Row:
    if failed := [measure for measure in text.measures if not measure.passed]:
        return dropped(Reason.NOT_IN_TOP, "; ".join(measure.in_words() for measure in failed))
    if clip.ended is not None:
        return dropped(Reason.CLIP_DROPPED, "its clip is not kept")
    return kept()
