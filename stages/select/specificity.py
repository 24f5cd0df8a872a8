"""Specificity: how much a text says of this clip, and not of any clip.

A word counts when it carries meaning (it is no function word of its language) and the rarer it is
among the clips of the unit, the more: inverse document frequency (Spärck Jones 1972), where a
document is all that was said of one clip. So a channel's name under all of its clips counts for
little, in any language. Why the unit, see quantiles.py.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stages.caption.words import is_unspaced, tokens
from stages.select.function_words import FUNCTION_WORDS

UNSPACED_WORD = 0.5
"""A character of a script without spaces, in words."""
ENOUGH_WORDS = 8.0
"""Distinct content words, each of them found in this clip alone, at which a text has about two
thirds (1 - 1/e) of the highest specificity."""


@dataclass(frozen=True)
class Content:
    """`n_words`: length in words; `content_share`: share of the words that carry meaning;
    `rarity`: mean rarity of those, 0 (in every clip) to 1; `specificity`: what these add up to,
    0-1, growing with every further word that says something new."""

    n_words: float
    content_share: float
    rarity: float
    specificity: float


def vocabulary(text: str) -> list[str]:
    """Words of a text as they are compared: lower case, without punctuation at their ends."""
    found = (token.strip("\"'’“”«»„.,;:!?…()[]{}<>-–—*#").casefold() for token in tokens(text))
    return [word for word in found if any(char.isalnum() for char in word)]


class Rarity:
    """How rare a word is among clips."""

    def __init__(self, clips: Iterable[Sequence[str]]) -> None:
        """`clips`: all texts of each clip."""
        self._n_clips = 0
        self._in_clips: Counter[str] = Counter()
        for texts in clips:
            self._n_clips += 1
            self._in_clips.update({word for text in texts for word in vocabulary(text)})

    def of(self, word: str) -> float:
        """1 for a word of one clip alone, towards 0 for one of every clip of many."""
        n_clips = max(self._n_clips, 1)
        return math.log1p(n_clips / max(self._in_clips[word], 1)) / math.log1p(n_clips)


def content_of(text: str, language: str, rarity: Rarity) -> Content:
    """Measure one text. `language`: BCP-47; of an unknown one every word may carry meaning."""
    function_words = FUNCTION_WORDS.get(language.partition("-")[0].lower(), frozenset())
    words = vocabulary(text)
    n_words = sum(map(_length, words))
    content = [word for word in words if word not in function_words]
    share = sum(map(_length, content)) / n_words if n_words else 0.0
    weights = {word: rarity.of(word) for word in content}
    mean = sum(weights.values()) / len(weights) if weights else 0.0
    amount = sum(_length(word) * weight for word, weight in weights.items())
    return Content(n_words, share, mean, 1 - math.exp(-amount / ENOUGH_WORDS))


def _length(word: str) -> float:
    return UNSPACED_WORD if len(word) == 1 and is_unspaced(word) else 1.0
