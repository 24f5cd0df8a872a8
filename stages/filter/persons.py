"""Names of people in a text, from a list, replaced by `a person` in the text's language."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stages.filter.language.tags import family

_PERSON = {
    "en": "a person",
    "zh": "一个人",
    "es": "una persona",
    "fr": "une personne",
    "de": "eine Person",
    "hi": "एक व्यक्ति",
    "ar": "شخص",
    "ru": "человек",
    "bn": "একজন ব্যক্তি",
    "ur": "ایک شخص",
    "si": "පුද්ගලයෙක්",
    "ta": "ஒரு நபர்",
    "sv": "en person",
    "ja": "人",
}
OTHERWISE = "[person]"
"""What stands for a person in other languages."""


def name_pattern(names: Sequence[str]) -> re.Pattern[str] | None:
    """One pattern for all names, longest first; None where there are none. In scripts without
    spaces a name needs no boundary."""
    ordered = sorted({name.strip() for name in names if name.strip()}, key=lambda n: (-len(n), n))
    if not ordered:
        return None
    unspaced = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
    parts = [
        re.escape(n) if unspaced.search(n) else rf"(?<!\w){re.escape(n)}(?!\w)" for n in ordered
    ]
    return re.compile("|".join(parts))


def without_names(text: str, language: str, names: re.Pattern[str] | None) -> str:
    """`text` with each name replaced."""
    return names.sub(_PERSON.get(family(language), OTHERWISE), text) if names else text
