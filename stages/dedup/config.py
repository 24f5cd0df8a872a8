"""Options of the dedup stage."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from stages.base import StageConfig
from stages.dedup.evidence import Thresholds

ContainedPolicy = Literal["keep_longest", "keep_best_quality", "keep_first"]


class DedupConfig(StageConfig):
    """What counts as the same footage, and how hard it is searched for."""

    exact: bool = Field(
        True,
        description="Whether the same span of byte-identical files, or the same decoded frames "
        "in another container, is a duplicate.",
    )
    near: bool = Field(True, description="Whether signatures are compared.")
    within_source: bool = Field(
        True,
        description="Whether two shots of one source can be duplicates of each other. Clips of "
        "one source that overlap in time are never compared.",
    )
    keep_unsignable: bool = Field(
        True,
        description="Whether shots without a signature (too flat, too short) go on. They never "
        "match anything by signature.",
    )
    min_course: float = Field(
        0.62,
        ge=0,
        le=1,
        description="Least correlation between the courses of change of two clips that show the "
        "same footage (see stages.dedup.evidence).",
    )
    short_course: float = Field(
        0.9,
        ge=0,
        le=10,
        description="Short clips have to agree better: this, divided by the number of compared "
        "pictures (four a second), is added to min_course.",
    )
    min_similarity: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Floor of the similarity between a shot and the one that stands for it: one "
        "that does not match it by itself, but matches a third shot that does, joins it from here.",
    )
    min_trend: float = Field(
        0.9,
        ge=0,
        le=1,
        description="Least correlation of the trends of clips in which only the camera drifts.",
    )
    max_shift: float = Field(
        0.35,
        ge=0,
        le=1,
        description="Such clips must lie within this share of their length of each other in time.",
    )
    min_detail: float = Field(
        0.6,
        ge=-1,
        le=1,
        description="Least agreement of what appears between the still spans of two clips, down to "
        "its details (see stages.dedup.wording), so that cards with other words are not the same.",
    )
    min_length_ratio: float = Field(
        0.65,
        gt=0,
        le=1,
        description="A clip that is cut short is a near duplicate of the longer one when it has "
        "at least this share of its length; below, it is contained in it.",
    )
    contained: Literal["drop", "keep"] = Field(
        "drop",
        description="What happens to one of two clips of which the longer contains the shorter: "
        "drop: contained_policy says which one goes; keep: both go on, the relation is noted.",
    )
    contained_policy: ContainedPolicy = Field(
        "keep_longest",
        description="Which of two clips is kept when one contains the other: the longer one, the "
        "better one, or the one whose source and shot id come first.",
    )
    max_clips_per_source: int = Field(
        0,
        ge=0,
        le=10_000_000,
        description="Most clips of one source that go on; 0: all. Which ones is drawn by "
        "sample_seed, with a weight of 1/n for each of n clips that look alike.",
    )
    sample_seed: int = Field(1, ge=0, le=2**31, description="Seed of that draw.")
    concepts: int = Field(
        0,
        ge=0,
        le=10_000,
        description="Groups of shots whose pictures mean the same (k-means of the embeddings that "
        "split.embedder makes), noted in dedup.concept_id; 0: none are made. A thousand for a "
        "million shots is usual.",
    )
    concept_seed: int = Field(1, ge=0, le=2**31, description="Seed of the first centres.")
    semantic_copies: Literal["off", "note", "drop"] = Field(
        "off",
        description="What happens to shots that are like a better one of their concept by "
        "embedding: note: dedup.semantic_id says which; drop: they go as well.",
    )
    semantic_similarity: float = Field(
        0.95, ge=0, le=1, description="Least cosine of the embeddings of such shots."
    )
    reconsider: bool = Field(
        False,
        description="Whether shots that an earlier run decided on are decided anew. If not, they "
        "stay as they were, and new shots are compared with them.",
    )
    index_slices: int = Field(
        64,
        ge=1,
        le=65_535,
        description="Parts into which the keys of the index are divided. One part (at 64 about 66 "
        "KB per 1000 clips) has to fit into a worker's memory.",
    )
    max_bucket: int = Field(
        64,
        ge=2,
        le=100_000,
        description="Under one key of the index, every shot is compared with at most this many "
        "others, those nearest to it, so that a picture which a million shots share stays "
        "affordable.",
    )
    max_candidates: int = Field(
        64,
        ge=1,
        le=100_000,
        description="A shot is compared with at most this many of those that share keys with it: "
        "the ones that share most, and a sixteenth as many of those that look alike and share no "
        "change.",
    )

    @property
    def thresholds(self) -> Thresholds:
        """What two clips have to show to be the same."""
        return Thresholds(
            self.min_course, self.short_course, self.min_trend, self.max_shift, self.min_detail
        )

    @model_validator(mode="after")
    def _likeness_is_within_concepts(self) -> Self:
        if self.semantic_copies != "off" and not self.concepts:
            raise ValueError(f"semantic_copies={self.semantic_copies} needs concepts above 0")
        return self
