"""Options of the dedup stage."""

from __future__ import annotations

from pydantic import Field

from stages.base import StageConfig


class DedupConfig(StageConfig):
    """What counts as the same footage, and how hard it is searched for."""

    exact: bool = Field(
        True, description="Whether the same span of byte-identical files is a duplicate."
    )
    near: bool = Field(True, description="Whether signatures are compared.")
    within_source: bool = Field(
        True, description="Whether two shots of one source can be near duplicates of each other."
    )
    keep_unsignable: bool = Field(
        True,
        description="Whether shots without a signature (too flat, too short) go on. They never "
        "match anything by signature.",
    )
    max_distance: float = Field(
        16.0,
        ge=0,
        le=32,
        description="Most bits of 64 by which the hashes of two shots differ, on average over "
        "the positions in time. Unrelated pictures differ in about 32.",
    )
    min_contrast: float = Field(
        1.0,
        ge=-64,
        le=64,
        description="How many bits worse every other alignment in time has to be. This tells "
        "another moment of the same scene from the same moment; lower values also merge clips "
        "in which nothing moves. Half of it is enough for shots that differ by at most half a bit.",
    )
    min_contrast_trimmed: float = Field(
        2.5,
        ge=-64,
        le=64,
        description="The same for clips that are compared as one footage cut short (see "
        "min_length_ratio): more ways to fit leave more room for chance.",
    )
    max_speed_change: float = Field(
        0.15,
        ge=0,
        lt=1,
        description="Lengths that differ by at most this share are compared as one footage at "
        "another speed.",
    )
    min_length_ratio: float = Field(
        0.6,
        gt=0,
        le=1,
        description="A clip that is cut short is still a duplicate of the longer one when it "
        "has at least this share of its length and the same beginning or end.",
    )
    index_tables: int = Field(
        16, ge=1, le=256, description="Hash tables of the index: more find more and cost more."
    )
    index_bits: int = Field(
        20,
        ge=8,
        le=32,
        description="Bits of a hash that have to agree to make two shots candidates.",
    )
    max_bucket: int = Field(
        64,
        ge=2,
        le=100_000,
        description="Every shot of a bucket of the index is compared with at most this many of "
        "its best shots, so that a picture which a million shots share stays affordable.",
    )
