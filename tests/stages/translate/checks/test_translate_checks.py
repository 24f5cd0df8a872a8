"""Each check sees what it is there for, passes what is fine, and says nothing where it cannot."""

from __future__ import annotations

import gzip
import json
from math import log
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import TEXT_FLAG_HELP, TextFlag
from stages.base import StageError
from stages.translate.checks.calibration import Calibration, PairFigures
from stages.translate.checks.checker import read_calibration, read_lexicon
from stages.translate.checks.copied import copied
from stages.translate.checks.judge import Evidence, flags_of, judge
from stages.translate.checks.length import LengthModel, deviation
from stages.translate.checks.lexicon import FEATURES, features, longest_uncovered, of_json
from stages.translate.checks.links import links_changed
from stages.translate.checks.names import names_changed
from stages.translate.checks.numbers import numbers_changed
from stages.translate.checks.pair import TextPair
from stages.translate.checks.punctuation import truncated, unbalanced
from stages.translate.checks.repeats import repeated_units, repeats
from stages.translate.checks.result import Check
from stages.translate.config_checks import ChecksConfig

SOURCE = "Two men in blue shirts are walking along the river."
FIGURES = PairFigures(ratio=1.15, low=-4, high=5, n=1000, ratio_from="x", spread_from="x")
CALIBRATION = Calibration({"en-de": FIGURES}, {"m@1": {"en-de": -0.5}})


def pair(source: str, target: str, language: str = "de") -> TextPair:
    return TextPair(source, target, "en", language)


def flags(source: str, target: str, language: str = "de", **evidence: Any) -> list[str]:
    found = judge(pair(source, target, language), Evidence(**evidence), ChecksConfig(), CALIBRATION)
    return [str(flag) for flag in flags_of(found)]


def test_every_flag_is_explained_and_checked_once() -> None:
    assert set(TEXT_FLAG_HELP) == set(TextFlag)
    checks = judge(pair("A", "B"), Evidence(), ChecksConfig(), CALIBRATION)
    assert [check.flag for check in checks] == list(dict.fromkeys(check.flag for check in checks))
    assert {check.flag for check in checks} == set(TextFlag)


BAD = [
    ("", ["empty", "too_short_for_source", "truncated"]),
    ("Zwei Männer", ["too_short_for_source", "truncated"]),
    (SOURCE, ["untranslated_copy"]),
    ("Два человека в синих рубашках гуляют вдоль реки.", ["wrong_script"]),
    ("Drei Männer in blauen Hemden gehen am Fluss entlang.", ["numbers_changed"]),
    (
        "Zwei Männer in blauen Hemden in blauen Hemden in blauen Hemden gehen am Fluss entlang.",
        ["repeats"],
    ),
    ("Zwei Männer in „blauen Hemden gehen am Fluss entlang.", ["unbalanced"]),
]


@pytest.mark.parametrize(("target", "expected"), BAD)
def test_a_bad_translation_is_flagged_for_what_it_is(target: str, expected: list[str]) -> None:
    found = flags(SOURCE, target)
    assert set(expected) <= set(found)


def test_a_good_translation_has_no_flag() -> None:
    assert flags(SOURCE, "Zwei Männer in blauen Hemden gehen am Fluss entlang.") == []


@pytest.mark.parametrize(
    ("evidence", "flag"),
    [
        ({"limit_reached": True}, "truncated"),
        ({"lost": ("https://a.b",)}, "placeholder_lost"),
        ({"score": -0.9, "score_limit": -0.7}, "low_score"),
        ({"score": -0.6, "score_limit": -0.7, "model": "m@1"}, "low_score"),
        ({"back_translation_chrf": 10.0}, "back_translation_differs"),
        ({"embedding_similarity": 0.2}, "embeddings_apart"),
        ({"quality_estimate": 0.3}, "low_quality_estimate"),
    ],
)
def test_what_was_seen_while_translating_counts(evidence: dict[str, Any], flag: str) -> None:
    good = "Zwei Männer in blauen Hemden gehen am Fluss entlang."
    assert flags(SOURCE, good, **evidence) == [flag]


