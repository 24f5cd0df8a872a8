"""`balance` and `balance_texts`: what is left of the filtered clips, seen among all others."""

from __future__ import annotations

import pyarrow as pa

from schemas.common import ENDING, SHOT_ID, SOURCE_ID
from schemas.table import Column, Table
from schemas.verdicts import SCORE

_SCORES = Column(
    "scores",
    pa.list_(SCORE),
    "Rules that ask for a share of the best, with the limit that the share came to.",
)

BALANCE = Table(
    "balance",
    1,
    "One row per clip that the filter kept: whether the corpus keeps it.",
    ("source_id", "shot_id"),
    (
        SHOT_ID,
        SOURCE_ID,
        Column(
            "same_caption_id",
            pa.string(),
            "shot_id of the best of the clips that say nearly the same; null: no other does, or "
            "none was looked for.",
        ),
        Column("same_caption_count", pa.int32(), "How many clips say that, this one included."),
        Column(
            "same_caption_similarity",
            pa.float64(),
            "Similarity of this caption and the best clip's, 0-1 (Jaccard).",
        ),
        Column("concept_id", pa.int32(), "As in dedup; null where concepts are not capped."),
        _SCORES,
        *ENDING,
    ),
)

BALANCE_TEXTS = Table(
    "balance_texts",
    1,
    "One row per text that the filter kept.",
    ("source_id", "shot_id", "text_id"),
    (
        SHOT_ID,
        SOURCE_ID,
        Column("text_id", pa.string(), "caption_id or translation_id.", required=True),
        Column("language", pa.string(), "Language of the text."),
        _SCORES,
        *ENDING,
    ),
)
