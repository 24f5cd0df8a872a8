"""Language identification that can be believed on short captions.

A bare arg-max over 176 languages is wrong too often on a handful of words ("A man rides a horse"
is German to lid.176.ftz). The question here is mostly easier: is this text in the language that
it should be in? So the evidence is taken in this order:

1. script: a language that is not written in the text's script is out; a script that only one
   known language uses decides alone (Sinhala, Tamil, Korean; kana makes Japanese);
2. the model, asked only about a candidate set: the expected language, the run's languages, and
   their close relatives. `margin` compares the expected language with its best rival:
   (p - q) / (p + q), from -1 (certainly the rival) to 1;
3. any other language counts as a rival only when the model is very sure of it;
4. too few letters, or a margin between the limits: `und`, no trusted answer. An expected
   language that the model does not know cannot be refuted by it.

The model is a port: a function from one line of text to probabilities by fastText label.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache

from stages.filter.scripts_unicode import (
    OTHER_SCRIPT,
    UNSPACED,
    script_shares,
    scripts_of_tag,
    units,
    visible,
)

UND = "und"
Predict = Callable[[str], Mapping[str, float]]
"""One line of text -> probability by label, labels without the prefix __label__."""

MAX_CHARACTERS = 2000
"""More of a text than this tells the model nothing new."""
SURE = 0.8
"""A language outside the candidate set is a rival from this probability on."""
CONFIRMED = 0.2
"""The expected language is named from this margin on."""
REFUTED = 0.7
"""A language that nobody expected is named only when it leads by this margin."""

_LANGUAGE_OF_LABEL = {
    "als": "de",
    "bar": "de",
    "nds": "de",
    "arz": "ar",
    "wuu": "zh",
    "nn": "no",
    "nb": "no",
    "hr": "sh",
    "sr": "sh",
    "bs": "sh",
    "pnb": "pa",
    "azb": "az",
    "lmo": "it",
    "pms": "it",
    "vec": "it",
    "sco": "en",
    "simple": "en",
    "ckb": "ku",
    "dsb": "hsb",
}
"""Labels of dialects and written variants that count as one language, as do their tags."""
_LANGUAGE_OF_TAG = {
    "cmn": "zh",
    "iw": "he",
    "in": "id",
    "fil": "tl",
    "arb": "ar",
    "prs": "fa",
    "pes": "fa",
    "zsm": "ms",
    "gsw": "de",
}
_RELATIVES = {
    "ar": ("fa", "ur", "ku"),
    "bn": ("as",),
    "ca": ("es", "oc"),
    "cs": ("sk", "pl"),
    "da": ("no", "sv"),
    "de": ("nl", "lb"),
    "en": ("nl", "fr", "de"),
    "es": ("pt", "gl", "ca", "it"),
    "fa": ("ar", "ur", "ku"),
    "fr": ("it", "ca", "oc"),
    "hi": ("mr", "ne", "sa"),
    "id": ("ms",),
    "it": ("es", "fr"),
    "ja": ("zh",),
    "nl": ("de", "af"),
    "no": ("da", "sv"),
    "pt": ("es", "gl"),
    "ru": ("uk", "be", "bg"),
    "sk": ("cs",),
    "sv": ("da", "no"),
    "uk": ("ru", "be"),
    "ur": ("ar", "fa", "pa", "ku"),
    "zh": ("ja", "yue"),
}
_ONE_LANGUAGE_SCRIPT = {
    "Armn": "hy",
    "Geor": "ka",
    "Grek": "el",
    "Gujr": "gu",
    "Guru": "pa",
    "Hang": "ko",
    "Khmr": "km",
    "Knda": "kn",
    "Laoo": "lo",
    "Mlym": "ml",
    "Mymr": "my",
    "Orya": "or",
    "Sinh": "si",
    "Taml": "ta",
    "Telu": "te",
    "Thaa": "dv",
    "Thai": "th",
}
_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[@#]\w+|\d+")


@dataclass(frozen=True)
class LanguageScore:
    """What was found. `margin` and `probability` are None where nothing could be measured."""

    language: str
    probability: float | None
    margin: float | None


NOTHING = LanguageScore(UND, None, None)


@cache
def family(tag: str) -> str:
    """The key under which this module knows a BCP-47 tag or a fastText label: zh-Hans -> zh,
    nb -> no; und for an unknown, empty or malformed tag."""
    import langcodes

    if tag in _LANGUAGE_OF_LABEL:
        return _LANGUAGE_OF_LABEL[tag]
    try:
        primary = langcodes.Language.get(tag, normalize=False).language or UND
    except ValueError:
        return UND
    primary = _LANGUAGE_OF_TAG.get(primary, primary)
    return _LANGUAGE_OF_LABEL.get(primary, primary)


def candidates(expected: str, languages: Collection[str]) -> frozenset[str]:
    """The families that are asked about: those given and the close relatives of all."""
    given = {family(tag) for tag in (expected, *languages)} - {UND}
    return frozenset(given.union(*(_RELATIVES.get(language, ()) for language in given)))


def identify(
    text: str, expected: str, languages: Collection[str], predict: Predict, min_letters: int
) -> LanguageScore:
    """Which language `text` is in, asked whether it is `expected` (a BCP-47 tag or und).

    The answer is `expected` itself where it is confirmed, else the family of what the text looks
    like, or und. Without an expected language `margin` is that of the best over the second.
    The model is not asked about fewer than `min_letters` letters (2 in scripts without spaces).
    """
    line = visible(_NOISE.sub(" ", visible(text)[:MAX_CHARACTERS]))
    parts = units(line)
    shares = script_shares(parts)
    letters = sum(len(unit.text) for unit in parts if unit.script)
    script = next(iter(shares), OTHER_SCRIPT)
    if script == OTHER_SCRIPT:
        return NOTHING
    wanted = family(expected)
    if script in ("Hira", "Kana") or (script == "Hani" and _kana(shares) >= 0.1):
        return _by_script("ja", _kana(shares) + shares.get("Hani", 0.0), expected, wanted)
    if script in _ONE_LANGUAGE_SCRIPT and (wanted == UND or script not in scripts_of_tag(expected)):
        return _by_script(_ONE_LANGUAGE_SCRIPT[script], shares[script], expected, wanted)
    if _ONE_LANGUAGE_SCRIPT.get(script) == wanted:
        return _by_script(wanted, shares[script], expected, wanted)
    if letters < (2 if script in UNSPACED else min_letters):
        return NOTHING
    probabilities = predict(line)
    if wanted not in {family(label) for label in probabilities}:
        expected = wanted = UND
    odds = _odds(probabilities, script, expected, languages)
    return _decide(odds, expected, wanted)


def _kana(shares: Mapping[str, float]) -> float:
    return shares.get("Hira", 0.0) + shares.get("Kana", 0.0)


def _by_script(found: str, share: float, expected: str, wanted: str) -> LanguageScore:
    if found == wanted:
        return LanguageScore(expected, share, 1.0)
    return LanguageScore(found, share, 1.0 if wanted == UND else -1.0)


def _odds(
    probabilities: Mapping[str, float],
    script: str,
    expected: str,
    languages: Collection[str],
) -> dict[str, float]:
    """Probability by family, of the families that may be the answer."""
    asked, wanted = candidates(expected, languages), family(expected)
    odds: dict[str, float] = {}
    for label, probability in probabilities.items():
        known = family(label)
        tag = expected if known == wanted else label
        writes = scripts_of_tag(tag)
        if writes and script not in writes:
            continue
        if known in asked or probability >= SURE:
            odds[known] = odds.get(known, 0.0) + probability
    if wanted != UND and script in scripts_of_tag(expected):
        odds.setdefault(wanted, 0.0)
    return odds


def _decide(odds: Mapping[str, float], expected: str, wanted: str) -> LanguageScore:
    total = sum(odds.values())
    if not total:
        return NOTHING
    ranked = sorted(odds, key=lambda language: (-odds[language], language))
    asked = ranked[0] if wanted == UND else wanted
    rivals = [language for language in ranked if language != asked]
    own, other = odds.get(asked, 0.0), odds[rivals[0]] if rivals else 0.0
    margin = (own - other) / (own + other) if own + other else 0.0
    if margin >= (REFUTED if wanted == UND else CONFIRMED):
        return LanguageScore(asked if wanted == UND else expected, own / total, margin)
    if margin < -REFUTED:
        return LanguageScore(rivals[0], other / total, margin)
    return LanguageScore(UND, max(own, other) / total, margin)
