"""Which sources form a unit of work. Pure.

Units are runs of the listing's order. Where one ends is decided by the sources themselves: after
a unit holds half the target, each source closes it with a probability that grows with its weight
and is drawn from a hash of its id. So the same source tends to close a unit whatever came before
it, and when an input is added or removed, boundaries fall back into place a few units later: the
others keep their ids, and with them their finished work.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

FAILED_WEIGHT_S = 0.1
"""What a source that will not be decoded weighs: only its rows travel on."""


@dataclass(frozen=True)
class Weighted(Generic[T]):
    """One source: its id, its weight in seconds of video, and whatever travels with it."""

    source_id: str
    weight_s: float
    value: T


def plan_units(
    sources: Iterable[Weighted[T]], target_s: float, max_sources: int
) -> Iterator[list[Weighted[T]]]:
    """Divide `sources` into units, in their order, holding one unit at a time.

    A unit weighs at most twice `target_s` unless it is a single source, and has at most
    `max_sources` members.
    """
    unit: list[Weighted[T]] = []
    weight_s = 0.0
    for source in sources:
        if unit and weight_s + source.weight_s > 2 * target_s:
            yield unit
            unit, weight_s = [], 0.0
        unit.append(source)
        weight_s += source.weight_s
        if len(unit) >= max_sources or (weight_s >= target_s / 2 and _closes(source, target_s)):
            yield unit
            unit, weight_s = [], 0.0
    if unit:
        yield unit


def unit_id(source_ids: Iterable[str]) -> str:
    """Id of the unit with these members: 12 hex digits of a hash."""
    return hashlib.sha256("\n".join(source_ids).encode()).hexdigest()[:12]


def _closes(source: Weighted[T], target_s: float) -> bool:
    """Whether this source is one that ends units; half a target of them holds one on average."""
    digest = hashlib.sha256(b"unit-end" + source.source_id.encode()).digest()
    draw = int.from_bytes(digest[:8], "big") / 2**64
    return draw < 1.0 - math.exp(-source.weight_s / (target_s / 2))
