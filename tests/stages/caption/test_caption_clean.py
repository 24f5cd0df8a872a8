"""Cleaning: one plain line, nothing that hides or turns, and a second time changes nothing."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.caption.clean import clean_lines, clean_text

MESSY = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            ["&amp;", "amp;", "&lt;", "&gt;", "&#60;", "<b>", "</i>", "<", ">", "<br/>", "{\\an8}"]
        ),
        st.sampled_from(["\u202e", "\u200b", "\u200d", "\u200c", "\ufeff", "\x07", "Ã©", "\ud800"]),
        st.sampled_from(["ශ්", "م", "你好", "👩", "\n", "\u2028", "e\u0301"]),
    ),
    max_size=25,
).map("".join)


@given(MESSY)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once


@given(MESSY)
def test_a_clean_text_is_one_line_that_any_table_can_hold(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode("utf-8")
    assert cleaned == " ".join(cleaned.split())
    assert cleaned == unicodedata.normalize("NFC", cleaned)
    assert not [char for char in cleaned if unicodedata.category(char) == "Cc"]
    assert not set(cleaned) & set("\u200b\u200e\u200f\u202a\u202b\u202d\u202e\u2066\u2069\ufeff")


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("<i>un</i>believable<br>news", "unbelievable news"),
        ("&lt;b&gt;bold&lt;/b&gt;", "bold"),
        ("{\\an8}{\\i1}up here", "up here"),
        ("cafÃ©", "café"),
        ("5 < 6 and 7 > 3, AT&T <3", "5 < 6 and 7 > 3, AT&T <3"),
        ("abc\u202edef\u200b\x00", "abcdef"),
        ("你好，世界！", "你好，世界！"),
        ("مرحبا بالعالم", "مرحبا بالعالم"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        ("a\u200db", "ab"),
        (None, ""),
    ],
)
def test_what_is_markup_goes_and_what_is_spelling_stays(dirty: str | None, clean: str) -> None:
    assert clean_text(dirty) == clean


def test_lines_are_cleaned_one_by_one_and_empty_ones_left_out() -> None:
    assert clean_lines(" one \n\n<b></b>\u200b\ntwo\u2028three") == ["one", "two", "three"]


@pytest.mark.parametrize(
    "text", ["&" + "amp;" * 25_000, "<" * 50_000 + "b>" * 25_000, "<b" * 50_000, "♪" * 100_000]
)
def test_text_built_to_resist_cleaning_costs_little(text: str) -> None:
    before = time.process_time()
    cleaned = clean_text(text)
    assert time.process_time() - before < 2
    assert clean_text(cleaned) == cleaned
