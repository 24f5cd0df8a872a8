"""`tags`: ImageNet's classes on the clip's keyframes, by EfficientNet-Lite0.

A classifier of a thousand classes always names one, also for what is none of them, so a clip whose
surest class is not sure says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from schemas.outcomes import Reason
from schemas.table import Row
from stages.base import StageError, Worker
from stages.caption.config import TagsConfig
from stages.caption.keyframe import frame_input, picture
from stages.caption.tag_words import chosen_tags, class_names, tag_sentence
from stages.caption.teacher import Candidate, Clip, Teacher
from stages.networks.picture_model import PictureModel

_SETTING = "caption.tags.model"


class TagsTeacher(Teacher[TagsConfig]):
    """Mean probabilities over the keyframes; the sure ones become a list of tags."""

    name = "tags"
    version = 3
    styles = ("tags",)

    def models(self) -> list[str]:
        return [self.config.model, self.config.names]

    @property
    def model_name(self) -> str:
        return f"{self.name}/{self.version} {self.config.model}"

    def setup(self, worker: Worker) -> None:
        config = self.config
        self._names = read_names(worker.model(config.names), config.names)
        self._model = PictureModel(worker.model(config.model), _SETTING, device=config.device)
        outputs = self._model.run([np.zeros((64, 64, 3), np.uint8)])
        if len(outputs) < 2 or outputs[1].shape[1:] != (len(self._names),):
            shapes = ", ".join(str(list(output.shape[1:])) for output in outputs)
            raise StageError(
                f"{_SETTING} {config.model} answers {shapes} per picture; wanted is "
                f"[{len(self._names)}] as the second output"
            )

    def teardown(self) -> None:
        del self._model

    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        return self.each(clips, worker, lambda clip: self._of(clip, worker))

    def _of(self, clip: Clip, worker: Worker) -> Candidate:
        config = self.config
        keyframes: list[Row] = list(clip.shot["keyframes"] or [])[: config.max_keyframes]
        if not keyframes:
            return self.unsaid(clip, Reason.NOTHING_TO_SAY, "the clip has no keyframes")
        pictures = [picture(worker.read_packed(shown)) for shown in keyframes]
        probabilities = self._model.run(pictures)[1]
        inputs = [frame_input(shown["time_s"]) for shown in keyframes]
        surest = chosen_tags(probabilities, self._names, 0.0, 1.0, 1)[0]
        tags = chosen_tags(
            probabilities,
            self._names,
            config.min_confidence,
            config.min_other_confidence,
            config.max_tags,
        )
        if not tags:
            detail = f"the surest is {surest.name} with {surest.probability:.2f}"
            return self.unsaid(clip, Reason.NOTHING_TO_SAY, detail, inputs)
        detail = ", ".join(f"{tag.name} {tag.probability:.2f}" for tag in tags)
        return self.said(clip, tag_sentence(tags), "en", inputs, surest.probability, detail)


def read_names(folder: Path, reference: str) -> list[str]:
    """Names of the classes from a folder of lists. Raises StageError."""
    try:
        texts = [
            (folder / name).read_text(encoding="utf-8")
            for name in ("imagenet_synsets.txt", "imagenet_synset_to_lemma.txt")
        ]
        return class_names(*texts)
    except (OSError, ValueError) as error:
        raise StageError(f"caption.tags.names {reference}: {error}") from error
