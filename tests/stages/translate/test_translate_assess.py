"""Scores of models beside the checks: asked for what has a translation, null for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from pipeline.testing import local_worker
from schemas.outcomes import Reason, TextKind
from stages.base import Unit, dropped, kept
from stages.translate import assess
from stages.translate.assess import Assessor
from stages.translate.config import TranslateConfig
from stages.translate.engine import Sentence
from stages.translate.finished import COPY, Finished
from stages.translate.texts import SourceText

UNIT = cast(Unit, None)


def finished(name: str, text: str | None, model: str = "m", **changed: Any) -> Finished:
    source = SourceText(TextKind.CAPTION, name, "s", "en", "A dog sleeps on the grass.")
    ending = kept() if text else dropped(Reason.OUT_OF_DOMAIN, "unknown words")
    return Finished(source, "es", model, False, ending, text, **changed)


DONE = [
    finished("good", "Un perro duerme en la hierba."),
    finished("none", None),
    finished("same", "A dog sleeps on the grass.", COPY),
    finished("other", "Una mujer cocina."),
]


def config(**checks: Any) -> TranslateConfig:
    return TranslateConfig(languages=["es"], checks={"language_model": None} | checks)


def values(checks: Sequence[Any], name: str) -> list[Any]:
    return [{check.flag: check.value for check in own}.get(name) for own in checks]


def test_what_has_no_translation_is_not_judged(tmp_path: Path) -> None:
    worker = local_worker(tmp_path)
    checks = Assessor(config(), worker)(UNIT, DONE)
    worker.close()
    assert [bool(own) for own in checks] == [True, False, False, True]


def test_back_translations_are_compared_with_their_own_source(tmp_path: Path) -> None:
    pytest.importorskip("sacrebleu")
    asked: list[str] = []

    def back(unit: Unit, done: Sequence[Finished]) -> list[str | None]:
        asked.extend(each.source.text_id for each in done)
        return ["A dog sleeps on the grass.", None]

    worker = local_worker(tmp_path)
    checks = Assessor(config(), worker, back)(UNIT, DONE)
    worker.close()
    assert asked == ["good", "other"]
    assert values(checks, "back_translation_differs") == [pytest.approx(100), None, None, None]


def test_scorers_are_asked_once_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class ByLength:
        """Stands for a model: the share of the longer text that the shorter one is."""

        def __init__(self, folder: Path) -> None:
            self.folder = folder

        def score(self, texts: Sequence[tuple[str, str]]) -> list[float]:
            return [min(len(a), len(b)) / max(len(a), len(b)) for a, b in texts]

    monkeypatch.setattr(assess, "EmbeddingScorer", ByLength)
    monkeypatch.setattr(assess, "QualityScorer", ByLength)
    worker = local_worker(tmp_path)
    models = {"embedding_model": str(tmp_path), "quality_model": str(tmp_path)}
    checks = Assessor(config(**models), worker)(UNIT, DONE)
    worker.close()
    for name in ("embeddings_apart", "low_quality_estimate"):
        found = values(checks, name)
        assert found[0] > found[3] > 0
        assert found[1:3] == [None, None]


def test_a_sentence_at_the_limit_and_a_lost_span_are_evidence(tmp_path: Path) -> None:
    cut = Sentence("x", "Un perro duerme en la hierba.", -0.1, 5, truncated=True, lost=("#1",))
    worker = local_worker(tmp_path)
    (checks,) = Assessor(config(), worker)(
        UNIT, [finished("cut", "Un perro duerme en la hierba.", sentences=(cut,))]
    )
    worker.close()
    assert [str(check.flag) for check in checks if not check.passed] == [
        "placeholder_lost", "truncated",
    ]  # fmt: skip
