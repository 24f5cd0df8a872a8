"""A source text and its translation, and what more than one check measures on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from stages.filter.scripts_unicode import Unit, units, visible
from stages.filter.text_rules import grams_of

KEPT_TEXTS = 256
"""A source is held against its translations into every language one after the other, so what is
measured on a text is kept for this many texts."""


@dataclass(frozen=True)
class TextPair:
    """One translation to check. Languages are BCP-47 tags."""

    source: str
    target: str
    source_language: str
    target_language: str

    @cached_property
    def source_shown(self) -> str:
        return _shown(self.source)

    @cached_property
    def target_shown(self) -> str:
        return _shown(self.target)

    @cached_property
    def source_units(self) -> Sequence[Unit]:
        return _units(self.source_shown)

    @cached_property
    def target_units(self) -> Sequence[Unit]:
        return _units(self.target_shown)

    @cached_property
    def source_grams(self) -> Counter[str]:
        """Letter trigrams, as those of the translation."""
        return _grams(self.source_shown)

    @cached_property
    def target_grams(self) -> Counter[str]:
        return _grams(self.target_shown)


_shown = lru_cache(KEPT_TEXTS)(visible)


@lru_cache(KEPT_TEXTS)
def _units(shown: str) -> tuple[Unit, ...]:
    return tuple(units(shown))


@lru_cache(KEPT_TEXTS)
def _grams(shown: str) -> Counter[str]:
    return grams_of(_units(shown))
