"""Options of the export stage."""

from __future__ import annotations

from pydantic import Field

from stages.base import StageConfig


class ExportConfig(StageConfig):
    """How the dataset is laid out."""

    name: str = Field(
        "polyreel-dataset",
        min_length=1,
        max_length=200,
        pattern=r"^[^\n\r]+$",
        description="Name of the dataset, in its card and its index.",
    )
    target_shard_bytes: int = Field(
        1_000_000_000,
        ge=10_000,
        le=1_000_000_000_000,
        description="Most bytes of samples in one tar; only a larger single sample exceeds it.",
    )
    max_samples_per_shard: int = Field(
        10_000, ge=1, le=10_000_000, description="Most samples in one tar."
    )
    shuffle_seed: int = Field(
        0,
        ge=0,
        le=2**63 - 1,
        description="Another seed gives another order of the samples over the shards.",
    )
