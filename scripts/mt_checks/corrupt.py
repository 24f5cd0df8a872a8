"""Good translations made bad in known ways. Each function gives None where it does not apply."""

from __future__ import annotations

import re
from random import Random

from stages.filter.langid import family
from stages.translate.checks.number_words import CLASSIFIERS, HAN, WORDS
from stages.translate.checks.punctuation import FINAL

UNSPACED = frozenset({"zh", "ja"})
_MARKS = ",，、،;؛"


def pieces(text: str, language: str) -> list[str]:
    """Words, or characters in unspaced scripts, that `joined` puts together again."""
    return list(text) if family(language) in UNSPACED else text.split()


def joined(parts: list[str], language: str) -> str:
    return ("" if family(language) in UNSPACED else " ").join(parts)


def dropped_clause(text: str, language: str, rng: Random) -> str | None:
    """Without a stretch of 30 to 50 % of its words, from a comma on where there is one; the
    last word stays."""
    parts = pieces(text, language)
    count = round(len(parts) * rng.uniform(0.3, 0.5))
    if count < 2 or len(parts) - count < 3:
        return None
    last = len(parts) - count - 1
    commas = [i + 1 for i, part in enumerate(parts[:last]) if part[-1] in _MARKS]
    start = rng.choice(commas) if commas else rng.randint(0, last)
    return joined(parts[:start] + parts[start + count :], language)


def repeated_phrase(text: str, language: str, rng: Random) -> str | None:
    """With a phrase of 2 to 4 words (4 to 8 characters) said one to three times more."""
    parts = pieces(text, language)
    least, most = (4, 8) if family(language) in UNSPACED else (2, 4)
    count = rng.randint(least, most)
    if len(parts) <= count:
        return None
    start = rng.randrange(len(parts) - count)
    phrase = parts[start : start + count]
    return joined(parts[: start + count] + phrase * rng.randint(1, 3) + parts[start + count :],
                  language)  # fmt: skip


def truncated(text: str, language: str, rng: Random) -> str | None:
    """The first 40 to 80 % of the words."""
    parts = pieces(text, language)
    count = round(len(parts) * rng.uniform(0.4, 0.8))
    if count < 1 or count >= len(parts):
        return None
    marks = _MARKS + "".join(FINAL)
    return joined(parts[:count], language).rstrip().rstrip(marks) or None


def changed_number(text: str, language: str, rng: Random) -> str | None:
    """With one number, in digits or as a word, replaced by another."""
    tongue = family(language)
    if digits := list(re.finditer(r"\d+", text)):
        found = rng.choice(digits)
        other = str(int(found.group()) + rng.randint(1, 8))
        return text[: found.start()] + other + text[found.end() :]
    if tongue in CLASSIFIERS:
        hits = list(re.finditer(f"(?<!十)[{''.join(HAN)}](?=[{CLASSIFIERS[tongue]}])", text))
        signs = {"zh": "两三四五六七八九", "ja": "二三四五六七八九"}[tongue]
        if not hits:
            return None
        found = rng.choice(hits)
        other = rng.choice([s for s in signs if HAN[s] != HAN[found.group()]])
        return text[: found.start()] + other + text[found.end() :]
    return _changed_word(text, tongue, rng)


def _changed_word(text: str, tongue: str, rng: Random) -> str | None:
    forms = {
        form: (value, index)
        for value, all_forms in WORDS.get(tongue, {}).items()
        for index, form in enumerate(all_forms.split())
    }
    words = text.split(" ")
    hits = [i for i, word in enumerate(words) if word.casefold() in forms]
    if not hits:
        return None
    at = rng.choice(hits)
    value, index = forms[words[at].casefold()]
    others = [number for number in WORDS[tongue] if number != value and number < 7]
    choices = WORDS[tongue][rng.choice(others)].split()
    word = choices[min(index, len(choices) - 1)]
    words[at] = word.capitalize() if words[at][0].isupper() else word
    return " ".join(words)


def changed_word(text: str, language: str, rng: Random, others: list[str]) -> str | None:
    """With one word of four letters or more replaced by one of another caption."""
    parts = pieces(text, language)
    long_enough = 1 if family(language) in UNSPACED else 4
    places = [i for i, part in enumerate(parts[:-1]) if len(part) >= long_enough and i]
    foreign = [w for other in others for w in pieces(other, language)[1:-1]
               if len(w) >= long_enough and w not in parts and w[-1] not in _MARKS]  # fmt: skip
    if not places or not foreign:
        return None
    parts[rng.choice(places)] = rng.choice(foreign)
    return joined(parts, language)
