"""Corruptions do what they say, a lexicon learns what a check needs, and figures are counted
right."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import TextFlag
from scripts import calibrate_mt_checks, eval_mt_checks
from scripts.eval_mt_checks import flags_by
from scripts.mt_checks import corrupt, fit, ibm1
from scripts.mt_checks.parallel import Parallel, grammar
from stages.translate.checks.calibration import CalibrationFile
from stages.translate.checks.checker import Checker, lexicon_name, read_lexicon
from stages.translate.checks.lexicon import features
from stages.translate.checks.pair import TextPair
from stages.translate.config_checks import ChecksConfig

SENTENCE = "Zwei Männer in blauen Hemden gehen langsam am Ufer des Flusses entlang."


@given(st.integers(0, 10_000))
def test_corruptions_change_what_they_are_named_for(seed: int) -> None:
    words, rng = SENTENCE.split(), Random(seed)
    dropped = corrupt.dropped_clause(SENTENCE, "de", rng)
    assert dropped is not None
    assert 0.5 <= len(dropped.split()) / len(words) <= 0.75
    assert dropped.split()[-1] == words[-1]
    repeated = corrupt.repeated_phrase(SENTENCE, "de", rng)
    assert repeated is not None
    assert set(repeated.split()) == set(words)
    assert len(repeated.split()) > len(words)
    cut = corrupt.truncated(SENTENCE, "de", rng)
    assert cut is not None
    assert SENTENCE.startswith(cut)
    assert not cut.endswith(".")
    number = corrupt.changed_number(SENTENCE, "de", rng)
    assert number is not None
    assert number.split()[1:] == words[1:]
    assert number.split()[0] != "Zwei"


def test_a_corruption_that_does_not_apply_is_none() -> None:
    rng = Random(1)
    assert corrupt.changed_number("Ein Mann geht.", "de", rng) is None
    assert corrupt.dropped_clause("Ein Mann.", "de", rng) is None
    assert corrupt.changed_number("一个男人在吃三明治。", "zh", rng) is None
    assert corrupt.changed_number("三个男人。", "zh", rng) != "三个男人。"


def test_parts_of_parallel_text_are_disjoint() -> None:
    data = grammar("sv")
    parts = [{source for source, _ in lines} for lines in (data.learn, data.limits, data.score)]
    assert all(parts)
    assert not parts[0] & parts[1] | parts[1] & parts[2] | parts[0] & parts[2]


def test_word_translations_are_learned() -> None:
    source = [["the", "dog"], ["the", "cat"], ["a", "dog"], ["a", "cat"]]
    target = [["der", "hund"], ["der", "kater"], ["ein", "hund"], ["ein", "kater"]]
    size = {word: float(len(word)) for words in target for word in words}
    table = ibm1.learn(source, target, size)
    best = {word: max(to, key=to.__getitem__) for word, to in table.probability.items()}
    assert best == {"the": "der", "a": "ein", "dog": "hund", "cat": "kater"}
    assert table.characters["cat"] > table.characters["dog"]


def test_how_many_words_stand_for_one_is_learned() -> None:
    source = [["twins", "run"], ["twins", "sit"], ["dogs", "run"], ["dogs", "sit"]]
    target = [
        ["zwei", "geschwister", "laufen"],
        ["zwei", "geschwister", "sitzen"],
        ["hunde", "laufen"],
        ["hunde", "sitzen"],
    ]
    table = ibm1.learn(source, target, {word: 1.0 for words in target for word in words})
    assert table.words["twins"] > 1.3 * table.words["dogs"] > 0
    assert table.words == table.characters


@pytest.fixture(scope="module")
def lexicons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lexicons")
    data = grammar("sv")
    learn, limits = fit.text_pairs(data.learn[:800], "sv"), fit.text_pairs(data.limits[:200], "sv")
    fit.write_lexicon(folder, "en", "sv", fit.lexicon(learn, limits, 1))
    return folder


def checker(lexicons: Path) -> Checker:
    """Without language ID, whose model no test may fetch."""
    made = Checker(ChecksConfig(lexicon="L", language_model=None), ["sv"])
    made.load(lambda name: lexicons if name == "L" else calibrate_mt_checks.DEFAULT)
    return made


def test_a_lexicon_tells_translations_from_others(lexicons: Path) -> None:
    known = read_lexicon(lexicons / lexicon_name("en-sv"))
    assert known.kept is not None
    assert known.same is not None
    good = fit.text_pairs(grammar("sv").score[:60], "sv")
    scores = [known.same.log_odds(features(pair, known) or []) for pair in good]
    wrong = [
        known.same.log_odds(features(TextPair(a.source, b.target, "en", "sv"), known) or [])
        for a, b in zip(good, good[7:] + good[:7], strict=True)
    ]
    limit = known.same.limit
    assert sum(score >= limit for score in scores) >= 0.95 * len(scores)
    assert sum(score < limit for score in wrong) >= 0.9 * len(wrong)


def test_the_evaluation_counts_what_is_caught(lexicons: Path) -> None:
    data = grammar("sv")
    found = eval_mt_checks.Set(data, fit.text_pairs(data.score[:40], "sv"), {})
    result = eval_mt_checks.measure(found, partial(flags_by, checker(lexicons)), 1)
    assert result["good_that_pass"] >= 0.9
    assert result["by_kind"]["repeated_phrase"]["recall"] >= 0.9
    assert result["by_kind"]["source_copied"]["recall"] == 1.0
    assert result["by_kind"]["neighbour_swapped"]["recall"] >= 0.9
    blind = eval_mt_checks.measure(found, lambda pairs: [[] for _ in pairs], 1)
    assert blind["balanced_accuracy"] == 0.5
    assert eval_mt_checks.measure(found, lambda pairs: [[TextFlag.EMPTY]] * len(pairs), 1)[
        "balanced_accuracy"
    ] == pytest.approx(0.5)
    assert eval_mt_checks.summary({"sv": result})["balanced_accuracy"] == pytest.approx(
        result["balanced_accuracy"], abs=1e-4
    )


def test_calibration_from_files_of_lines(tmp_path: Path) -> None:
    data = Parallel("sv", "x", grammar("sv").learn[:200], [], [])
    (tmp_path / "a.en").write_text("\n".join(source for source, _ in data.learn))
    (tmp_path / "a.sv").write_text("\n".join(target for _, target in data.learn))
    files = ["--source", str(tmp_path / "a.en"), "--target", str(tmp_path / "a.sv")]
    out = tmp_path / "calibration.json"
    told = ["--origin", "ours", "--into", str(out)]
    assert calibrate_mt_checks.main(["lengths", "--pair", "en-nn", *files, *told]) == 0
    file = CalibrationFile.model_validate_json(out.read_bytes())
    assert file.pairs["en-no"].n == 200
    assert file.pairs["en-no"].ratio_from == "ours"
    assert "en-de" in file.pairs
    into = ["--into", str(tmp_path / "lexicons")]
    assert calibrate_mt_checks.main(["lexicon", "--pair", "en-sv", *files, *into]) == 0
    assert read_lexicon(tmp_path / "lexicons" / "lexicon-en-sv.json.gz").kept is not None


def test_the_shipped_figures_say_where_they_come_from() -> None:
    file = CalibrationFile.model_validate_json(calibrate_mt_checks.DEFAULT.read_bytes())
    assert all(found.n and found.ratio_from and found.spread_from for found in file.pairs.values())
    assert json.loads(calibrate_mt_checks.DEFAULT.read_text())["about"]
