"""`captions` and `selections`: every candidate text, and the choice among them."""

from __future__ import annotations

import pyarrow as pa

from schemas.common import CAPTION_ID, ENDING, SHOT_ID, SOURCE_ID, STYLE, TEACHER
from schemas.table import Column, Table

CAPTIONS = Table(
    "captions",
    1,
    "One row per clip, teacher and style: the candidate, or why there is none.",
    ("source_id", "shot_id", "teacher", "style"),
    (
        CAPTION_ID,
        SHOT_ID,
        SOURCE_ID,
        TEACHER,
        STYLE,
        Column("language", pa.string(), "BCP-47 tag that the teacher claims; und: unknown."),
        Column("text", pa.string(), "The candidate; null when there is none."),
        Column("model", pa.string(), "Model and version that wrote it."),
        Column("prompt_id", pa.string(), "Prompt and version, where one was used."),
        Column("inputs", pa.list_(pa.string()), "What it looked at: frame@1.5s, audio, title ..."),
        Column("confidence", pa.float64(), "The teacher's own confidence, 0-1, where it has one."),
        Column("is_demo", pa.bool_(), "Written by a demonstration model.", required=True),
        Column("selected", pa.bool_(), "Whether the selector chose it.", required=True),
        *ENDING,
    ),
)

SELECTIONS = Table(
    "selections",
    1,
    "One row per clip: the chosen caption and why.",
    ("source_id", "shot_id"),
    (
        SHOT_ID,
        SOURCE_ID,
        Column("caption_id", pa.string(), "The chosen candidate; null: none was usable."),
        Column("policy", pa.string(), "Which policy chose.", required=True),
        Column("why", pa.string(), "The choice in words.", required=True),
        Column("n_candidates", pa.int32(), "Usable candidates there were.", required=True),
        *ENDING,
    ),
)
