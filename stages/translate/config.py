"""Options of the translate stage."""

from __future__ import annotations

from typing import Literal

import langcodes
from langcodes.tag_parser import LanguageTagError
from pydantic import Field, field_validator

from stages.base import StageConfig

DEMO_MODEL = "package:stages.translate#demo_model"

ComputeType = Literal["int8", "int8_float32", "float32", "auto"]


class TranslateConfig(StageConfig):
    """Which languages, which model, and how it is driven."""

    model: str = Field(
        DEMO_MODEL,
        min_length=1,
        description="Reference of a folder with a CTranslate2 model, sentencepiece.model and "
        "card.json. The default is the packaged demo model, which knows the caption grammar of "
        "the visual teacher and little else.",
    )
    languages: list[str] = Field(
        ["es", "hi", "zh", "ar"],
        max_length=200,
        description="Target languages as BCP-47 tags; none: nothing is translated.",
    )
    beam_size: int = Field(1, ge=1, le=32, description="Beam width; 1: greedy.")
    max_batch_tokens: int = Field(
        4096,
        ge=64,
        le=1_000_000,
        description="Most source tokens, padding included, that one model call takes.",
    )
    max_sentence_tokens: int = Field(
        200,
        ge=8,
        le=4096,
        description="Captions with a longer sentence are dropped (text_too_large).",
    )
    max_characters: int = Field(
        20_000,
        ge=1,
        le=10_000_000,
        description="Longer captions are dropped (text_too_large) before anything looks at them.",
    )
    flag_below_score: float = Field(
        -0.7,
        ge=-100,
        le=0,
        description="Translations whose mean log-probability per token is lower are flagged.",
    )
    compute_type: ComputeType = Field(
        "int8", description="Arithmetic of CTranslate2; auto: the fastest the machine has."
    )
    threads: int = Field(
        1,
        ge=1,
        le=256,
        description="CPU threads of one model call. It may move the last bits of scores, so it "
        "counts as a change of configuration; prefer more workers.",
    )

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, tags: list[str]) -> list[str]:
        standard: list[str] = []
        for tag in tags:
            try:
                valid = langcodes.tag_is_valid(tag) and langcodes.standardize_tag(tag) != "und"
            except LanguageTagError:
                valid = False
            if not valid:
                raise ValueError(f"{tag!r} is not a BCP-47 language tag such as es, zh or pt-BR")
            standard.append(langcodes.standardize_tag(tag))
        if len(set(standard)) != len(standard):
            raise ValueError(f"a language is named twice: {', '.join(standard)}")
        return standard
