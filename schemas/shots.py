"""`splits` and `shots`: what the one decode pass over a source gave."""

from __future__ import annotations

import pyarrow as pa

from schemas.common import ENDING, PACK_REF, SHOT_ID, SOURCE_ID
from schemas.table import Column, Table

KEYFRAME = pa.struct(
    [
        pa.field("time_s", pa.float64()),
        pa.field("frame", pa.int64()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("pack", pa.string()),
        pa.field("offset", pa.int64()),
        pa.field("size_bytes", pa.int64()),
    ]
)
"""A JPEG in a frames pack, with the source time and frame number it shows."""

SPLITS = Table(
    "splits",
    2,
    "One row per decoded source: how its decode pass ended.",
    ("source_id",),
    (
        SOURCE_ID,
        Column("detector", pa.string(), "Which detector found the shots.", required=True),
        Column("mode", pa.string(), "full: every frame was decoded; fast: some were."),
        Column("not_fast_because", pa.string(), "Why the fast mode was asked for and not used."),
        Column("n_frames", pa.int64(), "Frames of the video stream, up to damage."),
        Column("n_decoded", pa.int64(), "How many of them were decoded to look at."),
        Column("duration_s", pa.float64(), "Length of what was decoded, in seconds."),
        Column("n_shots", pa.int32(), "Rows in `shots`."),
        Column("is_vfr", pa.bool_(), "Whether the time between frames varies."),
        Column("is_partial", pa.bool_(), "Whether damage ended the decoding early."),
        Column(
            "n_decode_errors",
            pa.int32(),
            "Packets that came incomplete or that the decoder refused.",
        ),
        Column("audio", PACK_REF, "16 kHz mono FLAC of the whole source; null: no audio."),
        Column("audio_start_s", pa.float64(), "Source time of the first audio sample."),
        Column("audio_duration_s", pa.float64(), "Length of that audio in seconds."),
        *ENDING,
    ),
)

SHOTS = Table(
    "shots",
    3,
    "One row per span of a source. Spans [cover_start_s, cover_end_s) of one scale tile what was "
    "decoded; [start_s, end_s) is the clip inside, after trimming. Clips of different scales "
    "overlap.",
    ("source_id", "scale", "start_frame", "end_frame"),
    (
        SHOT_ID,
        SOURCE_ID,
        Column("index", pa.int32(), "Number of the span in its source, from 0.", required=True),
        Column(
            "scale",
            pa.int32(),
            "0: a shot, or a piece of one; k: a longer clip, of the k-th of split.scales.",
            required=True,
        ),
        Column(
            "parent_id",
            pa.string(),
            "shot_id of the smallest kept clip of a larger scale that contains this one; null: "
            "none does.",
        ),
        Column(
            "start_frame",
            pa.int64(),
            "First frame of the clip, in presentation order.",
            required=True,
        ),
        Column("end_frame", pa.int64(), "First frame after the clip.", required=True),
        Column("start_pts", pa.int64(), "PTS of the first frame.", required=True),
        Column(
            "end_pts", pa.int64(), "PTS of end_frame, or where the last frame ends.", required=True
        ),
        Column("time_base", pa.string(), "Seconds per PTS unit, num/den.", required=True),
        Column(
            "start_s", pa.float64(), "start_pts in seconds from the first frame.", required=True
        ),
        Column("end_s", pa.float64(), "end_pts in seconds from the first frame.", required=True),
        Column("cover_start_s", pa.float64(), "Start of the untrimmed span.", required=True),
        Column("cover_end_s", pa.float64(), "End of the untrimmed span.", required=True),
        Column("n_frames", pa.int64(), "end_frame - start_frame.", required=True),
        Column(
            "start_kind", pa.string(), "What the span's start is (BoundaryKind).", required=True
        ),
        Column("start_score", pa.float64(), "The detector's score there."),
        Column("end_kind", pa.string(), "What the span's end is (BoundaryKind).", required=True),
        Column("end_score", pa.float64(), "The detector's score there."),
        Column("keyframes", pa.list_(KEYFRAME), "Chosen frames; the first is the middle one."),
        Column("signature", pa.binary(), "Perceptual signature (stages.split.signature)."),
        Column(
            "embeddings",
            pa.list_(pa.binary()),
            "What split.embedder makes of each keyframe, in their order: float16, little-endian, "
            "of length 1; null: none is configured.",
        ),
        Column("motion", pa.float64(), "Mean change of luma between frames, 0-255."),
        Column("pan_x", pa.float64(), "Mean camera shift, frame widths per second; > 0 is right."),
        Column("pan_y", pa.float64(), "Mean camera shift, frame heights per second; > 0 is down."),
        Column("zoom", pa.float64(), "Mean camera zoom, scale change per second; > 0 is in."),
        Column("shake", pa.float64(), "Jitter of the camera shift, frame widths (RMS)."),
        Column("sharpness", pa.float64(), "Median variance of the Laplacian of luma."),
        Column("brightness", pa.float64(), "Mean luma, 0-255."),
        Column("contrast", pa.float64(), "Standard deviation of luma, 0-255."),
        Column("saturation", pa.float64(), "Mean HSV saturation, 0-255."),
        Column("colours", pa.list_(pa.string()), "Dominant colour names, most frequent first."),
        Column("border_left", pa.float64(), "Share of the width that is black border, left."),
        Column("border_right", pa.float64(), "Share of the width that is black border, right."),
        Column("border_top", pa.float64(), "Share of the height that is black border, top."),
        Column("border_bottom", pa.float64(), "Share of the height that is black border, bottom."),
        Column("audio_rms_db", pa.float64(), "Loudness of the clip's audio, dBFS RMS; null: none."),
        *ENDING,
    ),
)
