"""Consensus: the candidate that is most like what the others say.

Minimum Bayes risk: the other candidates are taken for samples of what may be said of the clip,
and a candidate's score is its mean utility (chrF) with each of them as the reference (Kumar and
Byrne, HLT-NAACL 2004; with chrF as the utility, Freitag et al., TACL 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

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
    other. A language is the first part of its tag; `und` is a language of its own."""
    grams = [ngrams(voice.text) for voice in voices]
    spoken = [voice.language.partition("-")[0].lower() for voice in voices]
    scores: list[list[float]] = [[] for _ in voices]
    for one, other in combinations(range(len(voices)), 2):
        if spoken[one] == spoken[other]:
            common = shared(grams[one], grams[other])
            if voices[other].is_witness:
                scores[one].append(chrf(grams[one], grams[other], common))
            if voices[one].is_witness:
                scores[other].append(chrf(grams[other], grams[one], common))
    return [sum(found) / len(found) if found else None for found in scores]
