"""The input's rows again, with each of their texts in the other languages: JSON lines."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import RunError
from pipeline.query import fetch, open_run
from pipeline.storage import Storage
from schemas.outcomes import TextStatus
from schemas.table import Row

_SOURCES = """
SELECT source_id, key, title, description, tags, language, licence, extra_json FROM sources
ORDER BY key, source_id
"""
_TEXTS = """
SELECT source_id, text_id, language, text, status, flags, reason FROM translations
WHERE kind IN ('title', 'description', 'tag', 'column')
    AND (len(?) = 0 OR list_contains(?, language))
ORDER BY source_id, language, text_id
"""
_TEXT_ID = re.compile(r"(?P<kind>[a-z]+)(?:(?<=column)/(?P<column>.+?))?(?:/(?P<place>\d{6}))?")
_LISTS = {"tag": "tags"}
"""Kinds of texts that are items of a list, and the list's name."""


def write_localised(storage: Storage, path: Path, languages: Sequence[str]) -> int:
    """Write a row for each input video; how many. Raises RunError when no text of theirs was
    translated."""
    connection = open_run(storage)
    texts: dict[str, list[Row]] = {}
    for row in fetch(connection, _TEXTS, list(languages), list(languages)):
        texts.setdefault(row["source_id"], []).append(row)
    if not texts:
        raise RunError(
            "the run has no translated texts of its input" + (" in them" if languages else ""),
            "run translate with --set 'translate.texts=[caption, title, description]'; see "
            "configs/localise.yaml",
        )
    sources = fetch(connection, _SOURCES)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for source in sources:
            row = localised(source, texts.get(source["source_id"], []))
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return len(sources)


def localised(source: Row, texts: Sequence[Row]) -> dict[str, Any]:
    """The columns that the caller gave; under `translations` language -> column -> text, or list of
    texts; under `open` language -> column -> what is to be looked at: why a text is missing, or
    what its checks doubt."""
    given = {"video": source["key"], **json.loads(source["extra_json"] or "{}")}
    for name in ("title", "description", "tags", "language", "licence"):
        if source[name]:
            given[name] = source[name]
    translations: dict[str, dict[str, Any]] = {}
    still_open: dict[str, dict[str, str]] = {}
    for row in texts:
        found = translations.setdefault(row["language"], {})
        _put(found, *_place(row["text_id"]), row["text"], given)
        if why := _why_open(row):
            still_open.setdefault(row["language"], {})[row["text_id"]] = why
    return given | {"translations": translations, "open": still_open}


def _place(text_id: str) -> tuple[str, int | None]:
    """Column of a text, and its place in a list: of title, tag/000001, column/options/000002."""
    found = _TEXT_ID.fullmatch(text_id)
    if found is None:
        raise ValueError(f"{text_id!r} is no id of a text of a source")
    column = found["column"] or found["kind"]
    return _LISTS.get(column, column), int(found["place"]) if found["place"] else None


def _put(
    found: dict[str, Any], column: str, place: int | None, text: str | None, given: Row
) -> None:
    """Put a text where it belongs; items of a list that are no texts stay as they were given."""
    if place is None:
        found[column] = text
    else:
        found.setdefault(column, list(given[column]))[place] = text


def _why_open(row: Row) -> str | None:
    if row["status"] == TextStatus.FLAGGED:
        return ", ".join(row["flags"])
    return row["reason"] if row["text"] is None else None
