"""`dedup`: which shots show the same thing."""

from __future__ import annotations

import pyarrow as pa

from schemas.common import ENDING, SHOT_ID, SOURCE_ID
from schemas.table import Column, Table

DEDUP = Table(
    "dedup",
    1,
    "One row per kept shot: its cluster, and who stands for it.",
    ("source_id", "shot_id"),
    (
        SHOT_ID,
        SOURCE_ID,
        Column(
            "cluster_id", pa.string(), "shot_id of the cluster's representative.", required=True
        ),
        Column(
            "representative_id",
            pa.string(),
            "The shot that is kept in this one's place.",
            required=True,
        ),
        Column("relation", pa.string(), "See schemas.outcomes.Relation.", required=True),
        Column("score", pa.float64(), "Similarity to the representative, 0-1."),
        Column("offset_s", pa.float64(), "Where this shot starts inside the representative."),
        Column("cluster_size", pa.int32(), "Shots in the cluster.", required=True),
        *ENDING,
    ),
)
