"""Numbers of the source stand in the translation, in digits of any script or in words.

A number in digits has to come back. A number word may be paraphrased ("two men", "a couple"), so
it is held against the translation only when that names another number instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache

from stages.filter.langid import family
from stages.translate.checks.links import without_links
from stages.translate.checks.number_words import AMBIGUOUS, CLASSIFIERS, HAN, WORDS
from stages.translate.checks.pair import KEPT_TEXTS, TextPair

_DIGITS = re.compile(r"\d+(?:[.,٫٬'’ \u00a0\u202f]\d+)*")
_GROUPS = re.compile(r"[.,٬'’ \u00a0\u202f](?=\d{3}(?!\d))")
_WORD = re.compile(r"[^\W\d_][\w'\u0900-\u0dff\u200c\u200d]*")
_HAN_NUMBER = {
    language: re.compile(f"(十?[{''.join(HAN)}])(?=[{marks}])")
    for language, marks in CLASSIFIERS.items()
}


@dataclass(frozen=True)
class Numbers:
    """The numbers of one text. `loose` are words that may mean something else."""

    digits: Counter[str]
    words: Counter[str]
    loose: frozenset[str]

    @property
    def all(self) -> Counter[str]:
        return self.digits + self.words

    @property
    def named(self) -> set[str]:
        return set(self.digits) | set(self.words) | self.loose


@lru_cache(KEPT_TEXTS)
def numbers(text: str, language: str) -> Numbers:
    """The numbers of a visible text, in Western digits, without group separators."""
    plain = without_links(text)
    digits = Counter(_value(found) for found in _DIGITS.findall(plain))
    tongue = family(language)
    words: Counter[str] = Counter()
    if tongue in _HAN_NUMBER:
        for found in _HAN_NUMBER[tongue].findall(plain):
            words[str(sum(HAN[sign] for sign in found))] += 1
    loose: set[str] = set()
    known = _forms(tongue)
    for word in _WORD.findall(plain.casefold()):
        if (value := known.get(word)) is None:
            continue
        if value in AMBIGUOUS.get(tongue, frozenset()):
            loose.add(str(value))
        else:
            words[str(value)] += 1
    return Numbers(digits, words, frozenset(loose))


def numbers_changed(pair: TextPair) -> float:
    """How many numbers differ: digits that are lost or new, words that name another number."""
    given = numbers(pair.source_shown, pair.source_language)
    own = numbers(pair.target_shown, pair.target_language)
    lost = sum((Counter(set(given.digits)) - Counter(own.named)).values())
    new = sum((Counter(set(own.digits)) - Counter(given.named | _ONE)).values())
    other_given = set(given.words) - own.named
    other_own = set(own.words) - given.named
    return float(lost + new + min(len(other_given), len(other_own)))


_ONE = {"1"}
"""A translation may write the article as a digit."""


def _value(found: str) -> str:
    """One written number as digits: ٣٫٥ -> 3.5, 1,000 -> 1000, 007 -> 7."""
    western = "".join(str(unicodedata.digit(sign)) if sign.isdigit() else sign for sign in found)
    plain = _GROUPS.sub("", western).replace("٫", ".").replace(",", ".")
    plain = re.sub(r"[ '’٬\u00a0\u202f]", " ", plain)
    return plain.lstrip("0") or "0"


@cache
def _forms(tongue: str) -> dict[str, int]:
    return {
        unicodedata.normalize("NFC", form): value
        for value, forms in WORDS.get(tongue, {}).items()
        for form in forms.split()
    }