def test_a_check_that_is_off_still_measures() -> None:
    off = ChecksConfig(
        **{name: None for name in ChecksConfig.model_fields if name.startswith(("min_", "max_"))},
        length_slack=None,
        score_slack=None,
    )
    checks = judge(pair(SOURCE, SOURCE), Evidence(score=-9.0), off, CALIBRATION)
    assert flags_of(checks) == [] or flags_of(checks) == [TextFlag.EMPTY]
    by_flag = {check.flag: check for check in checks}
    assert by_flag[TextFlag.UNTRANSLATED_COPY].value == 1.0
    assert by_flag[TextFlag.LOW_SCORE].stored() == {
        "value": -9.0,
        "limit": None,
        "passed": True,
    }


@pytest.mark.parametrize(
    ("source", "target", "language", "changed"),
    [
        ("Two dogs.", "Zwei Hunde.", "de", 0),
        ("Two dogs.", "2 Hunde.", "de", 0),
        ("2 dogs.", "Zwei Hunde.", "de", 0),
        ("Two dogs.", "Ein paar Hunde.", "de", 0),
        ("Two dogs.", "Drei Hunde.", "de", 1),
        ("5 dogs.", "Hunde.", "de", 1),
        ("5 dogs.", "6 Hunde.", "de", 2),
        ("1,000 people", "1.000 Menschen", "de", 0),
        ("In 2016 and 3.5 km", "२०१६ और ३.५ किमी", "hi", 0),
        ("In 2016", "في ٢٠١٦", "ar", 0),
        ("Three men", "三个男人", "zh", 0),
        ("A man eats a sandwich", "一个男人在吃三明治", "zh", 0),
        ("Three men", "五个男人", "zh", 1),
        ("Three people", "三人がいる", "ja", 0),
        ("Two men", "رجلان", "ar", 0),
        ("Three women", "তিনজন মহিলা", "bn", 0),
        ("See https://a.b/42 at 10:30", "Siehe https://a.b/42 um 10:30", "de", 0),
    ],
)
def test_numbers_in_digits_and_words(source: str, target: str, language: str, changed: int) -> None:
    assert numbers_changed(pair(source, target, language)) == changed


def test_links_and_quoted_names_are_kept() -> None:
    assert links_changed(pair("Go to https://a.b/c.", "Auf https://a.b/c.")) == 0
    assert links_changed(pair("Go to https://a.b/c.", "Auf https://a.b/d.")) == 2
    assert links_changed(pair("By @ann at 10:30", "Von @ann um 10:30")) == 0
    assert names_changed(pair('The film "Blue Moon".', "Der Film „Blue Moon“.")) == 0
    assert names_changed(pair('The film "Blue Moon".', "Der Film „Blauer Mond“.")) == 1
    assert names_changed(pair('The film "Blue Moon".', "فيلم «القمر الأزرق».", "ar")) == 0
    assert names_changed(pair('The film "Blue Moon".', "فيلم القمر الأزرق.", "ar")) == 1


@given(
    st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=6, unique=True), st.integers(2, 4)
)
def test_a_repeated_phrase_is_measured_in_full(phrase: list[str], times: int) -> None:
    assert repeated_units(["x", *phrase * times, "y"], 2) == len(phrase) * (times - 1)
    assert repeated_units(["x", *phrase, "y"], 2) == 0


def test_reduplication_and_repeating_sources_are_no_loops() -> None:
    assert repeats(pair("slowly", "धीरे धीरे घूमता है", "hi")) == 0
    assert repeats(pair("ha ha ha ha", "ha ha ha ha")) == 0
    assert repeats(pair("slowly", "ゆっくりゆっくりゆっくり", "ja")) > 1


@pytest.mark.parametrize("final", [".", "。", "।", "؟", "۔", "!", "…", ".”", "。」", ")."])
def test_a_sentence_that_ends_is_not_truncated(final: str) -> None:
    assert truncated(pair("A man walks.", f"xyz{final}")) == 0
    assert truncated(pair("A man walks.", "xyz")) == 1
    assert truncated(pair("A man walks", "xyz")) == 0
    assert unbalanced(pair("A (man) walks.", "Ein (Mann geht.")) == 1
    assert unbalanced(pair("1) A man", "1) Ein Mann")) == 0


def test_a_short_text_or_one_language_is_no_copy() -> None:
    assert copied(pair("Paris", "Paris")) is None
    assert copied(TextPair("A lorry in the road", "A lorry in the road", "en-GB", "en-US")) is None


@given(st.integers(5, 400), st.floats(0.2, 3), st.floats(-5, 0), st.floats(0, 5))
def test_length_bounds_are_the_quantiles(size: int, ratio: float, low: float, high: float) -> None:
    least, most = LengthModel(ratio, low, high).bounds(size)
    assert deviation(size, round(most * size), ratio) == pytest.approx(high, abs=1)
    assert least <= ratio <= most


