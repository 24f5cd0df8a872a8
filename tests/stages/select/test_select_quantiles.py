"""Quantiles compare scores of one model only, and mean the same wherever they come from."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from select_rows import said

from stages.select.alignment import spread
from stages.select.config import SelectConfig
from stages.select.quantiles import N_POINTS, Quantiles
from stages.select.score import ClipTexts, score_unit

numbers = st.lists(st.floats(-1, 1, allow_nan=False), min_size=1, max_size=300)


@given(numbers, st.randoms())
def test_quantiles_follow_the_order_of_scores_and_not_of_items(
    values: list[float], random: object
) -> None:
    quantiles = Quantiles.over([("m", value) for value in values])
    again = Quantiles.over([("m", value) for value in reversed(values)])
    found = [quantiles.of("m", value) for value in sorted(values)]
    assert found == sorted(found)  # type: ignore[type-var]
    assert all(0 < value < 1 for value in found if value is not None)
    assert found == [again.of("m", value) for value in sorted(values)]


@given(numbers)
def test_any_growing_change_of_scale_leaves_quantiles_alone(values: list[float]) -> None:
    """So a limit means the same for a model whose cosines are all near 0.3."""
    grid = [round(value, 3) for value in values]
    plain = Quantiles.over([("m", value) for value in grid])
    squeezed = Quantiles.over([("m", 0.3 + value / 100) for value in grid])
    for value in grid:
        assert plain.of("m", value) == squeezed.of("m", 0.3 + value / 100)


def test_models_do_not_mix_and_the_unknown_stays_unknown() -> None:
    quantiles = Quantiles.over([("a", 0.1), ("a", 0.2), ("b", 0.9), ("b", None)])
    assert quantiles.of("a", 0.2) == 0.75
    assert quantiles.of("b", 0.2) == 0.0
    assert quantiles.of("a", None) is None
    assert quantiles.of("c", 0.2) is None
    assert "c" not in quantiles


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=500, unique=True))
def test_a_calibration_file_gives_nearly_the_same_quantiles(values: list[float]) -> None:
    whole = Quantiles.over([("m", value) for value in values])
    stored = json.loads(json.dumps(whole.to_json()))
    again = Quantiles.from_json(stored)
    for value in values:
        found, true = again.of("m", value), whole.of("m", value)
        assert found is not None
        assert true is not None
        assert abs(found - true) <= (0 if len(values) <= N_POINTS else 1 / N_POINTS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "polyreel selector"}, "no file by `polyreel selector calibrate`"),
        ({"version": 9}, "it has version 9"),
        ({"scores": {"m": ["x"]}}, "not lists of numbers"),
        ({"scores": None}, "not lists of numbers"),
    ],
)
def test_what_is_no_calibration_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Quantiles.from_json(Quantiles({"m": [0.5]}).to_json() | change)


def test_confidences_of_two_teachers_are_not_compared() -> None:
    unit = [
        ClipTexts(
            f"shot{at}",
            [
                said("asr", f"we mix {word}", confidence=0.9 + at / 100, model="whisper"),
                said("ocr", f"{word} 500 g", confidence=0.5 + at / 100, model="reader"),
            ],
        )
        for at, word in enumerate(["flour", "salt", "water"])
    ]
    found = score_unit(unit, SelectConfig())
    for at, each in enumerate(found.values()):
        assert [s.scores.confidence_quantile for s in each] == [(at + 0.5) / 3] * 2


@given(st.integers(0, 200), st.integers(1, 64))
def test_keyframes_are_spread_evenly(n_there: int, n_most: int) -> None:
    chosen = spread(n_there, n_most)
    assert len(chosen) == min(n_there, n_most)
    assert chosen == sorted(set(chosen))
    assert all(0 <= at < n_there for at in chosen)
    if n_there > n_most:
        gaps = [b - a for a, b in pairwise(chosen)]
        assert not gaps or max(gaps) - min(gaps) <= 1
