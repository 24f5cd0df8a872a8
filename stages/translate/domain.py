"""Is a sentence within what a small model was taught? Outside it, the model would invent.

A model card lists the words that the model knows and, optionally, which of them it has seen side
by side. A sentence with an unknown word or a number is out of domain; so is one that puts known
words together in an unknown way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(r"\w+(?:['’\-]\w+)*|[^\w\s]")
EDGE = "^"
"""Stands for the beginning and the end of a sentence in a pair."""
HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
"""Unicode categories of what cannot be seen: controls, zero-width and direction marks, the rest."""


@dataclass(frozen=True)
class Domain:
    """What a model knows. Empty `pairs` means that any order of known words is accepted."""

    words: frozenset[str]
    pairs: frozenset[str] = frozenset()

    @classmethod
    def of(cls, words: Collection[str], pairs: Collection[str] = ()) -> Domain:
        """A domain from the lists of a model card."""
        return cls(frozenset(words), frozenset(pairs))

    def accepts(self, sentence: str) -> bool:
        """Every word is known, there is at least one, and neighbours are known as such."""
        return not self.objection(sentence)

    def objection(self, sentence: str, most: int = 5) -> str:
        """Why `sentence` is not accepted, in words; empty when it is."""
        found = [token for token in tokens(sentence) if is_word(token)]
        if unknown := list(dict.fromkeys(word for word in found if word not in self.words)):
            more = f" and {len(unknown) - most} more" if len(unknown) > most else ""
            return f"the model does not know: {', '.join(unknown[:most])}{more}"
        if not found:
            return "there are no words"
        if any(unicodedata.category(mark) in HIDDEN for mark in sentence if not mark.isspace()):
            return "there are invisible characters"
        if self.pairs:
            for pair in adjacent(sentence):
                if pair not in self.pairs:
                    return f"the model does not know these side by side: {pair}"
        return ""


def is_word(token: str) -> bool:
    """Words and numbers, as opposed to punctuation marks."""
    return token[0].isalnum() or token[0] == "_"


def tokens(sentence: str) -> Iterator[str]:
    """Lower-case words and single punctuation marks."""
    return (match.group() for match in _TOKEN.finditer(sentence.lower()))


def adjacent(sentence: str) -> Iterator[str]:
    """Neighbouring tokens as "left right", with the sentence's edges."""
    return (" ".join(pair) for pair in pairwise([EDGE, *tokens(sentence), EDGE]))


def sentence_case(sentence: str) -> str:
    """Capital first, the rest in lower case, single spaces: how a grammar spells a sentence."""
    text = " ".join(sentence.split()).lower()
    return text[:1].upper() + text[1:]
