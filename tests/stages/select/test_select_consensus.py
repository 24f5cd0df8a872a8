"""chrF as its paper and sacreBLEU have it; consensus and specificity as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.select.chrf import chrf, ngrams
from stages.select.consensus import Voice, consensus, semantic_consensus
from stages.select.specificity import Rarity, content_of

texts = st.text(alphabet="abc 狗é", max_size=24)


@pytest.mark.parametrize(
    ("said", "wanted", "score"),
    [
        ("a dog runs over the beach", "a dog runs on a beach", 60.94088689385663),
        ("狗在跑", "一只狗在跑步", 43.72623574144487),
        ("ab", "abcd", 47.169811320754704),
        ("The cat sat.", "the cat sat", 80.7971795938625),
        ("cat", "dog", 0.0),
    ],
)
def test_chrf_is_what_sacrebleu_computes(said: str, wanted: str, score: float) -> None:
    assert 100 * chrf(ngrams(said), ngrams(wanted)) == pytest.approx(score, abs=1e-9)


def test_chrf_agrees_with_sacrebleu_where_it_is_installed() -> None:
    metrics = pytest.importorskip("sacrebleu.metrics")

    @given(texts, texts)
    def agree(said: str, wanted: str) -> None:
        theirs = metrics.CHRF().sentence_score(said, [wanted]).score
        assert 100 * chrf(ngrams(said), ngrams(wanted)) == pytest.approx(theirs, abs=1e-9)

    agree()


@given(texts, texts)
def test_chrf_is_a_share_and_1_only_for_equal_letters(said: str, wanted: str) -> None:
    score = chrf(ngrams(said), ngrams(wanted))
    assert 0 <= score <= 1
    same = "".join(said.split()) == "".join(wanted.split())
    assert (score > 1 - 1e-9) == (same and bool(said.strip()))


@given(st.lists(texts, max_size=5), st.randoms())
def test_consensus_does_not_depend_on_the_order(found: list[str], random: object) -> None:
    voices = [Voice(text, "en") for text in found]
    scores = consensus(voices)
    assert consensus(voices[::-1]) == pytest.approx(scores[::-1], abs=1e-12)
    assert all((score is None) == (len(found) == 1) for score in scores)


def test_only_witnesses_of_the_same_language_count() -> None:
    english, other = "a dog runs on a beach", "a dog runs along the beach"
    alone, german = consensus([Voice(english, "en"), Voice(english, "de")])
    assert alone is german is None
    plain = consensus([Voice(english, "en"), Voice(other, "en-GB")])
    merged = consensus(
        [Voice(english, "en"), Voice(other, "en-GB"), Voice(english, "en", is_witness=False)]
    )
    assert merged[:2] == plain
    assert merged[2] is not None


CLIPS = [
    ["Reef channel: a clownfish hides in an anemone"],
    ["Reef channel: two divers wave"],
    ["Reef channel: a turtle sleeps under a ledge"],
]


def test_what_is_said_of_every_clip_is_not_specific() -> None:
    rarity = Rarity(CLIPS)
    assert rarity.of("clownfish") == 1 > rarity.of("channel") > 0
    name = content_of("Reef channel", "en", rarity)
    own = content_of("turtle ledge", "en", rarity)
    assert own.specificity > name.specificity
    assert (own.rarity, own.content_share, own.n_words) == (1.0, 1.0, 2.0)


def test_function_words_carry_nothing_and_further_words_add() -> None:
    rarity = Rarity(CLIPS)
    assert content_of("it is there and was of the", "en", rarity).specificity == 0
    growing = ["a turtle", "a turtle sleeps", "a turtle sleeps under a ledge"]
    found = [content_of(text, "en", rarity).specificity for text in growing]
    assert found == sorted(set(found))
    again = content_of("a turtle turtle turtle", "en", rarity).specificity
    assert again == content_of("a turtle", "en", rarity).specificity


def test_a_character_of_a_script_without_spaces_is_half_a_word() -> None:
    rarity = Rarity([["一只海龟在睡觉"], ["两个潜水员"]])
    assert content_of("一只海龟在睡觉。", "zh", rarity).n_words == 3.5


@given(st.text(max_size=40), st.sampled_from(["en", "zh", "und", ""]))
def test_shares_stay_shares(text: str, language: str) -> None:
    found = content_of(text, language, Rarity([[text], ["a dog"]]))
    assert 0 <= found.content_share <= 1
    assert 0 <= found.rarity <= 1
    assert 0 <= found.specificity < 1
    assert (found.n_words == 0) == (found.specificity == 0) or language == "en"


EAST, NORTH, NORTH_EAST = [1.0, 0.0], [0.0, 1.0], [0.5**0.5, 0.5**0.5]


def test_meaning_is_the_mean_cosine_with_the_other_witnesses() -> None:
    voices = [Voice("a", "en"), Voice("b", "en-GB"), Voice("c", "en", is_witness=False)]
    vectors = np.array([EAST, NORTH, NORTH_EAST], np.float32)
    half = 0.5**0.5
    assert semantic_consensus(voices, vectors, False) == pytest.approx([0, 0, half], abs=1e-6)
    turned = semantic_consensus(voices[::-1], vectors[::-1], False)
    assert turned == pytest.approx([half, 0, 0], abs=1e-6)


def test_only_a_multilingual_model_compares_languages() -> None:
    voices = [Voice("a dog", "en"), Voice("ein Hund", "de")]
    vectors = np.array([EAST, EAST], np.float32)
    assert semantic_consensus(voices, vectors, False) == [None, None]
    assert semantic_consensus(voices, vectors, True) == pytest.approx([1.0, 1.0])
