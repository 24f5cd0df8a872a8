"""From a clip's rows to what a strategy is told of it; shared by every model that looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from schemas.outcomes import ItemError, Outcome, Reason
from stages.base import Failure, Worker
from stages.caption.clean import clean_text
from stages.caption.config_server import LookingConfig
from stages.caption.keyframe import frame_input
from stages.caption.pictures import look_of
from stages.caption.prompts import prompts_with
from stages.caption.server.spent import Spent
from stages.caption.strategies import STRATEGIES
from stages.caption.strategies.distinct import distinct
from stages.caption.strategies.plan import Ask, ClipFacts, Frame, Plan, TimedText
from stages.caption.teacher import Candidate, Clip, Teacher
from stages.caption.words import shortened

CONTEXT_TEACHERS = ("metadata", "subtitle", "asr", "ocr")
CONTEXT_NAMES = {
    "metadata": "title and description",
    "subtitle": "subtitles",
    "asr": "speech",
    "ocr": "text on screen",
}
SILENCE_DB = -60.0
"""Loudness (dBFS RMS) below which a clip counts as silent, as the visual teacher has it."""


def frames_of(clip: Clip, config: LookingConfig, worker: Worker) -> list[Frame]:
    """The frames a strategy may use: all, or for `differential` those that show something new."""
    frames = [
        Frame(row["time_s"] - clip.start_s, worker.read_packed(row))
        for row in sorted(clip.shot["keyframes"] or [], key=lambda row: float(row["time_s"]))
    ]
    if config.strategy != "differential":
        return frames
    kept = distinct([look_of(frame) for frame in frames], config.min_change)
    return [frames[index] for index in kept]


def plan_of(
    clip: Clip,
    style: str,
    parts: Sequence[TimedText],
    frames: Sequence[Frame],
    config: LookingConfig,
) -> Plan:
    """What to ask about a clip. Raises ItemError NO_PICTURE where there is nothing to see."""
    if not frames:
        raise ItemError(Reason.NO_PICTURE, "the clip has no keyframes")
    facts = facts_of(clip, config, parts)
    return STRATEGIES[config.strategy](facts, frames, ask_of(config, style))


def candidate_of(
    teacher: Teacher[Any],
    config: LookingConfig,
    clip: Clip,
    text: str | Failure,
    spent: Spent,
    part_ids: Sequence[str],
) -> Candidate:
    """The candidate that a model's answer makes; its inputs are what the requests held."""
    inputs = [frame_input(clip.start_s + time_s) for time_s in sorted(spent.times_s)]
    inputs += [] if inputs else [f"caption of {shot_id}" for shot_id in part_ids]
    inputs += list(_found(clip)) if config.use_context else []
    if isinstance(text, Failure):
        if text.reason == Reason.NO_PICTURE:
            return teacher.unsaid(clip, text.reason, text.detail)
        return teacher.broke(clip, text, inputs)
    said = cleaned(text)
    if not said:
        return teacher.unsaid(clip, Reason.EMPTY_ANSWER, "the answer holds no text", inputs)
    return teacher.said(clip, said, config.language, inputs)


def facts_of(clip: Clip, config: LookingConfig, parts: Iterable[TimedText] = ()) -> ClipFacts:
    """What is known of a clip besides its frames."""
    known = _found(clip) if config.use_context else {}
    context = tuple(
        (CONTEXT_NAMES[name], shortened(text, config.max_context_chars))
        for name, text in known.items()
    )
    return ClipFacts(clip.end_s - clip.start_s, context, sound_of(clip), tuple(parts))


def sound_of(clip: Clip) -> str:
    """What is known of a clip's sound, in words; empty: nothing."""
    found = _found(clip)
    speech = found.get("asr") or found.get("subtitle")
    loudness_db = clip.shot["audio_rms_db"]
    if speech:
        return f"someone says: {speech}"
    if loudness_db is None:
        return "the clip has no sound"
    if loudness_db < SILENCE_DB:
        return "silence"
    return f"there is sound at {loudness_db:.0f} dBFS; what it is was not recognised"


def parts_of(
    clip: Clip, clips: Iterable[Clip], said: Iterable[Candidate], style: str
) -> tuple[list[TimedText], list[str]]:
    """Captions of the shorter clips inside a longer one, in the order of time, in seconds from
    its start; and their shot_ids. `said` are the candidates of one teacher."""
    texts = {one.shot_id: one.text for one in said if one.style == style and one.text}
    inside = sorted(
        (
            other
            for other in clips
            if other.shot["parent_id"] == clip.shot_id and other.shot_id in texts
        ),
        key=lambda other: (other.start_s, other.end_s),
    )
    timed = [
        TimedText(
            max(0.0, part.start_s - clip.start_s), part.end_s - clip.start_s, texts[part.shot_id]
        )
        for part in inside
    ]
    return timed, [part.shot_id for part in inside]


def ask_of(config: LookingConfig, style: str) -> Ask:
    return Ask(
        prompts_with(config.prompts), style, config.language, config.n_frames, config.n_grid_frames
    )


def cleaned(text: str) -> str:
    """A model's caption as one line of plain text, without the marks it likes to put around."""
    text = clean_text(text.replace("**", ""))
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        text = text[1:-1].strip()
    return text


def by_scale(clips: Sequence[Clip]) -> list[list[Clip]]:
    """Clips grouped by scale, shots first: a longer clip comes after its parts."""
    groups: dict[int, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(int(clip.shot["scale"]), []).append(clip)
    return [groups[scale] for scale in sorted(groups)]


def _found(clip: Clip) -> dict[str, str]:
    """Texts of the context teachers that found something."""
    usable: dict[str, Candidate] = {
        name: clip.earlier[name]
        for name in CONTEXT_TEACHERS
        if name in clip.earlier and clip.earlier[name].outcome == Outcome.KEPT
    }
    return {name: candidate.text for name, candidate in usable.items() if candidate.text}
