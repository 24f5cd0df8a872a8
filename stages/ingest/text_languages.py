"""Which language the texts that came with a video are in: what is declared, what the
configuration says, or what shows in the texts themselves. A track of subtitles is one text."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from schemas.outcomes import LanguageOrigin, SidecarKind
from schemas.table import Row
from stages.filter.language.identify import MAX_CHARACTERS

_SOURCE = ""
"""The place of a source's own texts, beside the names of its tracks."""
_TRACKS = (SidecarKind.SUBTITLE_FILE, SidecarKind.EMBEDDED_SUBTITLE)

Identify = Callable[[Sequence[str]], list[str]]
"""Gives the BCP-47 tag of each text, und where it does not show."""


def with_languages(
    read: Sequence[dict[str, Any]], configured: str | None, identify: Identify | None
) -> list[dict[str, Any]]:
    """What `read_source` gave for some inputs, with `language` and `language_origin` in the rows
    of sources, sidecars and cues. `identify`: language ID; None where there is none."""
    open_texts = [({} if configured else _open_texts(rows)) for rows in read]
    texts = [text for found in open_texts for text in found.values()]
    names = iter(identify(texts) if identify and texts else ["und"] * len(texts))
    named = [{place: next(names) for place in found} for found in open_texts]
    return [_named(rows, configured, found) for rows, found in zip(read, named, strict=True)]


def _open_texts(rows: dict[str, Any]) -> dict[str, str]:
    """The texts whose language nobody declares, by their place."""
    found = {}
    source = rows["source"]
    if not source["language"] and (text := _text_of(source)):
        found[_SOURCE] = text
    tracks: dict[str, list[str]] = defaultdict(list)
    for cue in rows["cues"]:
        if not cue["language"]:
            tracks[cue["sidecar"]].append(cue["text"])
    return found | {track: _start(lines) for track, lines in tracks.items()}


def _text_of(source: Row) -> str:
    """What a source says of itself; where that is nothing, what reads like text in the caller's
    other columns (questions, answers ...)."""
    titles = [chapter["title"] for chapter in source["chapters"] or []]
    own = [source["title"], source["description"], *titles, *(source["tags"] or [])]
    return _start(own) or _start(_other_texts(source))


def _other_texts(source: Row) -> list[str]:
    extra = json.loads(source["extra_json"] or "{}")
    values = [extra[name] for name in sorted(extra)]
    items = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return [item for item in items if isinstance(item, str) and " " in item.strip()]


def _start(texts: Sequence[str | None]) -> str:
    """Texts one after the other, as far as they tell anything."""
    lines, length = [], 0
    for text in texts:
        if text and length < MAX_CHARACTERS:
            lines.append(text[:MAX_CHARACTERS])
            length += len(lines[-1])
    return "\n".join(lines)


def _named(rows: dict[str, Any], configured: str | None, found: dict[str, str]) -> dict[str, Any]:
    def known(row: Row, place: str) -> Row:
        if declared := row["language"] or configured:
            return row | {"language": declared, "language_origin": LanguageOrigin.DECLARED}
        if (name := found.get(place, "und")) != "und":
            return row | {"language": name, "language_origin": LanguageOrigin.IDENTIFIED}
        return row | {"language_origin": None}

    source = rows["source"]
    return {
        "source": known(source, _SOURCE),
        "sidecars": [
            known(row, row["sidecar"]) if row["kind"] in _TRACKS else row
            for row in rows["sidecars"]
        ],
        "cues": [known(row, row["sidecar"]) for row in rows["cues"]],
    }