def test_uncalibrated_pairs_go_by_way_of_english() -> None:
    other = FIGURES.model_copy(update={"ratio": 0.5})
    calibration = Calibration({"en-de": FIGURES, "en-ja": other}, {})
    assert calibration.length("de", "ja") is not None
    assert calibration.length("de", "ja").ratio == pytest.approx(0.5 / 1.15)  # type: ignore[union-attr]
    assert calibration.length("de-AT", "en-GB").ratio == pytest.approx(1 / 1.15)  # type: ignore[union-attr]
    assert calibration.length("en", "sw") is None
    assert flags(SOURCE, "Wanaume wawili.", "sw") == []


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["de", "zh", "ar", "und", "x"]))
def test_no_text_breaks_a_check(source: str, target: str, language: str) -> None:
    checks = judge(pair(source, target, language), Evidence(), ChecksConfig(), CALIBRATION)
    assert len(checks) == len(TextFlag)
    json.dumps([check.stored() for check in checks], allow_nan=False)


def _words(**to: dict[str, float]) -> dict[str, Any]:
    known = {"weight": 1.0, "characters": 4.0, "words": 1.0}
    return {word: known | {"to": table} for word, table in to.items()}


LEXICON = of_json(
    {
        "stem": 6,
        "source_words": _words(dog={"hund": 0.9}, runs={"rennt": 0.8}, cat={"katze": 1.0}),
        "target_words": _words(hund={"dog": 0.9}, rennt={"runs": 0.8}, katze={"cat": 1.0}),
    }
)


def test_a_lexicon_sees_what_is_covered() -> None:
    whole = features(pair("dog runs", "Hund rennt"), LEXICON)
    less = features(pair("dog runs", "Hund"), LEXICON)
    other = features(pair("dog runs", "Katze"), LEXICON)
    assert whole is not None
    assert less is not None
    assert other is not None
    assert whole[0] == 1.0 > less[0] == 0.5 > other[0] == 0.0
    assert whole[3] == less[3] == 1.0 > other[3] == 0.0
    assert features(pair("a platypus swims", "ein Schnabeltier"), LEXICON) is None
    assert longest_uncovered([1, 0, 0, 1], [1, 2, 3, 1]) == 5


def test_a_lexicon_foretells_how_many_words_there_should_be() -> None:
    """One word may stand for several, so that a translation of fewer words lacks nothing."""

    def told(words: float) -> list[float]:
        known = {
            side: {word: entry | {"words": words} for word, entry in table.items()}
            for side, table in (
                ("source_words", _words(dog={"hund": 0.9}, runs={"rennt": 0.8})),
                ("target_words", _words(hund={"dog": 0.9}, rennt={"runs": 0.8})),
            )
        }
        found = features(pair("dog runs", "Hund rennt"), of_json({"stem": 6, **known}))
        assert found is not None
        return found

    names = ("words against the foretold number",
             "the source's words against the number that the translation foretells")  # fmt: skip
    for name in names:
        at = FEATURES.index(name)
        assert told(1.0)[at] == 0.0
        assert told(2.0)[at] == pytest.approx(-log(2))
        assert told(0.0)[at] == pytest.approx(log(2))


def test_files_that_are_none_are_refused_by_name(tmp_path: Any) -> None:
    bad = tmp_path / "x.json"
    bad.write_text('{"about": "", "pairs": {"en-de": {"ratio": -1}}}')
    with pytest.raises(StageError, match=r"x\.json: pairs\.en-de"):
        read_calibration(bad)
    with pytest.raises(StageError, match="absent"):
        read_calibration(tmp_path / "absent.json")
    with pytest.raises(StageError, match=r"lexicon .*x\.json"):
        read_lexicon(bad)
    old = {"weight": 1.0, "characters": 4.0, "to": {}}
    tables = {"source_words": {"a": old}, "target_words": {}}
    bad.write_bytes(gzip.compress(json.dumps({"stem": 6, **tables}).encode()))
    with pytest.raises(StageError, match="'words'; write it again with scripts/calibrate"):
        read_lexicon(bad)


def test_a_check_says_what_decided() -> None:
    check = Check(TextFlag.WRONG_LANGUAGE, -0.9, least=-0.7, note="looks like da")
    assert check.in_words() == "wrong_language (-0.9, least -0.7; looks like da)"
