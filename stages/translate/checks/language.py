"""Target language verified: language ID is asked whether the text is what it should be."""

from __future__ import annotations

from stages.filter.langid import UND, LanguageScore, family
from stages.translate.checks.pair import TextPair


def language_margin(pair: TextPair, found: LanguageScore) -> float | None:
    """Margin of the target language over its best rival, -1 to 1; None when nothing was told."""
    if family(pair.target_language) == UND or found.language == UND:
        return None
    return found.margin
