"""Quoted names: what the source puts in quotation marks, the translation quotes too.

A quoted piece counts as kept when it stands there as it is. Where the target is written in
another script a name may be transliterated, so there a quotation of any content is enough.
"""

from __future__ import annotations

import re

from stages.filter.scripts_unicode import scripts_of_tag
from stages.translate.checks.pair import TextPair

_QUOTED = re.compile(
    r"[“\"„«]\s*([^“”\"„«»]{1,80}?)\s*[”\"“»]|「([^」]{1,80})」|『([^』]{1,80})』|《([^》]{1,80})》"
)


def quoted(text: str) -> list[str]:
    """The quoted pieces of a text, in order."""
    return ["".join(found.groups("")).strip() for found in _QUOTED.finditer(text)]


def is_name(piece: str) -> bool:
    """Whether a quoted piece reads like a name: every longer word begins with a capital."""
    words = [word for word in piece.split() if len(word) > 3 and word[0].isalpha()]
    return bool(words) and all(word[0].isupper() for word in words)


def names_changed(pair: TextPair) -> float:
    """Quoted pieces of the source without a counterpart in the translation."""
    given = quoted(pair.source_shown)
    own = quoted(pair.target_shown)
    lost = max(0, len(given) - len(own))
    if scripts_of_tag(pair.source_language) & scripts_of_tag(pair.target_language):
        text = pair.target_shown.casefold()
        altered = sum(is_name(piece) and piece.casefold() not in text for piece in given)
        return float(max(lost, altered))
    return float(lost)
