"""The filter stage: a verdict on every clip and on each of its texts.

A clip may lose one language and keep the others. What ties the rows of a clip together: when the
clip's picture is unfit, its texts go with it; when no text is left, the clip goes too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from schemas.outcomes import ItemError, Outcome, Reason, TextScope
from schemas.table import Row
from stages.base import Failure, Unit, UnitStage, Worker
from stages.filter.clip_rules import ClipFacts, judge_clip
from stages.filter.config import FilterConfig
from stages.filter.langid import NOTHING, UND, family, identify
from stages.filter.text_rules import TextFacts, judge_text
from stages.filter.verdict import Verdict, row_ending

_LABEL = "__label__"


@dataclass(frozen=True)
class _Text:
    """A text with its row's columns so far, and how its rules judged it."""

    row: Row
    verdict: Verdict | Failure
    note: str = ""

    @property
    def is_kept(self) -> bool:
        return isinstance(self.verdict, Verdict) and self.verdict.is_kept


class FilterStage(UnitStage[FilterConfig]):
    name = "filter"
    version = 1
    summary = "Judges each clip and each of its texts: picture, language, length, repetition."
    item = "clips"
    reads = {
        "sources": ("source_id", "width", "height"),
        "shots": (
            "shot_id",
            "source_id",
            "start_s",
            "end_s",
            "motion",
            "brightness",
            "sharpness",
            "border_left",
            "border_right",
            "border_top",
            "border_bottom",
        ),
        "selections": ("shot_id", "source_id", "caption_id", "outcome"),
        "captions": ("caption_id", "shot_id", "language", "text", "selected"),
        "translations": (
            "translation_id",
            "caption_id",
            "shot_id",
            "source_language",
            "language",
            "text",
            "outcome",
        ),
    }
    writes = ("verdicts",)

    def __init__(self, config: FilterConfig) -> None:
        super().__init__(config)
        self._model: Any = None

    def models(self) -> list[str]:
        return [self.config.language_model] if self.config.language_model else []

    def setup(self, worker: Worker) -> None:
        if self.config.language_model:
            import fasttext

            self._model = fasttext.load_model(str(worker.model(self.config.language_model)))

    def teardown(self) -> None:
        self._model = None

    def process(self, unit: Unit) -> None:
        sources = {row["source_id"]: row for row in unit.rows("sources")}
        shots = {row["shot_id"]: row for row in unit.rows("shots")}
        captions = {row["caption_id"]: row for row in unit.rows("captions") if row["selected"]}
        translations: dict[str, list[Row]] = defaultdict(list)
        for row in unit.rows("translations", Outcome.KEPT):
            translations[row["caption_id"]].append(row)
        rows: list[Row] = []
        for selection in unit.rows("selections", Outcome.KEPT):
            shot_id, caption_id = selection["shot_id"], selection["caption_id"]
            base = {"shot_id": shot_id, "source_id": selection["source_id"]}
            clip = unit.attempt(
                shot_id, self._judge_clip, shots.get(shot_id), sources.get(base["source_id"])
            )
            texts = [self._caption(unit, base, caption_id, captions.get(caption_id))]
            texts += [
                self._translation(unit, base, row, captions.get(caption_id))
                for row in translations[caption_id]
            ]
            rows += _rows_of_clip(base, clip, texts)
        unit.write("verdicts", rows)

    def _judge_clip(self, shot: Row | None, source: Row | None) -> Verdict:
        if shot is None or source is None:
            raise ItemError(Reason.UPSTREAM_FAILED, "the clip has no row in shots or sources")
        sides = [side for side in (source["width"], source["height"]) if side]
        facts = ClipFacts(
            duration_s=shot["end_s"] - shot["start_s"],
            short_side_px=min(sides, default=None),
            motion=shot["motion"],
            brightness=shot["brightness"],
            sharpness=shot["sharpness"],
            borders=(
                shot["border_left"],
                shot["border_right"],
                shot["border_top"],
                shot["border_bottom"],
            ),
        )
        return judge_clip(facts, self.config)

    def _caption(self, unit: Unit, base: Row, caption_id: str, caption: Row | None) -> _Text:
        row = base | {"scope": TextScope.TEXT, "text_id": caption_id}
        if caption is None:
            why = f"caption {caption_id} is chosen for the clip, but is no selected row in captions"
            return _Text(row | {"language": UND}, Failure(caption_id, Reason.UPSTREAM_FAILED, why))
        facts = TextFacts(caption["text"] or "", caption["language"] or UND, NOTHING)
        return self._text(unit, row, facts)

    def _translation(self, unit: Unit, base: Row, row: Row, caption: Row | None) -> _Text:
        facts = TextFacts(
            row["text"] or "",
            row["language"],
            NOTHING,
            (caption["text"] or "") if caption else None,
            row["source_language"],
        )
        columns = base | {"scope": TextScope.TEXT, "text_id": row["translation_id"]}
        return self._text(unit, columns, facts)

    def _text(self, unit: Unit, row: Row, facts: TextFacts) -> _Text:
        result = unit.attempt(row["text_id"], self._judge_text, facts)
        if isinstance(result, Failure):
            return _Text(row | {"language": facts.language}, result)
        facts, verdict = result
        found = facts.detected
        language = facts.language
        note = f"looks like {found.language}" if found.language not in (UND, language) else ""
        if family(language) == UND and found.language != UND:
            language, note = found.language, ""
        columns = {
            "language": language,
            "detected_language": found.language,
            "detected_probability": found.probability,
        }
        return _Text(row | columns, verdict, note)

    def _judge_text(self, facts: TextFacts) -> tuple[TextFacts, Verdict]:
        if self._model is not None:
            detected = identify(
                facts.text,
                facts.language,
                self.config.languages,
                self._predict,
                self.config.min_letters_for_language,
            )
            facts = replace(facts, detected=detected)
        return facts, judge_text(facts, self.config)

    def _predict(self, line: str) -> Mapping[str, float]:
        labels, probabilities = self._model.predict(line, k=-1, threshold=0.0)
        return {
            label.removeprefix(_LABEL): float(probability)
            for label, probability in zip(labels, probabilities, strict=True)
        }


def _rows_of_clip(base: Row, clip: Verdict | Failure, texts: list[_Text]) -> list[Row]:
    """The clip's row and its texts' rows."""
    clip_is_kept = isinstance(clip, Verdict) and clip.is_kept
    overruled, why = None, ""
    if clip_is_kept and not any(text.is_kept for text in texts):
        overruled, why = Reason.NO_TEXT_LEFT, f"none of its {len(texts)} texts was kept"
    first: Row = {"scope": TextScope.CLIP, "text_id": "", "language": ""}
    rows = [base | first | _closing(clip, overruled, why)]
    for text in texts:
        lost = None if clip_is_kept else Reason.CLIP_DROPPED
        closing = _closing(text.verdict, lost, "its clip is not kept", text.note)
        rows.append(text.row | closing)
    return rows


def _closing(verdict: Verdict | Failure, overruled: Reason | None, why: str, note: str = "") -> Row:
    if isinstance(verdict, Failure):
        return {"reasons": [str(verdict.reason)], "scores": [], **verdict.ending()}
    return row_ending(verdict, overruled, why, note)
