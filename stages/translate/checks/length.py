"""Length ratio against per-pair quantiles.

After Gale and Church (1993): the length of a translation spreads around a multiple of the
source's with a deviation that grows with the square root of the length. A short caption's ratio
may therefore be further from the usual one than a long one's.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from stages.translate.checks.pair import TextPair


@dataclass(frozen=True)
class LengthModel:
    """Target characters per source character, and the quantiles of the deviation from it in
    units of the square root of the source's characters."""

    ratio: float
    low: float
    high: float

    def bounds(self, source_characters: int) -> tuple[float, float]:
        """Least and most ratio of translations of a source this long."""
        spread = sqrt(max(source_characters, 1))
        return max(0.0, self.ratio + self.low / spread), self.ratio + self.high / spread


def deviation(source_characters: int, target_characters: int, ratio: float) -> float:
    """How far a translation's length is from the usual one; what `low` and `high` bound."""
    size = max(source_characters, 1)
    return (target_characters / size - ratio) * sqrt(size)


def length_ratio(pair: TextPair) -> float | None:
    """Visible characters of the translation per character of the source."""
    size = len(pair.source_shown)
    return len(pair.target_shown) / size if size else None
