"""`captions`, `choices` and `selections`: every candidate text, what the selector thinks of it, and
which one was chosen."""

from __future__ import annotations

import pyarrow as pa

from schemas.common import (
    CAPTION_ID,
    ENDING,
    LANGUAGE_ORIGIN,
    SHOT_ID,
    SOURCE_ID,
    STYLE,
    TEACHER,
)
from schemas.table import Column, Table

SCORES = pa.struct(
    [
        pa.field("consensus", pa.float64()),
        pa.field("semantic_consensus", pa.float64()),
        pa.field("specificity", pa.float64()),
        pa.field("content_share", pa.float64()),
        pa.field("rarity", pa.float64()),
        pa.field("n_words", pa.float64()),
        pa.field("script_share", pa.float64()),
        pa.field("alignment", pa.float64()),
        pa.field("alignment_quantile", pa.float64()),
        pa.field("confidence_quantile", pa.float64()),
        pa.field("total", pa.float64()),
    ]
)
"""What was measured of a candidate; each is null where it cannot be known. `consensus`: mean chrF
with the other candidates of its language, 0-1; `semantic_consensus`: mean cosine of sentence
embeddings with them. `specificity`: how much it says of this clip and
not of others, 0-1, from `content_share` (of its words), `rarity` (of those among the clips of the
unit) and `n_words` (characters of scripts without spaces count half). `script_share`: words in a
script of its language. `alignment`: mean cosine with the keyframes. Quantiles are among the scores
of the same model. `total`: what the policy went by; its scale is the policy's own."""

CAPTIONS = Table(
    "captions",
    4,
    "One row per clip, teacher and style: the candidate, or why there is none.",
    ("source_id", "shot_id", "teacher", "style"),
    (
        CAPTION_ID,
        SHOT_ID,
        SOURCE_ID,
        TEACHER,
        STYLE,
        Column("language", pa.string(), "Language (BCP-47); und: unknown."),
        LANGUAGE_ORIGIN,
        Column("text", pa.string(), "The candidate; null when there is none."),
        Column("model", pa.string(), "Model and version that wrote it."),
        Column("prompt_id", pa.string(), "Prompt and version, where one was used."),
        Column("inputs", pa.list_(pa.string()), "What it looked at: frame@1.5s, audio, title ..."),
        Column("confidence", pa.float64(), "The teacher's own confidence, 0-1, where it has one."),
        Column(
            "text_share",
            pa.float64(),
            "Most of a keyframe's area that text takes, 0-1; of the teacher `ocr` alone, 0 where "
            "it saw none.",
        ),
        Column("is_demo", pa.bool_(), "Written by a demonstration model.", required=True),
        Column("request_sha256", pa.string(), "Hash of all that was sent to a model server."),
        Column("input_tokens", pa.int64(), "Tokens that a language model read for this row."),
        Column("output_tokens", pa.int64(), "Tokens that a language model wrote for it."),
        Column("cost_usd", pa.float64(), "Their price, where the config states prices."),
        Column(
            "made_from",
            pa.string(),
            "Hash of the teacher, its settings and models and all that it saw and heard of the "
            "unit. While it is the same, the teacher is not asked again.",
        ),
        *ENDING,
    ),
)

CHOICES = Table(
    "choices",
    1,
    "One row per candidate: what the selector measured of it, its place, whether it was chosen.",
    ("source_id", "shot_id", "caption_id"),
    (
        CAPTION_ID,
        SHOT_ID,
        SOURCE_ID,
        Column("selected", pa.bool_(), "Whether the selector chose it.", required=True),
        Column("rank", pa.int32(), "Its place among the clip's usable candidates; 1: the first."),
        Column("caption_scores", SCORES, "See schemas/captions.py; null without a text."),
        Column("flags", pa.list_(pa.string()), "See schemas.outcomes.CaptionFlag."),
        Column("unusable", pa.string(), "Why it cannot be chosen; null: it can."),
    ),
)

SELECTIONS = Table(
    "selections",
    3,
    "One row per clip: the chosen caption and why.",
    ("source_id", "shot_id"),
    (
        SHOT_ID,
        SOURCE_ID,
        Column(
            "caption_id", pa.string(), "The chosen candidate, of several the first; null: none."
        ),
        Column("policy", pa.string(), "Which policy chose.", required=True),
        Column("runner_up_id", pa.string(), "The best candidate that was not chosen."),
        Column(
            "margin",
            pa.float64(),
            "By how much the last chosen one was ahead of it, on the scale of the policy's "
            "`choices.caption_scores.total`; null: no such score, or no runner-up. Below 0 where "
            "several are chosen and this one was left out for saying what a chosen one says.",
        ),
        Column("why", pa.string(), "The choice in words.", required=True),
        Column("n_candidates", pa.int32(), "Usable candidates there were.", required=True),
        *ENDING,
    ),
)
