"""Untranslated copy: the model gave the source back."""

from __future__ import annotations

from stages.filter.text_rules import same_language, shared_grams
from stages.translate.checks.pair import TextPair

MIN_UNITS = 3


def copied(pair: TextPair) -> float | None:
    """Shared letter trigrams of source and translation, 0 to 1; None where both are one
    language, or the source is too short to tell a copy from a name."""
    short = len(pair.source_units) < MIN_UNITS
    if short or same_language(pair.target_language, pair.source_language):
        return None
    return shared_grams(pair.target_grams, pair.source_grams)
