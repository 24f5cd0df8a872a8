"""A caption as a set of numbers: its words and pairs of neighbouring words.

Scripts without spaces have no words to split at; their texts become pairs and triples of
characters. Case, punctuation and invisible characters do not count, so captions that differ in
them alone have the same set. A text without letters and digits has the empty set and resembles
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from stages.filter.scripts_unicode import is_unspaced, units, visible

Numbers = NDArray[np.uint64]

MOST_PARTS = 2000
"""Words or characters of a caption that are looked at."""

_ASCII_WORD = re.compile("[a-z0-9]+")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SALTS = (0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0)


@dataclass(frozen=True)
class Shingled:
    """Captions as sets of 32-bit numbers: the set of caption k is `values[edges[k]:edges[k + 1]]`,
    sorted and distinct. `text`: equal for captions of the same words, 64 bits; 0: no words."""

    text: Numbers
    values: NDArray[np.uint32]
    edges: NDArray[np.int64]

    def of(self, caption: int) -> NDArray[np.uint32]:
        return self.values[self.edges[caption] : self.edges[caption + 1]]


def parts_of(text: str) -> tuple[list[str], bool]:
    """The words of a text, or characters of unspaced scripts, and whether it is mostly those."""
    if text.isascii():
        return _ASCII_WORD.findall(text.casefold().replace("'", ""))[:MOST_PARTS], False
    found = units(visible(text))[:MOST_PARTS]
    return [unit.text for unit in found], is_unspaced(found)


def shingled(captions: Sequence[str]) -> Shingled:
    """The sets of some captions."""
    numbers: dict[str, int] = {}
    texts, sets = [], []
    for caption in captions:
        parts, unspaced = parts_of(caption)
        for part in parts:
            if part not in numbers:
                numbers[part] = _number(part)
        sets.append(_set(np.array([numbers[part] for part in parts], np.uint64), unspaced))
        texts.append(_number("\0".join(parts)) if parts else 0)
    edges = np.concatenate([[0], np.cumsum([len(one) for one in sets])]).astype(np.int64)
    values = np.concatenate(sets) if sets else np.empty(0, np.uint32)
    return Shingled(np.array(texts, np.uint64), values.astype(np.uint32), edges)


def _set(parts: Numbers, unspaced: bool) -> NDArray[np.uint32]:
    lengths = [length for length in ((2, 3) if unspaced else (1, 2)) if length <= len(parts)]
    runs = [_runs(parts, length) for length in lengths or range(1, len(parts) + 1)]
    if not runs:
        return np.empty(0, np.uint32)
    return np.unique((np.concatenate(runs) >> np.uint64(32)).astype(np.uint32))


def _runs(parts: Numbers, length: int) -> Numbers:
    """A number for each run of `length` neighbours."""
    count = len(parts) - length + 1
    total = np.full(count, _SALTS[length - 1], np.uint64)
    for place in range(length):
        total = (total ^ parts[place : place + count]) * _FACTOR
        total ^= total >> np.uint64(29)
    return total * _FACTOR


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


def jaccard(
    first: Sequence[NDArray[np.uint32]], second: Sequence[NDArray[np.uint32]]
) -> NDArray[np.float64]:
    """Share of the numbers of two sets that both have, for each pair of sets, none empty."""
    if not first:
        return np.empty(0)
    sizes = np.array([len(a) + len(b) for a, b in zip(first, second, strict=True)])
    pair = np.repeat(np.arange(len(sizes), dtype=np.uint64), sizes)
    both = np.concatenate([part for two in zip(first, second, strict=True) for part in two])
    keys = np.sort(pair << np.uint64(32) | both)
    shared = np.bincount(
        (keys[1:][keys[1:] == keys[:-1]] >> np.uint64(32)).astype(np.int64), minlength=len(sizes)
    )
    return np.asarray(shared / (sizes - shared), np.float64)
