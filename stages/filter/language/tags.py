"""What is known of languages: which tags and model labels mean the same, what is close to what.

Tags at every interface are BCP-47. Inside this package languages are *families*: the key under
which tags and labels of one language meet (zh-Hans, cmn and wuu are zh; nb and nn are no).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

UND = "und"
"""No trusted answer."""
MIXED = "mul"
"""The BCP-47 tag of text in several languages."""
ROMANISED_HINDI = "hi-Latn"
"""Hindi and Urdu in Latin letters, which cannot be told apart."""

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
    "ary": "ar",
    "apc": "ar",
    "acm": "ar",
    "prs": "fa",
    "pes": "fa",
    "zsm": "ms",
    "gsw": "de",
    "npi": "ne",
    "ory": "or",
}
RELATIVES = {
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
"""Languages that short texts are easily mistaken for."""
LANGUAGE_OF_SCRIPT = {
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
    "Hebr": "he",
    "Ethi": "am",
    "Tibt": "bo",
    "Syrc": "syr",
}
"""Scripts that one known language is written in, and hardly another."""
_LABEL_WITH_SCRIPT = re.compile(r"([a-z]{2,3})[_-]([A-Z][a-z]{3})(?:-.*)?")
_ROMANISED = ("hi", "hin", "ur", "urd")
_CLOSE = (
    frozenset({"es", "pt", "gl", "ca", "it", "oc", "fr"}),
    frozenset({"sv", "da", "no"}),
    frozenset({"de", "nl", "lb", "af"}),
    frozenset({"hi", "mr", "ne", "sa"}),
    frozenset({"ar", "fa", "ur", "pa", "ku"}),
    frozenset({"ru", "uk", "be", "bg", "mk", "sh"}),
    frozenset({"zh", "ja", "yue"}),
)


@cache
def family(tag: str) -> str:
    """The key of a BCP-47 tag or a fastText label: zh-Hans -> zh, nb -> no, eng_Latn -> en, and
    hi-Latn for both that and ur-Latn; und for an unknown, empty or malformed tag."""
    import langcodes

    if match := _LABEL_WITH_SCRIPT.fullmatch(tag):
        if match[2] == "Latn" and match[1] in _ROMANISED:
            return ROMANISED_HINDI
        tag = match[1]
    if tag in _LANGUAGE_OF_LABEL:
        return _LANGUAGE_OF_LABEL[tag]
    try:
        known = langcodes.Language.get(tag, normalize=False)
    except ValueError:
        return UND
    primary = known.language or UND
    if len(primary) == 3:
        primary = langcodes.standardize_tag(primary, macro=False)
    primary = _LANGUAGE_OF_TAG.get(primary, primary)
    return _LANGUAGE_OF_LABEL.get(primary, primary)


def candidates(expected: str, languages: Collection[str]) -> frozenset[str]:
    """The families that are asked about: those given and the close relatives of all."""
    given = {family(tag) for tag in (expected, *languages)} - {UND}
    return frozenset(given.union(*(RELATIVES.get(language, ()) for language in given)))


@cache
def are_close(one: str, other: str) -> bool:
    """Whether two families share so many words that a text with words of both may be in one."""
    return one == other or any(one in group and other in group for group in _CLOSE)
