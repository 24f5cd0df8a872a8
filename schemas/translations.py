"""`translations`: the chosen captions in the target languages."""

from __future__ import annotations

import pyarrow as pa

from schemas.common import CAPTION_ID, ENDING, LANGUAGE, SHOT_ID, SOURCE_ID
from schemas.table import Column, Table

TRANSLATIONS = Table(
    "translations",
    1,
    "One row per clip, caption and target language.",
    ("source_id", "shot_id", "caption_id", "language"),
    (
        Column("translation_id", pa.string(), "Id of this translation (UUIDv5).", required=True),
        CAPTION_ID,
        SHOT_ID,
        SOURCE_ID,
        Column("source_language", pa.string(), "BCP-47 tag of the caption.", required=True),
        LANGUAGE,
        Column("text", pa.string(), "The translation; null when there is none."),
        Column("status", pa.string(), "See schemas.outcomes.TextStatus; null: no text."),
        Column("model", pa.string(), "Model and version that translated it.", required=True),
        Column("is_demo", pa.bool_(), "Written by a demonstration model.", required=True),
        Column("score", pa.float64(), "Mean log-probability per token, over its sentences."),
        Column("n_sentences", pa.int32(), "Sentences that the caption was split into."),
        *ENDING,
    ),
)
