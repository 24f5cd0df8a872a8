"""`dedup`: which shots show the same thing."""

from __future__ import annotations

import pyarrow as pa

from schemas.common import ENDING, SHOT_ID, SOURCE_ID
from schemas.table import Column, Table

CONTAINER = pa.struct(
    [
        pa.field("shot_id", pa.string()),
        pa.field("offset_s", pa.float64()),
        pa.field("score", pa.float64()),
    ]
)
"""A longer shot, where this one starts in it (seconds), and how similar they are."""

DEDUP = Table(
    "dedup",
    3,
    "One row per kept shot: its cluster, and who stands for it.",
    ("source_id", "shot_id"),
    (
        SHOT_ID,
        SOURCE_ID,
        Column(
            "cluster_id",
            pa.string(),
            "shot_id of the best of the shots that show the same footage.",
            required=True,
        ),
        Column(
            "representative_id",
            pa.string(),
            "The shot that is kept in this one's place; of a contained one, its container.",
            required=True,
        ),
        Column("relation", pa.string(), "See schemas.outcomes.Relation.", required=True),
        Column("score", pa.float64(), "Similarity to the representative, 0-1."),
        Column("offset_s", pa.float64(), "Where this shot starts inside the representative."),
        Column("speed", pa.float64(), "How much faster this shot runs than the representative."),
        Column("mirrored", pa.bool_(), "Whether it is flipped left to right against it."),
        Column("contained_in", pa.list_(CONTAINER), "All longer shots found to contain this one."),
        Column("cluster_size", pa.int32(), "Shots in the cluster.", required=True),
        Column(
            "concept_id",
            pa.int32(),
            "Which of dedup.concepts groups of pictures that mean the same this shot is in; null: "
            "none are made, the shot has no embedding, or it is a copy.",
        ),
        Column("concept_size", pa.int32(), "Shots of that concept (not of the cluster)."),
        Column(
            "center_similarity",
            pa.float64(),
            "Cosine of the shot's mean embedding and the concept's centre.",
        ),
        Column(
            "semantic_id",
            pa.string(),
            "shot_id of the better shot of the concept that this one is like by embedding.",
        ),
        Column("semantic_similarity", pa.float64(), "Cosine of the two."),
        *ENDING,
    ),
)
