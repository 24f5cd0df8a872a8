"""Addresses, handles and times of the source stand in the translation, letter by letter."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from stages.translate.checks.pair import KEPT_TEXTS, TextPair

_LINK = re.compile(
    r"https?://[^\s<>\"'）」。，]+|www\.[^\s<>\"'）」。，]+|[\w.+-]+@[\w-]+\.[\w.-]+"
    r"|(?<!\w)[@#]\w+|(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)"
)


@lru_cache(KEPT_TEXTS)
def links(text: str) -> Counter[str]:
    """URLs, e-mail addresses, handles, hashtags and clock times, final punctuation apart."""
    return Counter(found.rstrip(".,;:!?)").casefold() for found in _LINK.findall(text))


@lru_cache(KEPT_TEXTS)
def without_links(text: str) -> str:
    return _LINK.sub(" ", text)


def links_changed(pair: TextPair) -> float:
    """How many of the source are missing, and how many of the translation are not its."""
    own, given = links(pair.target_shown), links(pair.source_shown)
    return float((given - own).total() + (own - given).total())
