"""The rules of the filter: what each measures, and what a verdict makes of it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.outcomes import Reason
from stages.filter.clip_rules import ClipFacts, border_share, judge_clip
from stages.filter.config import FilterConfig
from stages.filter.langid import NOTHING, LanguageScore
from stages.filter.text_rules import (
    TextFacts,
    copy_similarity,
    judge_text,
    loop_share,
    repeat_share,
    same_language,
)
from stages.filter.verdict import Measure, Verdict

CONFIG = FilterConfig()
CAPTION = "A man in a red coat rides a horse along the beach."


def reasons(text: str, language: str = "en", config: FilterConfig = CONFIG, **more: Any) -> list:
    facts = TextFacts(text, language, more.pop("detected", NOTHING), **more)
    return judge_text(facts, config).reasons


# texts


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\t\u3000", "\u200b\u200b", "\u202e\u2066", "\ufeff"]
)
def test_a_text_that_nobody_can_see_is_empty(text: str) -> None:
    assert reasons(text)[0] == Reason.EMPTY_TEXT


@pytest.mark.parametrize("text", ["😀", "😀😀😀 👩‍👩‍👧", "...", "!!! ???", "♪♪"])
def test_emoji_and_punctuation_alone_are_too_short(text: str) -> None:
    assert reasons(text) == [Reason.TEXT_TOO_SHORT]


def test_a_hundred_thousand_characters_are_too_long_and_judged_quickly() -> None:
    started = time.process_time()
    words = " ".join(f"w{number}" for number in range(17_000))
    assert reasons(words) == [Reason.TEXT_TOO_LONG]
    characters = "".join(chr(0x4E00 + number % 20_000) for number in range(100_000))
    assert Reason.TEXT_TOO_LONG in reasons(characters, "zh")
    assert set(reasons("ha" * 50_000)) == {Reason.TEXT_TOO_SHORT}
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (CAPTION, "en"),
        ("一个男人在海滩上骑马", "zh"),
        ("一个男人在海滩上骑马", "zh-Hant"),
        ("我们用 Kubernetes 部署这个服务", "zh"),
        ("男の人が海辺で馬に乗っている。", "ja"),
        ("رجل يركب حصانا على الشاطئ", "ar"),
        ("می‌رود به خانه", "fa"),
        ("ผู้ชายขี่ม้าบนชายหาด", "th"),
        ("Ek aadmi ghode par sawar hai", "hi-Latn"),
        ("\u202aA man\u202c rides\u200b a horse", "en"),
        ("Čovjek jaše konja na plaži", "sr"),
        ("A man rides a horse 😀", "en"),
        ("2024 12 31", "en"),
    ],
)
def test_good_texts_pass(text: str, language: str) -> None:
    assert reasons(text, language) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (CAPTION, "ru"),
        (CAPTION, "zh"),
        ("Человек едет на лошади", "en"),
        ("एक आदमी घोड़े पर सवार है", "hi-Latn"),
        ("男の人が海辺で馬に乗っている。", "ko"),
        ("Мужчина едет на horse", "en"),
    ],
)
def test_a_text_in_another_script_than_its_language_is_refused(text: str, language: str) -> None:
    assert reasons(text, language)[0] == Reason.WRONG_SCRIPT


@pytest.mark.parametrize("language", ["und", "xx", "", "not a tag"])
def test_an_unknown_language_has_no_wrong_script_and_no_wrong_language(language: str) -> None:
    assert reasons(CAPTION, language, detected=LanguageScore("en", 0.9, 0.9)) == []
    assert reasons("Человек едет на лошади", language) == []
    assert reasons(CAPTION, "und", detected=LanguageScore("und", 0.5, -0.9)) == []


def test_a_refuted_language_is_refused_and_an_unsure_one_is_not() -> None:
    assert reasons(CAPTION, detected=LanguageScore("de", 0.9, -0.9)) == [Reason.WRONG_LANGUAGE]
    assert reasons(CAPTION, detected=LanguageScore("und", 0.4, -0.3)) == []
    strict = FilterConfig(require_language=True)
    assert reasons(CAPTION, config=strict, detected=LanguageScore("und", 0.4, -0.3)) == [
        Reason.WRONG_LANGUAGE
    ]


def test_a_copy_of_the_source_is_no_translation() -> None:
    assert reasons(CAPTION, "de", source_text=CAPTION.upper(), source_language="en") == [
        Reason.UNTRANSLATED_COPY
    ]
    german = "Ein Mann in einem roten Mantel reitet am Strand entlang."
    assert reasons(german, "de", source_text=CAPTION, source_language="en") == []


def test_a_copy_is_right_where_both_have_one_language() -> None:
    for target in ("en", "en-GB"):
        facts = TextFacts(CAPTION, target, NOTHING, CAPTION, "en")
        verdict = judge_text(facts, CONFIG)
        assert verdict.is_kept
        (score,) = [s for s in verdict.scores() if s["rule"] == "max_copy_similarity"]
        assert (score["value"], score["limit"]) == (1.0, None)
    assert not same_language("sr-Cyrl", "sr-Latn")
    assert not same_language("und", "und")


@pytest.mark.parametrize(
    "text",
    [
        "the dog the dog the dog the dog the dog",
        "A man rides a horse. A man rides a horse. A man rides a horse. A man rides a horse.",
        "no no no no no no no",
    ],
)
def test_loops_are_refused(text: str) -> None:
    assert reasons(text) == [Reason.REPETITIVE]
    assert reasons("一匹马" * 6, "zh") == [Reason.REPETITIVE]


@pytest.mark.parametrize("text", ["very very very good", CAPTION, "He said that that was it."])
def test_ordinary_repetition_passes(text: str) -> None:
    assert reasons(text) == []


@given(st.lists(st.sampled_from("abc"), max_size=60))
def test_repetition_is_a_share(sequence: list[str]) -> None:
    assert 0 <= loop_share(sequence) <= 1
    assert 0 <= repeat_share(sequence) < 1


@given(st.lists(st.integers(), min_size=1, max_size=5), st.integers(6, 20))
def test_a_pure_loop_is_all_loop(turn: list[int], times: int) -> None:
    assert loop_share(turn * times) == 1.0


@given(st.lists(st.integers(), unique=True, max_size=50))
def test_a_sequence_without_repetition_has_none(sequence: list[int]) -> None:
    assert loop_share(sequence) == repeat_share(sequence) == 0.0


@given(st.text(max_size=80), st.text(max_size=80))
def test_copy_similarity_is_symmetric_and_one_for_equal_texts(one: str, other: str) -> None:
    value = copy_similarity(one, other)
    assert value == copy_similarity(other, one)
    assert value is None or 0 <= value <= 1
    assert copy_similarity(one, one) in (None, 1.0)


@given(st.text(max_size=120), st.text(alphabet=" \n\t\u3000", max_size=6))
def test_text_rules_ignore_surrounding_white_space(text: str, space: str) -> None:
    plain = judge_text(TextFacts(text, "en", NOTHING, CAPTION, "de"), CONFIG)
    padded = judge_text(TextFacts(space + text + space, "en", NOTHING, CAPTION, "de"), CONFIG)
    assert plain.scores() == padded.scores()


@given(st.text(max_size=200), st.sampled_from(["en", "zh", "ar", "und", "xx", "hi-Latn"]))
def test_any_text_gets_every_score(text: str, language: str) -> None:
    verdict = judge_text(TextFacts(text, language, NOTHING, CAPTION, "en"), CONFIG)
    assert [score["rule"] for score in verdict.scores()] == [
        "not_empty",
        "min_script_share",
        "min_language_margin",
        "require_language",
        "one_language",
        "max_copy_similarity",
        "min_words",
        "max_words",
        "min_characters",
        "max_characters",
        "max_loop_share",
        "max_repeat_share",
        "max_caption_similarity",
        "max_boilerplate",
        "max_contacts",
        "max_profanity",
        "min_quality",
        "max_perplexity",
        "min_alignment",
    ]


# clips


GOOD = ClipFacts(4.0, 360, 1.78, 3.0, 100.0, 200.0, (0.0, 0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"duration_s": 0.2}, Reason.CLIP_TOO_SHORT),
        ({"duration_s": 900.0}, Reason.CLIP_TOO_LONG),
        ({"short_side_px": 120}, Reason.LOW_RESOLUTION),
        ({"motion": 0.0}, Reason.STILL),
        ({"aspect": 5.0}, Reason.ODD_ASPECT),
        ({"brightness": 3.0}, Reason.TOO_DARK),
        ({"brightness": 252.0}, Reason.TOO_BRIGHT),
        ({"sharpness": 0.5}, Reason.BLURRED),
        ({"borders": (0.45, 0.4, 0.0, 0.0)}, Reason.BLACK_BORDER),
    ],
)
def test_each_clip_rule_has_its_reason(change: dict[str, Any], reason: Reason) -> None:
    verdict = judge_clip(ClipFacts(**{**vars(GOOD), **change}), CONFIG)
    assert verdict.reasons == [reason]
    assert judge_clip(GOOD, CONFIG).is_kept


def test_what_was_not_measured_passes_and_is_stored_as_null() -> None:
    facts = ClipFacts(4.0, None, None, None, None, None, (None, None, None, None))
    verdict = judge_clip(facts, CONFIG)
    assert verdict.is_kept
    assert [score["value"] for score in verdict.scores()] == [4.0, 4.0, *[None] * 13]


def test_the_smallest_demo_clip_passes() -> None:
    assert judge_clip(ClipFacts(**{**vars(GOOD), "short_side_px": 144}), CONFIG).is_kept


def test_border_share_is_of_the_area() -> None:
    assert border_share(0.0, 0.0, 0.125, 0.125) == pytest.approx(0.25)
    assert border_share(0.25, 0.25, 0.25, 0.25) == pytest.approx(0.75)
    assert border_share(0.1, None, None, None) == pytest.approx(0.1)
    assert border_share(None, None, None, None) is None
    assert border_share(0.7, 0.7, 0.0, 0.0) == 1.0


# verdicts


LIMITS = [name for name in FilterConfig.model_fields if name.startswith(("min_", "max_"))]
LIMITS.remove("min_letters_for_language")
SET = [name for name in LIMITS if getattr(CONFIG, name) is not None]
FACTS = st.builds(
    ClipFacts,
    st.floats(0.01, 1000),
    st.none() | st.integers(1, 4000),
    st.none() | st.floats(1, 9),
    st.none() | st.floats(0, 255),
    st.none() | st.floats(0, 255),
    st.none() | st.floats(0, 5000),
    st.tuples(*[st.none() | st.floats(0, 1)] * 4),
    nsfw=st.none() | st.floats(0, 1),
)
TEXT_FACTS = st.builds(
    TextFacts,
    st.text(max_size=60) | st.sampled_from([CAPTION, "一个男人在海滩上骑马", "a b " * 9, "马"]),
    st.sampled_from(["en", "zh", "ru", "und"]),
    st.builds(LanguageScore, st.just("en"), st.floats(0, 1), st.none() | st.floats(-1, 1)),
    st.none() | st.just(CAPTION),
    st.just("en"),
    quality=st.none() | st.floats(0, 1),
)


@given(FACTS, TEXT_FACTS)
def test_kept_if_and_only_if_every_rule_passed(clip: ClipFacts, text: TextFacts) -> None:
    for verdict in (judge_clip(clip, CONFIG), judge_text(text, CONFIG)):
        passed = all(
            score["passed"] for score in verdict.scores() if score["rule"] not in CONFIG.tag_only
        )
        assert verdict.is_kept == passed == (verdict.ending()["outcome"] == "kept")
        assert verdict.is_kept == (verdict.reasons == [])


@given(FACTS, TEXT_FACTS, st.sampled_from(SET), st.floats(0, 1))
def test_loosening_a_limit_never_drops_more(
    clip: ClipFacts, text: TextFacts, name: str, share: float
) -> None:
    limit = getattr(CONFIG, name)
    less = limit - share * abs(limit) if limit > -0.5 else limit - 0.3 * share
    more = limit + share * abs(limit)
    loose: Any = less if name.startswith("min_") else more
    if isinstance(limit, int):
        loose = int(loose) if name.startswith("max_") else max(int(loose), 1)
    if name in (
        "min_quality",
        "max_border_share",
        "max_copy_similarity",
        "max_loop_share",
        "max_repeat_share",
    ):
        loose = min(loose, 1.0)
    if name == "max_brightness":
        loose = min(loose, 255.0)
    for changed in (loose, None):
        config = FilterConfig.model_validate({name: changed})
        before = {*judge_clip(clip, CONFIG).failures, *judge_text(text, CONFIG).failures}
        after = {*judge_clip(clip, config).failures, *judge_text(text, config).failures}
        assert {measure.rule for measure in after} <= {measure.rule for measure in before}


@given(FACTS, TEXT_FACTS)
def test_a_rule_that_is_off_is_measured_all_the_same(clip: ClipFacts, text: TextFacts) -> None:
    off = FilterConfig.model_validate(dict.fromkeys(LIMITS))
    for strict, loose in (
        (judge_clip(clip, CONFIG), judge_clip(clip, off)),
        (judge_text(text, CONFIG), judge_text(text, off)),
    ):
        values = [(score["rule"], score["value"]) for score in strict.scores()]
        assert values == [(score["rule"], score["value"]) for score in loose.scores()]
        assert {score["limit"] for score in loose.scores()} <= {None, 1.0}
    assert judge_clip(clip, off).is_kept


def test_a_verdict_names_every_reason_once_and_the_first_decides() -> None:
    verdict = Verdict(
        (
            Measure("min_a", Reason.STILL, 1.0, least=2.0),
            Measure("max_b", Reason.REPETITIVE, 3.0, most=2.0),
            Measure("max_c", Reason.REPETITIVE, 4.0, most=2.0),
            Measure("max_d", Reason.BLURRED, None, most=2.0),
        )
    )
    assert verdict.reasons == [Reason.STILL, Reason.REPETITIVE]
    ending = verdict.ending("looks like de")
    assert ending["reason"] == Reason.STILL
    assert ending["detail"] == (
        "min_a: 1, least 2; max_b: 3, most 2; max_c: 4, most 2 (looks like de)"
    )


def test_a_value_at_its_limit_passes() -> None:
    assert Measure("min_a", Reason.STILL, 2.0, least=2.0).passed
    assert Measure("max_a", Reason.STILL, 2.0, most=2.0).passed


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"min_words": 9, "max_words": 3}, "min_words=9 is above max_words=3"),
        ({"languages": ["en", "no tag"]}, "not BCP-47 language tags"),
        ({"require_language": True, "language_model": None}, "needs a language_model"),
        ({"max_border_share": 1.5}, "less than or equal to 1"),
        ({"limits_by_language": {"ta": {"min_wurds": 1}}}, "no text rules"),
        ({"tag_only": ["max_fun"]}, "no rules"),
        ({"min_wurds": 1}, "Extra inputs are not permitted"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        FilterConfig.model_validate(wrong)
