"""A small model is asked only what it was taught."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.translate.domain import EDGE, Domain, adjacent, sentence_case, tokens

WORDS = ["a", "cat", "is", "sitting"]
BY_WORDS = Domain.of(WORDS)
BY_PAIRS = Domain.of(WORDS, adjacent("A cat is sitting."))


@pytest.mark.parametrize("text", ["A cat is sitting.", "a CAT is sitting."])
def test_known_sentences_are_accepted(text: str) -> None:
    assert BY_WORDS.accepts(text)
    assert BY_PAIRS.accepts(text)
    assert BY_PAIRS.objection(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "...",
        "😀",
        "A dog is sitting.",
        "A cat is 3.",
        "A cat's is sitting.",
        "猫",
        "a\u200bcat",
    ],
)
def test_unknown_words_numbers_and_no_words_are_not(text: str) -> None:
    assert not BY_WORDS.accepts(text)
    assert BY_WORDS.objection(text)


@pytest.mark.parametrize(
    "text", ["Sitting cat.", "A cat is.", "A cat is sitting", "A cat is sitting 😀."]
)
def test_known_words_in_an_unknown_order_are_not_where_pairs_are_known(text: str) -> None:
    assert BY_WORDS.accepts(text)
    assert not BY_PAIRS.accepts(text)
    assert "side by side" in BY_PAIRS.objection(text)


@given(st.text())
def test_accepting_and_objecting_are_opposites(text: str) -> None:
    for domain in (BY_WORDS, BY_PAIRS):
        assert domain.accepts(text) == (domain.objection(text) == "")


@given(st.text(alphabet="bdfgh xyz5", min_size=1))
def test_text_of_other_words_is_never_accepted(text: str) -> None:
    assert not BY_WORDS.accepts(text)


def test_the_objection_names_a_few_words() -> None:
    assert BY_WORDS.objection("A b c d e f g h") == (
        "the model does not know: b, c, d, e, f and 2 more"
    )


def test_tokens_are_lower_case_words_and_marks() -> None:
    assert list(tokens("Don't go, semi-dark!")) == ["don't", "go", ",", "semi-dark", "!"]
    assert list(adjacent("Go!")) == [f"{EDGE} go", "go !", f"! {EDGE}"]


def test_sentence_case() -> None:
    assert sentence_case(" A  MAN is\nHERE. ") == "A man is here."
    assert sentence_case("") == ""
