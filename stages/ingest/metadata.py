"""Title, description, tags ... from a table's row or a JSON file, under their usual names. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from schemas.table import Row
from stages.ingest.languages import language_tag

MAX_EXTRA_CHARS = 4000
"""Longer values are not carried along: downloaders store whole lists of formats in their JSON."""

_ALIASES = {
    "title": ("title", "fulltitle", "name"),
    "description": ("description", "caption", "comment", "synopsis"),
    "tags": ("tags", "keywords", "categories"),
    "language": ("language", "lang"),
    "licence": ("licence", "license"),
    "chapters": ("chapters",),
}

_LISTS = {"tags"}
_SEPARATORS = re.compile(r"[;|\n]")


def read_metadata(values: Mapping[str, Any]) -> tuple[Row, list[str]]:
    """Known fields of `values` (title, description, tags, language, licence, chapters, each only
    where it says something), the others under "extra", and the names that were left out."""
    by_name = {name.strip().lower(): name for name in values}
    used: set[str] = set()
    fields: Row = {}
    for field, aliases in _ALIASES.items():
        names = [by_name[alias] for alias in aliases if alias in by_name]
        taken = names if field in _LISTS else names[:1]
        used.update(taken)
        known = _field(field, [values[name] for name in taken])
        if known:
            fields[field] = known
    left_out = []
    extra = {}
    for name in sorted(set(values) - used):
        value = values[name]
        if value is None:
            continue
        if len(json.dumps(value, ensure_ascii=False)) > MAX_EXTRA_CHARS:
            left_out.append(name)
        else:
            extra[name] = value
    fields["extra"] = extra
    return fields, left_out


def _field(field: str, values: list[Any]) -> Any:
    if field == "tags":
        return list(dict.fromkeys(tag for value in values for tag in tags_of(value)))
    value: Any = values[0] if values else None
    if field == "chapters":
        return chapters_of(value)
    if field == "language":
        return language_tag(value)
    return clean_text(value)


def clean_text(value: Any) -> str | None:
    """Text without surrounding blanks and NULs; None where there is none."""
    if value is None or isinstance(value, dict | list):
        return None
    return str(value).replace("\x00", "").strip() or None


def tags_of(value: Any) -> list[str]:
    """Tags from a list, or from one string that is a JSON list or is separated by ; | or commas."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            try:
                return tags_of(json.loads(text))
            except json.JSONDecodeError:
                pass  # it only looks like a list and is split as text below
        separator = _SEPARATORS if _SEPARATORS.search(text) else re.compile(",")
        return [tag.strip() for tag in separator.split(text) if tag.strip()]
    items = value if isinstance(value, list) else []
    return [tag for item in items if (tag := clean_text(item))]


def chapters_of(value: Any) -> list[Row]:
    """Chapters from a list of {start_s | start_time | start, end_s | end_time | end, title}; those
    without a usable start are left out, and an end that is missing is the next one's start."""
    chapters: list[Row] = []
    for item in value if isinstance(value, list) else []:
        if not isinstance(item, dict):
            continue
        start_s = _seconds(item, ("start_s", "start_time", "start"))
        if start_s is None:
            continue
        end_s = _seconds(item, ("end_s", "end_time", "end"))
        title = clean_text(item.get("title"))
        chapters.append({"start_s": start_s, "end_s": end_s, "title": title})
    chapters.sort(key=lambda chapter: (chapter["start_s"], chapter["title"] or ""))
    for chapter, following in pairwise(chapters):
        if chapter["end_s"] is None:
            chapter["end_s"] = following["start_s"]
    return chapters


def _seconds(item: Mapping[str, Any], names: tuple[str, ...]) -> float | None:
    for name in names:
        value = item.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None
