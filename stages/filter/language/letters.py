"""Letters as evidence: how many of each script and of each telling kind a text has.

Counting is done for many texts at once: the texts are joined, every character is looked up in a
table of classes, and classes are counted per text. A class is a script, or letters of a script
that some languages use and their neighbours do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.filter.scripts_unicode import UNSPACED, script_of

LETTERS_PER_WORD = 5
"""So many letters of a script with spaces weigh as much as one character without."""
OTHER = "Zzzz"
SCRIPTS: tuple[str, ...] = (
    "Latn",
    "Arab",
    "Cyrl",
    "Deva",
    "Beng",
    "Hani",
    "Hira",
    "Kana",
    "Bopo",
    "Hang",
    "Sinh",
    "Taml",
    "Armn",
    "Geor",
    "Grek",
    "Gujr",
    "Guru",
    "Knda",
    "Laoo",
    "Khmr",
    "Mlym",
    "Mymr",
    "Orya",
    "Telu",
    "Thaa",
    "Thai",
    "Tibt",
    "Ethi",
    "Hebr",
    "Syrc",
    "Zzzz",
)
TELLING: tuple[tuple[str, str, str], ...] = (
    ("Latn", "åÅ", "sv da no fi"),
    ("Latn", "äÄ", "sv de fi et sk lb"),
    ("Latn", "öÖ", "sv de fi et hu tr is az lb"),
    ("Latn", "üÜ", "de et hu tr es az pt ca lb"),
    ("Latn", "ß", "de"),
    ("Latn", "øØæÆ", "da no is fo"),
    ("Latn", "ñÑ", "es gl eu tl"),
    ("Latn", "ãÃõÕ", "pt et vi"),
    ("Latn", "çÇ", "fr pt ca tr oc sq az"),
    ("Latn", "œŒùÙûÛîÎ", "fr it ro"),
    ("Latn", "êÊâÂ", "fr pt ro vi tr"),
    ("Latn", "ëËïÏ", "fr nl ca sq gl af lb"),
    ("Latn", "èÈ", "fr it ca oc"),
    ("Latn", "àÀ", "fr it ca pt oc vi"),
    ("Latn", "òÒìÌ", "it ca oc vi"),
    ("Latn", "éÉ", "fr es pt ca it hu cs sk gl oc is sv da no nl lb"),
    ("Latn", "áÁíÍóÓúÚ", "es pt gl ca hu cs sk is ga vi"),
    ("Latn", "ąęłńśźżćĄĘŁŚŻ", "pl sh"),
    ("Latn", "čěřšůžČŠŽďťňľĺŕ", "cs sk sh sl lt lv et"),
    ("Latn", "ğışİŞĞ", "tr az"),
    ("Latn", "șțăşţĂȘȚ", "ro vi"),
    ("Latn", "őűŐŰ", "hu"),
    ("Latn", "þðÞÐ", "is"),
    ("Latn", "āēīūģķļņ", "lv"),
    ("Arab", "ٹڈڑںے", "ur pa"),
    ("Arab", "ہھۓۂ", "ur pa"),
    ("Arab", "پچگژ", "fa ur pa ku ps ug az sd"),
    ("Arab", "کی", "fa ur pa ku ps sd az"),
    ("Arab", "ةىيكإأؤ", "ar ps az"),
    ("Arab", "ەێۆڕڵڤ", "ku ug"),
    ("Arab", "ټډړښځڅڼۍې", "ps ug"),
    ("Arab", "ٿٺڀٽڃڄڇڍڊڪڳڱڻڙ", "sd"),
    ("Arab", "ۇۈۋ", "ug az"),
    ("Cyrl", "ыЫэЭ", "ru be kk ky mn tt ba cv os"),
    ("Cyrl", "ёЁ", "ru be kk ky mn tg"),
    ("Cyrl", "іІ", "uk be kk"),
    ("Cyrl", "їЇєЄґҐ", "uk"),
    ("Cyrl", "ўЎ", "be uz"),
    ("Cyrl", "ъЪ", "ru bg tg"),
    ("Cyrl", "щЩ", "ru uk bg"),
    ("Cyrl", "јЈљЉњЊџЏ", "sh mk"),
    ("Cyrl", "ђЂћЋ", "sh"),
    ("Cyrl", "ѓЃќЌѕЅ", "mk"),
    ("Cyrl", "өӨүҮ", "mn kk ky tt ba"),
    ("Cyrl", "әӘқҚңҢғҒұҰһҺҳҲҷҶӣӢӯӮҡҙҫ", "kk ky tt ba tg uz"),
    ("Deva", "ळऱॲ", "mr gom"),
    ("Deva", "\u093cक़ख़ग़ज़ड़ढ़फ़", "hi"),
    ("Deva", "ँ", "hi ne mai bh"),
    ("Deva", "ः", "sa ne"),
    ("Beng", "ৰৱ", "as"),
    ("Beng", "র", "bn"),
    ("Hani", "嘅咗唔喺冇哋嚟嗰啲乜佢", "yue"),
)
"""Script, letters of it, and the families that use them."""

_NOT_PLAIN, _NOTHING, _UNKNOWN = 0, 1, 255
"""A character that a text has to be cleaned of; one that says nothing; one not yet looked up."""
_CLEANED = frozenset("@#/")
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class LetterCounts:
    """Counts of n texts. `plain` [n]: nothing has to be cleaned away. `classes` [n, classes]:
    letters of each of CLASSES. `scripts` [n, scripts]: letters of each of SCRIPTS."""

    plain: NDArray[np.bool_]
    classes: NDArray[np.int64]
    scripts: NDArray[np.int64]

    def weights(self) -> NDArray[np.float64]:
        """[n, scripts]: how much each script weighs in each text, in words."""
        return np.asarray(self.scripts / _WORD_LENGTHS)


@dataclass(frozen=True)
class LetterClass:
    """Letters of a script. `users`: families that use them; None: they tell nothing.
    `writers`: for Chinese characters, those of Hans, Hant and Japn who write them."""

    script: str
    users: frozenset[str] | None = None
    writers: frozenset[str] = frozenset()
    letters: str = ""


_HANI_USERS = {
    "Japn": "ja",
    "Hans": "zh",
    "Hant": "zh yue",
    "Hans Japn": "zh ja",
    "Hant Japn": "zh yue ja",
}
"""Who uses Chinese characters that only some of the three ways of writing have."""


def _classes_of(script: str) -> list[LetterClass]:
    found = [LetterClass(script)]
    for of, letters, users in TELLING:
        if of == script:
            found.append(LetterClass(script, frozenset(users.split()), letters=letters))
    if script == "Hani":
        for writers, users in _HANI_USERS.items():
            users_of = frozenset(users.split())
            found.append(LetterClass(script, users_of, frozenset(writers.split())))
    return found


CLASSES: tuple[LetterClass, ...] = tuple(
    letter_class for script in SCRIPTS for letter_class in _classes_of(script)
)
"""All classes, script by script: first the letters that tell nothing, then those that do."""
_N_CODES = len(CLASSES) + 2
_FIRST_OF_SCRIPT = [
    place
    for place, letter_class in enumerate(CLASSES)
    if letter_class == LetterClass(letter_class.script)
]
_WORD_LENGTHS = np.array([1.0 if s in UNSPACED else LETTERS_PER_WORD for s in SCRIPTS])
_CODE_OF_SCRIPT = {
    script: place + 2 for script, place in zip(SCRIPTS, _FIRST_OF_SCRIPT, strict=True)
}
_CODE_OF_LETTER = {
    letter: place + 2
    for place, letter_class in enumerate(CLASSES)
    for letter in letter_class.letters
}
_CODE_OF_WRITERS = {
    letter_class.writers: place + 2
    for place, letter_class in enumerate(CLASSES)
    if letter_class.writers
}
_codes = np.full(0x110000, _UNKNOWN, dtype=np.uint8)
"""Code of every character met so far: filled as texts come, always with the same values."""


def count_letters(texts: Sequence[str]) -> LetterCounts:
    """Count the letters of each text, in time linear in all their lengths."""
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    points = np.frombuffer(joined, dtype="<u4")
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    codes = _codes[points]
    if (unknown := points[codes == _UNKNOWN]).size:
        for point in np.unique(unknown).tolist():
            _codes[point] = _code_of(chr(point))
        codes = _codes[points]
    keys = codes + np.repeat(np.arange(len(texts)) * _N_CODES, lengths)
    counts = np.bincount(keys, minlength=len(texts) * _N_CODES).reshape(-1, _N_CODES)
    classes = counts[:, 2:]
    # No matrix product: its threads would cost more than the work.
    scripts = np.add.reduceat(classes, _FIRST_OF_SCRIPT, axis=1)
    return LetterCounts(counts[:, _NOT_PLAIN] == 0, classes, scripts)


def _code_of(character: str) -> int:
    if character == " ":
        return _NOTHING
    if character in _CODE_OF_LETTER:
        return _CODE_OF_LETTER[character]
    script = script_of(character)
    if script == "Hani" and (writers := _writers(character)) in _CODE_OF_WRITERS:
        return _CODE_OF_WRITERS[writers]
    if script:
        return _CODE_OF_SCRIPT.get(script, _CODE_OF_SCRIPT[OTHER])
    if character in _JOINERS:
        return _NOTHING
    if character in _CLEANED or not character.isprintable() or "\u0300" <= character <= "\u036f":
        return _NOT_PLAIN
    return _NOTHING


def _writers(character: str) -> frozenset[str]:
    """Who writes a Chinese character, by their national character sets."""
    charsets = (("Hans", "gb2312"), ("Hant", "big5"), ("Japn", "euc_jp"))
    return frozenset(writer for writer, charset in charsets if _has(character, charset))


def _has(character: str, charset: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
