"""Words and spans: how text with times is cut at clip boundaries and put together again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3001-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff"
)
"""Scripts that put no space between words: Thai, Lao, Burmese, Khmer, kana, Han, and the
punctuation of the last two. A character of them counts as a word."""
_TOKEN = re.compile(f"[{_UNSPACED}]|[^\\s{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？।۔])\s*")
_CLOSING = tuple(".!?…。！？।۔")

MAX_WORD_S = 0.6
"""Longer than nearly every spoken word."""


@dataclass(frozen=True)
class Word:
    """A recognised word; `text` keeps its leading space, where its script has one."""

    text: str
    start_s: float
    end_s: float
    probability: float

    @property
    def spoken_from_s(self) -> float:
        """About when the word begins. Whisper counts the pause before a word to the word, so of a
        long one the speech is at its end."""
        return self.end_s - min(self.end_s - self.start_s, MAX_WORD_S)

    @property
    def spoken_at_s(self) -> float:
        """About the middle of the word as it is spoken."""
        return (self.spoken_from_s + self.end_s) / 2


def words_between(words: Iterable[Word], start_s: float, end_s: float) -> list[Word]:
    """Words spoken in [start_s, end_s): over clips that tile a stretch of time, each word of
    that stretch is in exactly one clip."""
    return [word for word in words if start_s <= word.spoken_at_s < end_s]


def phrases(words: Sequence[Word], pause_s: float) -> list[tuple[Word, ...]]:
    """Words in a row, parted after closing punctuation and at pauses longer than `pause_s`."""
    parts: list[list[Word]] = []
    for word in words:
        before = parts[-1][-1] if parts else None
        if before is None or (
            word.spoken_from_s - before.end_s > pause_s or before.text.rstrip().endswith(_CLOSING)
        ):
            parts.append([])
        parts[-1].append(word)
    return [tuple(part) for part in parts]


def tokens(text: str) -> list[str]:
    """Words of a text; in scripts without spaces, characters."""
    return _TOKEN.findall(text)


def joined(parts: Sequence[str]) -> str:
    """Pieces of text in a row: a space between two, unless both sides of the seam belong to
    scripts without spaces."""
    text = ""
    for part in parts:
        if not part:
            continue
        seam = bool(text) and not (is_unspaced(text[-1]) and is_unspaced(part[0]))
        text += (" " if seam else "") + part
    return text


def letters(text: str) -> int:
    """Letters and digits in a text; those of scripts without spaces count twice, because a
    syllable or word of them is one or two characters."""
    return sum(2 if is_unspaced(char) else 1 for char in text if char.isalnum())


def plain(text: str) -> str:
    """For comparison: lower case, letters and digits only, single spaces."""
    kept = "".join(char if char.isalnum() else " " for char in text.casefold())
    return " ".join(kept.split())


def sentences(text: str) -> list[str]:
    """A rough split at closing punctuation, good enough to shorten a text at."""
    return [part for part in _SENTENCE_END.split(text) if part]


def shortened(text: str, max_chars: int) -> str:
    """At most `max_chars` characters: whole sentences, else whole words, else a cut."""
    if len(text) <= max_chars:
        return text
    kept = ""
    for sentence in sentences(text[: max_chars + 1]):
        longer = joined([kept, sentence])
        if len(longer) > max_chars or not sentence.endswith(_CLOSING):
            break
        kept = longer
    if kept:
        return kept
    at = text.rfind(" ", max_chars // 2, max_chars + 1)
    return text[: at if at > 0 else max_chars].rstrip()


def is_unspaced(char: str) -> bool:
    """Whether a character is of a script without spaces between words."""
    return bool(_IS_UNSPACED.match(char))
