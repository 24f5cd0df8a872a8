"""The filter stage: a verdict on every clip and on each of its texts.

A clip may lose one language and keep the others. What ties the rows of a clip together: when the
clip's picture is unfit, its texts go with it; when no text is left, the clip goes too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from schemas.outcomes import ItemError, Outcome, Reason
from schemas.table import Row
from stages.base import Failure, Unit, UnitStage, Worker
from stages.filter.clip_rules import ClipFacts, judge_clip
from stages.filter.clip_texts import (
    Clip,
    ClipText,
    caption_text,
    compare_captions,
    language_row,
    rows_of_clip,
    said_of_clip,
    text_share,
    translation_text,
)
from stages.filter.config import FilterConfig
from stages.filter.contacts import redacted
from stages.filter.language.identify import Identifier
from stages.filter.language.model import FastTextModel
from stages.filter.language.tags import UND, family
from stages.filter.persons import name_pattern, without_names
from stages.filter.picture_figures import overlay_share, screen_share
from stages.filter.pictures import PictureRater, decoded, luma, small_luma
from stages.filter.profanity import Lists, own_lists, read_lists
from stages.filter.quality_file import Rater, load_model
from stages.filter.text_rules import TextFacts, judge_text
from stages.filter.verdict import Verdict
from stages.select.joined import with_choices


class FilterStage(UnitStage[FilterConfig]):
    name = "filter"
    version = 4
    summary = "Judges each clip and each of its texts: picture, language, length, repetition."
    item = "clips"
    reads = {
        "sources": (
            "source_id",
            "width",
            "height",
            "title",
            "language",
            "language_origin",
            "audio_language",
        ),
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
            "keyframes",
        ),
        "selections": ("shot_id", "source_id", "caption_id", "outcome"),
        "captions": (
            "caption_id",
            "shot_id",
            "teacher",
            "style",
            "language",
            "language_origin",
            "text",
            "text_share",
            "outcome",
        ),
        "choices": ("caption_id", "selected", "caption_scores"),
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
    reads_packs = ("frames",)
    writes = ("verdicts",)

    def __init__(self, config: FilterConfig) -> None:
        super().__init__(config)
        self._identifier: Identifier | None = None
        self._rater: Rater | None = None
        self._aesthetic: PictureRater | None = None
        self._nsfw: PictureRater | None = None
        self._profanity: Lists = {}
        self._names: re.Pattern[str] | None = None

    def models(self) -> list[str]:
        config = self.config
        named = (
            config.language_model,
            config.quality_model,
            config.profanity_list,
            config.person_names,
            config.aesthetic_model,
            config.nsfw_model,
        )
        return [reference for reference in named if reference]

    def setup(self, worker: Worker) -> None:
        config = self.config
        if config.language_model:
            model = FastTextModel(worker.model(config.language_model))
            self._identifier = Identifier(
                model.predict,
                lambda: model.families,
                config.languages,
                config.min_letters_for_language,
            )
        if config.quality_model:
            self._rater = load_model(worker.model(config.quality_model))
        if config.aesthetic_model:
            self._aesthetic = PictureRater(worker.model(config.aesthetic_model))
        if config.nsfw_model:
            self._nsfw = PictureRater(worker.model(config.nsfw_model))
        self._profanity = (
            read_lists(_read(worker.model(config.profanity_list)))
            if config.profanity_list
            else own_lists()
        )
        if config.person_names:
            self._names = name_pattern(_read(worker.model(config.person_names)).splitlines())

    def teardown(self) -> None:
        self._identifier = self._rater = self._aesthetic = self._nsfw = None

    def process(self, unit: Unit) -> None:
        clips = self._clips(unit)
        self._identify(clips)
        for clip in clips:
            for text in clip.texts:
                self._judge(unit, text)
        unit.write("verdicts", [row for clip in clips for row in rows_of_clip(clip)])

    def _clips(self, unit: Unit) -> list[Clip]:
        """The clips of a unit with their texts, of which nothing is judged yet."""
        sources = {row["source_id"]: row for row in unit.rows("sources")}
        shots = {row["shot_id"]: row for row in unit.rows("shots")}
        candidates: dict[str, list[Row]] = defaultdict(list)
        for row in with_choices(unit.rows("captions"), unit.rows("choices")):
            candidates[row["shot_id"]].append(row)
        translations: dict[str, list[Row]] = defaultdict(list)
        for row in unit.rows("translations", Outcome.KEPT):
            translations[row["caption_id"]].append(row)
        clips = []
        for selection in unit.rows("selections", Outcome.KEPT):
            shot_id, caption_id = selection["shot_id"], selection["caption_id"]
            base = {"shot_id": shot_id, "source_id": selection["source_id"]}
            source = sources.get(base["source_id"])
            verdict = unit.attempt(
                shot_id,
                self._judge_clip,
                unit,
                shots.get(shot_id),
                source,
                text_share(candidates[shot_id]),
            )
            by_id = {row["caption_id"]: row for row in candidates[shot_id] if row["selected"]}
            chosen = [caption_id, *(each for each in by_id if each != caption_id)]
            texts = [caption_text(base, each, by_id.get(each), self._profanity) for each in chosen]
            texts += [
                translation_text(base, row, by_id.get(each), self._profanity)
                for each in chosen
                for row in translations[each]
            ]
            fields = said_of_clip(source, by_id.get(caption_id), candidates[shot_id])
            clips.append(Clip(base, verdict, texts, fields))
        compare_captions(clips)
        return clips

    def _identify(self, clips: list[Clip]) -> None:
        """Language ID of all texts of the unit at once."""
        if self._identifier is None:
            return
        texts = [text for clip in clips for text in clip.texts]
        found = self._identifier.identify(
            [text.facts.text for text in texts], [text.facts.language for text in texts]
        )
        for text, language in zip(texts, found, strict=True):
            text.facts = replace(text.facts, detected=language)
        fields = [field for clip in clips for field in clip.fields]
        answers = iter(
            self._identifier.identify([text for _, _, text in fields], [d for _, d, _ in fields])
        )
        for clip in clips:
            clip.languages = [
                language_row(name, declared, next(answers)) for name, declared, _ in clip.fields
            ]

    def _judge_clip(
        self, unit: Unit, shot: Row | None, source: Row | None, text_share: float | None
    ) -> Verdict:
        if shot is None or source is None:
            raise ItemError(Reason.UPSTREAM_FAILED, "the clip has no row in shots or sources")
        images = [decoded(unit.read_packed(frame)) for frame in shot["keyframes"] or []]
        sides = [side for side in (source["width"], source["height"]) if side]
        facts = ClipFacts(
            duration_s=shot["end_s"] - shot["start_s"],
            short_side_px=min(sides, default=None),
            aspect=max(sides) / min(sides) if len(sides) == 2 else None,
            motion=shot["motion"],
            brightness=shot["brightness"],
            sharpness=shot["sharpness"],
            borders=(
                shot["border_left"],
                shot["border_right"],
                shot["border_top"],
                shot["border_bottom"],
            ),
            text_share=text_share,
        )
        if images:
            facts = replace(
                facts,
                overlay_share=overlay_share(np.stack([small_luma(image) for image in images])),
                screen_share=max(screen_share(luma(image)) for image in images),
                aesthetic=self._aesthetic.rate(images) if self._aesthetic else None,
                nsfw=self._nsfw.rate(images) if self._nsfw else None,
            )
        return judge_clip(facts, self.config)

    def _judge(self, unit: Unit, text: ClipText) -> None:
        """Set the verdict and the columns of one text."""
        if text.verdict is not None:
            return
        result = unit.attempt(text.row["text_id"], self._judge_text, text.facts)
        if isinstance(result, Failure):
            text.verdict = result
            return
        facts, text.verdict, used = result
        found, language = facts.detected, facts.language
        if found.language not in (UND, language):
            text.note = f"looks like {found.language}"
        if family(language) == UND and found.language != UND:
            language, text.note = found.language, ""
        text.row |= {
            "language": language,
            "detected_language": found.language,
            "detected_probability": found.probability,
            "text": used if used != facts.text else None,
        }

    def _judge_text(self, facts: TextFacts) -> tuple[TextFacts, Verdict, str]:
        """The facts with what models say of the text, the verdict, and the text to be used."""
        if self._rater is not None:
            facts = replace(
                facts,
                quality=self._rater.quality(facts.text),
                perplexity=self._rater.perplexity(facts.text),
            )
        used = redacted(facts.text) if self.config.redact_contacts else facts.text
        return (
            facts,
            judge_text(facts, self.config),
            without_names(used, facts.language, self._names),
        )


def _read(path: Path) -> str:
    return path.read_text("utf-8", "replace")
