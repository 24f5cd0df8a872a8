"""Batches partition the sentences, and depend on nothing but them."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from stages.translate.batching import batches, distinct

LENGTHS = st.dictionaries(st.text(max_size=4), st.integers(1, 200), max_size=60)
LIMITS = st.integers(1, 1000)


@given(LENGTHS, LIMITS)
def test_every_sentence_is_in_one_batch(lengths: dict[str, int], limit: int) -> None:
    packed = batches(lengths, limit)
    assert sorted(key for batch in packed for key in batch) == sorted(lengths)
    assert all(packed)


@given(LENGTHS, LIMITS)
def test_padded_batches_stay_within_the_limit(lengths: dict[str, int], limit: int) -> None:
    for batch in batches(lengths, limit):
        assert len(batch) == 1 or max(lengths[key] for key in batch) * len(batch) <= limit


@given(LENGTHS, LIMITS, st.randoms())
def test_the_order_of_arrival_does_not_matter(
    lengths: dict[str, int], limit: int, order: random.Random
) -> None:
    shuffled = list(lengths.items())
    order.shuffle(shuffled)
    assert batches(dict(shuffled), limit) == batches(lengths, limit)


@given(LENGTHS, LIMITS)
def test_lengths_fall(lengths: dict[str, int], limit: int) -> None:
    flat = [lengths[key] for batch in batches(lengths, limit) for key in batch]
    assert flat == sorted(flat, reverse=True)


def test_distinct_sentences_once() -> None:
    assert distinct(["b", "a", "b"]) == ["a", "b"]
