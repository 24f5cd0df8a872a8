"""Which scripts a text is in, what is visible of it, and what it is counted in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.filter.scripts_unicode import (
    is_unspaced,
    script_of,
    script_shares,
    scripts_of_tag,
    units,
    visible,
)

TEXTS = {
    "A man rides a horse.": "Latn",
    "Человек едет на лошади.": "Cyrl",
    "رجل يركب حصانا": "Arab",
    "एक आदमी घोड़े पर सवार है": "Deva",
    "একজন মানুষ ঘোড়ায় চড়ে": "Beng",
    "ஒரு மனிதன் குதிரை சவாரி": "Taml",
    "මිනිසෙක් අශ්වයෙකු පිට": "Sinh",
    "一个人骑马": "Hani",
    "한 남자가 말을 탄다": "Hang",
    "ผู้ชายขี่ม้า": "Thai",
    "Ένας άντρας": "Grek",
}


@pytest.mark.parametrize(("text", "script"), TEXTS.items())
def test_a_plain_text_is_all_in_its_script(text: str, script: str) -> None:
    assert script_shares(units(text)) == {script: 1.0}


def test_japanese_is_a_mixture_and_ordered_by_share() -> None:
    assert list(script_shares(units("男の人が馬に乗る"))) == ["Hani", "Hira"]


@pytest.mark.parametrize("text", ["", " \n\t", "123 45", "!?…", "😀👩‍👩‍👧🏽", "\u200b\u202e"])
def test_what_has_no_letters_has_no_script(text: str) -> None:
    assert script_shares(units(visible(text))) == {}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("A man rides a horse.", 5),
        ("don't stop", 2),
        ("l’homme à cheval", 3),
        ("一个人骑马。", 5),
        ("使用Kubernetes部署", 5),
        ("ผู้ชายขี่ม้า", 7),
        ("घोड़े पर", 2),
        ("3 cats, 12.5 kg", 5),
        ("می‌رود", 1),
        ("😀 😀 😀", 0),
        ("", 0),
    ],
)
def test_texts_are_counted_in_words_or_unspaced_characters(text: str, count: int) -> None:
    assert len(units(visible(text))) == count


def test_a_few_foreign_words_do_not_change_how_a_text_is_counted() -> None:
    assert is_unspaced(units("我们使用 Kubernetes 部署 服务"))
    assert not is_unspaced(units("The word 马 means horse"))


@pytest.mark.parametrize(
    "hidden",
    ["\u200b", "\u202e", "\u2066", "\ufeff", "\u00ad", "\ufe0f", "\u200e", "\U000e0041", "\ud800"],
)
def test_invisible_characters_do_not_count(hidden: str) -> None:
    assert visible(f"{hidden}a man{hidden} ") == "a man"
    assert visible(hidden * 5) == ""


def test_joiners_that_words_are_spelled_with_stay() -> None:
    assert visible("می‌رود") == "می‌رود"


@given(st.text(max_size=200))
def test_visible_is_idempotent_and_on_one_line(text: str) -> None:
    once = visible(text)
    assert visible(once) == once
    assert once == once.strip()
    assert len(once.splitlines()) <= 1


@given(st.text(max_size=200))
def test_shares_are_shares(text: str) -> None:
    shares = script_shares(units(visible(text)))
    assert not shares or sum(shares.values()) == pytest.approx(1.0)


@given(st.characters())
def test_every_character_has_a_script_or_none(character: str) -> None:
    script = script_of(character)
    assert script is None or len(script) == 4


@pytest.mark.parametrize(
    ("tag", "scripts"),
    [
        ("en", {"Latn"}),
        ("zh-Hans", {"Hani"}),
        ("zh-Hant-TW", {"Hani"}),
        ("ja", {"Hani", "Hira", "Kana"}),
        ("ko", {"Hang", "Hani"}),
        ("ur", {"Arab"}),
        ("hi-Latn", {"Latn"}),
        ("sr", {"Cyrl", "Latn"}),
        ("sr-Latn", {"Latn"}),
        ("und", set()),
        ("xx", set()),
        ("", set()),
        ("not a tag", set()),
    ],
)
def test_scripts_of_a_language(tag: str, scripts: set[str]) -> None:
    assert scripts_of_tag(tag) == scripts
