"""Columns that more than one table has, so that they are spelled and documented once."""

from __future__ import annotations

import pyarrow as pa

from schemas.table import Column

SOURCE_ID = Column("source_id", pa.string(), "Id of the input video (UUIDv5).", required=True)
SHOT_ID = Column("shot_id", pa.string(), "Id of the shot or clip span (UUIDv5).", required=True)
CAPTION_ID = Column("caption_id", pa.string(), "Id of one candidate caption.", required=True)
TEACHER = Column("teacher", pa.string(), "Name of the captioner that wrote it.", required=True)
STYLE = Column(
    "style", pa.string(), "What kind of text: short, transcript, title ...", required=True
)
LANGUAGE = Column("language", pa.string(), "BCP-47 tag of the text.", required=True)
LANGUAGE_ORIGIN = Column(
    "language_origin",
    pa.string(),
    "How the language is known: declared or identified; null: it is not. See "
    "schemas.outcomes.LanguageOrigin.",
)

OUTCOME = Column("outcome", pa.string(), "kept, dropped or failed.", required=True)
REASON = Column("reason", pa.string(), "Why it was dropped or failed; null when kept.")
DETAIL = Column("detail", pa.string(), "The reason in words, with the values that decided.")
ENDING = (OUTCOME, REASON, DETAIL)
"""The three columns that say how a row ended."""

CROP_PX = Column(
    "crop_px",
    pa.list_(pa.int32()),
    "Black border that was cut off the source's picture as displayed, in pixels before any "
    "scaling: left, right, top, bottom; null: none was.",
)
PACK_REF = pa.struct(
    [
        pa.field("pack", pa.string()),
        pa.field("offset", pa.int64()),
        pa.field("size_bytes", pa.int64()),
    ]
)
"""Where some bytes lie: a tar below the run folder, offset and size of the member's data."""
