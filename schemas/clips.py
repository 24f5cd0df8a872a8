"""`clips` and `samples`: the cut media, and the final manifest."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from schemas.common import CROP_PX, ENDING, PACK_REF, SHOT_ID, SOURCE_ID
from schemas.table import Column, Table

HIDDEN_FRAMES = (
    "Frames that the file holds beside those that it shows, because decoding needs them. Readers "
    "that ignore edit lists see them, and another shot may be in them. Only in mode edit_list "
    "more than 0."
)

CLIPS = Table(
    "clips",
    3,
    "One row per surviving clip: its video, ready to be put into a shard.",
    ("source_id", "shot_id"),
    (
        SHOT_ID,
        SOURCE_ID,
        Column("video", PACK_REF, "The MP4 in a clips pack."),
        Column("thumbnail", PACK_REF, "The JPEG in a frames pack."),
        Column("sha256", pa.string(), "SHA-256 of the MP4."),
        Column(
            "mode",
            pa.string(),
            "encode (exact), edit_list (exact for readers that follow edit lists) or copy (from "
            "the keyframe before).",
        ),
        Column("width", pa.int32(), "Width of the clip in pixels, as displayed."),
        Column("height", pa.int32(), "Height of the clip in pixels, as displayed."),
        CROP_PX,
        Column("n_frames", pa.int64(), "Frames in the clip, as shown."),
        Column("hidden_frames", pa.int32(), HIDDEN_FRAMES),
        Column("start_s", pa.float64(), "True start in the source, in seconds."),
        Column("end_s", pa.float64(), "True end in the source, in seconds."),
        Column("duration_s", pa.float64(), "Length of the clip."),
        Column("has_audio", pa.bool_(), "Whether the clip has an audio track."),
        *ENDING,
    ),
)

SAMPLES = Table(
    "samples",
    5,
    "One row per sample of the dataset: where it is, what it is, its texts.",
    ("key",),
    (
        Column("key", pa.string(), "WebDataset key of the sample (the shot_id).", required=True),
        Column("shard", pa.string(), "File name of the tar.", required=True),
        Column("index", pa.int32(), "Number of the sample in its shard.", required=True),
        Column("mp4_offset", pa.int64(), "Where the MP4's bytes start in the tar.", required=True),
        Column("mp4_size_bytes", pa.int64(), "Size of the MP4.", required=True),
        Column("sha256", pa.string(), "SHA-256 of the MP4.", required=True),
        SOURCE_ID,
        Column("uri", pa.string(), "Where the source video is.", required=True),
        Column("title", pa.string(), "The source's title."),
        Column("licence", pa.string(), "The source's licence, as declared."),
        Column("start_s", pa.float64(), "Start in the source, in seconds.", required=True),
        Column("end_s", pa.float64(), "End in the source, in seconds.", required=True),
        Column(
            "scale",
            pa.int32(),
            "0: a shot, or a piece of one; k: a longer clip, of the k-th of split.scales. Samples "
            "of one source and different scales overlap.",
            required=True,
        ),
        Column(
            "parent_id",
            pa.string(),
            "Key of the smallest clip of a larger scale that contains this one, whether or not "
            "it is in the dataset.",
        ),
        Column("duration_s", pa.float64(), "Length of the clip.", required=True),
        Column("width", pa.int32(), "Width in pixels.", required=True),
        Column("height", pa.int32(), "Height in pixels.", required=True),
        CROP_PX,
        Column("n_frames", pa.int64(), "Frames in the clip, as shown.", required=True),
        Column("hidden_frames", pa.int32(), HIDDEN_FRAMES, required=True),
        Column("has_audio", pa.bool_(), "Whether the clip has an audio track.", required=True),
        Column("teacher", pa.string(), "Who wrote the chosen caption.", required=True),
        Column("language", pa.string(), "Language of the chosen caption.", required=True),
        Column("text", pa.string(), "The chosen caption; null when its own verdict dropped it."),
        Column("is_demo", pa.bool_(), "Whether any text is a demo model's.", required=True),
        Column("languages", pa.list_(pa.string()), "Languages that have a kept text."),
        Column(
            "n_captions",
            pa.int32(),
            "Chosen captions with a kept text. The columns hold the texts of the first; the "
            "sample's JSON has all.",
        ),
    ),
)


def samples_table(languages: Sequence[str]) -> Table:
    """SAMPLES with one text column for each language (text_es, text_zh_hant ...)."""
    columns = [
        Column(text_column(tag), pa.string(), f"The clip's text in {tag}; null: none was kept.")
        for tag in languages
    ]
    return SAMPLES.extended(columns)


def text_column(language: str) -> str:
    """Column name of a language's text: BCP-47 tag in lower case with underscores."""
    return "text_" + language.lower().replace("-", "_")
