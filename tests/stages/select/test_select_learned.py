"""The learned selector: better than any teacher alone where the truth is known, and honest."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from preferences import HITS, Truth, preference_set

from stages.select.choose import select
from stages.select.config import SelectConfig
from stages.select.coverage import greedy_cover
from stages.select.fit import fit
from stages.select.held_out import (
    HeldOut,
    evaluate,
    grouped_folds,
    single_teachers,
    with_metrics,
)
from stages.select.pick import Pick
from stages.select.ranker import FEATURES, NotAModel, Option, Ranker


@pytest.fixture(scope="module")
def truths() -> list[Truth]:
    return preference_set()


@pytest.fixture(scope="module")
def held_out(truths: list[Truth]) -> HeldOut:
    return evaluate([truth.pick() for truth in truths])


def r_at_1(truths: list[Truth], config: SelectConfig, ranker: Ranker | None = None) -> float:
    judged = [truth for truth in truths if truth.good]
    chosen = [select(truth.scored, config, ranker).chosen for truth in judged]
    hits = sum(
        bool(each) and each[0].caption_id in truth.good
        for each, truth in zip(chosen, judged, strict=True)
    )
    return hits / len(judged)


def test_every_policy_that_looks_at_the_texts_beats_every_single_teacher(
    truths: list[Truth], held_out: HeldOut
) -> None:
    picks = [truth.pick() for truth in truths]
    found = held_out
    best = max(found.teachers.values())
    assert set(found.teachers) == {f"{name}/short" for name in HITS}
    assert found.model > best + 0.1
    assert found.model > found.chance + 0.2
    for policy in ("best", "consensus"):
        assert r_at_1(truths, SelectConfig(policy=policy)) > best
    learned = SelectConfig(policy="learned", model="m.json")
    half = fit(picks[:60])
    assert r_at_1(truths[60:], learned, half) > max(single_teachers(picks[60:]).values())


def test_it_learns_when_all_are_bad() -> None:
    picks = [truth.pick() for truth in preference_set(skill=0.6)]
    ranker = fit(picks[:60])
    none = [(1 - sum(ranker.probabilities(pick.options)), bool(pick.good)) for pick in picks[60:]]
    bad = [share for share, is_any_good in none if not is_any_good]
    rest = [share for share, is_any_good in none if is_any_good]
    assert len(bad) >= 10
    assert sum(bad) / len(bad) > 1.5 * sum(rest) / len(rest)
    found = evaluate(picks)
    assert found.n_all_bad + found.n_clips == len(picks)
    assert found.all_bad_found is not None
    assert 0 < found.all_bad_found <= 1


def test_without_anything_to_tell_texts_apart_it_takes_the_best_teacher() -> None:
    draw = random.Random(3)
    picks = []
    for at in range(200):
        options = tuple(Option(name, {}) for name in HITS)
        good = frozenset(i for i, share in enumerate(HITS.values()) if draw.random() < share / 2)
        picks.append(Pick(f"shot{at}", f"source{at % 20}", options, good))
    ranker = fit(picks)
    shares = single_teachers(picks)
    assert sorted(HITS, key=lambda n: ranker.biases[n]) == sorted(HITS, key=lambda n: shares[n])
    assert all(abs(weight) < 1e-9 for weight in ranker.weights.values())


def test_the_fit_finds_the_weights_that_made_the_picks() -> None:
    rng = np.random.default_rng(0)
    picks = []
    for at in range(1500):
        values = rng.normal(size=(4, 2))
        utilities = 1.5 * values[:, 0] - 1.0 * values[:, 1] + rng.gumbel(size=4)
        options = tuple(Option("t", {"consensus": a, "specificity": b}) for a, b in values.tolist())
        none = rng.gumbel() + 0.5
        taken = int(np.argmax(utilities))
        good = frozenset([taken] if utilities[taken] > none else [])
        picks.append(Pick(f"c{at}", f"s{at}", options, good))
    ranker = fit(picks, penalty=1e-6)
    assert ranker.weights["consensus"] / ranker.scales["consensus"] == pytest.approx(1.5, abs=0.15)
    assert ranker.weights["specificity"] / ranker.scales["specificity"] == pytest.approx(
        -1.0, abs=0.2
    )
    shift = sum(ranker.weights[n] * -ranker.means[n] / ranker.scales[n] for n in FEATURES)
    assert ranker.all_bad - shift - ranker.biases["t"] == pytest.approx(0.5, abs=0.15)


def test_the_order_of_picks_and_of_candidates_changes_nothing(truths: list[Truth]) -> None:
    picks = [truth.pick() for truth in truths[:60]]
    turned = [
        Pick(
            p.clip,
            p.group,
            p.options[::-1],
            frozenset(len(p.options) - 1 - at for at in p.good),
        )
        for p in reversed(picks)
    ]
    one, other = fit(picks), fit(turned)
    assert one.weights == pytest.approx(other.weights, abs=1e-6)
    assert one.biases == pytest.approx(other.biases, abs=1e-6)


def test_a_model_comes_back_from_its_file_as_it_was(truths: list[Truth]) -> None:
    picks = [truth.pick() for truth in truths[:60]]
    ranker = fit(picks, "clip")
    stored = json.loads(json.dumps(with_metrics(ranker, evaluate(picks))))
    again = Ranker.from_json(stored)
    assert again.alignment_model == "clip"
    assert again.metrics["best_teacher"] in again.metrics["teachers"]
    for pick in picks:
        assert again.probabilities(pick.options) == ranker.probabilities(pick.options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 99}, "it has version 99"),
        ({"kind": "x"}, "no file by `polyreel selector train`"),
        ({"features": ["x"]}, "other features"),
        ({"weights": {}}, "not one for each feature"),
        ({"scales": dict.fromkeys(FEATURES, 0.0)}, "not above 0"),
        ({"all_bad": "x"}, "not whole"),
        ({"biases": {"t": float("nan")}}, "not finite"),
    ],
)
def test_a_file_that_is_no_model_is_refused_with_what_is_wrong(
    change: dict[str, Any], message: str
) -> None:
    options = (Option("a", {"consensus": 0.5}), Option("b", {"consensus": 0.1}))
    value = fit([Pick("c", "s", options, frozenset({0}))]).to_json()
    assert Ranker.from_json(value)
    with pytest.raises(NotAModel, match=message):
        Ranker.from_json(value | change)


@given(st.lists(st.integers(0, 6), min_size=2, max_size=40), st.integers(2, 6), st.integers(0, 3))
def test_folds_keep_sources_whole_and_lose_nobody(
    sources: list[int], n_folds: int, seed: int
) -> None:
    picks = [Pick(f"c{at}", f"s{of}", (), frozenset()) for at, of in enumerate(sources)]
    if len(set(sources)) < 2:
        with pytest.raises(ValueError, match="at least two sources"):
            grouped_folds(picks, n_folds, seed)
        return
    folds = grouped_folds(picks, n_folds, seed)
    assert sorted(p.clip for fold in folds for p in fold) == sorted(p.clip for p in picks)
    groups = [{p.group for p in fold} for fold in folds]
    assert all(groups)
    assert sum(map(len, groups)) == len(set(sources))
    assert folds == grouped_folds(picks, n_folds, seed)


def test_nothing_to_learn_from_is_said() -> None:
    pick = Pick("c", "s", (Option("a", {}), Option("b", {})), frozenset())
    with pytest.raises(ValueError, match="nobody picked"):
        fit([pick])


goods = st.dictionaries(
    st.sampled_from("abcdef"), st.frozensets(st.sampled_from("123456789")), max_size=6
)


@given(goods)
def test_coverage_never_shrinks_gains_never_grow_and_all_is_covered_in_the_end(
    good: dict[str, frozenset[str]],
) -> None:
    steps = greedy_cover(good)
    assert sorted(step.teacher for step in steps) == sorted(good)
    gains = [step.n_new for step in steps]
    assert gains == sorted(gains, reverse=True)
    assert [step.n_covered for step in steps] == [sum(gains[: n + 1]) for n in range(len(gains))]
    assert sum(gains) == len(frozenset().union(*good.values()))


def test_the_greedy_order_takes_what_adds_most() -> None:
    good = {"big": frozenset("1234"), "twin": frozenset("123"), "other": frozenset("56")}
    assert [step.teacher for step in greedy_cover(good)] == ["big", "other", "twin"]
