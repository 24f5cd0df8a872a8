"""The language of texts of which nobody says it, so that they are not lost to what follows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stages.filter.language.defaults import MIN_LETTERS, USUAL
from stages.filter.language.identify import Identifier
from stages.filter.language.model import FastTextModel
from stages.filter.language.tags import MIXED, UND
from stages.filter.scripts_unicode import is_unspaced, units

MIN_WORDS = 2
"""One word alone is a name as often as not; in scripts without spaces letters have to do."""

_WORD = re.compile(r"[^\W\d_]{2,}")


class Undeclared:
    """Names the language of a text where it shows clearly."""

    def __init__(self, model: FastTextModel) -> None:
        self._identifier = Identifier(model.predict, lambda: model.families, USUAL, MIN_LETTERS)

    def languages(self, texts: Sequence[str]) -> list[str]:
        """BCP-47 tag of each text; und where it does not show, or where there are several."""
        found = self._identifier.identify(texts, [UND] * len(texts))
        return [
            UND if answer.language == MIXED or not _is_enough(text) else answer.language
            for text, answer in zip(texts, found, strict=True)
        ]


def _is_enough(text: str) -> bool:
    return is_unspaced(units(text)) or len(_WORD.findall(text)) >= MIN_WORDS
