"""Text cleaning that every teacher shares, so that a caption is one clean line of plain text.

Web text brings wrong decodings, entities, markup, control characters that turn the reading
direction, and joiners in the wrong places. Joiners are kept where a script needs them to spell
(Persian, Sinhala, Hindi ...). Cleaning a clean text changes nothing.
"""

from __future__ import annotations

import html
import re
import unicodedata

MAX_PASSES = 8
"""Entities inside entities and tags inside tags appear one pass at a time. A text that is not
clean after so many passes was built to resist; it loses all its markup characters."""

_ENTITY_CHAIN = re.compile(r"&(?:amp;)+", re.IGNORECASE)
_TAG = re.compile(r"</?([A-Za-z!]+)[^<>]{0,300}>")
_INSIDE_WORDS = frozenset({"b", "i", "u", "s", "c", "em", "strong", "font", "span", "sub", "sup"})
"""Tags that may stand within a word; others part words."""
_SUBTITLE_CODE = re.compile(r"\{\\[^{}]{0,200}\}")
_MARKUP = re.compile(r"[<>&{}]")
_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e007f]"
)
_JOINER = re.compile("[\u200c\u200d]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")


def clean_text(text: str | None) -> str:
    """One line of plain text: no markup, no invisible characters, single spaces, NFC."""
    if not text:
        return ""
    for _ in range(MAX_PASSES):
        cleaned = _one_pass(text)
        if cleaned == text:
            return text
        text = cleaned
    text = _MARKUP.sub(" ", text)
    while (cleaned := _one_pass(text)) != text:
        text = _MARKUP.sub(" ", cleaned)
    return text


def clean_lines(text: str | None) -> list[str]:
    """The lines of a text, each clean; empty ones are left out."""
    return [line for line in map(clean_text, (text or "").splitlines()) if line]


def _one_pass(text: str) -> str:
    import ftfy

    text = html.unescape(_ENTITY_CHAIN.sub("&", text))
    text = _TAG.sub(_instead_of_tag, _SUBTITLE_CODE.sub("", text))
    text = ftfy.fix_text(
        text,
        unescape_html=False,
        uncurl_quotes=False,
        fix_character_width=False,
        normalization="NFC",
    )
    text = _INVISIBLE.sub("", _CONTROL.sub("", text))
    text = _JOINER.sub(lambda match: match[0] if _joins(text, match.start()) else "", text)
    return unicodedata.normalize("NFC", _SPACE.sub(" ", text).strip())


def _instead_of_tag(tag: re.Match[str]) -> str:
    return "" if tag[1].lower() in _INSIDE_WORDS else " "


def _joins(text: str, at: int) -> bool:
    """Whether a joiner stands between two characters that it can join."""
    if at == 0 or at + 1 >= len(text):
        return False
    before, after = text[at - 1], text[at + 1]
    return (_spells(before) and _spells(after)) or (_pictures(before) and _pictures(after))


def _spells(char: str) -> bool:
    """A letter or mark of the scripts that write with joiners, Arabic to Mongolian."""
    return "\u0600" <= char < "\u18b0" and unicodedata.category(char)[0] in "LM"


def _pictures(char: str) -> bool:
    return char == "\ufe0f" or unicodedata.category(char) in ("So", "Sk")
