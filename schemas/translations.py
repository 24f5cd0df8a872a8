"""`translations`: captions and other texts in the target languages."""

from __future__ import annotations

import pyarrow as pa

from schemas.common import ENDING, LANGUAGE, SOURCE_ID
from schemas.outcomes import TextFlag
from schemas.table import Column, Table

CHECK = pa.struct(
    [
        pa.field("value", pa.float64()),
        pa.field("limit", pa.float64()),
        pa.field("passed", pa.bool_()),
    ]
)
"""One check's measurement: `value` is null where nothing could be measured, `limit` where the
check is off."""

CHECKS = pa.struct([pa.field(str(flag), CHECK) for flag in TextFlag])
"""A column for each check."""

TRY = pa.struct(
    [
        pa.field("model", pa.string()),
        pa.field("settings", pa.string()),
        pa.field("text", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("flags", pa.list_(pa.string())),
        pa.field("detail", pa.string()),
    ]
)
"""One way of translating a text and what came of it; `detail` says why there is no text."""

TRANSLATIONS = Table(
    "translations",
    3,
    "One row per text and target language: the chosen captions, and what translate.texts adds.",
    ("source_id", "shot_id", "kind", "text_id", "language"),
    (
        Column("translation_id", pa.string(), "Id of this translation (UUIDv5).", required=True),
        Column("kind", pa.string(), "See schemas.outcomes.TextKind.", required=True),
        Column(
            "text_id",
            pa.string(),
            "Id of the text: a caption_id, or its place in the source.",
            required=True,
        ),
        Column("caption_id", pa.string(), "The caption; empty: not a caption.", required=True),
        Column("shot_id", pa.string(), "The clip; empty: a text of the source.", required=True),
        SOURCE_ID,
        Column("teacher", pa.string(), "Who wrote the caption; null: not a caption."),
        Column("style", pa.string(), "The caption's style; null: not a caption."),
        Column("sidecar", pa.string(), "Track of a subtitle cue."),
        Column("start_s", pa.float64(), "When a cue or chapter begins, in seconds of the source."),
        Column("end_s", pa.float64(), "When it ends, in seconds of the source."),
        Column("source_language", pa.string(), "BCP-47 tag of the text.", required=True),
        LANGUAGE,
        Column("text", pa.string(), "The translation; null when there is none."),
        Column("status", pa.string(), "See schemas.outcomes.TextStatus; null: no text."),
        Column(
            "model",
            pa.string(),
            "Model and version that translated it; with >, two in turn.",
            required=True,
        ),
        Column("is_demo", pa.bool_(), "Written by a demonstration model.", required=True),
        Column("score", pa.float64(), "Mean log-probability per token, over its sentences."),
        Column("n_sentences", pa.int32(), "Sentences that the text was split into."),
        Column("lost", pa.list_(pa.string()), "Protected spans that the translation lacks."),
        Column("source_text", pa.string(), "The text that was translated."),
        Column("flags", pa.list_(pa.string()), "What its checks doubt; see outcomes.TextFlag."),
        Column(
            "checks",
            CHECKS,
            "Every check's value, also of checks that are off: columns checks.NAME.value, .limit, "
            ".passed; null: nothing was judged.",
        ),
        Column("tries", pa.list_(TRY), "All ways that were tried, where there was more than one."),
        Column("editor", pa.string(), "Who wrote the text, where a person did."),
        Column("edited_at", pa.string(), "When, as ISO 8601."),
        *ENDING,
    ),
)
