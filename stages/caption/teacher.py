"""What a teacher is: it looks at clips and says something about each, or why it cannot.

A teacher gets all clips of a unit at once, so that it can batch as suits it: speech recognition
transcribes a source once and cuts the words, a vision-language model can fill its batches. It
answers with one candidate for each clip and each of its styles. A clip on which it breaks costs
that candidate alone: teachers do each clip's (or source's) work through `worker.attempt`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from schemas.ids import caption_id
from schemas.outcomes import LanguageOrigin, Outcome, Reason
from schemas.table import Row
from stages.base import Failure, Worker
from stages.caption.config_base import TeacherConfig

TeacherConfigT = TypeVar("TeacherConfigT", bound=TeacherConfig)

UNKNOWN_LANGUAGE = "und"


@dataclass(frozen=True)
class Source:
    """What is known of one video: its row, its subtitle cues, how its decoding ended."""

    row: Row
    cues: tuple[Row, ...] = ()
    split: Row | None = None

    @property
    def source_id(self) -> str:
        return str(self.row["source_id"])


@dataclass(frozen=True)
class Clip:
    """A shot to caption. `heard` are the candidates of the teachers that this one uses;
    `earlier` holds them by teacher, for those that have one style."""

    shot: Row
    source: Source
    earlier: Mapping[str, Candidate] = field(default_factory=dict)
    heard: tuple[Candidate, ...] = ()

    @property
    def shot_id(self) -> str:
        return str(self.shot["shot_id"])

    @property
    def start_s(self) -> float:
        return float(self.shot["start_s"])

    @property
    def end_s(self) -> float:
        return float(self.shot["end_s"])


@dataclass(frozen=True)
class Candidate:
    """One teacher's answer for one clip: a text, or the reason why there is none."""

    shot_id: str
    teacher: str
    style: str
    language: str = UNKNOWN_LANGUAGE
    text: str | None = None
    model: str | None = None
    prompt_id: str | None = None
    inputs: tuple[str, ...] = ()
    confidence: float | None = None
    text_share: float | None = None
    is_demo: bool = False
    request_sha256: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    made_from: str | None = None
    outcome: Outcome = Outcome.KEPT
    reason: Reason | None = None
    detail: str | None = None
    language_origin: LanguageOrigin | None = None

    @property
    def caption_id(self) -> str:
        return caption_id(self.shot_id, self.teacher, self.style, self.language)

    def row(self, source_id: str) -> Row:
        """This candidate as a row of `captions`."""
        return {
            "caption_id": self.caption_id,
            "shot_id": self.shot_id,
            "source_id": source_id,
            "teacher": self.teacher,
            "style": self.style,
            "language": self.language,
            "language_origin": self.language_origin,
            "text": self.text,
            "model": self.model,
            "prompt_id": self.prompt_id,
            "inputs": list(self.inputs),
            "confidence": self.confidence,
            "text_share": self.text_share,
            "is_demo": self.is_demo,
            "request_sha256": self.request_sha256,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": self.cost_usd,
            "made_from": self.made_from,
            "outcome": self.outcome,
            "reason": self.reason,
            "detail": self.detail,
        }

    @classmethod
    def of_row(cls, row: Row) -> Candidate:
        """The candidate of a row of `captions`; columns that the row has not keep defaults."""
        known = {name: row[name] for name in cls.__dataclass_fields__ if name in row}
        origin = row.get("language_origin")
        reason = Reason(row["reason"]) if row["reason"] else None
        inputs = tuple(row.get("inputs") or ())
        return cls(
            **known
            | {
                "inputs": inputs,
                "outcome": Outcome(row["outcome"]),
                "reason": reason,
                "language_origin": LanguageOrigin(origin) if origin else None,
            }
        )


class Teacher(ABC, Generic[TeacherConfigT]):
    """One way to get a text for a clip.

    `version` goes up whenever the same clip and config may get another text; the stage puts
    it into the rows, and the stage's own version has to go up with it.
    `uses` names teachers whose candidates it wants to see; they run first when they run at all.
    A kind of teacher that can run several times takes `name` and `styles` from its config.
    """

    name: str
    version: ClassVar[int] = 1
    styles: tuple[str, ...]
    uses: ClassVar[tuple[str, ...]] = ()

    def __init__(self, config: TeacherConfigT) -> None:
        self.config = config

    def models(self) -> list[str]:
        """References of the models that it needs."""
        return []

    def used(self, others: Collection[str]) -> set[str]:
        """Which of the run's other teachers it wants to hear first."""
        return set(self.uses) & set(others)

    def check(self) -> None:
        """Look, before the run starts, whether it can work on this machine. Raises StageError."""

    @property
    def model_name(self) -> str:
        """What the `model` column says of its texts."""
        return f"{self.name}/{self.version}"

    def setup(self, worker: Worker) -> None:
        """Load what every clip needs; called once per process, before the first clip that the
        teacher is asked about. Heavy imports go here."""

    def teardown(self) -> None:
        """Let go of what setup took."""

    @abstractmethod
    def caption(self, clips: Sequence[Clip], worker: Worker) -> list[Candidate]:
        """One candidate per clip and style, for the clips of one unit, in any order."""

    def said(
        self,
        clip: Clip,
        text: str,
        language: str | None,
        inputs: Sequence[str],
        confidence: float | None = None,
        detail: str | None = None,
        origin: str | None = LanguageOrigin.DECLARED,
    ) -> Candidate:
        """A candidate in this teacher's first style. `origin`: how `language` is known."""
        return Candidate(
            clip.shot_id,
            self.name,
            self.styles[0],
            language=language or UNKNOWN_LANGUAGE,
            language_origin=LanguageOrigin(origin) if language and origin else None,
            text=text,
            model=self.model_name,
            inputs=tuple(inputs),
            confidence=confidence,
            detail=detail,
        )

    def unsaid(
        self, clip: Clip, reason: Reason, detail: str, inputs: Sequence[str] = ()
    ) -> Candidate:
        """This teacher has nothing to say about the clip."""
        return Candidate(
            clip.shot_id,
            self.name,
            self.styles[0],
            model=self.model_name,
            inputs=tuple(inputs),
            outcome=Outcome.DROPPED,
            reason=reason,
            detail=detail,
        )

    def broke(self, clip: Clip, failure: Failure, inputs: Sequence[str] = ()) -> Candidate:
        """This teacher failed on the clip, or on something that the clip needs."""
        return Candidate(
            clip.shot_id,
            self.name,
            self.styles[0],
            model=self.model_name,
            inputs=tuple(inputs),
            outcome=Outcome.FAILED,
            reason=failure.reason,
            detail=failure.detail,
        )

    def each(
        self, clips: Sequence[Clip], worker: Worker, work: Callable[[Clip], Candidate]
    ) -> list[Candidate]:
        """`work` on one clip after the other; a clip that breaks it gets a failed candidate."""
        candidates = []
        for clip in clips:
            found = worker.attempt(f"{self.name} of {clip.shot_id}", work, clip)
            candidates.append(self.broke(clip, found) if isinstance(found, Failure) else found)
        return candidates


def by_source(clips: Sequence[Clip]) -> dict[str, list[Clip]]:
    """Clips grouped by their source, sources in the order of their first clip."""
    groups: dict[str, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(clip.source.source_id, []).append(clip)
    return groups
