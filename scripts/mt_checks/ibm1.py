"""IBM model 1 (Brown et al. 1993) by expectation maximisation, in numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROUNDS = 5
LEAST = 0.01
"""Translations less probable than this are left out of the table."""
NULL = ""


@dataclass(frozen=True)
class WordTable:
    """P(target | source), and how many characters and words of the target each source word
    accounts for."""

    probability: dict[str, dict[str, float]]
    characters: dict[str, float]
    words: dict[str, float]


def learn(
    source: Sequence[Sequence[str]], target: Sequence[Sequence[str]], size: dict[str, float]
) -> WordTable:
    """Learn from sentence pairs given as words. `size`: characters of each target word."""
    sources, targets = {NULL: 0}, dict[str, int]()
    left: list[NDArray[np.int64]] = []
    right: list[NDArray[np.int64]] = []
    place: list[NDArray[np.int64]] = []
    n = 0
    occurs: list[int] = []
    for words, others in zip(source, target, strict=True):
        s = np.array([0, *(sources.setdefault(word, len(sources)) for word in words)])
        t = np.array([targets.setdefault(word, len(targets)) for word in others], dtype=np.int64)
        occurs += s.tolist()
        left.append(np.tile(s, len(t)))
        right.append(np.repeat(t, len(s)))
        place.append(np.repeat(np.arange(n, n + len(t)), len(s)))
        n += len(t)
    where = np.concatenate(place)
    keys, cell = np.unique(
        np.concatenate(left) * len(targets) + np.concatenate(right), return_inverse=True
    )
    owner, other = keys // len(targets), keys % len(targets)
    probability: NDArray[np.float64] = np.ones(len(keys))
    counts = probability
    for _ in range(ROUNDS):
        weight: NDArray[np.float64] = probability[cell]
        weight = weight / np.bincount(where, weight, n)[where]
        counts = np.bincount(cell, weight, len(keys)).astype(np.float64)
        probability = counts / np.bincount(owner, counts, len(sources))[owner]
    lengths = np.array([size[word] for word in targets])
    seen = np.maximum(np.bincount(np.array(occurs), minlength=len(sources)), 1)
    characters = np.bincount(owner, counts * lengths[other], len(sources)) / seen
    n_words = np.bincount(owner, counts, len(sources)) / seen
    return WordTable(
        _probable(list(sources), list(targets), owner, other, probability),
        _rounded(list(sources), characters),
        _rounded(list(sources), n_words),
    )


def _probable(
    sources: list[str],
    targets: list[str],
    owner: NDArray[np.int64],
    other: NDArray[np.int64],
    probability: NDArray[np.float64],
) -> dict[str, dict[str, float]]:
    kept = np.flatnonzero((probability >= LEAST) & (owner > 0))
    table: dict[str, dict[str, float]] = {}
    for index in kept:
        row = table.setdefault(sources[owner[index]], {})
        row[targets[other[index]]] = round(float(probability[index]), 4)
    return table


def _rounded(sources: list[str], figures: NDArray[np.float64]) -> dict[str, float]:
    """By word, without the empty one."""
    return {word: round(float(figures[i]), 3) for i, word in enumerate(sources) if i}
