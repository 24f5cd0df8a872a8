"""Script share: a translation into Hindi is written in Devanagari."""

from __future__ import annotations

from stages.filter.text_rules import script_share
from stages.translate.checks.pair import TextPair


def in_script(pair: TextPair) -> float | None:
    """Share of the words in a script of the target language, where it is known."""
    return script_share(pair.target_units, pair.target_language)
