"""Texts of which nobody says the language: named where it shows, never guessed."""

from __future__ import annotations

import pytest

from pipeline.models.cache import ModelCache
from stages.filter.language.defaults import LID_176
from stages.filter.language.model import FastTextModel
from stages.filter.language.undeclared import Undeclared


@pytest.fixture(scope="module")
def undeclared() -> Undeclared:
    path = ModelCache(may_fetch=False).find(LID_176)
    if path is None:
        pytest.skip("lid.176.ftz is not here: polyreel models pull")
    return Undeclared(FastTextModel(path))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("A man rides a horse", "en"),
        ("My trip to Paris", "en"),
        ("Ein Mann reitet durch die Straße", "de"),
        ("Um homem anda a cavalo na rua", "pt"),  # not among the usual languages
        ("오늘의 뉴스", "ko"),
        ("今日のニュースです", "ja"),
        ("出口在这里", "zh"),
        ("نیوز کی تازہ ترین خبریں", "ur"),
    ],
)
def test_clear_texts_are_named(undeclared: Undeclared, text: str, language: str) -> None:
    assert undeclared.languages([text]) == [language]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "54 N454ER",
        "deHakims",
        "DSC_0042",
        "♪",
        "Dynamite (다이너마이트) official video 뮤직비디오",
    ],
)
def test_names_numbers_and_mixtures_are_not(undeclared: Undeclared, text: str) -> None:
    assert undeclared.languages([text]) == ["und"]
