"""Options of the translate stage."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import langcodes
from langcodes.tag_parser import LanguageTagError
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.outcomes import TextKind
from stages.base import StageConfig
from stages.caption.config_server import ServerConfig
from stages.translate.config_checks import ChecksConfig, TryConfig
from stages.translate.protect import SpanKind

DEMO_MODEL = "package:stages.translate#demo_model"

ComputeType = Literal["int8", "int8_float32", "float32", "auto"]


class RouteConfig(BaseModel):
    """Pairs of languages, and the model that is for them."""

    model_config = ConfigDict(extra="forbid")

    sources: list[str] = Field(
        ["*"], min_length=1, description="Languages of the texts; *: any that the model reads."
    )
    targets: list[str] = Field(
        ["*"], min_length=1, description="Target languages; *: any that the model writes."
    )
    model: str = Field(min_length=1, description="Reference of a model folder.")
    via: str = Field(
        "",
        description="Third language through which texts go, where they are not in it: the first "
        "other route into it without a third language is taken, else this model.",
    )

    @field_validator("sources", "targets")
    @classmethod
    def _known_patterns(cls, tags: list[str]) -> list[str]:
        return [tag if tag == "*" else standard_tag(tag) for tag in tags]

    @field_validator("via")
    @classmethod
    def _known_via(cls, tag: str) -> str:
        return standard_tag(tag) if tag else ""


class TranslateConfig(StageConfig):
    """Which languages, which texts, which models, and how they are driven."""

    neutral: ClassVar[frozenset[str]] = frozenset({"resources", "cache", "cache_mb", "servers"})

    model: str = Field(
        DEMO_MODEL,
        min_length=1,
        description="Reference of a folder with a CTranslate2 model, sentencepiece.model and "
        "card.json. The default is the packaged demo model, which knows the caption grammar of "
        "the visual teacher and little else. Not used when there are routes.",
    )
    routes: list[RouteConfig] = Field(
        [],
        max_length=1000,
        description="Which model translates which pair of languages. The first that covers a pair "
        "and whose model knows both languages is taken; the ones after it are fallbacks.",
    )
    languages: list[str] = Field(
        ["es", "hi", "zh", "ar"],
        max_length=200,
        description="Target languages as BCP-47 tags; none: nothing is translated.",
    )
    texts: list[TextKind] = Field(
        [TextKind.CAPTION],
        description="What is translated: caption (the chosen one of each clip), candidate (those "
        "of `candidates`), cue (subtitles, with their times), title, description, tag, chapter, "
        "column (those of `columns`).",
    )
    columns: list[str] = Field(
        [],
        max_length=1000,
        description="Other columns of the input table that hold texts or lists of texts, where "
        "`texts` has column: question, options ...",
    )
    candidates: list[str] = Field(
        ["*"],
        min_length=1,
        description="Which captions besides the chosen one, where `texts` has candidate: names of "
        "teachers, or teacher/style; *: all. Transcripts are asr, on-screen text is ocr.",
    )
    protect: list[SpanKind] = Field(
        sorted(SpanKind),
        description="What has to come out of a translation as it went in. A span that a model "
        "does not keep is replaced by a placeholder; what is lost even so is flagged.",
    )
    cache: str = Field(
        "auto",
        description="Folder of sentences that were translated before, by any run; auto: "
        "`translations` in the model cache's folder; empty: none. Changes no output.",
    )
    cache_mb: int = Field(
        1000,
        ge=1,
        le=1_000_000,
        description="Space that the sentences of one model may take in the cache; when it is full, "
        "the ones that were put there first go first. Changes no output.",
    )
    beam_size: int = Field(1, ge=1, le=32, description="Beam width; 1: greedy.")
    narrow_vocabulary: bool = Field(
        True,
        description="Whether sentences without names or abbreviations to copy choose among the "
        "pieces that their target language is written with, where the model has a map of them; "
        "faster the more languages a model writes.",
    )
    max_batch_tokens: int = Field(
        4096,
        ge=64,
        le=1_000_000,
        description="Most source tokens that one model call takes, padding included.",
    )
    max_sentence_tokens: int = Field(
        200,
        ge=8,
        le=4096,
        description="Texts with a longer sentence are dropped (text_too_large).",
    )
    max_output_ratio: float = Field(
        3.0,
        ge=0,
        le=20,
        description="Longest translation of a sentence, in tokens for each token of the source, "
        "whose length is rounded up to a multiple of 16; one that gets there is flagged.",
    )
    max_output_extra: int = Field(
        16, ge=0, le=1000, description="Tokens that a translation may have besides."
    )
    max_characters: int = Field(
        20_000,
        ge=1,
        le=10_000_000,
        description="Longer texts are dropped (text_too_large) before anything looks at them.",
    )
    flag_below_score: float = Field(
        -0.7,
        ge=-100,
        le=0,
        description="Translations whose mean log-probability per token is lower are flagged, "
        "where the checks' calibration has no figure for the model and pair.",
    )
    checks: ChecksConfig = Field(
        default_factory=ChecksConfig, description="What is doubted about a translation."
    )
    escalate: list[TryConfig] = Field(
        [],
        max_length=20,
        description="What is tried, in this order, on translations that a check doubts, and where "
        "nothing came out; the try that fewest checks doubt is kept.",
    )
    servers: dict[str, ServerConfig] = Field(
        default_factory=dict,
        description="Model servers by a name of your own, for the tries of `escalate` that ask "
        "one. Changes no output.",
    )
    compute_type: ComputeType = Field(
        "int8", description="Arithmetic of CTranslate2; auto: the fastest the machine has."
    )
    threads: int = Field(
        1,
        ge=1,
        le=256,
        description="CPU threads of one model call. It may move the last bits of scores, so it "
        "counts as a change of configuration. A worker with more CPUs (resources.cpus) makes as "
        "many calls side by side as fit into them, which changes nothing.",
    )

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, tags: list[str]) -> list[str]:
        standard = [standard_tag(tag) for tag in tags]
        if len(set(standard)) != len(standard):
            raise ValueError(f"a language is named twice: {', '.join(standard)}")
        return standard

    @field_validator("texts", "protect")
    @classmethod
    def _in_one_order(cls, kinds: list[str]) -> list[str]:
        return sorted(set(kinds))

    @model_validator(mode="after")
    def _columns_are_named(self) -> Self:
        if (TextKind.COLUMN in self.texts) != bool(self.columns):
            raise ValueError("columns names the columns of `texts: [..., column]`: give both")
        return self

    def rules(self) -> list[RouteConfig]:
        """The routes; without any, `model` for every pair."""
        return self.routes or [RouteConfig(sources=["*"], targets=["*"], model=self.model, via="")]


def standard_tag(tag: str) -> str:
    """A BCP-47 tag in its usual spelling. Raises ValueError for anything else, and for und."""
    try:
        valid = langcodes.tag_is_valid(tag) and langcodes.standardize_tag(tag) != "und"
    except LanguageTagError:
        valid = False
    if not valid:
        raise ValueError(f"{tag!r} is not a BCP-47 language tag such as es, zh or pt-BR")
    return str(langcodes.standardize_tag(tag))
