"""Options of the ingest stage."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, field_validator

from stages.base import StageConfig
from stages.filter.language.defaults import LID_176
from stages.ingest.languages import language_tag

# fmt: off
VIDEO_SUFFIXES = (
    ".3g2", ".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".gif", ".h264", ".h265",
    ".hevc", ".ivf", ".m2t", ".m2ts", ".m2v", ".m4v", ".mj2", ".mjpeg", ".mkv", ".mod", ".mov",
    ".mp4", ".mpe", ".mpeg", ".mpg", ".mts", ".mxf", ".nut", ".obu", ".ogm", ".ogv", ".qt",
    ".rm", ".rmvb", ".tod", ".ts", ".vob", ".webm", ".wmv", ".wtv", ".y4m",
)
# fmt: on


class IngestConfig(StageConfig):
    """What is taken in, and what is refused from the probe."""

    neutral: ClassVar[frozenset[str]] = StageConfig.neutral | {"chunk_sources"}

    input: str = Field(
        "",
        description="A folder, a glob, one file, or a table of URIs (.csv, .tsv, .jsonl, "
        ".parquet); a local path or an fsspec URL (file, s3, gs, http).",
    )
    limit: int = Field(
        0,
        ge=0,
        description="Take only the first so many inputs, in the order of their keys; 0: all.",
    )
    uri_column: str = Field(
        "uri",
        min_length=1,
        description="Column of a table that names the videos. Where it is missing, one of url, "
        "video, path, file is taken if the table has exactly one of them.",
    )
    extensions: list[str] = Field(
        default_factory=lambda: list(VIDEO_SUFFIXES),
        min_length=1,
        description="Suffixes of the files that a folder or a glob gives; others are ignored.",
    )
    min_duration_s: float = Field(
        0.0, ge=0, le=86_400, description="Drop videos whose header says they are shorter."
    )
    max_duration_s: float = Field(
        14_400.0,
        gt=0,
        le=604_800,
        description="Drop videos of which the header says that they or their sound are longer.",
    )
    max_size_bytes: int = Field(
        50_000_000_000, ge=1, le=2**50, description="Drop larger files without reading them."
    )
    max_side_px: int = Field(
        16_384, ge=16, le=65_536, description="Refuse headers that claim a wider or taller picture."
    )
    max_pixels: int = Field(
        7680 * 4320 * 2,
        ge=1,
        le=2**31,
        description="Refuse headers that claim more pixels per frame.",
    )
    max_fps: float = Field(
        1000.0, gt=0, le=1e6, description="Refuse headers that claim a higher frame rate."
    )
    max_streams: int = Field(
        64, ge=1, le=10_000, description="Refuse files with more streams than this."
    )
    max_sidecar_bytes: int = Field(
        20_000_000, ge=1, le=2**31, description="Refuse larger files beside a video."
    )
    max_cues: int = Field(
        100_000, ge=1, le=10_000_000, description="Refuse subtitle tracks with more cues."
    )
    embedded_subtitles: bool = Field(
        True, description="Read subtitle tracks inside the videos; takes one more pass of reading."
    )
    language: str | None = Field(
        None,
        description="Language (BCP-47) of titles, descriptions, tags, chapters and subtitles for "
        "which neither a table nor a file says it; null: it is identified.",
    )
    language_model: str | None = Field(
        LID_176,
        description="fastText model that names the language of texts for which nobody does; null: "
        "it stays unknown, and such texts are not translated.",
    )
    probe_timeout_s: float = Field(
        60.0, gt=0, le=86_400, description="Longest time that the probe of one video may take."
    )
    probe_memory_mb: int = Field(
        1000, ge=128, le=1_000_000, description="Address space that the probe may add."
    )
    unit_duration_s: float = Field(
        180.0,
        gt=0,
        le=86_400,
        description="Video that a unit of work holds on average: between half and twice this.",
    )
    unit_max_sources: int = Field(
        200, ge=1, le=100_000, description="Most sources in one unit, however short they are."
    )
    unknown_duration_s: float = Field(
        60.0, gt=0, le=86_400, description="What a video of unknown length counts in a unit."
    )
    chunk_sources: int = Field(
        16, ge=1, le=10_000, description="Inputs that are probed as one piece of parallel work."
    )

    @field_validator("language")
    @classmethod
    def _is_a_tag(cls, language: str | None) -> str | None:
        if language is None or (tag := language_tag(language)):
            return language and tag
        raise ValueError(f"{language!r} is no BCP-47 language tag, such as en or zh-Hant")

    @field_validator("extensions")
    @classmethod
    def _with_dots(cls, extensions: list[str]) -> list[str]:
        return sorted({f".{suffix.lower().lstrip('.')}" for suffix in extensions})
