"""Subtitle files as plain timed text. Pure."""

from __future__ import annotations

import html
import re

from schemas.outcomes import ItemError, Reason
from schemas.table import Row

SUBTITLE_SUFFIXES = (".srt", ".vtt", ".ass", ".ssa")

_FORMATS = {".srt": "srt", ".vtt": "vtt", ".ass": "ass", ".ssa": "ssa"}

_MARKUP = re.compile(
    r"</?(?:i|b|u|s|c|v|em|strong|lang|ruby|rt|font|span|p|br)(?:[.\s][^<>]*)?/?>|<\d[\d:.]*>",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\s*(?:WEBVTT|\[Script Info\])")
_VTT_ASIDES = re.compile(r"^(?:NOTE|STYLE|REGION)\b(?:(?!-->).)*?(?:\n\s*\n|\Z)", re.M | re.S)
_OVERRIDES = re.compile(r"\{\\[^{}]*\}")


def decode_text(data: bytes) -> str:
    """Text of a file whose encoding is not declared: UTF-8 or UTF-16 by its mark, else UTF-8,
    else Windows-1252, in which the bytes that it leaves undefined are dropped."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="ignore")


def plain_cue(text: str) -> str:
    """One cue's text without styling markup, on one line."""
    text = text.replace(r"\N", " ").replace(r"\n", " ").replace(r"\h", " ")
    text = _MARKUP.sub("", _OVERRIDES.sub("", text))
    return " ".join(html.unescape(text).replace("\x00", "").split())


def read_subtitles(data: bytes, suffix: str, max_cues: int) -> list[Row]:
    """Cues {start_s, end_s, text} of a subtitle file in the order of time; empty ones left out.

    Raises ItemError SIDECAR_BROKEN when the file is not of the format that its suffix says.
    """
    import pysubs2

    text = decode_text(data).replace("\r\n", "\n")
    if suffix == ".vtt":
        text = _VTT_ASIDES.sub("\n", text)  # pysubs2 takes these blocks for text of the cue before
    try:
        subtitles = pysubs2.SSAFile.from_string(text, format_=_FORMATS[suffix])
    except (pysubs2.Pysubs2Error, ValueError, IndexError, KeyError) as error:
        raise ItemError(Reason.SIDECAR_BROKEN, f"not a {suffix} file: {error}") from error
    cues = [
        (event.start / 1000.0, event.end / 1000.0, plain_cue(event.text))
        for event in subtitles.events
        if not event.is_comment
    ]
    if not subtitles.events and text.strip() and not _HEADER.match(text):
        raise ItemError(Reason.SIDECAR_BROKEN, f"no cue of a {suffix} file in it")
    return finish_cues(cues, max_cues)


def finish_cues(cues: list[tuple[float, float, str]], max_cues: int) -> list[Row]:
    """Sorted cues with text and a positive length. Raises ItemError when there are too many."""
    if len(cues) > max_cues:
        raise ItemError(
            Reason.SIDECAR_BROKEN, f"{len(cues)} cues, more than ingest.max_cues = {max_cues}"
        )
    good = sorted(cue for cue in cues if cue[2] and cue[1] > cue[0] >= 0)
    return [{"start_s": start, "end_s": end, "text": text} for start, end, text in good]
