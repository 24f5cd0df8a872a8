"""A small model of which candidate people pick: the policy `learned`.

A candidate's utility is linear in its scores and flags, with a constant for its teacher; the
candidates of a clip, and the answer "all bad", share one softmax (McFadden's conditional logit
with an outside option). `fit.py` fits it; this module applies it and stores it as JSON.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.outcomes import CaptionFlag

KIND = "polyreel selector"
VERSION = 1
SCORE_FEATURES = (
    "consensus",
    "specificity",
    "content_share",
    "rarity",
    "log_words",
    "script_share",
    "alignment",
    "confidence_quantile",
)
FEATURES = (*SCORE_FEATURES, *(f"flag_{flag}" for flag in CaptionFlag))


class NotAModel(ValueError):
    """A file is not what `Ranker.to_json` gives."""


@dataclass(frozen=True)
class Option:
    """What the model sees of a candidate. `label`: teacher/style."""

    label: str
    scores: Mapping[str, float | None]
    flags: Sequence[str] = ()


def features_of(option: Option) -> list[float | None]:
    """Values of FEATURES; null where one is not known."""
    n_words = option.scores.get("n_words")
    known = {**option.scores, "log_words": None if n_words is None else math.log1p(n_words)}
    scores = [known.get(name) for name in SCORE_FEATURES]
    return [*scores, *(float(flag in option.flags) for flag in CaptionFlag)]


@dataclass(frozen=True)
class Ranker:
    """`means` and `scales` bring each feature to mean 0 and deviation 1 as in the picks that it
    was fitted to; an unknown value counts as the mean. `biases`: by teacher/style; one that the
    picks did not have counts 0. `all_bad`: utility of choosing nothing. `alignment_model`: the
    model whose alignment scores it was fitted to; "" for none."""

    means: Mapping[str, float]
    scales: Mapping[str, float]
    weights: Mapping[str, float]
    biases: Mapping[str, float]
    all_bad: float
    alignment_model: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)

    def standardised(self, option: Option) -> list[float]:
        """Values of FEATURES on the model's scale."""
        return [
            0.0 if value is None else (value - self.means[name]) / self.scales[name]
            for name, value in zip(FEATURES, features_of(option), strict=True)
        ]

    def utility(self, option: Option) -> float:
        """Higher is better; differences between candidates of one clip are log odds."""
        values = zip(FEATURES, self.standardised(option), strict=True)
        weighted = sum(self.weights[name] * value for name, value in values)
        return weighted + self.biases.get(option.label, 0.0)

    def probabilities(self, options: Sequence[Option]) -> list[float]:
        """Of each of one clip's candidates to be the pick; what lacks to 1 is "all bad"."""
        utilities = [self.utility(option) for option in options]
        top = max([*utilities, self.all_bad])
        shares = [math.exp(utility - top) for utility in utilities]
        total = sum(shares) + math.exp(self.all_bad - top)
        return [share / total for share in shares]

    def to_json(self) -> dict[str, Any]:
        return {"kind": KIND, "version": VERSION, "features": list(FEATURES), **vars(self)}

    @staticmethod
    def from_json(value: Any) -> Ranker:
        """Raises NotAModel, saying what is wrong."""
        if not isinstance(value, dict) or value.get("kind") != KIND:
            raise NotAModel("it is no file by `polyreel selector train`")
        if value.get("version") != VERSION:
            raise NotAModel(f"it has version {value.get('version')}, not {VERSION}")
        if value.get("features") != list(FEATURES):
            raise NotAModel("it has other features than this version of Polyreel; train it again")
        try:
            numbers = {
                name: {str(key): float(number) for key, number in value[name].items()}
                for name in ("means", "scales", "weights", "biases")
            }
            all_bad = float(value["all_bad"])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise NotAModel(f"its numbers are not whole: {error!r}") from error
        for name in ("means", "scales", "weights"):
            if numbers[name].keys() != set(FEATURES):
                raise NotAModel(f"its {name} are not one for each feature")
        if not all(scale > 0 for scale in numbers["scales"].values()):
            raise NotAModel("a scale is not above 0")
        found = [all_bad, *(v for each in numbers.values() for v in each.values())]
        if not all(map(math.isfinite, found)):
            raise NotAModel("a number is not finite")
        return Ranker(
            **numbers,
            all_bad=all_bad,
            alignment_model=str(value.get("alignment_model", "")),
            metrics=value.get("metrics", {}),
        )
