"""Sentence pairs of the grammar, and the vocabulary by which the demo model knows its domain."""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from scripts.demo_grammar.meanings import Meaning, everything
from scripts.demo_grammar.registry import ENGLISH, TARGETS
from stages.translate.domain import adjacent, tokens


class Pair(NamedTuple):
    """One English sentence and its translation."""

    english: str
    target: str


def sentences(wanted: Iterable[Meaning] | None = None) -> dict[str, Meaning]:
    """English sentence to meaning, each distinct sentence once, in the order of the grammar."""
    chosen = everything() if wanted is None else wanted
    return {_normal(ENGLISH.render(meaning)): meaning for meaning in chosen}


def pairs(language: str, wanted: Iterable[Meaning] | None = None) -> list[Pair]:
    """Every English sentence with its translation into `language`."""
    target = TARGETS[language]
    return [
        Pair(source, _normal(target.render(meaning)))
        for source, meaning in sentences(wanted).items()
    ]


def english_words() -> list[str]:
    """The lower-case English words of the grammar, sorted."""
    return sorted({word for text in sentences() for word in tokens(text) if word.isalpha()})


def word_pairs() -> list[str]:
    """Which word or mark may follow which, sentence edges included, sorted."""
    return sorted({pair for text in sentences() for pair in adjacent(text)})


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)
