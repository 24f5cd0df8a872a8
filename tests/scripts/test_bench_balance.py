"""The benchmark of captions plants edits that are there, and counts what is found."""

from __future__ import annotations

import random
from pathlib import Path

from scripts.bench_balance import edited, make_captions, measure, plain_set, similarity
from stages.balance.config import BalanceConfig
from stages.balance.shingles import jaccard, shingled


def test_plain_sets_are_what_the_stage_compares() -> None:
    made = make_captions(300, 2, seed=9)
    sets = shingled(made.captions)
    for copy, original in made.planted:
        (found,) = jaccard([sets.of(copy)], [sets.of(original)])
        assert abs(found - similarity(made.captions[copy], made.captions[original])) < 1e-9


def test_an_edit_is_small() -> None:
    rng = random.Random(4)
    text = "One two three four five six seven eight nine ten eleven twelve."
    assert all(similarity(text, edited(text, rng)) >= 0.5 for _ in range(50))
    assert plain_set("") == set()


def test_planted_captions_are_found_and_nothing_else(tmp_path: Path) -> None:
    config = BalanceConfig(max_same_caption=3)
    row = measure(make_captions(600, 10, seed=11), config, 1, str(tmp_path))
    assert row.planted >= 30
    assert row.planted_recall >= 0.95
    assert row.false_pairs == 0
    assert row.dropped >= 10
