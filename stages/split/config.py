"""Options of the split stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from stages.base import StageConfig

DetectorName = Literal["content", "adaptive", "histogram", "threshold", "fixed", "none"]


class SplitConfig(StageConfig):
    """How sources are split into shots, and what is measured on the way."""

    detector: DetectorName = Field(
        "content",
        description="What finds shot boundaries. content, adaptive, histogram, threshold: "
        "PySceneDetect's detectors; fixed: a boundary every fixed_length_s; none: the whole "
        "video is one shot.",
    )
    content_threshold: float = Field(
        27.0, gt=0, le=255, description="Change of HSV between frames that is a cut (content)."
    )
    adaptive_threshold: float = Field(
        3.0,
        gt=0,
        le=100,
        description="Change of a frame over that of its neighbours that is a cut (adaptive).",
    )
    histogram_threshold: float = Field(
        0.2,
        gt=0,
        le=1,
        description="Loss of correlation between luma histograms that is a cut (histogram).",
    )
    fade_threshold: float = Field(
        12.0, gt=0, le=255, description="Mean RGB below which a picture is faded out (threshold)."
    )
    fixed_length_s: float = Field(
        5.0, ge=0.1, le=3600, description="Distance of the boundaries (fixed)."
    )
    min_shot_s: float = Field(
        0.5,
        ge=0,
        le=60,
        description="PySceneDetect's detectors report no two boundaries nearer than this, so "
        "that a flash is not two cuts.",
    )
    min_duration_s: float = Field(
        1.0, ge=0.1, le=3600, description="Clips shorter than this after trimming are dropped."
    )
    max_duration_s: float = Field(
        60.0,
        ge=1,
        le=7200,
        description="Longer shots are cut into pieces between half of this and this.",
    )
    edge_trim_frames: int = Field(
        1,
        ge=0,
        le=1000,
        description="Frames left out next to each detected boundary: encoders and interlacing "
        "leave a mixed one there.",
    )
    edge_trim_fraction: float = Field(
        0.0, ge=0, le=0.45, description="Share of every clip left out at each of its ends."
    )
    max_shots_per_source: int = Field(
        20_000, ge=1, le=10_000_000, description="A source with more shots than this is dropped."
    )
    analysis_long_side_px: int = Field(
        160,
        ge=64,
        le=640,
        description="Long side of the picture on which boundaries are detected and motion, "
        "light, colours and borders measured.",
    )
    sample_period_s: float = Field(
        0.16,
        ge=0.02,
        le=1.0,
        description="Shortest time between the pictures on which camera motion, light, colours "
        "and borders are measured; detection and motion see every frame.",
    )
    keyframes: int = Field(
        3, ge=1, le=12, description="Keyframes per clip: the middle one, then differing sharp ones."
    )
    keyframe_long_side_px: int = Field(
        640,
        ge=64,
        le=4096,
        description="Long side of keyframes; smaller videos are not enlarged. Sharpness is "
        "measured at this size.",
    )
    jpeg_quality: int = Field(88, ge=1, le=100, description="JPEG quality of keyframes.")
    audio: bool = Field(True, description="Keep each source's sound as 16 kHz mono FLAC.")
    decode_threads: int = Field(
        2,
        ge=1,
        le=64,
        description="Threads of the video decoder. Part of the fingerprint: what a decoder makes "
        "of damaged streams may depend on it.",
    )
    deblock: bool = Field(
        False,
        description="Run the codec's deblocking filter. Without it decoding takes about a fifth "
        "less time, and block edges show a little in the keyframes; clips are cut with it always.",
    )
    timeout_base_s: float = Field(
        120.0, gt=0, le=86_400, description="Time that any source's pass may take."
    )
    timeout_per_s: float = Field(
        10.0, ge=0, le=1000, description="Time allowed on top for each second of video."
    )
    timeout_unknown_s: float = Field(
        3600.0,
        gt=0,
        le=604_800,
        description="Time that the pass over a source of unknown length may take.",
    )
    memory_mb: int = Field(
        2500,
        ge=256,
        le=1_000_000,
        description="Address space that the decoding process may add; 8K video needs about 2000.",
    )
