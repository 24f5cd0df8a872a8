"""Batches partition the sentences, and depend on nothing but them."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stages.translate.batching import BAND_TOKENS, band, batches, most_tokens

LENGTHS = st.dictionaries(st.text(max_size=4), st.integers(1, 200), max_size=60)
LIMITS = st.integers(1, 1000)


@given(LENGTHS, LIMITS)
def test_every_sentence_is_in_one_batch(lengths: dict[str, int], limit: int) -> None:
    packed = batches(lengths, limit)
    assert sorted(key for batch in packed for key in batch) == sorted(lengths)
    assert all(packed)


@given(LENGTHS, LIMITS)
def test_batches_stay_within_the_limit(lengths: dict[str, int], limit: int) -> None:
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
def test_kinds_are_never_mixed(lengths: dict[str, int], limit: int) -> None:
    packed = batches(lengths, limit, lambda key: key[:1])
    assert all(len({key[:1] for key in batch}) == 1 for batch in packed)
    assert [key[:1] for batch in packed for key in batch] == sorted(key[:1] for key in lengths)


@given(LENGTHS, LIMITS)
def test_lengths_fall(lengths: dict[str, int], limit: int) -> None:
    flat = [lengths[key] for batch in batches(lengths, limit) for key in batch]
    assert flat == sorted(flat, reverse=True)


@given(LENGTHS, LIMITS)
def test_little_is_padded(lengths: dict[str, int], limit: int) -> None:
    for batch in batches(lengths, limit):
        assert max(lengths[key] for key in batch) - min(lengths[key] for key in batch) < BAND_TOKENS


@given(LENGTHS, LIMITS, st.floats(0, 20), st.integers(0, 1000))
def test_how_long_an_answer_may_get_does_not_depend_on_the_company(
    lengths: dict[str, int], limit: int, ratio: float, extra: int
) -> None:
    for batch in batches(lengths, limit):
        assert len({most_tokens(lengths[key], ratio, extra) for key in batch}) == 1
        assert most_tokens(lengths[batch[0]], ratio, extra) >= int(ratio * lengths[batch[0]])


@given(LENGTHS, LIMITS)
def test_no_two_batches_of_one_band_would_fit_into_one(lengths: dict[str, int], limit: int) -> None:
    packed = batches(lengths, limit)
    for left, right in pairwise(packed):
        if band(lengths[left[0]]) == band(lengths[right[0]]):
            assert lengths[left[0]] * (len(left) + 1) > limit
