"""Consensus: the candidate that is most like what the others say.

Minimum Bayes risk: the other candidates are taken for samples of what may be said of the clip,
and a candidate's score is its mean utility with each of them as the reference (Kumar and Byrne,
HLT-NAACL 2004). The utility is chrF (as in Freitag et al., TACL 2022), which asks for the same
words, or the cosine of sentence embeddings, which asks for the same meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from stages.select.chrf import chrf, ngrams, shared


@dataclass(frozen=True)
class Voice:
    """A text that takes part. `is_witness`: whether others are measured by it; a text that was
    made from the others is not, because it would count them twice."""

    text: str
    language: str
    is_witness: bool = True


def consensus(voices: Sequence[Voice]) -> list[float | None]:
    """The mean chrF of each text with the other witnesses of its language, 0-1; null where
    there are none. Texts in different languages share no n-grams and say nothing about each
    other."""
    grams = [ngrams(voice.text) for voice in voices]

    def utilities(one: int, other: int) -> tuple[float, float]:
        common = shared(grams[one], grams[other])
        return chrf(grams[one], grams[other], common), chrf(grams[other], grams[one], common)

    return _mean_utilities(voices, utilities, are_comparable=_same_language)


def semantic_consensus(
    voices: Sequence[Voice], vectors: NDArray[np.float32], is_multilingual: bool
) -> list[float | None]:
    """The mean cosine of each text with the other witnesses, -1 to 1; null where there are none.
    `vectors`: (voices, dimensions) of length 1. Only a multilingual model can compare texts of
    different languages."""
    cosines = vectors.astype(np.float64) @ vectors.astype(np.float64).T

    def utilities(one: int, other: int) -> tuple[float, float]:
        return float(cosines[one, other]), float(cosines[other, one])

    def comparable(one: Voice, other: Voice) -> bool:
        return is_multilingual or _same_language(one, other)

    return _mean_utilities(voices, utilities, comparable)


def _mean_utilities(
    voices: Sequence[Voice],
    utilities: Callable[[int, int], tuple[float, float]],
    are_comparable: Callable[[Voice, Voice], bool],
) -> list[float | None]:
    """`utilities`: of the first by the second as its reference, and the other way round."""
    scores: list[list[float]] = [[] for _ in voices]
    for one, other in combinations(range(len(voices)), 2):
        if not are_comparable(voices[one], voices[other]):
            continue
        by_other, by_one = utilities(one, other)
        if voices[other].is_witness:
            scores[one].append(by_other)
        if voices[one].is_witness:
            scores[other].append(by_one)
    return [sum(found) / len(found) if found else None for found in scores]


def _same_language(one: Voice, other: Voice) -> bool:
    """By the first parts of their tags; `und` is a language of its own."""
    first, second = (voice.language.partition("-")[0].lower() for voice in (one, other))
    return first == second
