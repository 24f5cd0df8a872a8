"""Flags say what anyone can see is wrong, and leave good texts alone, in any script."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import CAPTION_FLAG_HELP, CaptionFlag
from stages.select.flags import Said, flags_of, loops, numbers, unsupported_numbers
from stages.select.specificity import vocabulary


def flags(text: str, language: str = "en", teacher: str = "vlm", **more: Any) -> set[str]:
    return {str(flag) for flag in flags_of(Said(teacher, language, text, **more))}


def test_every_flag_has_an_explanation() -> None:
    assert set(CAPTION_FLAG_HELP) == set(CaptionFlag)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "A man in a red coat rides a horse along the beach."),
        ("en", "She works as an assistant; he said that that was fine, no, no, no."),
        ("en", "The steady camera zooms in :) on a sign (closed since spring)."),
        ("de", "Die Frau, die die Tür öffnet, trägt einen Hut."),
        ("hi", "एक आदमी समुद्र तट पर घोड़े की सवारी करता है।"),
        ("ar", "رجل يركب حصانا على الشاطئ عند الغروب"),
        ("zh", "一个男人在日落时骑马走在沙滩上。"),
        ("ja", "男性が夕日の海岸で馬に乗っている。"),
        ("und", "anything at all"),
    ],
)
def test_good_texts_have_no_flags(language: str, text: str) -> None:
    assert flags(text, language) == set()


@pytest.mark.parametrize(
    ("flag", "text", "more"),
    [
        ("assistant", "As an AI language model, I see a dog.", {"teacher": "asr"}),
        ("assistant", "I'm sorry, but there is no picture here", {}),
        ("assistant", "Sure! A dog on a beach.", {}),
        ("assistant", "Here is a short caption for it: a dog runs.", {}),
        ("boilerplate", "A dog runs. Subscribe for more!", {"teacher": "metadata"}),
        ("boilerplate", "dog run #dogs #beach #summer", {}),
        ("grammar", "A man walks into a room and the", {}),
        ("grammar", "A man walks walks into the the room", {}),
        ("grammar", "A man (in a coat walks", {}),
        ("grammar", "Ein Hund läuft über den", {"language": "de"}),
        ("loop", "a dog " * 12, {}),
        ("loop", "ha " * 6, {"teacher": "asr"}),
        ("loop", "哈哈哈哈哈哈", {"language": "zh"}),
        ("other_language", "Un perro corre", {"language": "es", "languages": ["en", "fr"]}),
        ("wrong_script", "Собака бежит по пляжу", {}),
        ("wrong_script", "A dog runs", {"language": "zh"}),
        ("unsupported_number", "The runner wears number 42", {"evidence": "a runner, 24"}),
    ],
)
def test_what_is_wrong_is_flagged(flag: str, text: str, more: dict[str, Any]) -> None:
    assert flag in flags(text, **more)


def test_people_who_speak_may_be_sorry() -> None:
    assert flags("I'm sorry, but I can't see you", teacher="asr") == set()


def test_a_language_is_expected_in_all_its_regions() -> None:
    assert flags("A dog runs", "en-GB", languages=["en"]) == set()
    assert flags("A dog runs", "und", languages=["es"]) == set()


@given(st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=8, unique=True), st.data())
def test_any_run_of_words_over_and_over_is_a_loop_and_no_text_without_repeats_is(
    words: list[str], data: st.DataObject
) -> None:
    repeats = data.draw(st.integers(4, 9))
    before = data.draw(st.lists(st.sampled_from(["x", "y"]), max_size=2))
    assert loops([*before, *words * repeats])
    assert not loops(words)
    assert not loops(words * 2)


def test_numbers_are_the_same_in_any_digits_and_spelling() -> None:
    assert numbers("1,000 cars, ١٠٠٠ cars, at 3.5 m or 12:30") == {"1000", "3.5", "12:30"}


def test_a_number_is_supported_by_metadata_ocr_or_another_candidate() -> None:
    text = "A car with the number 7 in 1998"
    assert unsupported_numbers(Said("vlm", "en", text, "Rally 1998")) == {"7"}
    assert unsupported_numbers(Said("vlm", "en", text, "Rally 1998\nNo 7")) == set()
    assert unsupported_numbers(Said("ocr", "en", text)) == set()


@given(st.text(max_size=60), st.sampled_from(["en", "zh", "ar", "und", "xx-nonsense", ""]))
def test_no_text_and_no_tag_breaks_the_checks(text: str, language: str) -> None:
    assert flags(text, language) <= set(CaptionFlag)
    assert all(word == word.casefold() for word in vocabulary(text))
