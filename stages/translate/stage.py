"""The translate stage: every chosen caption in every target language, each ending told.

One row per chosen caption and target language, whatever happens. Captions are split into
sentences; each distinct sentence of the unit goes to the model once per language; a caption is
translated only when all of its sentences are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from schemas.ids import translation_id
from schemas.outcomes import Outcome, Reason, TextStatus
from schemas.table import Row
from stages.base import Failure, Unit, UnitStage, Worker, dropped, kept
from stages.translate.batching import batches, distinct
from stages.translate.card import ModelCard, Route, domain_of, read_card, routes
from stages.translate.config import TranslateConfig
from stages.translate.domain import Domain, sentence_case
from stages.translate.languages import same_language, serving_tag
from stages.translate.sentences import Segments, split

if TYPE_CHECKING:
    from stages.translate.translator import Translated, Translator

COPY = "copy"
"""`model` of a row whose caption was in the target language to begin with."""


@dataclass(frozen=True)
class Job:
    """One caption of the unit: its sentences, or how every translation of it ends."""

    caption: Row
    segments: Segments
    sentences: tuple[str, ...] = ()
    ending: Row | None = None


class TranslateStage(UnitStage[TranslateConfig]):
    """Chosen captions into the target languages."""

    name = "translate"
    version = 1
    summary = "Translate the chosen captions into the target languages."
    item = "translations"
    reads: ClassVar[dict[str, tuple[str, ...]]] = {
        "captions": (
            "caption_id",
            "shot_id",
            "source_id",
            "language",
            "text",
            "is_demo",
            "selected",
        )
    }
    writes = ("translations",)

    def models(self) -> list[str]:
        return [self.config.model] if self.config.languages else []

    def check(self, model: Callable[[str], Path]) -> None:
        if self.config.languages:
            routes(read_card(model(self.config.model)), self.config.languages)

    def setup(self, worker: Worker) -> None:
        self._translator: Translator | None = None
        self._routes: dict[str, Route] = {}
        self._domain: Domain | None = None
        if not self.config.languages:
            return
        from stages.translate.translator import open_model

        folder = worker.model(self.config.model)
        translator = open_model(folder, self.config.compute_type, self.config.threads)
        found = routes(translator.card, self.config.languages)
        self._translator = translator
        self._routes = {route.language: route for route in found}
        self._domain = domain_of(translator.card)

    def teardown(self) -> None:
        self._translator = None

    def process(self, unit: Unit) -> None:
        rows: list[Row] = []
        if self._translator is not None:
            chosen = [row for row in unit.rows("captions", Outcome.KEPT) if row["selected"]]
            jobs = [self._job(unit, caption) for caption in chosen]
            for language in self.config.languages:
                rows += self._into(unit, self._translator, language, jobs)
        unit.write("translations", rows)

    def _job(self, unit: Unit, caption: Row) -> Job:
        done = unit.attempt(caption["caption_id"], self._prepare, caption)
        if isinstance(done, Failure):
            return Job(caption, Segments((), ("",)), ending=done.ending())
        return done

    def _prepare(self, caption: Row) -> Job:
        """Split a caption; say at once how it ends when it cannot be translated at all."""
        text, nothing = caption["text"] or "", Segments((), ("",))
        if not text.strip():
            return Job(caption, nothing, ending=dropped(Reason.EMPTY_TEXT, "the caption is empty"))
        if len(text) > self.config.max_characters:
            why = (
                f"{len(text)} characters; translate.max_characters is {self.config.max_characters}"
            )
            return Job(caption, nothing, ending=dropped(Reason.TEXT_TOO_LARGE, why))
        segments = split(text, caption["language"] or "und")
        return Job(caption, segments, tuple(self._spelled(s) for s in segments.sentences))

    def _spelled(self, sentence: str) -> str:
        """A sentence as the model wants to read it."""
        if self._translator is not None and self._translator.card.sentence_case:
            return sentence_case(sentence)
        return " ".join(sentence.split())

    def _into(
        self, unit: Unit, translator: Translator, language: str, jobs: list[Job]
    ) -> Iterator[Row]:
        """One row per job in `language`."""
        endings = {job.caption["caption_id"]: self._refusal(job, language) for job in jobs}
        open_jobs = [job for job in jobs if endings[job.caption["caption_id"]] is None]
        route = self._routes.get(language)
        done: dict[str, Translated | Failure | Row] = {}
        if route is not None:
            wanted = distinct(s for job in open_jobs for s in job.sentences)
            done = self._translate(unit, translator, route, wanted)
        for job in jobs:
            ending = endings[job.caption["caption_id"]]
            if ending is None:
                yield self._row(job, language, self._joined(job, language, done))
            else:
                yield self._row(job, language, ending)

    def _refusal(self, job: Job, language: str) -> Row | None:
        """How a caption ends in `language` without asking the model; None: ask it."""
        if job.ending is not None:
            return job.ending
        spoken = job.caption["language"] or "und"
        if same_language(spoken, language):
            return {
                **kept(f"the caption is in {spoken} already"),
                "text": job.caption["text"],
                "status": TextStatus.AUTO,
                "model": COPY,
                "is_demo": job.caption["is_demo"],
                "n_sentences": len(job.sentences),
            }
        source = self._card.source_language
        if serving_tag(spoken, [source]) is None or language not in self._routes:
            why = f"{self._card.label} translates from {source}; the caption is in {spoken}"
            return dropped(Reason.UNSUPPORTED_LANGUAGE, why)
        if self._domain is not None:
            objections = (self._domain.objection(sentence) for sentence in job.sentences)
            if objection := next(filter(None, objections), ""):
                return dropped(Reason.OUT_OF_DOMAIN, objection)
        return None

    @property
    def _card(self) -> ModelCard:
        if self._translator is None:
            raise RuntimeError("setup was not called")
        return self._translator.card

    def _translate(
        self, unit: Unit, translator: Translator, route: Route, wanted: list[str]
    ) -> dict[str, Translated | Failure | Row]:
        """Each sentence's translation, or how it fails, or how it is dropped."""
        tokens = {sentence: translator.tokens(sentence, route) for sentence in wanted}
        limit = self.config.max_sentence_tokens
        done: dict[str, Translated | Failure | Row] = {
            sentence: dropped(
                Reason.TEXT_TOO_LARGE,
                f"a sentence of {len(found)} tokens; translate.max_sentence_tokens is {limit}",
            )
            for sentence, found in tokens.items()
            if len(found) > limit
        }
        lengths = {sentence: len(tokens[sentence]) for sentence in wanted if sentence not in done}
        for batch in batches(lengths, self.config.max_batch_tokens):
            result = self._call(unit, translator, tokens, batch)
            if isinstance(result, Failure) and len(batch) > 1:
                # One bad sentence must not cost its neighbours in the batch.
                alone = ((each, self._call(unit, translator, tokens, [each])) for each in batch)
                done.update({s: r if isinstance(r, Failure) else r[0] for s, r in alone})
            elif isinstance(result, Failure):
                done[batch[0]] = result
            else:
                done.update(zip(batch, result, strict=True))
        return done

    def _call(
        self, unit: Unit, translator: Translator, tokens: dict[str, list[str]], batch: list[str]
    ) -> list[Translated] | Failure:
        """One model call. Targets may be three times as long as the longest source sentence."""
        return unit.attempt(
            batch[0][:80],
            translator.translate,
            [tokens[sentence] for sentence in batch],
            self.config.beam_size,
            3 * len(tokens[batch[0]]) + 16,
        )

    def _joined(self, job: Job, language: str, done: dict[str, Translated | Failure | Row]) -> Row:
        """The closing columns and the text of a caption whose sentences were all tried."""
        parts: list[Translated] = []
        for sentence in job.sentences:
            part = done[sentence]
            if isinstance(part, Failure):
                return part.ending()
            if isinstance(part, dict):
                return part
            if not part.text:
                why = f"nothing came out for: {sentence[:80]}"
                return dropped(Reason.EMPTY_TRANSLATION, why)
            parts.append(part)
        weight = sum(part.n_tokens for part in parts)
        score = sum(part.score * part.n_tokens for part in parts) / weight
        doubts = []
        if score < self.config.flag_below_score:
            doubts.append(f"score {score:.3f} is below {self.config.flag_below_score:g}")
        if any(part.truncated for part in parts):
            doubts.append("a sentence reached the length limit")
        return {
            **kept("; ".join(doubts) or None),
            "text": job.segments.join([part.text for part in parts], language),
            "status": TextStatus.FLAGGED if doubts else TextStatus.AUTO,
            "score": score,
            "n_sentences": len(parts),
        }

    def _row(self, job: Job, language: str, ending: Row) -> Row:
        caption = job.caption
        return {
            "translation_id": translation_id(caption["caption_id"], language),
            "caption_id": caption["caption_id"],
            "shot_id": caption["shot_id"],
            "source_id": caption["source_id"],
            "source_language": caption["language"] or "und",
            "language": language,
            "model": self._card.label,
            "is_demo": self._card.is_demo,
            **ending,
        }
