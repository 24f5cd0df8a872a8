"""Language identification of one text at a time, with any model behind a plain function.

Whoever has many texts uses stages.filter.language.identify.Identifier, which is much faster.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

from stages.filter.language.identify import NOTHING, Identifier, LanguageScore
from stages.filter.language.model import read_label
from stages.filter.language.tags import UND, candidates, family

__all__ = ["NOTHING", "UND", "LanguageScore", "Predict", "candidates", "family", "identify"]

Predict = Callable[[str], Mapping[str, float]]
"""One line of text -> probability by label, labels without the prefix __label__."""


def identify(
    text: str, expected: str, languages: Collection[str], predict: Predict, min_letters: int
) -> LanguageScore:
    """Which language `text` is in, asked whether it is `expected` (a BCP-47 tag or und).

    The answer is `expected` itself where it is confirmed, else the family of what the text looks
    like, or und. Without an expected language `margin` is that of the best over the second.
    The model is not asked about fewer than `min_letters` letters (2 in scripts without spaces).
    """
    identifier = _identifier(predict, tuple(languages), min_letters)
    return identifier.identify([text], [expected])[0]


@lru_cache(maxsize=16)
def _identifier(predict: Predict, languages: tuple[str, ...], min_letters: int) -> Identifier:
    def pairs(line: str) -> list[tuple[float, str]]:
        return [(probability, label) for label, probability in predict(line).items()]

    def known() -> frozenset[str]:
        return frozenset(read_label(label)[0] for label in predict("a")) - {UND}

    return Identifier(pairs, known, languages, min_letters)
