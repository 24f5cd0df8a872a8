"""Whether a sentence can be translated with the letters of the target language alone.

Names, brands and abbreviations are often written in Latin letters whatever is around them: a
translation into Japanese may well say NASA. So a sentence in another script than the target's
passes only if its words are plain ones: in lower case but for the first of the sentence, of letters
alone. What has no letters (numbers, symbols) every language can write. A name that stands first,
and one that nobody wrote with a capital, cannot be told. In scripts that have no case every word of
letters counts as plain. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from stages.filter.scripts_unicode import script_of

_AROUND = ".,;:!?()…–—-。、，；：！？．।؟،؛·'’"
"""Marks that may stand before and after a word. Quotation marks may not: what is in them may be a
name."""
_WITHIN = re.compile(r"[-'’/]")


def nothing_to_copy(sentence: str, scripts: Collection[str]) -> bool:
    """Whether no word asks for a letter outside of `scripts`, those of the target language."""
    words = [word.strip(_AROUND) for word in sentence.split()]
    words = [word for word in words if word]
    return all(_is_free(word, index == 0, scripts) for index, word in enumerate(words))


def _is_free(word: str, is_first: bool, scripts: Collection[str]) -> bool:
    used = {script for letter in word if (script := script_of(letter))}
    if used <= set(scripts):
        return True
    return all(_is_plain(part, is_first and n == 0) for n, part in enumerate(_WITHIN.split(word)))


def _is_plain(part: str, may_be_capital: bool) -> bool:
    """Letters (and their marks) without capitals."""
    rest = part[1:] if may_be_capital else part
    letters = all(script_of(letter) or letter in "\u200c\u200d" for letter in part)
    return bool(part) and letters and rest == rest.lower()
