"""Cutting by time and putting text together, in scripts with and without spaces."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stages.caption.words import (
    Word,
    joined,
    letters,
    plain,
    shortened,
    tokens,
    words_between,
)

times = st.floats(0, 100, allow_nan=False)
words = st.lists(
    st.tuples(times, times).map(lambda t: Word(" w", min(t), max(t), 0.9)), max_size=30
)


@given(words, st.lists(times, min_size=1, max_size=8, unique=True))
def test_clips_that_tile_the_timeline_hold_every_word_once(
    spoken: list[Word], cuts: list[float]
) -> None:
    edges = [-1.0, *sorted(cuts), 101.0]
    found = [
        word for start_s, end_s in pairwise(edges) for word in words_between(spoken, start_s, end_s)
    ]
    assert sorted(map(id, found)) == sorted(map(id, spoken))


def test_a_word_across_a_cut_goes_where_most_of_it_is() -> None:
    word = Word(" boundary", 4.6, 5.2, 1.0)
    assert words_between([word], 0, 5) == [word]
    assert words_between([word], 5, 10) == []


def test_a_pause_that_whisper_counts_to_a_word_does_not_move_it() -> None:
    word = Word(" ask", 2.6, 3.9, 1.0)
    assert words_between([word], 0, 3.3) == []
    assert words_between([word], 3.3, 8) == [word]


@given(st.text(alphabet="ab é你好かな。 ไทย", max_size=40))
def test_joining_the_tokens_of_a_text_gives_its_tokens_again(text: str) -> None:
    assert tokens(joined(tokens(text))) == tokens(text)


def test_pieces_are_joined_as_their_script_writes() -> None:
    assert joined(["one", "", "two"]) == "one two"
    assert joined(["今天天气", "很好。"]) == "今天天气很好。"
    assert joined(["我用", "Python"]) == "我用 Python"
    assert joined(["안녕", "하세요"]) == "안녕 하세요"
    assert joined(["مرحبا", "بالعالم"]) == "مرحبا بالعالم"


@given(st.text(max_size=300), st.integers(20, 100))
def test_shortening_keeps_the_beginning_within_the_limit(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert len(short) <= limit
    assert plain(text).startswith(plain(short)[: limit // 2])


def test_shortening_prefers_whole_sentences_then_whole_words() -> None:
    assert shortened("One two. Three four five.", 20) == "One two."
    assert shortened("第一句。第二句很长很长。", 6) == "第一句。"
    assert shortened("alpha beta gamma delta", 17) == "alpha beta gamma"
    assert shortened("x" * 50, 20) == "x" * 20


def test_scripts_without_spaces_count_characters() -> None:
    assert len(tokens("狗在跑")) == 3
    assert letters("狗跑") == 4
    assert letters("a dog!") == 4
