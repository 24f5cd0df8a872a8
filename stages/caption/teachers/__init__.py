"""The teachers, by name: this is the only place that knows all of them."""

from __future__ import annotations

from typing import Any

from stages.caption.config import CaptionConfig
from stages.caption.teacher import Teacher
from stages.caption.teachers.asr import AsrTeacher
from stages.caption.teachers.metadata import MetadataTeacher
from stages.caption.teachers.ocr import OcrTeacher
from stages.caption.teachers.subtitle import SubtitleTeacher
from stages.caption.teachers.visual import VisualTeacher

TEACHERS: dict[str, type[Teacher[Any]]] = {
    teacher.name: teacher
    for teacher in (MetadataTeacher, SubtitleTeacher, AsrTeacher, OcrTeacher, VisualTeacher)
}


def make_teachers(config: CaptionConfig) -> list[Teacher[Any]]:
    """The configured teachers, each after those that it uses; otherwise by name, so that the
    order in the config says nothing."""
    waiting = {name: TEACHERS[name] for name in sorted(config.teachers)}
    ordered: list[Teacher[Any]] = []
    while waiting:
        ready = [name for name, kind in waiting.items() if not set(kind.uses) & waiting.keys()]
        if not ready:
            raise ValueError(f"teachers wait for each other: {', '.join(waiting)}")
        for name in ready:
            ordered.append(waiting.pop(name)(getattr(config, name)))
    return ordered
