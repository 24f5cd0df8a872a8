"""Options of the cut stage."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from stages.base import StageConfig

Mode = Literal["encode", "edit_list", "copy"]
Preset = Literal[
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"
]


class CutConfig(StageConfig):
    """How clips are cut from their sources."""

    neutral: ClassVar[frozenset[str]] = StageConfig.neutral | {
        "decode_threads",
        "parallel_passes",
        "pass_memory_mb",
    }

    mode: Mode = Field(
        "encode",
        description="encode: exactly the clip's frames, as H.264 and AAC. edit_list: the source's "
        "packets as they are, and an edit list by which exactly the clip's frames are shown; "
        "many times faster, but readers that ignore edit lists see more. copy: the packets from "
        "the keyframe before the clip on, all of them shown; its true start and end stand in its "
        "row. Where packets are copied, rotation stays a flag of the file.",
    )
    preset: Preset = Field(
        "veryfast", description="x264 preset: slower ones give smaller files (encode mode)."
    )
    crf: int = Field(
        20, ge=0, le=51, description="x264 quality; lower is better, 0 is lossless (encode mode)."
    )
    max_short_side_px: int = Field(
        0,
        ge=0,
        le=8192,
        description="Scale clips down to at most this short side; 0: never (encode mode).",
    )
    crop_borders: bool = Field(
        False,
        description="Cut off the black borders that were measured on each clip (encode mode); "
        "`clips.crop_px` says what. Less than one row of the small pictures on which borders are "
        "measured may stay.",
    )
    square_pixels: bool = Field(
        True, description="Stretch sources with non-square pixels to square ones (encode mode)."
    )
    audio: bool = Field(True, description="Keep the source's sound.")
    audio_bitrate_kbps: int = Field(
        128, ge=16, le=512, description="AAC bit rate of one clip's sound (encode mode)."
    )
    max_audio_channels: Literal[1, 2] = Field(
        2, description="Mix sources with more channels down to this many (encode mode)."
    )
    parallel_passes: int = Field(
        2,
        ge=1,
        le=64,
        description="Passes that one worker runs at once (encode mode), over disjoint stretches "
        "of a source or over several sources; never changes the result.",
    )
    pass_memory_mb: int = Field(
        1600,
        ge=64,
        le=1_000_000,
        description="Memory for the encoders of the passes that run at once (encode mode). Each "
        "clip of a pass holds about 24 MB at 640x360 and 220 MB at 1920x1080 with preset "
        "veryfast, so this decides how many passes a source with many clips takes; never the "
        "result.",
    )
    seek_margin_s: float = Field(
        1.0,
        ge=0,
        le=3600,
        description="A pass starts decoding at a keyframe at least this long before its first "
        "clip, so that the decoder has settled when the clip begins.",
    )
    timeout_s: float = Field(
        1800.0, gt=0, le=86_400, description="Longest time that one pass over a source may take."
    )
    decode_threads: int = Field(
        1, ge=1, le=64, description="Threads that decode the source; never changes the result."
    )

    @model_validator(mode="after")
    def _copies_are_whole(self) -> Self:
        for name in ("crop_borders", "max_short_side_px"):
            if getattr(self, name) and self.mode != "encode":
                raise ValueError(f"{name} needs mode=encode: copied pictures stay as they are")
        return self
