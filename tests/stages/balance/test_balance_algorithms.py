"""Captions as sets, keys that near sets share, and clusters that are stars."""

from __future__ import annotations

import random

import numpy as np
import pytest

from stages.balance.minhash import band_keys, band_plan
from stages.balance.same_text import ENTRY, missing_pairs, stars, text_pairs
from stages.balance.shares import limit_of_share
from stages.balance.shingles import jaccard, parts_of, shingled


@pytest.mark.parametrize(
    ("text", "parts", "unspaced"),
    [
        ("A man's horse, 3 dogs!", ["a", "mans", "horse", "3", "dogs"], False),
        ("Ein Mädchen läuft", ["ein", "mädchen", "läuft"], False),
        ("男人騎馬", ["男", "人", "騎", "馬"], True),
        ("一匹 horse", ["一", "匹", "horse"], True),
        ("남자가 말을 탄다", ["남자가", "말을", "탄다"], False),
        ("🐶 …", [], False),
        ("", [], False),
    ],
)
def test_texts_are_split_by_their_script(text: str, parts: list[str], unspaced: bool) -> None:
    assert parts_of(text) == (parts, unspaced)


def test_case_and_punctuation_do_not_count_and_order_does() -> None:
    sets = shingled(["A man rides.", "a MAN — rides!", "rides a man", "馬", "", "..."])
    assert sets.text[0] == sets.text[1] != sets.text[2]
    assert sets.of(0).tolist() == sets.of(1).tolist() != sets.of(2).tolist()
    assert len(sets.of(3)) == 1
    assert sets.text[4] == sets.text[5] == 0
    assert len(sets.of(4)) == len(sets.of(5)) == 0


def test_jaccard_is_the_share_of_common_numbers() -> None:
    rng = np.random.default_rng(0)
    sets = [np.unique(rng.integers(0, 40, 20).astype(np.uint32)) for _ in range(60)]
    first, second = sets[:30], sets[30:]
    expected = [
        len(set(a) & set(b)) / len(set(a) | set(b))
        for a, b in zip((s.tolist() for s in first), (s.tolist() for s in second), strict=True)
    ]
    assert jaccard(first, second) == pytest.approx(expected)
    assert len(jaccard([], [])) == 0


@pytest.mark.parametrize("similarity", [0.4, 0.7, 0.9, 1.0])
def test_near_sets_share_a_key_and_others_hardly_do(similarity: float) -> None:
    bands, rows = band_plan(similarity)
    assert bands * rows <= 128
    assert (1 - similarity**rows) ** bands <= 0.001
    rng = np.random.default_rng(7)
    size, pairs = 60, 300
    common = round(2 * size * similarity / (1 + similarity))
    sets = []
    for _ in range(pairs):
        numbers = rng.integers(0, 2**32, 2 * size, dtype=np.uint32)
        sets += [
            np.sort(numbers[:size]),
            np.sort(np.concatenate([numbers[:common], numbers[size : 2 * size - common]])),
        ]
    edges = np.concatenate([[0], np.cumsum([len(s) for s in sets])]).astype(np.int64)
    keys = band_keys(np.concatenate(sets), edges, bands, rows)
    met = (keys[::2] == keys[1::2]).any(axis=1)
    assert met.mean() >= 0.98
    apart = (keys[:-2:2] == keys[3::2]).any(axis=1)
    assert apart.mean() <= 0.01


def entries(rows: list[tuple[int, int, int, int]]) -> np.ndarray:
    return np.array(rows, ENTRY)


def test_texts_under_one_key_are_paired_once_however_often_they_occur() -> None:
    rows = [(5, 0, 70, 3), (5, 0, 71, 9), (5, 0, 70, 1), (6, 0, 72, 4), (6, 0, 72, 8)]
    for _ in range(3):
        random.Random(1).shuffle(rows)
        pairs, report = text_pairs(entries(rows), 10)
        assert pairs.tolist() == [(1, 9, 70, 71)]
        assert (report.entries, report.pairs, report.capped_keys) == (5, 1, 0)


def test_a_heavy_key_is_capped_and_reported_and_near_texts_still_meet() -> None:
    """A thousand texts under one key: not half a million pairs. Those that agree in another key
    lie side by side."""
    rows = [(1, text // 2, text, text) for text in range(1000)]
    pairs, report = text_pairs(entries(rows), 8)
    assert len(pairs) <= 8 * 1000
    assert (report.capped_keys, report.largest_key) == (1, 1000)
    met = {(int(a), int(b)) for a, b, _, _ in pairs.tolist()}
    assert all((text, text + 1) in met for text in range(0, 1000, 2))
    assert len(text_pairs(entries([]), 8)[0]) == 0


def test_a_chain_of_small_changes_is_no_cluster() -> None:
    found = stars([1, 2, 3, 4], [(1, 2, 0.8), (2, 3, 0.9), (3, 4, 0.7)])
    assert {text: member.centre for text, member in found.items()} == {1: 1, 2: 1, 3: 3, 4: 3}
    again = stars([1, 2, 3, 4], [(4, 3, 0.7), (3, 2, 0.9), (2, 1, 0.8)])
    assert again == found


def test_the_best_of_a_group_meets_all_that_chains_connect() -> None:
    centres, missing = missing_pairs([4, 1, 2, 3, 8, 9], [(1, 2), (3, 2), (4, 3), (9, 8), (4, 7)])
    assert centres == {4, 8}
    assert missing == [(4, 1), (4, 2)]


def test_a_text_joins_the_most_similar_centre() -> None:
    found = stars([1, 2, 3], [(1, 3, 0.75), (2, 3, 0.8)])
    assert found[3].centre == 2
    assert found[3].similarity == 0.8


@pytest.mark.parametrize(
    ("share", "is_least", "limit"),
    [(0.3, True, 8.0), (1.0, True, 1.0), (0.3, False, 3.0), (0.01, True, 10.0), (0.25, True, 8.0)],
)
def test_the_limit_of_a_share_is_the_value_of_the_last_one_kept(
    share: float, is_least: bool, limit: float
) -> None:
    values = np.random.default_rng(2).permutation(np.arange(1.0, 11.0))
    assert limit_of_share(values, share, is_least) == limit


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="a share of nothing"):
        limit_of_share(np.empty(0), 0.5, True)
