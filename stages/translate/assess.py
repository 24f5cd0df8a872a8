"""Checks on the finished translations of a unit, with the models that are configured."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stages.base import Unit, Worker
from stages.translate.checks.checker import Checker
from stages.translate.checks.judge import Evidence
from stages.translate.checks.pair import TextPair
from stages.translate.checks.result import Check
from stages.translate.config import TranslateConfig
from stages.translate.finished import COPY, Finished
from stages.translate.scorers import (
    BackTranslationScorer,
    EmbeddingScorer,
    PairScorer,
    QualityScorer,
    Texts,
)

BackTranslate = Callable[[Unit, Sequence[Finished]], list[str | None]]
"""Each text in the language of its source again; None where that did not work."""


class Assessor:
    """Judges translations. `back`: gives back-translations, where a model for it is configured."""

    def __init__(
        self, config: TranslateConfig, worker: Worker, back: BackTranslate | None = None
    ) -> None:
        """Loads models. Raises StageError."""
        self._score_limit = config.flag_below_score
        self._back = back
        checks = config.checks
        self._checker = Checker(checks, config.languages)
        self._checker.load(worker.model)
        self._chrf: PairScorer | None = BackTranslationScorer() if back else None
        self._embeddings: PairScorer | None = (
            EmbeddingScorer(worker.model(checks.embedding_model))
            if checks.embedding_model
            else None
        )
        self._quality: PairScorer | None = (
            QualityScorer(worker.model(checks.quality_model)) if checks.quality_model else None
        )

    def __call__(self, unit: Unit, done: Sequence[Finished]) -> list[list[Check]]:
        """The checks of each; none for what has no text, or was in the language already."""
        judged = [each for each in done if is_judged(each)]
        texts = [(each.source.text, each.text or "") for each in judged]
        embeddings = _scores(self._embeddings, texts)
        quality = _scores(self._quality, texts)
        chrf = self._back_translated(unit, judged)
        items = [
            (
                TextPair(source, target, each.source.language, each.language),
                Evidence(
                    model=each.model,
                    score=each.score,
                    score_limit=self._score_limit,
                    limit_reached=any(sentence.truncated for sentence in each.sentences),
                    lost=tuple(each.lost),
                    back_translation_chrf=chrf[index],
                    embedding_similarity=embeddings[index],
                    quality_estimate=quality[index],
                ),
            )
            for index, (each, (source, target)) in enumerate(zip(judged, texts, strict=True))
        ]
        checks = iter(self._checker.judge_all(items))
        return [next(checks) if is_judged(each) else [] for each in done]

    def _back_translated(self, unit: Unit, judged: Sequence[Finished]) -> list[float | None]:
        if self._back is None or self._chrf is None:
            return [None] * len(judged)
        again = self._back(unit, judged)
        pairs = [
            (each.source.text, text)
            for each, text in zip(judged, again, strict=True)
            if text is not None
        ]
        scores = iter(self._chrf.score(pairs))
        return [None if text is None else next(scores) for text in again]


def is_judged(done: Finished) -> bool:
    """Whether there is a translation to look at."""
    return done.is_kept and done.model != COPY


def _scores(scorer: PairScorer | None, texts: Texts) -> Sequence[float | None]:
    return [None] * len(texts) if scorer is None else scorer.score(texts)
