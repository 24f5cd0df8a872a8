"""The teachers, by name: this is the only place that knows all of them."""

from __future__ import annotations

from typing import Any

from stages.caption.config import CaptionConfig
from stages.caption.server.pool import ServerPool
from stages.caption.server.teacher import ServerTeacher
from stages.caption.teacher import Teacher
from stages.caption.teachers.asr import AsrTeacher
from stages.caption.teachers.asr_to_caption import AsrToCaptionTeacher
from stages.caption.teachers.fusion import FusionTeacher
from stages.caption.teachers.metadata import MetadataTeacher
from stages.caption.teachers.ocr import OcrTeacher
from stages.caption.teachers.subtitle import SubtitleTeacher
from stages.caption.teachers.tags import TagsTeacher
from stages.caption.teachers.transformers_vlm import TransformersTeacher
from stages.caption.teachers.visual import VisualTeacher
from stages.caption.teachers.vlm import VlmTeacher

TEACHERS: dict[str, type[Teacher[Any]]] = {
    teacher.name: teacher
    for teacher in (
        MetadataTeacher,
        SubtitleTeacher,
        AsrTeacher,
        OcrTeacher,
        TagsTeacher,
        VisualTeacher,
        VlmTeacher,
        TransformersTeacher,
        AsrToCaptionTeacher,
        FusionTeacher,
    )
}


def make_teachers(config: CaptionConfig) -> list[Teacher[Any]]:
    """The configured teachers, each after those that it uses; otherwise by name, so that the
    order in the config says nothing. A list of settings makes a teacher of each."""
    pool = ServerPool(config.servers, config.answers)
    made: list[Teacher[Any]] = []
    for name in config.teachers:
        kind, settings = TEACHERS[name], getattr(config, name)
        for one in settings if isinstance(settings, list) else [settings]:
            made.append(kind(one, pool) if issubclass(kind, ServerTeacher) else kind(one))
    waiting = {teacher.name: teacher for teacher in sorted(made, key=lambda one: one.name)}
    ordered: list[Teacher[Any]] = []
    while waiting:
        ready = [name for name, one in waiting.items() if not one.used(waiting.keys() - {name})]
        if not ready:
            raise ValueError(f"teachers wait for each other: {', '.join(waiting)}")
        ordered += [waiting.pop(name) for name in ready]
    return ordered
