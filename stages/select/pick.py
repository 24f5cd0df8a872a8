"""What a person said of one clip's candidates."""

from __future__ import annotations

from dataclasses import dataclass

from stages.select.ranker import Option


@dataclass(frozen=True)
class Pick:
    """`good` are the places in `options` of the candidates that were picked; none: all are bad.
    `group`: what must not be on both sides of a split into training and test, the source."""

    clip: str
    group: str
    options: tuple[Option, ...]
    good: frozenset[int]

    @property
    def good_labels(self) -> frozenset[str]:
        """teacher/style of the good candidates."""
        return frozenset(self.options[at].label for at in self.good)
