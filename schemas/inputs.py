"""`sources` and its companions: what ingest found out about every input."""

from __future__ import annotations

import pyarrow as pa

from schemas.common import ENDING, LANGUAGE_ORIGIN, SOURCE_ID
from schemas.table import Column, Table

_CHAPTER = pa.struct(
    [
        pa.field("start_s", pa.float64()),
        pa.field("end_s", pa.float64()),
        pa.field("title", pa.string()),
    ]
)

SOURCES = Table(
    "sources",
    2,
    "One row per input video, readable or not.",
    ("source_id",),
    (
        SOURCE_ID,
        Column("uri", pa.string(), "Where the video is, as an fsspec URI or path.", required=True),
        Column("key", pa.string(), "Path below the input folder, or the URI.", required=True),
        Column("content_sha256", pa.string(), "SHA-256 of the file's bytes."),
        Column("size_bytes", pa.int64(), "File size."),
        Column("container", pa.string(), "FFmpeg's name of the container format."),
        Column("video_stream", pa.int32(), "Index of the video stream that is used."),
        Column("codec", pa.string(), "FFmpeg's name of the video codec."),
        Column("pix_fmt", pa.string(), "Pixel format of the decoded frames."),
        Column("width", pa.int32(), "Width in pixels as stored, before rotation."),
        Column("height", pa.int32(), "Height in pixels as stored, before rotation."),
        Column("rotation_deg", pa.int32(), "Clockwise rotation for display: 0, 90, 180, 270."),
        Column("sample_aspect", pa.string(), "Pixel aspect ratio as num/den."),
        Column("fps", pa.float64(), "Average frame rate that the header gives."),
        Column("time_base", pa.string(), "Seconds per PTS unit of the video stream, num/den."),
        Column("start_pts", pa.int64(), "First PTS that the video stream's header gives."),
        Column("duration_s", pa.float64(), "Length by the header, in seconds."),
        Column("audio_stream", pa.int32(), "Index of the audio stream that is used; null: none."),
        Column("audio_codec", pa.string(), "Codec of that audio stream."),
        Column("audio_channels", pa.int32(), "Channels of that audio stream."),
        Column("audio_rate_hz", pa.int32(), "Sample rate of that audio stream."),
        Column("audio_language", pa.string(), "Language that the audio stream declares (BCP-47)."),
        Column("title", pa.string(), "Title: the caller's, the sidecar's or the container's."),
        Column("description", pa.string(), "Description, from the same places."),
        Column("tags", pa.list_(pa.string()), "Tags or keywords, from the same places."),
        Column(
            "language",
            pa.string(),
            "Language of title, description, tags and chapters (BCP-47); null: unknown.",
        ),
        LANGUAGE_ORIGIN,
        Column("licence", pa.string(), "Licence as declared."),
        Column("chapters", pa.list_(_CHAPTER), "Chapters of the container or the sidecar."),
        Column("extra_json", pa.string(), "The caller's other columns, as a JSON object."),
        *ENDING,
    ),
)

SIDECARS = Table(
    "sidecars",
    2,
    "One row per file or subtitle track that came with a video.",
    ("source_id", "sidecar"),
    (
        SOURCE_ID,
        Column(
            "sidecar", pa.string(), "File name, or stream:N for an embedded track.", required=True
        ),
        Column("kind", pa.string(), "See schemas.outcomes.SidecarKind.", required=True),
        Column("language", pa.string(), "Language of a subtitle track (BCP-47); null: unknown."),
        LANGUAGE_ORIGIN,
        Column("n_cues", pa.int32(), "Subtitle cues that were read."),
        *ENDING,
    ),
)

CUES = Table(
    "cues",
    2,
    "One row per subtitle cue, sidecar or embedded.",
    ("source_id", "sidecar", "cue"),
    (
        SOURCE_ID,
        Column("sidecar", pa.string(), "Which file or track, as in `sidecars`.", required=True),
        Column("cue", pa.int32(), "Number of the cue in its track, from 0.", required=True),
        Column(
            "start_s",
            pa.float64(),
            "When the cue appears, in seconds of the source.",
            required=True,
        ),
        Column("end_s", pa.float64(), "When it goes, in seconds of the source.", required=True),
        Column("language", pa.string(), "Language of the track (BCP-47), as in `sidecars`."),
        LANGUAGE_ORIGIN,
        Column("text", pa.string(), "Plain text of the cue, without markup.", required=True),
    ),
)
