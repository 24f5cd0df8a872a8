"""Recognised speech: what gives away that nobody spoke."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.caption.config import AsrConfig
from stages.caption.transcript import Window, spoken, trusted_transcript
from stages.caption.words import Word, phrases

CONFIG = AsrConfig()


def window(
    text: str,
    start_s: float = 0.0,
    probability: float = 0.9,
    no_speech: float = 0.05,
    logprob: float = -0.3,
    compression: float = 1.2,
) -> Window:
    words = tuple(
        Word(f" {word}", start_s + i * 0.3, start_s + i * 0.3 + 0.25, probability)
        for i, word in enumerate(text.split())
    )
    return Window(words, no_speech, logprob, compression)


def test_clear_speech_is_trusted_whole() -> None:
    transcript = trusted_transcript("en", [window("ask not what your country can do")], CONFIG)
    assert spoken(transcript.words) == "ask not what your country can do"
    assert transcript.distrusted == ()


@pytest.mark.parametrize(
    ("heard", "why"),
    [
        (window("some words here", no_speech=0.8), "no speech likely"),
        (window("go to the hotel", compression=10.5), "repeats itself"),
        (window("Ah, ah, ah, ah."), "repeats itself"),
        (window("some words here", logprob=-1.3), "unlikely words"),
        (window("some words here", probability=0.55), "unsure words"),
        (
            window("some words here", probability=0.4),
            "too many unsure words, as of a language that the model does not know",
        ),
        (window("Thank you."), "stock phrase"),
        (window("THANKS for watching!"), "stock phrase"),
        (window("I'll see you next time."), "stock phrase"),
    ],
)
def test_what_whisper_writes_over_noise_is_left_out_with_its_reason(
    heard: Window, why: str
) -> None:
    transcript = trusted_transcript("en", [heard, window("real words here", 9.0)], CONFIG)
    assert spoken(transcript.words) == "real words here"
    assert transcript.distrust_in(0, 5) == f"1 x {why}"
    assert transcript.distrust_in(5, 20) == ""


def test_a_stock_phrase_inside_a_sentence_is_speech() -> None:
    transcript = trusted_transcript("en", [window("we thank you for the bread")], CONFIG)
    assert spoken(transcript.words) == "we thank you for the bread"


def said(*words: tuple[str, float, float, float]) -> Window:
    return Window(tuple(Word(*word) for word in words), 0.05, -0.3, 1.2)


def test_a_window_is_trusted_phrase_by_phrase() -> None:
    heard = said(
        (" Thank", 0.0, 0.3, 0.9), (" you.", 0.3, 0.6, 0.9),
        (" Stir", 0.6, 0.9, 0.9), (" the", 0.9, 1.2, 0.9), (" soup", 1.2, 1.5, 0.9),
        (" mumble", 3.0, 3.3, 0.55),
        (" again", 3.3, 3.6, 0.55),
    )  # fmt: skip
    transcript = trusted_transcript("en", [heard], CONFIG)
    assert spoken(transcript.words) == "Stir the soup"
    assert transcript.distrust_in(0, 1) == "1 x stock phrase"
    assert transcript.distrust_in(1.6, 4) == "1 x unsure words"


def test_a_quarter_of_unsure_words_is_bearable_and_more_is_not() -> None:
    sure, unsure = (" so", 0.0, 0.2, 0.95), (" zo", 0.3, 0.5, 0.45)
    assert len(trusted_transcript("en", [said(sure, sure, sure, unsure)], CONFIG).words) == 4
    assert trusted_transcript("en", [said(sure, sure, unsure)], CONFIG).words == ()


def test_a_language_that_is_only_guessed_gives_no_words() -> None:
    heard = [window("some words here")]
    assert trusted_transcript("sv", heard, CONFIG, 0.4).words == ()
    assert trusted_transcript("sv", heard, CONFIG, 0.4).distrust_in(0, 5) == (
        "1 x unsure which language"
    )
    assert len(trusted_transcript("sv", heard, CONFIG, 0.6).words) == 3


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b.", "c"]), st.floats(0, 2)), max_size=12),
    st.floats(0, 2),
)
def test_phrases_part_words_and_lose_none(gaps: list[tuple[str, float]], pause_s: float) -> None:
    words, at_s = [], 0.0
    for text, gap_s in gaps:
        words.append(Word(f" {text}", at_s + gap_s, at_s + gap_s + 0.2, 0.9))
        at_s = words[-1].end_s
    parts = phrases(words, pause_s)
    assert [word for part in parts for word in part] == words
    assert all(parts)
    for part in parts:
        assert not any(word.text.endswith(".") for word in part[:-1])


@given(st.permutations([window("one two three", t) for t in (0.0, 5.0, 9.0)]))
def test_words_come_in_the_order_of_time(windows: list[Window]) -> None:
    words = trusted_transcript("en", windows, CONFIG).words
    assert [word.start_s for word in words] == sorted(word.start_s for word in words)


def test_a_window_without_words_says_nothing() -> None:
    assert trusted_transcript("en", [window("")], CONFIG).words == ()
