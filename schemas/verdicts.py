"""`verdicts`: what the filters said of each clip and each of its texts."""

from __future__ import annotations

import pyarrow as pa

from schemas.common import ENDING, SHOT_ID, SOURCE_ID
from schemas.table import Column, Table

SCORE = pa.struct(
    [
        pa.field("rule", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("limit", pa.float64()),
        pa.field("passed", pa.bool_()),
    ]
)
"""One rule's measurement: `limit` is null where the rule is switched off."""

FOUND_LANGUAGE = pa.struct(
    [
        pa.field("field", pa.string()),
        pa.field("declared", pa.string()),
        pa.field("detected", pa.string()),
        pa.field("probability", pa.float64()),
    ]
)
"""What language one kind of text of a clip claims to be in, and what language ID says."""

VERDICTS = Table(
    "verdicts",
    2,
    "One row per clip (scope clip) and per text of a clip (scope text).",
    ("source_id", "shot_id", "scope", "text_id"),
    (
        SHOT_ID,
        SOURCE_ID,
        Column("scope", pa.string(), "See schemas.outcomes.TextScope.", required=True),
        Column(
            "text_id", pa.string(), "caption_id or translation_id; '' for a clip.", required=True
        ),
        Column("language", pa.string(), "Language that the text should be in; '' for a clip."),
        Column(
            "detected_language",
            pa.string(),
            "What language ID says; und: no trusted answer; mul: several languages.",
        ),
        Column("detected_probability", pa.float64(), "Its probability."),
        Column("reasons", pa.list_(pa.string()), "Every rule that said no, in rule order."),
        Column("tags", pa.list_(pa.string()), "Rules that said no, but only tag; in rule order."),
        Column(
            "language_fields",
            pa.list_(FOUND_LANGUAGE),
            "Of a clip: languages of its title, caption, transcript, speech and on-screen text.",
        ),
        Column(
            "text",
            pa.string(),
            "The text as it is to be used, where contacts or names in it were replaced.",
        ),
        Column("scores", pa.list_(SCORE), "Every rule's value, also of rules that are off."),
        *ENDING,
    ),
)
