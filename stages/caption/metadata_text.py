"""A caption out of what people wrote about a video, without what they wrote for the platform."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from schemas.table import Row
from stages.caption.clean import clean_lines, clean_text
from stages.caption.words import joined, plain, sentences, shortened

MAX_READ_CHARS = 20_000
"""A description is read this far: what a video shows is never said later, and cleaning of a
megabyte costs seconds."""

_URL = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]{1,63}\.(?:com|net|org|tv|ly|gg|be|io)/\S*", re.I)
_LEAD_IN = re.compile(
    r"(?:(?<=[.!?…])\s|^)\s*(?:[^\s.!?…]+\s+){0,4}"
    r"(?:(?:at|via|from|here|see|visit|on|to|by)|[^\s.!?…]+\s?:)\s*$",
    re.I,
)
"""A few words that only lead to a link: "More at", "Full episode:"."""
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\.[^\s@]{1,63}")
_HASHTAG = re.compile(r"(?<!\S)[#＃](?=\w*[^\W\d])\w+")
_HANDLE = re.compile(r"(?<!\S)@[\w.]+")
_EMOJI = re.compile(
    "[\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff"
    "\ufe0f\u200d\u20e3\U0001f000-\U0001faff]+"
)
_CHAPTER_STAMP = re.compile(r"^\W*\d{1,2}:\d{2}(?::\d{2})?\b")
_EDGE = " \t-–—|•·*~=_:;,/\\"
_EMPTY_BRACKETS = re.compile(r"[(\[{（【]\s*[)\]}）】]")
_PLATFORM = re.compile(
    r"\b(?:subscribe|patreon|follow (?:me|us)|like and share|hit the bell|notification bell|"
    r"click (?:here|the link)|link in (?:bio|description)|check out my|join (?:this|our) channel|"
    r"all rights reserved|copyright disclaimer|business inquir\w+|sponsored by|promo code|"
    r"merch|discord|instagram|facebook|twitter|tiktok|snapchat|whatsapp|"
    r"suscr[ií]bete|abonn(?:e|iere)\w*|inscreva-se|подпис\w+)\b|©|订阅|訂閱|チャンネル登録|구독",
    re.I,
)
_FILE_NAME = re.compile(
    r"^(?:untitled|no ?title|video|clip|movie|chapter|(?:vid|img|dsc[fn]?|mov|mvi|pxl|gopr|gx|dji|"
    r"screen ?recording)[\s_-]*\d[\d\s_.-]*)\d*(?:\.\w{2,4})?$",
    re.I,
)
_CLOSED = tuple(".!?…。！？।۔")


@dataclass(frozen=True)
class SourceText:
    """A source's texts, cleaned. Empty: there is none, or nothing was left of it."""

    title: str
    description: str
    tags: tuple[str, ...]


def source_text(title: str | None, description: str | None, tags: list[str] | None) -> SourceText:
    """Clean the title, description and tags of one source."""
    clean_tags = (_bare(tag.lstrip("#＃")) for tag in tags or [] if tag)
    return SourceText(
        clean_title(title),
        clean_description(description),
        tuple(dict.fromkeys(tag for tag in clean_tags if tag)),
    )


def clean_title(title: str | None) -> str:
    """A title without links, hashtags, emoji; nothing when it is a camera's file name."""
    text = _bare((title or "")[:MAX_READ_CHARS])
    return "" if _FILE_NAME.match(text) else text


def clean_description(description: str | None) -> str:
    """The lines that speak of the video; links, calls to subscribe and chapter lists go."""
    kept = []
    for line in clean_lines((description or "")[:MAX_READ_CHARS]):
        if _PLATFORM.search(line) or _CHAPTER_STAMP.match(line):
            continue
        bare = _bare(_without_lead_ins(line))
        if _URL.search(line) and len(bare) < 0.5 * len(line):
            continue
        if plain(bare):
            kept.append(bare)
    return joined([line if line.endswith(_CLOSED) else line + "." for line in kept])


def _without_lead_ins(line: str) -> str:
    """The line without its links and the few words before each that only lead to it."""
    kept, end = "", 0
    for link in _URL.finditer(line):
        kept = _LEAD_IN.sub("", kept + line[end : link.start()])
        kept, end = f"{kept} ", link.end()
    return kept + line[end:]


def _bare(text: str) -> str:
    """Clean text without links, addresses, hashtags, handles and emoji."""
    text = clean_text(text)
    for pattern in (_URL, _EMAIL, _HASHTAG, _HANDLE, _EMOJI, _EMPTY_BRACKETS):
        text = pattern.sub(" ", text)
    text = clean_text(text).strip(_EDGE)
    return text if plain(text) else ""


def chapter_title(
    chapters: Sequence[Row] | None, start_s: float, end_s: float, min_share: float
) -> str:
    """Title of the chapter that covers most of [start_s, end_s), the earliest of equals;
    empty unless it covers at least `min_share` of it."""
    best_s, best = 0.0, ""
    for chapter in chapters or []:
        if chapter["start_s"] is None or chapter["end_s"] is None:
            continue
        overlap_s = min(chapter["end_s"], end_s) - max(chapter["start_s"], start_s)
        if overlap_s > best_s:
            best_s, best = overlap_s, chapter["title"] or ""
    enough = best_s >= min_share * (end_s - start_s) - 1e-9
    return clean_title(best) if best_s > 0 and enough else ""


def metadata_caption(
    text: SourceText,
    chapter: str,
    fields: Sequence[str],
    max_description_chars: int,
    max_tags: int,
    max_chars: int,
) -> tuple[str, list[str]]:
    """The caption, and which of `fields` it was made of; ("", []) when there is nothing.

    "Title. Chapter. First sentences of the description." with tags only where all else is empty.
    """
    parts: list[tuple[str, str]] = []
    if "title" in fields and text.title:
        parts.append(("title", text.title))
    if "chapter" in fields and chapter and plain(chapter) != plain(text.title):
        parts.append(("chapter", chapter))
    if "description" in fields:
        about = _opening(text.description, max_description_chars, needed=not parts)
        if about and plain(about) not in {plain(part) for _, part in parts}:
            parts.append(("description", about))
    if not parts and "tags" in fields and text.tags:
        parts.append(("tags", ", ".join(text.tags[:max_tags])))
    if not parts:
        return "", []
    last = len(parts) - 1
    closed = [
        part if index == last or part.endswith(_CLOSED) else part + "."
        for index, (_, part) in enumerate(parts)
    ]
    return shortened(joined(closed), max_chars), [name for name, _ in parts]


def _opening(description: str, max_chars: int, needed: bool) -> str:
    """Whole first sentences of at most `max_chars`; the first one anyhow when `needed`."""
    opening = ""
    for sentence in sentences(description):
        longer = joined([opening, sentence])
        if len(longer) > max_chars and not (needed and not opening):
            break
        opening = longer
    return opening
