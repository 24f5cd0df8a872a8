"""What is usual for a language pair and for a model: the figures that limits are made from.

One JSON file holds them all; `scripts/calibrate_mt_checks.py` measures them on parallel text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from pydantic import BaseModel, ConfigDict, Field

from stages.filter.langid import family
from stages.translate.checks.length import LengthModel

PIVOT = "en"


class PairFigures(BaseModel):
    """Lengths of one pair, and what they were measured on."""

    model_config = ConfigDict(extra="forbid")

    ratio: float = Field(gt=0)
    low: float = Field(le=0)
    high: float = Field(ge=0)
    n: int = Field(ge=0)
    ratio_from: str
    spread_from: str


class CalibrationFile(BaseModel):
    """The file. `scores`: model label -> pair -> low quantile of its mean log-probability."""

    model_config = ConfigDict(extra="forbid")

    about: str
    pairs: dict[str, PairFigures]
    scores: dict[str, dict[str, float]] = {}


def pair_key(source: str, target: str) -> str:
    """en-US and zh-Hans -> en-zh."""
    return f"{family(source)}-{family(target)}"


@dataclass(frozen=True)
class Calibration:
    """Looks up what the checks need."""

    pairs: Mapping[str, PairFigures]
    scores: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(cls, file: CalibrationFile) -> Calibration:
        return cls(file.pairs, file.scores)

    def length(self, source: str, target: str) -> LengthModel | None:
        """Usual lengths of a pair: as measured, else the measured reverse turned round, else
        by way of English; None when nothing is known."""
        if found := self._known(source, target):
            return found
        first, second = self._known(PIVOT, source), self._known(PIVOT, target)
        if first is None or second is None:
            return None
        ratio = second.ratio / first.ratio
        grow = sqrt(first.ratio)
        return LengthModel(
            ratio,
            (second.low - first.high * ratio) / grow,
            (second.high - first.low * ratio) / grow,
        )

    def score_floor(self, model: str, source: str, target: str) -> float | None:
        return self.scores.get(model, {}).get(pair_key(source, target))

    def _known(self, source: str, target: str) -> LengthModel | None:
        if found := self.pairs.get(pair_key(source, target)):
            return LengthModel(found.ratio, found.low, found.high)
        if found := self.pairs.get(pair_key(target, source)):
            # t = r s + d sqrt(s) turned round: s = t / r - d / r^1.5 sqrt(t)
            turn = found.ratio**1.5
            return LengthModel(1 / found.ratio, -found.high / turn, -found.low / turn)
        return None
