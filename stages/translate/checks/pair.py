"""A source text and its translation, and what more than one check measures on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from stages.filter.scripts_unicode import Unit, units, visible


@dataclass(frozen=True)
class TextPair:
    """One translation to check. Languages are BCP-47 tags."""

    source: str
    target: str
    source_language: str
    target_language: str

    @cached_property
    def source_shown(self) -> str:
        return visible(self.source)

    @cached_property
    def target_shown(self) -> str:
        return visible(self.target)

    @cached_property
    def source_units(self) -> list[Unit]:
        return units(self.source_shown)

    @cached_property
    def target_units(self) -> list[Unit]:
        return units(self.target_shown)
