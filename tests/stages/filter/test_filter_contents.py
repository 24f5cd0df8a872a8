"""What a text holds that a caption should not: contacts, boilerplate, profanity, names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import Reason
from stages.filter.boilerplate import boilerplate
from stages.filter.config import FilterConfig
from stages.filter.contacts import contacts, redacted
from stages.filter.langid import NOTHING, LanguageScore
from stages.filter.persons import name_pattern, without_names
from stages.filter.profanity import own_lists, profanity, read_lists
from stages.filter.scripts_unicode import units
from stages.filter.text_rules import TextFacts, judge_text
from stages.filter.verdict import Verdict

LANGUAGES = FilterConfig().languages


def judged(text: str, language: str = "en", **config: Any) -> Verdict:
    detected = config.pop("detected", NOTHING)
    return judge_text(TextFacts(text, language, detected), FilterConfig(**config))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("See https://a.example/b?c=d now", ["url"]),
        ("www.example.com and example.org/shop", ["url", "url"]),
        ("Write to jane.doe+x@mail.example.co.uk today", ["email"]),
        ("by @some_one", ["handle"]),
        ("Call +46 (0)8 123 456 78 now", ["phone"]),
        ("电话 13800138000", ["phone"]),
        ("In 2019-2020, on 2024-05-17, 1 500 000 people", []),
        ("It cost 1,500 in 1984 and 12 of them came.", []),
        ("A man rides a horse. It runs.", []),
        ("Two dogs run.In the park", []),
        ("", []),
    ],
)
def test_contacts_are_found_and_numbers_are_none(text: str, kinds: list[str]) -> None:
    assert [kind for kind, _, _ in contacts(text)] == kinds


def test_a_redacted_text_holds_no_contact_and_the_rest_of_it() -> None:
    text = "Mail a@b.example or see https://c.example, said the man."
    assert redacted(text) == "Mail [email] or see [url] said the man."


@given(st.text(max_size=200))
def test_redaction_ends(text: str) -> None:
    assert contacts(redacted(text)) == [] or "@" in text
    if not contacts(text):
        assert redacted(text) == text


def test_contacts_tag_by_default_and_drop_when_asked() -> None:
    text = "A man rides a horse, see https://a.example/b"
    tagging = judged(text)
    assert tagging.is_kept
    assert tagging.tags == [Reason.CONTACTS]
    assert judged(text, tag_only=[]).reasons == [Reason.CONTACTS]
    assert judged(text, redact_contacts=True).tags == []


@pytest.mark.parametrize(
    "text",
    [
        "Please subscribe to my channel",
        "Like and share this video",
        "Suscríbete al canal",
        "Abonnez-vous à la chaîne",
        "Kanal abonnieren nicht vergessen",
        "Подписывайтесь на канал",
        "चैनल को सब्सक्राइब करें",
        "اشتركوا في القناة",
        "请订阅我的频道",
        "チャンネル登録お願いします",
        "© 2024 Example",
    ],
)
def test_calls_to_subscribe_and_statements_of_rights_are_found(text: str) -> None:
    assert boilerplate(text)
    assert Reason.BOILERPLATE in judged(text, "und").reasons


@pytest.mark.parametrize(
    "text", ["A man rides a horse.", "The bell rings and people like it.", "一个男人在海滩上骑马"]
)
def test_captions_are_no_boilerplate(text: str) -> None:
    assert boilerplate(text) == []


def test_every_language_has_a_list_and_only_whole_words_count() -> None:
    lists = own_lists()
    assert set(LANGUAGES) <= set(lists)
    assert profanity(units("what the fuck"), "en", lists) == ["fuck"]
    assert profanity(units("a cocktail in scunthorpe, shitake"), "en", lists) == []
    assert profanity(units("fan också, sa hon"), "sv", lists) == ["fan också"]
    assert profanity(units("你这个王八蛋走开"), "zh", lists) == ["王八蛋"]
    assert profanity(units("what the fuck"), "de", lists) == []


def test_profanity_tags_and_never_drops_by_default() -> None:
    verdict = judged("A man says shit to a horse")
    assert verdict.is_kept
    assert verdict.tags == [Reason.PROFANITY]


def test_a_list_is_lines_of_language_and_words() -> None:
    found = read_lists("# comment\nen: Foo, bar baz\nen-GB: qux\nanywhere\n\n")
    assert found == {"en": {"foo", "bar baz", "qux"}, "": {"anywhere"}}
    assert profanity(units("Anywhere else"), "sv", found) == ["anywhere"]


def test_text_in_two_languages_is_tagged() -> None:
    mixed = LanguageScore("mul", 0.5, None)
    assert judged("A man und ein Hund", detected=mixed).tags == [Reason.MIXED_LANGUAGE]
    dropped = judged("A man und ein Hund", detected=mixed, tag_only=[])
    assert dropped.reasons == [Reason.MIXED_LANGUAGE]


def test_names_become_a_person_in_the_language_of_the_text() -> None:
    names = name_pattern(["Jane Doe", "Jane", "王小明", " "])
    assert without_names("Jane Doe rides; Janet walks.", "en", names) == (
        "a person rides; Janet walks."
    )
    assert without_names("Jane rider", "sv", names) == "en person rider"
    assert without_names("今天王小明在骑马", "zh-Hans", names) == "今天一个人在骑马"
    assert without_names("Jane", "xx", names) == "[person]"
    assert name_pattern([]) is None


def test_a_language_may_have_limits_of_its_own() -> None:
    limits = {"sv": {"min_words": 5}, "de": {"min_words": None}}
    assert judged("En man rider", "sv", limits_by_language=limits).reasons == [
        Reason.TEXT_TOO_SHORT
    ]
    assert judged("A man rides", "en", limits_by_language=limits).is_kept
    assert judged("Mann", "de", limits_by_language=limits).is_kept
