"""Every setting of the select stage: how candidates are scored and which one is chosen.

Settings that the policy does not use have no say in the fingerprint: see `SelectConfig.semantic`.
"""

from __future__ import annotations

from typing import Any, Literal

import langcodes
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.outcomes import CaptionFlag
from stages.base import StageConfig

PolicyName = Literal["priority", "best", "consensus", "learned", "all", "fusion"]
FallbackName = Literal["priority", "best", "consensus", "learned"]


class AlignmentConfig(BaseModel):
    """A model that says how well a text fits pictures. Without one the score is null."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(
        "",
        description="Reference of a folder with a model of the CLIP or SigLIP family; empty: no "
        "alignment is measured.",
    )
    library: Literal["transformers", "open_clip"] = Field(
        "transformers", description="Which library reads the folder (extra `align`)."
    )
    device: Literal["cpu", "cuda"] = Field("cpu", description="Where the model runs.")
    max_keyframes: int = Field(
        8, ge=1, le=64, description="Most keyframes per clip, spread evenly over those there are."
    )
    threads: int = Field(
        2,
        ge=1,
        le=64,
        description="CPU threads of one worker. May move scores in their last digits, and so is "
        "fixed here and never taken from the machine.",
    )


class EmbeddingConfig(BaseModel):
    """A model that says whether two candidates mean the same. Without one, consensus is chrF."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(
        "",
        description="Reference of a folder with a sentence-transformers model (extra "
        "`embeddings`); empty: consensus is measured by chrF alone.",
    )
    is_multilingual: bool = Field(
        False,
        description="The model knows many languages, so that candidates of different languages "
        "are compared too.",
    )
    device: Literal["cpu", "cuda"] = Field("cpu", description="Where the model runs.")
    threads: int = Field(
        2,
        ge=1,
        le=64,
        description="CPU threads of one worker. May move scores in their last digits, and so is "
        "fixed here and never taken from the machine.",
    )


class WeightsConfig(BaseModel):
    """What counts how much for the policies `best` and `all`. Each score enters as its quantile,
    0-1; one that is not known enters as 0.5."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    consensus: float = Field(1.0, ge=0, le=100, description="Likeness to the other candidates.")
    specificity: float = Field(1.0, ge=0, le=100, description="How much it says of this clip.")
    alignment: float = Field(
        2.0, ge=0, le=100, description="Fit of text and keyframes, where a model measures it."
    )
    confidence: float = Field(
        0.0, ge=0, le=100, description="The teacher's own confidence, beside its other texts."
    )
    flag: float = Field(0.5, ge=0, le=100, description="Taken off the mean for each flag.")
    teachers: dict[str, float] = Field(
        default={"asr": -0.3, "ocr": -0.5, "subtitle": -0.3, "tags": -0.3},
        description="Added to the mean for a teacher. What is said or written in a clip, or a list "
        "of tags, is seldom a description of it, however specific.",
    )

    @model_validator(mode="after")
    def _something_counts(self) -> WeightsConfig:
        if not (self.consensus or self.specificity or self.alignment or self.confidence):
            raise ValueError("every weight is 0, so no candidate could be better than another")
        return self


class SelectConfig(StageConfig):
    """How candidates are scored and one of them, or several, chosen."""

    policy: PolicyName = Field(
        "priority",
        description="priority: the first teacher of the list with a usable candidate; best: the "
        "highest weighted score; consensus: the candidate most like the others; learned: a model "
        "of people's picks; all: several, best first; fusion: the fusion teacher's candidate.",
    )
    priority: list[str] = Field(
        default=["metadata", "visual", "subtitle", "asr", "ocr"],
        description="Teachers, most trusted first. Teachers that are not named come after these.",
    )
    fallback: FallbackName = Field(
        "best", description="Policy for clips without a usable candidate of the fusion teacher."
    )
    weights: WeightsConfig = Field(
        default_factory=WeightsConfig, description="Weights of the policies best and all."
    )
    model: str = Field(
        "",
        description="Reference of the JSON file that `polyreel selector train` wrote; for the "
        "policy learned.",
    )
    keep_most: int = Field(4, ge=1, le=100, description="Policy all: most captions of one clip.")
    max_similarity: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Policy all: a candidate whose chrF with a better one is higher says the "
        "same and is left out, and so is a flagged one that is not the best.",
    )
    min_words: int = Field(
        2,
        ge=1,
        le=1_000,
        description="A candidate with fewer words is not usable. Scripts without spaces count "
        "characters.",
    )
    min_letters: int = Field(
        3,
        ge=1,
        le=10_000,
        description="A candidate with fewer letters and digits is not usable. Counts half for "
        "scripts without spaces.",
    )
    languages: list[str] = Field(
        default=[],
        description="BCP-47 tags in which captions are expected; a candidate in another one is "
        "flagged. Empty: any.",
    )
    refuse_flags: list[CaptionFlag] = Field(
        default=[CaptionFlag.ASSISTANT, CaptionFlag.LOOP],
        description="Flags with which a candidate is not usable; the others only cost score. All: "
        f"{', '.join(CaptionFlag)}.",
    )
    min_alignment_quantile: float = Field(
        0.0,
        ge=0,
        le=1,
        description="A candidate whose alignment lies below this quantile of the same model's "
        "scores is not usable; 0: no such rule.",
    )
    calibration: str = Field(
        "",
        description="Reference of the JSON file that `polyreel selector calibrate` wrote: the "
        "quantiles of a whole run. Empty: quantiles over the clips of the unit.",
    )
    alignment: AlignmentConfig = Field(
        default_factory=AlignmentConfig, description="The model of the alignment score."
    )
    embedding: EmbeddingConfig = Field(
        default_factory=EmbeddingConfig, description="The model of the semantic consensus."
    )

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, tags: list[str]) -> list[str]:
        for tag in tags:
            if not langcodes.tag_is_valid(tag):
                raise ValueError(f"{tag!r} is not a BCP-47 language tag such as es, zh or pt-BR")
        return tags

    @model_validator(mode="after")
    def _goes_together(self) -> SelectConfig:
        if "learned" in self.policies and not self.model:
            raise ValueError(
                "the policy learned needs select.model, a file by `polyreel selector train`"
            )
        if self.min_alignment_quantile and not self.alignment.model:
            raise ValueError("min_alignment_quantile needs alignment.model")
        return self

    @property
    def policies(self) -> set[str]:
        """The policies that may come to choose."""
        return {self.policy, self.fallback} if self.policy == "fusion" else {self.policy}

    def semantic(self) -> dict[str, Any]:
        """The fields that decide the output; those of other policies are left out."""
        fields = super().semantic()
        owners = {
            "priority": {"priority"},
            "fallback": {"fusion"},
            "weights": {"best", "all"},
            "model": {"learned"},
            "keep_most": {"all"},
            "max_similarity": {"all"},
        }
        for name, owned_by in owners.items():
            if not owned_by & self.policies:
                del fields[name]
        for name in ("alignment", "embedding"):
            if not fields[name]["model"]:
                del fields[name]
        fields["languages"] = sorted(self.languages)
        fields["refuse_flags"] = sorted(self.refuse_flags)
        return fields
