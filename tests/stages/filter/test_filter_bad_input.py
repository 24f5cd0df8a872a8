"""Texts that are none, or hostile: each has one defined outcome, with and without a model."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from test_filter_stage import caption, run, translation

from pipeline.models.cache import ModelCache
from stages.filter.config import FilterConfig
from stages.filter.language.defaults import LID_176
from stages.filter.language.identify import NOTHING, Identifier
from stages.filter.language.model import FastTextModel, read_label
from stages.filter.language.words import common_words

HUGE = 100_000
CASES = [
    ("", "dropped", "empty_text"),
    (" \n\t\u3000 ", "dropped", "empty_text"),
    ("\u200b\u2060\ufeff", "dropped", "empty_text"),
    ("\u202e\u2066\u2069\u200f", "dropped", "empty_text"),
    ("\ud800\udfff", "dropped", "empty_text"),
    ("😀", "dropped", "text_too_short"),
    ("😀 👩‍👩‍👧 🎉🎉", "dropped", "text_too_short"),
    ("... !!! ???", "dropped", "text_too_short"),
    ("a" * HUGE, "dropped", "text_too_short"),
    ("word " * (HUGE // 5), "dropped", "text_too_long"),
    ("马" * HUGE, "dropped", "wrong_script"),
    ("A man ri\u200bdes a ho\u00adrse along the beach", "kept", None),
    ("\u202aA man rides a horse\u202c on the beach", "kept", None),
    ("A man rides 马 on the beach", "kept", None),
    ("Мужчина едет на horse по пляжу", "dropped", "wrong_script"),
]


@pytest.mark.parametrize(("text", "outcome", "reason"), CASES)
def test_each_hostile_text_has_its_outcome(
    tmp_path: Path, text: str, outcome: str, reason: str | None
) -> None:
    if "\ud800" in text:
        # Parquet holds no lone surrogates, so they come no further than the rule itself.
        from stages.filter.text_rules import TextFacts, judge_text

        assert judge_text(TextFacts(text, "en", NOTHING), FilterConfig()).reasons[0] == reason
        return
    row = run(tmp_path, {"captions": [caption(text)]})["cap-c1"]
    assert (row["outcome"], row["reason"]) == (outcome, reason)


@pytest.mark.parametrize("tag", ["und", "xx", "tlh", "english", "not a tag", "zh-Hans-XX-x-y"])
def test_an_unknown_or_wrong_tag_costs_nothing_else(tmp_path: Path, tag: str) -> None:
    rows = run(tmp_path, {"captions": [caption("A man rides a horse on the beach", language=tag)]})
    kept = "dropped" if tag.startswith("zh") else "kept"
    assert (rows["cap-c1"]["outcome"], rows["cap-c1"]["language"]) == (kept, tag)


def test_one_hostile_text_leaves_its_neighbours_alone(tmp_path: Path) -> None:
    german = "Ein Mann reitet am Strand entlang."
    texts = [translation("de", german), translation("sv", "\u200b"), translation("ru", "x" * HUGE)]
    rows = run(tmp_path, {"translations": texts})
    assert rows["tr-c1-de"]["outcome"] == rows["cap-c1"]["outcome"] == "kept"
    assert {rows["tr-c1-sv"]["outcome"], rows["tr-c1-ru"]["outcome"]} == {"dropped"}


def identifier() -> Identifier:
    """One whose model says nothing."""
    languages = FilterConfig().languages
    return Identifier(lambda line: [], lambda: frozenset(), languages, 6)


def test_language_id_answers_for_every_hostile_text_and_in_the_order_of_the_texts() -> None:
    texts = [text for text, _, _ in CASES] + ["\x00\x0b\x1c", "a\nb\r\nc", "@@##//", "\u0301" * 50]
    started = time.thread_time()
    found = identifier().identify(texts, ["en"] * len(texts))
    assert time.thread_time() - started < 2
    assert len(found) == len(texts)
    for text, answer in zip(texts, found, strict=True):
        alone = identifier().identify([text], ["en"])[0]
        assert alone.language == answer.language, text[:40]
        assert (alone.margin is None) == (answer.margin is None)
    assert identifier().identify([], []) == []


def test_what_is_found_does_not_depend_on_the_texts_beside_it() -> None:
    texts = ["A man rides a horse", "一个男人", "Ein Hund und eine Katze", "😀", "यह एक घर है"]
    whole = identifier().identify(texts, ["und"] * len(texts))
    back = identifier().identify(texts[::-1], ["und"] * len(texts))[::-1]
    assert [found.language for found in whole] == ["en", "zh", "de", "und", "hi"]
    assert [found.language for found in back] == [found.language for found in whole]


def test_the_word_lists_name_families_that_exist() -> None:
    words = common_words()
    assert words["och"] == {"sv"}
    assert {"da", "no", "sv"} <= words["på"]
    assert all(language != "und" for families in words.values() for language in families)


@pytest.mark.parametrize(
    ("label", "known"),
    [
        ("__label__en", "en"),
        ("__label__eng_Latn", "en"),
        ("__label__cmn_Hani", "zh"),
        ("__label__hin_Deva", "hi"),
        ("__label__nob_Latn", "no"),
        ("__label__npi_Deva", "ne"),
        ("__label__not a tag", "und"),
    ],
)
def test_labels_of_lid_glotlid_and_openlid_are_read(label: str, known: str) -> None:
    assert read_label(label)[0] == known
    assert ("Latn" in read_label(label)[1]) == (known in ("en", "no"))


@pytest.fixture(scope="module")
def lid176() -> FastTextModel:
    path = ModelCache(may_fetch=False).find(LID_176)
    if path is None:
        pytest.skip("lid.176.ftz is not here: polyreel models pull")
    return FastTextModel(path)


@pytest.mark.models
def test_the_real_model_knows_all_languages_of_the_default(lid176: FastTextModel) -> None:
    assert set(FilterConfig().languages) <= lid176.families
    real = Identifier(lid176.predict, lambda: lid176.families, FilterConfig().languages, 6)
    for text, _, _ in CASES:
        (found,) = real.identify([f"\udcff\x00{text} xorbel quintash"], ["tlh"])
        assert found.margin is None or -1 <= found.margin <= 1
