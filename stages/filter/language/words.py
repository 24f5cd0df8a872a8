"""Common words as evidence: which languages' common words a text has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from stages.filter.language.tags import ROMANISED_HINDI, family

_APART = "'’,.?!،।۔"
"""Marks that stand at words of most texts; others cost more to look for than they hide."""


@cache
def common_words() -> dict[str, frozenset[str]]:
    """Word -> families in which it is common. Read from common_words.txt once."""
    found: dict[str, set[str]] = {}
    text = files("stages.filter.language").joinpath("common_words.txt").read_text("utf-8")
    for line in text.splitlines():
        tag, separator, words = line.partition(":")
        if not separator or line.startswith("#"):
            continue
        language = tag if tag == ROMANISED_HINDI else family(tag)
        for word in words.split():
            found.setdefault(word, set()).add(language)
    return {word: frozenset(languages) for word, languages in found.items()}


class WordCounter:
    """Counts the common words of some families. `families` gives the columns."""

    def __init__(self, families: Sequence[str]) -> None:
        column = {language: place for place, language in enumerate(families)}
        words = {
            word: known
            for word, languages in common_words().items()
            if (known := [column[language] for language in sorted(languages) if language in column])
        }
        self._place = {word: place for place, word in enumerate(words)}
        self._words = frozenset(words)
        self._counts = np.zeros((len(words) + 1, len(column)))
        for place, columns in enumerate(words.values()):
            self._counts[place, columns] = 1.0

    def count(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """[texts, families]: how many different common words of each family a text has. Texts
        are single lines."""
        if not texts:
            return np.zeros((0, self._counts.shape[1]))
        # One pass over all texts costs a fraction of one pass over each.
        plain = "\n".join(texts).lower()
        for mark in _APART:
            plain = plain.replace(mark, " ")
        places: list[int] = []
        starts: list[int] = []
        hits_of, place_of, nothing = self._words.intersection, self._place, len(self._counts) - 1
        for line in plain.split("\n"):
            starts.append(len(places))
            if hits := hits_of(line.split()):
                places += [place_of[word] for word in hits]
            else:
                places.append(nothing)
        return np.asarray(np.add.reduceat(self._counts[places], starts, axis=0))
