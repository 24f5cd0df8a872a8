"""Caption: every teacher says something about every kept clip."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import compress
from pathlib import Path
from typing import Any

from schemas.outcomes import LanguageOrigin, Outcome, Reason
from schemas.table import Row
from stages.base import Failure, Unit, UnitStage, Worker
from stages.caption.config import CaptionConfig
from stages.caption.memory import Memory
from stages.caption.teacher import UNKNOWN_LANGUAGE, Candidate, Clip, Source, Teacher
from stages.caption.teachers import make_teachers
from stages.filter.language.model import FastTextModel
from stages.filter.language.undeclared import Undeclared


class CaptionStage(UnitStage[CaptionConfig]):
    """Candidates of all teachers for the clips that dedup kept."""

    name = "caption"
    version = 4
    summary = "Several teachers write a candidate for each clip."
    reads = {
        "sources": (
            "source_id",
            "title",
            "description",
            "tags",
            "language",
            "language_origin",
            "audio_language",
            "audio_stream",
            "chapters",
        ),
        "cues": (
            "source_id",
            "sidecar",
            "cue",
            "start_s",
            "end_s",
            "language",
            "language_origin",
            "text",
        ),
        "splits": ("source_id", "audio", "audio_start_s"),
        "shots": (
            "source_id",
            "shot_id",
            "scale",
            "parent_id",
            "start_frame",
            "end_frame",
            "start_s",
            "end_s",
            "keyframes",
            "motion",
            "pan_x",
            "pan_y",
            "zoom",
            "shake",
            "sharpness",
            "brightness",
            "saturation",
            "colours",
            "audio_rms_db",
        ),
        "dedup": ("source_id", "shot_id"),
    }
    writes = ("captions",)
    reads_packs = ("frames", "audio")
    item = "candidates"

    def __init__(self, config: CaptionConfig) -> None:
        super().__init__(config)
        self._teachers = make_teachers(config)
        self._ready: set[str] = set()
        self._undeclared: Undeclared | None = None

    def models(self) -> list[str]:
        own = [self.config.language_model] if self.config.language_model else []
        return sorted({*own, *(name for each in self._teachers for name in each.models())})

    def setup(self, worker: Worker) -> None:
        if self.config.language_model:
            model = FastTextModel(worker.model(self.config.language_model))
            self._undeclared = Undeclared(model)

    def check(self, model: Callable[[str], Path]) -> None:
        for teacher in self._teachers:
            teacher.check()

    def teardown(self) -> None:
        for teacher in self._teachers:
            if teacher.name in self._ready:
                teacher.teardown()

    def process(self, unit: Unit) -> None:
        clips = clips_of(unit)
        known = unit.inputs_sha256
        memory = None
        if known:
            reference = self.config.language_model
            named_by = unit.model_sha256(reference) if reference else None
            memory = Memory(self.version, known, named_by, unit.before("captions"))
        candidates = asked(self._teachers, clips, unit, memory, self._make_ready, self._undeclared)
        rows = [
            candidate.row(clip.source.source_id)
            for clip in clips
            for candidate in candidates[clip.shot_id]
        ]
        unit.write("captions", rows)

    def _make_ready(self, teacher: Teacher[Any], worker: Worker) -> None:
        """Set up a teacher before it is asked for the first time: where all that it has to say is
        known, its model is never loaded."""
        if teacher.name not in self._ready:
            teacher.setup(worker)
            self._ready.add(teacher.name)


def clips_of(unit: Unit) -> list[Clip]:
    """The clips that dedup kept, with what is known of their sources, in the order of time."""
    chosen = {row["shot_id"] for row in unit.rows("dedup", Outcome.KEPT)}
    cues: dict[str, list[Row]] = defaultdict(list)
    for cue in unit.rows("cues"):
        cues[cue["source_id"]].append(cue)
    splits = {row["source_id"]: row for row in unit.rows("splits")}
    sources = {
        row["source_id"]: Source(row, tuple(cues[row["source_id"]]), splits.get(row["source_id"]))
        for row in unit.rows("sources")
    }
    return [
        Clip(shot, sources[shot["source_id"]])
        for shot in unit.rows("shots", Outcome.KEPT)
        if shot["shot_id"] in chosen
    ]


def asked(
    teachers: Sequence[Teacher[Any]],
    clips: Sequence[Clip],
    worker: Worker,
    memory: Memory | None = None,
    make_ready: Callable[[Teacher[Any], Worker], None] | None = None,
    undeclared: Undeclared | None = None,
) -> dict[str, list[Candidate]]:
    """Every teacher's candidates, by shot_id: one for each clip, teacher and style. A teacher
    whose candidates are in `memory` is not asked; `make_ready` is called before one is;
    `undeclared` names the language of what a teacher leaves open."""
    candidates: dict[str, list[Candidate]] = {clip.shot_id: [] for clip in clips}
    names = {teacher.name for teacher in teachers}
    for teacher in teachers if clips else ():
        used = teacher.used(names - {teacher.name})
        seen = [with_heard(clip, candidates[clip.shot_id], used) for clip in clips]
        made_from = memory.key(teacher, seen, worker) if memory else None
        found = memory.of(teacher, made_from) if memory and made_from else None
        if found is None:
            if make_ready:
                make_ready(teacher, worker)
            answer = worker.attempt(f"teacher {teacher.name}", teacher.caption, seen, worker)
            found = in_languages(completed(teacher, seen, answer), undeclared)
        for candidate in found:
            candidates[candidate.shot_id].append(replace(candidate, made_from=made_from))
    return candidates


def in_languages(candidates: Sequence[Candidate], undeclared: Undeclared | None) -> list[Candidate]:
    """The candidates with how their language is known; where it is not, it is identified."""
    texts = [each.text or "" for each in candidates]
    is_open = [
        bool(text) and each.language == UNKNOWN_LANGUAGE
        for each, text in zip(candidates, texts, strict=True)
    ]
    asked_of = list(compress(texts, is_open))
    found = iter(undeclared.languages(asked_of) if undeclared and asked_of else [])
    named = []
    for candidate, asks in zip(candidates, is_open, strict=True):
        language = next(found, UNKNOWN_LANGUAGE) if asks else candidate.language
        origin = LanguageOrigin.IDENTIFIED if asks else candidate.language_origin
        if language == UNKNOWN_LANGUAGE:
            origin = None
        elif origin is None:
            origin = LanguageOrigin.DECLARED
        named.append(replace(candidate, language=language, language_origin=origin))
    return named


def with_heard(clip: Clip, said: Sequence[Candidate], used: set[str]) -> Clip:
    """The clip with what the teachers in `used` said of it."""
    heard = tuple(candidate for candidate in said if candidate.teacher in used)
    return replace(clip, earlier={item.teacher: item for item in heard}, heard=heard)


def completed(
    teacher: Teacher[Any], clips: Sequence[Clip], answer: list[Candidate] | Failure
) -> list[Candidate]:
    """Exactly one candidate per clip and style, whatever the teacher gave: what is missing is
    a failed candidate, what nobody asked for or comes twice is an error of the teacher."""
    wanted = [(clip.shot_id, style) for clip in clips for style in teacher.styles]
    given = [] if isinstance(answer, Failure) else answer
    found = {(candidate.shot_id, candidate.style): candidate for candidate in given}
    if len(found) != len(given) or not found.keys() <= set(wanted):
        answer = Failure(
            f"teacher {teacher.name}",
            Reason.INTERNAL_ERROR,
            f"teacher {teacher.name} gave {len(given)} candidates, not one for each of "
            f"{len(wanted)} clips and styles",
        )
        found = {}
    if isinstance(answer, Failure):
        reason, detail = answer.reason, answer.detail
    else:
        reason, detail = Reason.INTERNAL_ERROR, f"teacher {teacher.name} said nothing of this clip"
    return [
        found.get((shot_id, style))
        or Candidate(
            shot_id,
            teacher.name,
            style,
            outcome=Outcome.FAILED,
            reason=reason,
            detail=detail,
        )
        for shot_id, style in wanted
    ]
