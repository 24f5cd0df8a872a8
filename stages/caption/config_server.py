"""Settings of model servers, and of the teachers that ask a language model.

A server is where a model can be reached: nothing about it changes what is said, so `servers`
stays out of the fingerprint, and a run can move to another address or key. What is said depends
on the teacher's own settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from stages.caption.config_base import TeacherConfig
from stages.caption.prompts import override_error

StyleName = Literal["short", "medium", "dense", "camera", "audible"]
StrategyName = Literal["frames", "grid", "thumbnail", "differential", "multiscale"]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME = r"^[a-z][a-z0-9_-]{0,39}$"


class ServerConfig(BaseModel):
    """One OpenAI-compatible server: vLLM, SGLang, Ray Serve, llama.cpp, Ollama, a hosted API."""

    model_config = ConfigDict(extra="forbid")

    base_url: str = Field(
        description="Address up to /v1, without user or password: http://127.0.0.1:8000/v1."
    )
    api_key_env: str | None = Field(
        None,
        description="Name of the environment variable that holds the key; null: none is sent. "
        "The key itself never stands in a config.",
    )
    max_concurrency: int = Field(
        64,
        ge=1,
        le=4_096,
        description="Most requests of one worker in flight. How many really are follows the "
        "server's refusals and latency.",
    )
    initial_concurrency: int = Field(
        8, ge=1, le=4_096, description="Requests in flight before anything is known of the server."
    )
    max_slowdown: float = Field(
        3.0,
        gt=1,
        le=100,
        description="Concurrency stops growing when answers take this many times as long as the "
        "first ones did.",
    )
    timeout_s: float = Field(120.0, gt=0, le=7_200, description="Longest wait for one answer.")
    max_retries: int = Field(
        6,
        ge=0,
        le=100,
        description="Further tries after 429, a server error (5xx), a broken connection or a "
        "timeout. Nothing else is tried again.",
    )
    retry_base_s: float = Field(
        0.5, gt=0, le=60, description="Pause before the first further try; doubles with each."
    )
    max_retry_wait_s: float = Field(
        60.0,
        gt=0,
        le=3_600,
        description="Longest pause; a server whose Retry-After asks for more counts as "
        "unavailable.",
    )
    max_answer_bytes: int = Field(
        4_000_000, ge=1_000, le=1_000_000_000, description="A longer answer is cut off and refused."
    )
    max_requests: int = Field(
        0,
        ge=0,
        description="Budget: requests that one run may send, by all workers; 0: no limit. What "
        "is left is marked budget_spent, and the next run of the same command goes on.",
    )
    max_tokens: int = Field(
        0,
        ge=0,
        description="Budget: tokens, read and written, after which a run sends nothing more; "
        "requests in flight are still paid. 0: no limit.",
    )

    @model_validator(mode="before")
    @classmethod
    def _no_secrets(cls, values: Any) -> Any:
        # Before the fields, because a wrong field would be quoted, and it may be a secret.
        if isinstance(values, dict):
            name = values.get("api_key_env")
            if name is not None and not (isinstance(name, str) and _VARIABLE.fullmatch(name)):
                raise ValueError("api_key_env has to be the name of an environment variable")
            url = values.get("base_url")
            if isinstance(url, str) and "@" in url.partition("://")[2].partition("/")[0]:
                raise ValueError("base_url must not hold a user or password; use api_key_env")
        return values

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
            raise ValueError("not of the form http://HOST:PORT/v1")
        return url.rstrip("/")


class PromptedConfig(TeacherConfig):
    """What every teacher that writes prompts can be told."""

    language: str = Field(
        "en", pattern=r"^[a-zA-Z]{2,3}(-[A-Za-z0-9]+)*$", description="Language to write in."
    )
    prompts: dict[str, str] = Field(
        default_factory=dict,
        description="Own wordings by prompt id (the files of stages/caption/prompts), with the "
        "same {fields}.",
    )

    @field_validator("prompts")
    @classmethod
    def _fit(cls, prompts: dict[str, str]) -> dict[str, str]:
        errors = [error for name, text in prompts.items() if (error := override_error(name, text))]
        if errors:
            raise ValueError("; ".join(errors))
        return prompts


class AskingConfig(PromptedConfig):
    """What every teacher behind a server can be told."""

    server: str = Field("", description="Which of caption.servers it asks.")
    model: str = Field(
        "",
        description="The model's name there. Answers are stored under it: give another model "
        "another name.",
    )
    temperature: float = Field(0.0, ge=0, le=2, description="Sampling temperature.")
    seed: int = Field(0, ge=0, description="Sampling seed, for servers that take one.")
    max_output_tokens: int = Field(
        512, ge=1, le=100_000, description="Longest answer; one that reaches it is not used."
    )
    extra: dict[str, Any] = Field(
        default_factory=dict,
        description="More fields for every request; null leaves a field out: "
        "{max_completion_tokens: 512, max_tokens: null}.",
    )
    input_usd_per_million: float | None = Field(
        None, ge=0, description="Price of a million tokens read; null: cost is not counted."
    )
    output_usd_per_million: float | None = Field(
        None, ge=0, description="Price of a million tokens written."
    )


class LookingConfig(PromptedConfig):
    """How a model looks at a clip."""

    name: str = Field("vlm", pattern=_NAME, description="Its name in the tables; each once.")
    strategy: StrategyName = Field(
        "frames",
        description="frames: N pictures. grid: all in one picture (IG-VLM). thumbnail: N pictures "
        "and a grid of more (TS-LLaVA). differential: the first picture, the change to each next "
        "one, a summary (ShareGPT4Video). multiscale: the middle picture, every picture, merged; "
        "longer clips from the captions of their parts (InternVid, VidLA).",
    )
    styles: list[StyleName] = Field(
        default=["dense"], min_length=1, description="Which texts it writes of each clip."
    )
    n_frames: int = Field(
        8, ge=1, le=64, description="Most keyframes it sees; split.keyframes says how many exist."
    )
    n_grid_frames: int = Field(
        6, ge=1, le=64, description="Most keyframes in a grid: 6 are 3 rows of 2, 30 are 6 of 5."
    )
    max_side_px: int = Field(
        768, ge=32, le=4_096, description="Longer side of a picture, or of a whole grid."
    )
    min_change: float = Field(
        0.02,
        ge=0,
        le=1,
        description="differential: a keyframe whose 16x16 colours differ less from the last one "
        "(mean, of full scale) is skipped.",
    )
    use_context: bool = Field(
        False,
        description="Also tell it what the metadata, subtitle, asr and ocr teachers found.",
    )
    max_context_chars: int = Field(
        1_000, ge=50, le=100_000, description="Longest context from one teacher, in characters."
    )

    @field_validator("styles")
    @classmethod
    def _each_once(cls, styles: list[StyleName]) -> list[StyleName]:
        if len(set(styles)) != len(styles):
            raise ValueError("a style is named more than once")
        return styles


class VlmConfig(AskingConfig, LookingConfig):
    """A vision-language model behind a server."""


class TransformersConfig(LookingConfig):
    """An image-text-to-text model in this process, by the `transformers` library."""

    name: Literal["transformers"] = Field("transformers", description="Its name in the tables.")
    model: str = Field("", description="Reference of the model's folder.")
    device: str = Field(
        "cpu", pattern=r"^(cpu|mps|cuda(:\d+)?)$", description="Where the model runs."
    )
    dtype: Literal["float32", "bfloat16", "float16"] = Field(
        "float32", description="Arithmetic of the model."
    )
    batch_size: int = Field(8, ge=1, le=1_024, description="Requests answered at once.")
    max_output_tokens: int = Field(
        256, ge=1, le=100_000, description="Longest answer; one that reaches it is not used."
    )


class AsrToCaptionConfig(AskingConfig):
    """HowToCaption: a language model turns a transcript into captions with times."""

    block_words: int = Field(200, ge=10, le=10_000, description="Words of transcript per request.")
    max_shift_s: float = Field(
        10.0, ge=0, le=600, description="A caption may move this far to the clip that it fits best."
    )
    max_chars: int = Field(1_000, ge=20, le=100_000, description="Longest text, in characters.")


class FusionConfig(AskingConfig):
    """A language model merges what the other teachers said."""

    teachers: list[str] = Field(
        default_factory=list, description="Whose candidates are merged; empty: everybody's."
    )
    min_candidates: int = Field(
        2, ge=2, le=100, description="With fewer usable candidates there is nothing to merge."
    )
    max_candidate_chars: int = Field(
        1_000, ge=50, le=100_000, description="Each candidate is read this far."
    )


def check_asking(teacher: str, config: AskingConfig, servers: Mapping[str, ServerConfig]) -> None:
    """Raises ValueError unless a teacher names a server that there is, and a model."""
    if config.server not in servers:
        known = ", ".join(sorted(servers)) or "none"
        raise ValueError(
            f"teacher {teacher}: server {config.server!r} is not in caption.servers ({known})"
        )
    if not config.model:
        raise ValueError(f"teacher {teacher}: model is empty")
