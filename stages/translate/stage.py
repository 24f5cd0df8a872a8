"""The translate stage: every asked text in every target language, each ending told.

One row per text and target language, whatever happens. Texts are split into sentences; each
distinct sentence of the unit goes to a model once per language; a text is translated only when all
of its sentences are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from schemas.outcomes import Reason, TextKind
from schemas.table import Row
from stages.base import Failure, Unit, UnitStage, Worker, dropped, kept
from stages.translate.again import BackTranslator, StageAgain, again
from stages.translate.ask import ServerAgain
from stages.translate.assess import Assessor
from stages.translate.card import ModelCard, domain_of, lacks, read_card
from stages.translate.checks.checker import read_calibration
from stages.translate.config import TranslateConfig
from stages.translate.config_checks import TryConfig
from stages.translate.domain import Domain
from stages.translate.edited import with_edits
from stages.translate.engine import Ask, Engine, Result, Sentence
from stages.translate.errors import ModelFolderError
from stages.translate.escalate import Again, escalate, settle
from stages.translate.finished import COPY, Finished
from stages.translate.languages import same_language
from stages.translate.routing import Rule, Way, find_way, writable
from stages.translate.sentences import Segments, split, unwrapped
from stages.translate.texts import READS, SourceText, texts_of
from stages.translate.visible import visible

NO_SEGMENTS = Segments((), ("",))


@dataclass(frozen=True)
class Job:
    """One text of the unit: its sentences, or how every translation of it ends."""

    source: SourceText
    segments: Segments = NO_SEGMENTS
    ending: Row | None = None


class TranslateStage(UnitStage[TranslateConfig]):
    """Captions and other texts into the target languages."""

    name = "translate"
    version = 6
    summary = "Translate captions, and what else is asked for, into the target languages."
    item = "translations"
    reads: ClassVar[dict[str, tuple[str, ...]]] = READS
    writes = ("translations",)
    reads_edits = True

    def __init__(self, config: TranslateConfig, lent: Engine | None = None) -> None:
        """`lent`: an engine whose models are used where they are the same."""
        super().__init__(config)
        self._lent = lent
        self.rules = [
            Rule(rule.model, tuple(rule.sources), tuple(rule.targets), rule.via)
            for rule in config.rules()
        ]
        self._cards: dict[str, ModelCard] = {}
        self._domains: dict[str, Domain | None] = {}
        self._engine: Engine | None = None
        self._assessor: Assessor | None = None
        self._again: list[Again] = []

    def models(self) -> list[str]:
        if not self.config.languages:
            return []
        return sorted({*self._translators(), *self._others(), *self.config.checks.models()})

    def _others(self) -> list[str]:
        """References of the translation models of other tries, and of the way back."""
        tries = [each.model for each in self.config.escalate]
        return [model for model in (*tries, self.config.checks.back_translation_model) if model]

    def _translators(self) -> list[str]:
        """References of the models that the first try needs."""
        return sorted({rule.model for rule in self.rules}) if self.config.languages else []

    def check(self, model: Callable[[str], Path]) -> None:
        """Every target language has a route from somewhere, or is the language of a source."""
        cards = {reference: read_card(model(reference)) for reference in self._translators()}
        spoken = [tag for card in cards.values() for tag in card.sources]
        lacking = [
            tag
            for tag in self.config.languages
            if not writable(self.rules, cards, tag)
            and not any(same_language(tag, source) for source in spoken)
        ]
        if lacking:
            told = "; ".join(lacks(card, lacking) for _, card in sorted(cards.items()))
            raise ModelFolderError(f"translate: {told}")
        if self.config.languages:
            for each in self.config.escalate:
                if each.ask is not None:
                    ServerAgain(each.settings, each.ask, self.config.servers)
            for reference in self._others():
                read_card(model(reference))
            read_calibration(model(self.config.checks.calibration))

    def setup(self, worker: Worker) -> None:
        self.open(worker)
        if self._engine is not None:
            back = BackTranslator(self.config, TranslateStage)
            self._assessor = Assessor(self.config, worker, back if back.is_configured else None)
            self._again = [self._way_again(each) for each in self.config.escalate]

    def _way_again(self, other: TryConfig) -> Again:
        if other.ask is not None:
            return ServerAgain(other.settings, other.ask, self.config.servers)
        return StageAgain(other.settings, TranslateStage(again(self.config, other), self._engine))

    def open(self, worker: Worker) -> None:
        """Load what `translate` needs."""
        folders = {reference: worker.model(reference) for reference in self._translators()}
        self._cards = {reference: read_card(folder) for reference, folder in folders.items()}
        self._domains = {reference: domain_of(card) for reference, card in self._cards.items()}
        self._engine = Engine(self.config, folders, self._lent) if folders else None

    def teardown(self) -> None:
        for way in self._again:
            way.close()
        self._engine = None
        self._assessor = None
        self._again = []

    def process(self, unit: Unit) -> None:
        asked = [
            (source, language)
            for source in (texts_of(unit, self.config) if self._engine else [])
            for language in self.config.languages
        ]
        done = self.finish(unit, self.translate(unit, asked))
        unit.write("translations", [each.row() for each in done])

    def finish(self, unit: Unit, done: Sequence[Finished]) -> list[Finished]:
        """All translations of a unit pass here once, before their rows are written: they are
        checked, what is doubted is tried again, and what people wrote takes its place."""
        if self._assessor is None:
            return list(done)
        first = f"beam {self.config.beam_size}"
        tries = escalate(unit, done, first, self._again, self._assessor)
        settled = with_edits([settle(own) for own in tries], unit.edits())
        edited = [each for each in settled if each.editor is not None]
        checks = iter(self._assessor(unit, edited))
        return [
            replace(each, checks=tuple(next(checks))) if each.editor is not None else each
            for each in settled
        ]

    def translate(self, unit: Unit, asked: Sequence[tuple[SourceText, str]]) -> list[Finished]:
        """Texts into languages, one for one, by the models alone."""
        if self._engine is None:
            return []
        sources = dict.fromkeys(source for source, _ in asked)
        jobs = {source: self._job(unit, source) for source in sources}
        return self._translate(
            unit, self._engine, [(jobs[source], language) for source, language in asked]
        )

    def _job(self, unit: Unit, source: SourceText) -> Job:
        done = unit.attempt(source.text_id, self._prepare, source)
        return Job(source, ending=done.ending()) if isinstance(done, Failure) else done

    def _prepare(self, source: SourceText) -> Job:
        """Split a text; say at once how it ends when it cannot be translated at all."""
        if not visible(source.text).strip():
            return Job(source, ending=dropped(Reason.EMPTY_TEXT, "there is no text to be seen"))
        if len(source.text) > self.config.max_characters:
            limit = self.config.max_characters
            why = f"{len(source.text)} characters; translate.max_characters is {limit}"
            return Job(source, ending=dropped(Reason.TEXT_TOO_LARGE, why))
        text = unwrapped(source.text) if source.kind is TextKind.CUE else source.text
        return Job(source, split(text, source.language))

    def _translate(
        self, unit: Unit, engine: Engine, asked: Sequence[tuple[Job, str]]
    ) -> list[Finished]:
        """Each job in its language: those that need no model, then the others together."""
        ways = [self._way(job, language) for job, language in asked]
        asks: list[Ask] = [
            (way, sentence)
            for (job, _), way in zip(asked, ways, strict=True)
            if not isinstance(way, Finished)
            for sentence in job.segments.sentences
        ]
        results = engine.translate(unit, asks)
        return [
            way if isinstance(way, Finished) else self._joined(job, language, way, results)
            for (job, language), way in zip(asked, ways, strict=True)
        ]

    def _way(self, job: Job, language: str) -> Way | Finished:
        """By which models a text goes, or how it ends in `language` without them."""
        source = job.source
        if job.ending is not None:
            return self._ended(job, language, job.ending)
        if same_language(source.language, language):
            ending = kept(f"the text is in {source.language} already")
            pieces = tuple(Sentence(text, text, None, 0) for text in job.segments.sentences)
            return Finished(
                source, language, COPY, source.is_demo, ending, source.text, sentences=pieces
            )
        way = find_way(self.rules, self._cards, source.language, language)
        if isinstance(way, str):
            return self._ended(job, language, dropped(Reason.UNSUPPORTED_LANGUAGE, way))
        domain = self._domains[way[0].model]
        if domain is not None:
            objections = (domain.objection(sentence) for sentence in job.segments.sentences)
            if objection := next(filter(None, objections), ""):
                return self._ended(job, language, dropped(Reason.OUT_OF_DOMAIN, objection), way)
        return way

    def _joined(self, job: Job, language: str, way: Way, results: Mapping[Ask, Result]) -> Finished:
        """A text whose sentences were all tried."""
        parts: list[Sentence] = []
        for sentence in job.segments.sentences:
            part = results[way, sentence]
            if isinstance(part, Failure):
                return self._ended(job, language, part.ending(), way)
            if not isinstance(part, Sentence):
                return self._ended(job, language, part, way)
            parts.append(part)
        scored = [part for part in parts if part.score is not None]
        weight = sum(part.n_tokens for part in scored)
        score = sum((part.score or 0.0) * part.n_tokens for part in scored) / max(weight, 1)
        return Finished(
            job.source,
            language,
            self._label(way) if scored else COPY,
            self._is_demo(way) if scored else job.source.is_demo,
            kept(),
            job.segments.join([part.text for part in parts], language),
            score if scored else None,
            tuple(parts),
        )

    def _ended(self, job: Job, language: str, ending: Row, way: Way = ()) -> Finished:
        """A text without a translation."""
        return Finished(job.source, language, self._label(way), self._is_demo(way), ending)

    def _label(self, way: Way) -> str:
        """The models of a way; without one, those that there are."""
        references = [hop.model for hop in way] or self._translators()
        between = " > " if way else ", "
        return between.join(self._cards[reference].label for reference in references)

    def _is_demo(self, way: Way) -> bool:
        references = [hop.model for hop in way] or self._translators()
        return any(self._cards[reference].is_demo for reference in references)
