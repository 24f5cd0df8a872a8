"""A small quality model: how much a text reads like the kept lines it was trained on.

Two parts, trained together by `polyreel quality train` from labelled lines: a linear classifier
over hashed words and pairs of words (a bag of n-grams, as in fastText and DCLM's quality filter,
but with one weight for each hash and no embedding), and a language model over characters
(orders 1 to 4, each smoothed by the order below, as in Witten-Bell). Both are plain arrays, so
that a model is one .npz file, and neither needs anything beyond numpy.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stages.filter.scripts_unicode import units, visible

BUCKETS = 1 << 18
ORDERS = 4
MOST_UNITS = 400
"""More of a text than this tells nothing new."""
FORMAT = 1

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class QualityModel:
    """`weights` [BUCKETS] and `bias` of the classifier; `follows` [ORDERS, BUCKETS] counts of
    character n-grams, `contexts` and `kinds` [ORDERS, BUCKETS] how often a context was seen and
    with how many different characters; `n_characters` different characters in all."""

    weights: Floats
    bias: float
    follows: Floats
    contexts: Floats
    kinds: Floats
    n_characters: int

    def quality(self, text: str) -> float | None:
        """Probability of `keep`; None for a text without words."""
        places = features(text)
        if not places.size:
            return None
        return _sigmoid(float(self.weights[places].sum()) / math.sqrt(places.size) + self.bias)

    def perplexity(self, text: str) -> float | None:
        """Perplexity for each character; None for a text without characters."""
        plain = _plain(text)
        if not plain:
            return None
        chance = np.full(len(plain), 1.0 / (self.n_characters + 1))
        for order in range(ORDERS):
            grams, before = _grams(plain, order)
            total, kinds = self.contexts[order][before], self.kinds[order][before]
            # Where a context was never seen, both are 0 and the order below stands.
            seen = total + kinds
            mixed = (self.follows[order][grams] + kinds * chance) / np.maximum(seen, 1.0)
            chance = np.where(seen > 0, mixed, chance)
        return float(np.exp(-np.log(np.maximum(chance, 1e-9)).mean()))


def features(text: str) -> NDArray[np.int64]:
    """Buckets of the text's words and pairs of words, each once, in order."""
    words = [unit.text for unit in units(visible(text))[:MOST_UNITS]]
    grams = [*words, *(f"{one} {two}" for one, two in pairwise(words))]
    return np.array(sorted({_bucket(gram) for gram in grams}), dtype=np.int64)


def train(kept: Sequence[str], dropped: Sequence[str], epochs: int = 8) -> QualityModel:
    """A model from lines that should be kept and dropped, by AdaGrad on the logistic loss, in an
    order that depends on the lines alone. Raises ValueError when one side is empty."""
    examples = [(features(text), 1.0) for text in kept] + [(features(t), 0.0) for t in dropped]
    examples = [(places, label) for places, label in examples if places.size]
    if {label for _, label in examples} != {0.0, 1.0}:
        raise ValueError("training needs lines with words on both sides, keep and drop")
    weights, squares = np.zeros(BUCKETS), np.full(BUCKETS, 1e-6)
    bias, bias_square = 0.0, 1e-6
    for epoch in range(epochs):
        for place in np.random.default_rng(epoch).permutation(len(examples)).tolist():
            places, label = examples[place]
            scale = 1.0 / math.sqrt(places.size)
            error = _sigmoid(float(weights[places].sum()) * scale + bias) - label
            squares[places] += (error * scale) ** 2
            weights[places] -= 0.3 * error * scale / np.sqrt(squares[places])
            bias_square += error**2
            bias -= 0.1 * error / math.sqrt(bias_square)
    return QualityModel(weights.astype(np.float32), bias, *_count(kept))


def _count(texts: Sequence[str]) -> tuple[Floats, Floats, Floats, int]:
    follows, contexts, kinds = (np.zeros((ORDERS, BUCKETS), np.float32) for _ in range(3))
    characters: set[str] = set()
    for text in texts:
        if not (plain := _plain(text)):
            continue
        characters.update(plain)
        for order in range(ORDERS):
            grams, before = _grams(plain, order)
            for gram, context in zip(grams.tolist(), before.tolist(), strict=True):
                kinds[order, context] += follows[order, gram] == 0
                follows[order, gram] += 1
                contexts[order, context] += 1
    return follows, contexts, kinds, len(characters)


def _grams(plain: str, order: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each character, the buckets of it with `order` characters before it, and of those."""
    padded = " " * order + plain
    grams = [_bucket(padded[i : i + order + 1]) for i in range(len(plain))]
    before = [_bucket(padded[i : i + order]) for i in range(len(plain))]
    return np.array(grams, dtype=np.int64), np.array(before, dtype=np.int64)


def _plain(text: str) -> str:
    return visible(text).casefold()[: 8 * MOST_UNITS]


def _bucket(gram: str) -> int:
    return zlib.crc32(gram.encode("utf-8", "replace")) % BUCKETS


def _sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, value))))
