"""Text without what cannot be seen: controls, zero-width and direction marks. Pure.

Joiners stay where they shape what is seen: between letters of the scripts that use them and within
emoji. Models were not taught the others, and direction marks can hide a text's true order.
"""

from __future__ import annotations

import unicodedata

from stages.translate.domain import HIDDEN

JOINERS = frozenset("\u200c\u200d")
_EMOJI_TAGS = range(0xE0020, 0xE0080)


def visible(text: str) -> str:
    """`text` without invisible characters; controls that are white space become a space."""
    if text.isprintable():  # as nearly all texts are; the tests hold it to what follows
        return text
    return "".join(
        " " if mark.isspace() and mark != "\n" else mark
        for index, mark in enumerate(text)
        if mark.isspace() or not _is_hidden(text, index)
    )


def has_letters(text: str) -> bool:
    """Whether there is anything that a language could say otherwise."""
    return any(mark.isalpha() for mark in text)


def _is_hidden(text: str, index: int) -> bool:
    mark = text[index]
    if unicodedata.category(mark) not in HIDDEN:
        return False
    if mark in JOINERS:
        around = text[max(0, index - 1) : index], text[index + 1 : index + 2]
        return not all(side and unicodedata.category(side)[0] in "LMS" for side in around)
    return ord(mark) not in _EMOJI_TAGS
