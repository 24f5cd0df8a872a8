"""Splitting loses nothing; joining follows the target language."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.translate.sentences import split, unwrapped
from stages.translate.visible import visible

LANGUAGES = st.sampled_from(["en", "es", "hi", "zh", "ja", "ar", "ta", "und", "en-GB"])
PROSE = st.lists(
    st.sampled_from(
        [
            "A dog runs.",
            "Dr. Who?",
            "你好。",
            "no end",
            " ",
            "\n\n",
            "\t",
            "!",
            "«x»",
            "- ",
            "1. ",
            "\n2) ",
            "e.g. ",
        ]
    )
).map("".join)

MARKS = re.compile(r"(\s|[-–—*•‣◦▪·]|\(?\w{1,3}[.)])*")


@given(st.one_of(st.text(), PROSE), LANGUAGES)
def test_splitting_keeps_every_character(text: str, language: str) -> None:
    segments = split(text, language)
    assert segments.source() == text
    assert all(re.fullmatch(MARKS, gap) for gap in segments.gaps)
    assert all(sentence == sentence.strip() != "" for sentence in segments.sentences)


@given(st.lists(st.sampled_from(["A dog runs.", "Who is it?", "It rains!"]), min_size=1))
def test_joining_is_the_inverse_of_splitting(sentences: list[str]) -> None:
    text = " ".join(sentences)
    segments = split(text, "en")
    assert list(segments.sentences) == sentences
    assert segments.join(segments.sentences, "en") == text


@pytest.mark.parametrize(
    ("language", "joined"), [("es", "Uno. Dos."), ("zh", "Uno.Dos."), ("zh-Hant", "Uno.Dos.")]
)
def test_the_target_language_decides_the_space(language: str, joined: str) -> None:
    assert split("One. Two.", "en").join(["Uno.", "Dos."], language) == joined


def test_space_appears_where_the_source_had_none() -> None:
    assert split("你好。再见。", "zh").join(["Hello.", "Goodbye."], "en") == "Hello. Goodbye."


def test_line_breaks_survive() -> None:
    assert split("One.\n\nTwo.", "en").join(["一。", "二。"], "zh") == "一。\n\n二。"


def test_abbreviations_do_not_end_a_sentence() -> None:
    assert split("Dr. Smith waves. He smiles.", "en").sentences == (
        "Dr. Smith waves.",
        "He smiles.",
    )


def test_every_sentence_needs_its_translation() -> None:
    with pytest.raises(ValueError, match="1 translations of 2 sentences"):
        split("One. Two.", "en").join(["Uno."], "es")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("- Open the box.\n- Take it out.", ("Open the box.", "Take it out.")),
        ("1. Open the box.\n2. Take it out.", ("Open the box.", "Take it out.")),
        ("12. May is a day.", ("12. May is a day.",)),
        ("SALE\nOpen daily", ("SALE", "Open daily")),
        ("A man is\nwalking.", ("A man is\nwalking.",)),
        ("It costs 3.5 dollars. He pays.", ("It costs 3.5 dollars.", "He pays.")),
        ("He said “Stop. Now!” and left.", ("He said “Stop. Now!” and left.",)),
    ],
)
def test_lists_lines_numbers_and_quotes(text: str, sentences: tuple[str, ...]) -> None:
    assert split(text, "en").sentences == sentences


def test_lists_stay_lists() -> None:
    segments = split("To do:\n- One.\n  - Two. Three.\n\nDone.", "en")
    assert segments.join(["Aufgaben:", "Eins.", "Zwei.", "Drei.", "Fertig."], "de") == (
        "Aufgaben:\n- Eins.\n- Zwei. Drei.\n\nFertig."
    )


def test_subtitle_lines_are_one_text_but_for_other_speakers() -> None:
    assert unwrapped("He is\nThe man") == "He is The man"
    assert unwrapped("- Yes.\n- No.") == "- Yes.\n- No."


@given(st.text(st.sampled_from("aé語ක්‍ර \n\t\u200b\u200d\u202e\u0007👍🏽\ufe0f"), max_size=8))
def test_what_is_seen_does_not_depend_on_what_is_not(text: str) -> None:
    """A text without hidden characters takes a short way; with one at its end it does not."""
    assert visible(text + "\u200b") == visible(text)
