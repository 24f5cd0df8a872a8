"""Which sample goes into which shard. Pure.

The order is that of a hash of seed and key: it depends on no other sample, on no order of
arrival and on no library's random generator, so a dataset that grows keeps most of its order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """What has to be known of a sample to place it: its key and its bytes in the tar."""

    key: str
    size_bytes: int


def shuffled(items: Iterable[Item], seed: int) -> list[Item]:
    """The items in an order that looks random and depends on seed and keys alone."""
    return sorted(items, key=lambda item: (_rank(item.key, seed), item.key))


def assign(
    items: Iterable[Item], seed: int, target_bytes: int, max_samples: int
) -> list[list[Item]]:
    """Shuffle the items and lay them into shards of even size.

    As few shards as the two limits allow in that order; then the limit of bytes is lowered as
    far as the number of shards stays, so that no small rest is left for the last one. A shard is
    over `target_bytes` only when it holds a single sample that is.
    """
    order = shuffled(items, seed)
    if not order:
        return []
    fewest = _count(order, target_bytes, max_samples)
    low, high = 0, target_bytes
    while low < high:
        middle = (low + high) // 2
        if _count(order, middle, max_samples) <= fewest:
            high = middle
        else:
            low = middle + 1
    return _filled(order, high, max_samples)


def shard_name(index: int) -> str:
    """File name of a shard without its ending: shard-000000."""
    return f"shard-{index:06d}"


def _filled(order: Sequence[Item], most_bytes: int, most_samples: int) -> list[list[Item]]:
    shards: list[list[Item]] = []
    size = 0
    for item in order:
        if not shards or size + item.size_bytes > most_bytes or len(shards[-1]) >= most_samples:
            shards.append([])
            size = 0
        shards[-1].append(item)
        size += item.size_bytes
    return shards


def _count(order: Sequence[Item], most_bytes: int, most_samples: int) -> int:
    """How many shards `_filled` would make."""
    n_shards, size, n_samples = 0, 0, 0
    for item in order:
        if not n_shards or size + item.size_bytes > most_bytes or n_samples >= most_samples:
            n_shards, size, n_samples = n_shards + 1, 0, 0
        size += item.size_bytes
        n_samples += 1
    return n_shards


def _rank(key: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{key}".encode()).digest()
