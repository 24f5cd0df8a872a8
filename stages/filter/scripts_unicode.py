"""Which writing systems a text is in, and how long it is in units that mean something there.

Characters are told apart by the first word of their Unicode name (LATIN SMALL LETTER A, CJK
UNIFIED IDEOGRAPH-4E00), which needs no table of ranges. Scripts are ISO 15924 codes. Digits,
punctuation, emoji, combining accents and invisible characters belong to no script.

A *unit* is one character of a script that is written without spaces (Chinese, Japanese, Thai
...), and elsewhere one run of letters and digits: a word. So "uses Kubernetes" and "使用
Kubernetes" are both short, and one long name among Chinese characters does not make a text Latin.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

_SCRIPT_OF_NAME = {
    "ARABIC": "Arab",
    "ARMENIAN": "Armn",
    "BENGALI": "Beng",
    "BOPOMOFO": "Bopo",
    "CJK": "Hani",
    "CYRILLIC": "Cyrl",
    "DEVANAGARI": "Deva",
    "ETHIOPIC": "Ethi",
    "GEORGIAN": "Geor",
    "GREEK": "Grek",
    "GUJARATI": "Gujr",
    "GURMUKHI": "Guru",
    "HANGUL": "Hang",
    "HEBREW": "Hebr",
    "HIRAGANA": "Hira",
    "KANNADA": "Knda",
    "KATAKANA": "Kana",
    "KATAKANA-HIRAGANA": "Kana",
    "KHMER": "Khmr",
    "LAO": "Laoo",
    "LATIN": "Latn",
    "MALAYALAM": "Mlym",
    "MYANMAR": "Mymr",
    "ORIYA": "Orya",
    "SINHALA": "Sinh",
    "SYRIAC": "Syrc",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "THAANA": "Thaa",
    "THAI": "Thai",
    "TIBETAN": "Tibt",
}
SCRIPTS = frozenset(_SCRIPT_OF_NAME.values())
"""Scripts that are told apart; letters of all others are `OTHER_SCRIPT`."""
_WIDTH_PREFIXES = ("FULLWIDTH", "HALFWIDTH")
OTHER_SCRIPT = "Zzzz"

UNSPACED = frozenset({"Hani", "Hira", "Kana", "Bopo", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})
"""Scripts that are written without spaces between words."""

_COMPOUND = {
    "Hans": {"Hani"},
    "Hant": {"Hani"},
    "Hani": {"Hani"},
    "Jpan": {"Hani", "Hira", "Kana"},
    "Hrkt": {"Hira", "Kana"},
    "Kore": {"Hang", "Hani"},
    "Hanb": {"Hani", "Bopo"},
    "Aran": {"Arab"},
}

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e01ef]"
)
_CONTROL = re.compile("[\u0000-\u0008\u000e-\u001f\u007f-\u009f\ud800-\udfff]")
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class Unit:
    """One word or one character of an unspaced script; `script` is None for digits."""

    text: str
    script: str | None


def visible(text: str) -> str:
    """`text` in composed form without what nobody sees: zero-width and bidi controls, variation
    selectors, lone surrogates; every run of white space is one space, none at the ends.

    The joiners U+200C and U+200D stay: Persian, Hindi and Sinhala spell with them.
    """
    clean = _CONTROL.sub(" ", _INVISIBLE.sub("", text))
    return " ".join(unicodedata.normalize("NFC", clean).split())


@lru_cache(maxsize=65_536)
def script_of(character: str) -> str | None:
    """ISO 15924 code of a letter's script; None for everything that belongs to no script."""
    if unicodedata.category(character)[0] not in "LM":
        return None
    words = unicodedata.name(character, "").split()
    if words and words[0] in _WIDTH_PREFIXES:
        words = words[1:]
    if not words or words[0] in ("COMBINING", "MODIFIER", "FEMININE", "MASCULINE", "MICRO"):
        return None
    if words[0] == "IDEOGRAPHIC":
        return "Hani"
    return _SCRIPT_OF_NAME.get(words[0], OTHER_SCRIPT)


def units(text: str) -> list[Unit]:
    """The words and unspaced characters of a visible text, in order."""
    found: list[Unit] = []
    word: list[str] = []
    script: str | None = None

    def close() -> None:
        nonlocal script
        if word and any(ch.isalnum() for ch in word):
            found.append(Unit("".join(word).casefold(), script))
        word.clear()
        script = None

    for character in text:
        own = script_of(character)
        if own in UNSPACED:
            if unicodedata.category(character)[0] == "M" and found and not word:
                continue
            close()
            found.append(Unit(character, own))
        elif own or character.isalnum() or unicodedata.category(character)[0] == "M":
            word.append(character)
            script = script or own
        elif character not in _JOINERS and character not in "'’":
            close()
    close()
    return found


def script_shares(parts: Iterable[Unit]) -> dict[str, float]:
    """Share of each script among the units that have one, largest first; {} without letters."""
    counts = Counter(unit.script for unit in parts if unit.script)
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {script: count / total for script, count in ordered}


def is_unspaced(parts: Iterable[Unit]) -> bool:
    """Whether most of the text is in scripts without spaces, so that it is counted in
    characters."""
    shares = script_shares(parts)
    return sum(share for script, share in shares.items() if script in UNSPACED) > 0.5


@cache
def scripts_of_tag(tag: str) -> frozenset[str]:
    """Scripts in which a language is usually written, or the one that its tag names.

    Empty for und, for a tag that is none, and for a language whose script is not known.
    """
    import langcodes
    from langcodes.data_dicts import LIKELY_SUBTAGS

    try:
        language = langcodes.Language.get(tag)
    except ValueError:
        return frozenset()
    primary = language.language
    if not primary or primary == "und":
        return frozenset()
    if primary == "sr" and not language.script:
        return frozenset({"Cyrl", "Latn"})
    script = language.script
    if not script and primary in LIKELY_SUBTAGS:
        script = language.maximize().script
    if not script:
        return frozenset()
    return frozenset(_COMPOUND.get(script, {script}))
