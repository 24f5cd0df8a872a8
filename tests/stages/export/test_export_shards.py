"""Shard assignment: a partition within bounds that depends on nothing but seed and keys."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stages.export.shards import Item, assign, shard_name, shuffled

ITEMS = st.dictionaries(st.text(max_size=6), st.integers(0, 500), max_size=60).map(
    lambda sizes: [Item(key, size) for key, size in sizes.items()]
)
TARGET = st.integers(1, 2000)
MOST = st.integers(1, 20)


@given(ITEMS, st.integers(0, 9), TARGET, MOST)
def test_every_item_is_in_one_shard_and_no_shard_is_empty(
    items: list[Item], seed: int, target: int, most: int
) -> None:
    shards = assign(items, seed, target, most)
    assert sorted(i.key for shard in shards for i in shard) == sorted(i.key for i in items)
    assert all(shards)


@given(ITEMS, st.integers(0, 9), TARGET, MOST)
def test_shards_keep_both_limits(items: list[Item], seed: int, target: int, most: int) -> None:
    for shard in assign(items, seed, target, most):
        assert len(shard) <= most
        assert sum(item.size_bytes for item in shard) <= target or len(shard) == 1


@given(ITEMS, st.integers(0, 9), TARGET, MOST, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    items: list[Item], seed: int, target: int, most: int, source: random.Random
) -> None:
    mixed = source.sample(items, len(items))
    assert assign(mixed, seed, target, most) == assign(items, seed, target, most)


@given(ITEMS, st.integers(0, 9), TARGET, MOST)
def test_there_are_as_few_shards_as_filling_one_after_the_other_gives(
    items: list[Item], seed: int, target: int, most: int
) -> None:
    fewest, size, count = 0, 0, most
    for item in shuffled(items, seed):
        if count >= most or size + item.size_bytes > target:
            fewest, size, count = fewest + 1, 0, 0
        size, count = size + item.size_bytes, count + 1
    assert len(assign(items, seed, target, most)) == fewest


def test_shards_are_of_even_size() -> None:
    items = [Item(f"key{i}", 100) for i in range(101)]
    sizes = [len(shard) for shard in assign(items, 0, 2000, 10_000)]
    assert len(sizes) == 6
    assert max(sizes) - min(sizes) <= 5


def test_the_seed_moves_samples_and_neighbours_are_parted() -> None:
    items = [Item(f"video{i // 10}-{i:03d}", 1) for i in range(100)]
    one, two = shuffled(items, 1), shuffled(items, 2)
    assert one != two
    together = sum(a.key[:6] == b.key[:6] for a, b in pairwise(one))
    assert together < 30


def test_an_added_sample_leaves_the_order_of_the_others() -> None:
    items = [Item(f"key{i}", 1) for i in range(50)]
    order = shuffled([*items, Item("new", 1)], 0)
    assert [item for item in order if item.key != "new"] == shuffled(items, 0)


def test_names_of_shards_sort_as_their_numbers() -> None:
    assert shard_name(7) == "shard-000007"
