"""Which texts of a unit are translated: captions, subtitle cues, what a source says of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemas.outcomes import Outcome, TextKind
from schemas.table import Row
from stages.base import Unit
from stages.select.joined import with_choices
from stages.translate.config import TranslateConfig

UND = "und"


@dataclass(frozen=True)
class SourceText:
    """One text to be translated. `shot_id` and `caption_id` are empty for texts of a source;
    `start_s` and `end_s` are in seconds of the source."""

    kind: TextKind
    text_id: str
    source_id: str
    language: str
    text: str
    shot_id: str = ""
    caption_id: str = ""
    teacher: str | None = None
    style: str | None = None
    is_demo: bool = False
    sidecar: str | None = None
    start_s: float | None = None
    end_s: float | None = None


READS: dict[str, tuple[str, ...]] = {
    "captions": (
        "caption_id",
        "shot_id",
        "source_id",
        "teacher",
        "style",
        "language",
        "text",
        "is_demo",
    ),
    "choices": ("caption_id", "selected"),
    "cues": ("source_id", "sidecar", "cue", "start_s", "end_s", "language", "text"),
    "sources": (
        "source_id",
        "title",
        "description",
        "tags",
        "language",
        "audio_language",
        "chapters",
        "extra_json",
    ),
}
"""The columns that `texts_of` looks at."""

_OF_SOURCES = frozenset(
    {TextKind.TITLE, TextKind.DESCRIPTION, TextKind.TAG, TextKind.CHAPTER, TextKind.COLUMN}
)


def texts_of(unit: Unit, config: TranslateConfig) -> list[SourceText]:
    """The texts that the config asks for, in a fixed order."""
    kinds = set(config.texts)
    found: list[SourceText] = []
    if kinds & {TextKind.CAPTION, TextKind.CANDIDATE}:
        for row in with_choices(unit.rows("captions", Outcome.KEPT), unit.rows("choices")):
            kind = TextKind.CAPTION if row["selected"] else TextKind.CANDIDATE
            named = row["selected"] or is_named(config.candidates, row["teacher"], row["style"])
            if kind in kinds and named:
                found.append(_of_caption(row, kind))
    if kinds & {TextKind.CUE, *_OF_SOURCES}:
        sources = {row["source_id"]: row for row in unit.rows("sources", Outcome.KEPT)}
        for source in sources.values():
            found += [text for text in _of_source(source) if text.kind in kinds]
            found += _of_columns(source, config.columns)
        if TextKind.CUE in kinds:
            found += [_of_cue(cue, sources.get(cue["source_id"], {})) for cue in unit.rows("cues")]
    return found


def is_named(patterns: Sequence[str], teacher: str, style: str) -> bool:
    """Whether a candidate is one of `patterns`: *, a teacher, or teacher/style."""
    return any(pattern in ("*", teacher, f"{teacher}/{style}") for pattern in patterns)


def _of_caption(row: Row, kind: TextKind) -> SourceText:
    return SourceText(
        kind,
        row["caption_id"],
        row["source_id"],
        row["language"] or UND,
        row["text"] or "",
        row["shot_id"],
        row["caption_id"],
        row["teacher"],
        row["style"],
        row["is_demo"],
    )


def _of_cue(row: Row, source: Row) -> SourceText:
    language = row["language"] or source.get("audio_language") or source.get("language") or UND
    return SourceText(
        TextKind.CUE,
        f"cue/{row['sidecar']}/{row['cue']:06d}",
        row["source_id"],
        language,
        row["text"],
        sidecar=row["sidecar"],
        start_s=row["start_s"],
        end_s=row["end_s"],
    )


def _of_source(row: Row) -> Iterator[SourceText]:
    """What a source says of itself; fields that it has not are no texts."""
    source_id, language = row["source_id"], row["language"] or UND
    if row["title"]:
        yield SourceText(TextKind.TITLE, "title", source_id, language, row["title"])
    if row["description"]:
        text = row["description"]
        yield SourceText(TextKind.DESCRIPTION, "description", source_id, language, text)
    for index, tag in enumerate(row["tags"] or []):
        yield SourceText(TextKind.TAG, f"tag/{index:06d}", source_id, language, tag)
    for index, chapter in enumerate(row["chapters"] or []):
        yield SourceText(
            TextKind.CHAPTER,
            f"chapter/{index:06d}",
            source_id,
            language,
            chapter["title"] or "",
            start_s=chapter["start_s"],
            end_s=chapter["end_s"],
        )


def _of_columns(row: Row, columns: Sequence[str]) -> Iterator[SourceText]:
    """Texts in the caller's other columns, and in lists there; what is no text is none."""
    extra = json.loads(row["extra_json"] or "{}") if columns else {}
    source_id, language = row["source_id"], row["language"] or UND
    for column in columns:
        value = extra.get(column)
        texts = {f"column/{column}": value}
        if isinstance(value, list):
            texts = {f"column/{column}/{index:06d}": item for index, item in enumerate(value)}
        for text_id, text in texts.items():
            if isinstance(text, str) and text.strip():
                yield SourceText(TextKind.COLUMN, text_id, source_id, language, text)
