"""Options of the balance stage. With none of the rules that look at the whole corpus, units pass
through it one by one."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from stages.base import StageConfig
from stages.filter.config import CLIP_RULES, TEXT_RULES


class BalanceConfig(StageConfig):
    """What is kept of the clips and texts that the filter kept, seen beside all others."""

    keep_top: dict[str, float] = Field(
        default_factory=dict,
        description="Rules of the filter, and the share of the corpus that stays, best first: for "
        "a text rule of each language's texts, {min_quality: 0.7}; for a clip rule of all clips. "
        "What ties with the last one kept stays, and what has no value.",
    )
    keep_top_by_language: dict[str, dict[str, float]] = Field(
        default_factory=dict,
        description="Other shares of text rules for one language, {ta: {min_quality: 0.9}}.",
    )
    keep_top_of_source: dict[str, float] = Field(
        default_factory=dict,
        description="Clip rules, and the share of each source's clips that stays, for example "
        "{min_sharpness: 0.7}.",
    )
    max_same_caption: int = Field(
        0,
        ge=0,
        le=10_000,
        description="Most clips whose chosen captions are nearly the same text, the best first; "
        "0: any number.",
    )
    same_caption_similarity: float = Field(
        0.7,
        ge=0.3,
        le=1,
        description="Least similarity of two captions that are nearly the same: the share of "
        "words and pairs of words that they have in common (of pairs and triples of characters "
        "in scripts without spaces), without case and punctuation.",
    )
    max_bucket: int = Field(
        64,
        ge=2,
        le=100_000,
        description="Of the different captions under one key of the index, each is compared "
        "with at most this many.",
    )
    max_per_concept: int = Field(
        0,
        ge=0,
        le=1_000_000_000,
        description="Most clips of one concept (dedup.concepts), the best first; 0: any number.",
    )

    @property
    def needs_corpus(self) -> bool:
        """Whether a rule cannot be decided within one unit."""
        return bool(
            self.keep_top
            or any(self.keep_top_by_language.values())
            or self.max_same_caption
            or self.max_per_concept
        )

    def share(self, rule: str, language: str = "") -> float | None:
        """The share of the corpus that a rule keeps; None: the rule is off."""
        own = self.keep_top_by_language.get(language, {})
        return own[rule] if rule in own else self.keep_top.get(rule)

    @model_validator(mode="after")
    def _rules_exist(self) -> Self:
        _check("keep_top", self.keep_top, (*CLIP_RULES, *TEXT_RULES), "rules of the filter")
        _check("keep_top_of_source", self.keep_top_of_source, CLIP_RULES, "clip rules")
        for tag, shares in self.keep_top_by_language.items():
            _check(f"keep_top_by_language.{tag}", shares, TEXT_RULES, "text rules")
        return self


def _check(field: str, shares: dict[str, float], rules: tuple[str, ...], kind: str) -> None:
    if wrong := sorted(set(shares) - set(rules)):
        raise ValueError(f"{field}: no {kind}: {wrong}; there are {list(rules)}")
    if wrong := sorted(rule for rule, share in shares.items() if not 0 < share <= 1):
        raise ValueError(f"{field}: shares lie above 0 and up to 1: {wrong}")
