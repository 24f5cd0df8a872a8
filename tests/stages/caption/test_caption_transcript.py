"""Recognised speech: what gives away that nobody spoke."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.caption.config import AsrConfig
from stages.caption.transcript import Segment, spoken, trusted_transcript
from stages.caption.words import Word

CONFIG = AsrConfig()


def segment(
    text: str,
    start_s: float = 0.0,
    probability: float = 0.9,
    no_speech: float = 0.05,
    logprob: float = -0.3,
    compression: float = 1.2,
) -> Segment:
    words = tuple(
        Word(f" {word}", start_s + i * 0.3, start_s + i * 0.3 + 0.25, probability)
        for i, word in enumerate(text.split())
    )
    return Segment(words, no_speech, logprob, compression)


def test_clear_speech_is_trusted_whole() -> None:
    transcript = trusted_transcript("en", [segment("ask not what your country can do")], CONFIG)
    assert spoken(transcript.words) == "ask not what your country can do"
    assert transcript.distrusted == ()


@pytest.mark.parametrize(
    ("heard", "why"),
    [
        (segment("some words here", no_speech=0.8), "no speech likely"),
        (segment("go to the hotel", compression=10.5), "repeats itself"),
        (segment("Ah, ah, ah, ah."), "repeats itself"),
        (segment("some words here", logprob=-1.3), "unlikely words"),
        (segment("some words here", probability=0.4), "unsure words"),
        (segment("Thank you."), "stock phrase"),
        (segment("THANKS for watching!"), "stock phrase"),
        (segment("I'll see you next time."), "stock phrase"),
    ],
)
def test_what_whisper_writes_over_noise_is_left_out_with_its_reason(
    heard: Segment, why: str
) -> None:
    transcript = trusted_transcript("en", [heard, segment("real words here", 9.0)], CONFIG)
    assert spoken(transcript.words) == "real words here"
    assert transcript.distrust_in(0, 5) == f"1 x {why}"
    assert transcript.distrust_in(5, 20) == ""


def test_a_stock_phrase_inside_a_sentence_is_speech() -> None:
    transcript = trusted_transcript("en", [segment("we thank you for the bread")], CONFIG)
    assert spoken(transcript.words) == "we thank you for the bread"


@given(st.permutations([segment("one two three", t) for t in (0.0, 5.0, 9.0)]))
def test_words_come_in_the_order_of_time(segments: list[Segment]) -> None:
    words = trusted_transcript("en", segments, CONFIG).words
    assert [word.start_s for word in words] == sorted(word.start_s for word in words)


def test_a_segment_without_words_says_nothing() -> None:
    assert trusted_transcript("en", [segment("")], CONFIG).words == ()
