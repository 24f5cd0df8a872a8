"""Captions to sentences and back: models translate sentences, datasets keep captions.

`split` keeps what stands between the sentences, so nothing of the source is lost and paragraph
breaks survive translation. How translated sentences are joined depends on the target language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from stages.translate.languages import base_language

UNSPACED = frozenset({"zh", "ja", "yue", "th", "lo", "km", "my", "bo", "dz"})
"""Languages that put no space between two sentences."""


@dataclass(frozen=True)
class Segments:
    """Sentences without surrounding white space; `gaps[i]` stands before sentence i, the last
    gap after the last sentence."""

    sentences: tuple[str, ...]
    gaps: tuple[str, ...]

    def source(self) -> str:
        """The text that was split, to the letter."""
        return "".join(chain.from_iterable(zip_longest(self.gaps, self.sentences, fillvalue="")))

    def join(self, translated: Sequence[str], language: str) -> str:
        """Translated sentences as one text: line breaks as in the source, else the language's
        own joiner."""
        if len(translated) != len(self.sentences):
            raise ValueError(f"{len(translated)} translations of {len(self.sentences)} sentences")
        space = joiner(language)
        parts: list[str] = []
        for index, text in enumerate(translated):
            gap = self.gaps[index]
            if index:
                parts.append(gap.strip(" \t") if "\n" in gap else space)
            parts.append(text.strip())
        return "".join(parts)


def joiner(language: str) -> str:
    """What stands between two sentences of one paragraph."""
    return "" if base_language(language) in UNSPACED else " "


def split(text: str, language: str) -> Segments:
    """The sentences of `text`; only white space is left between them."""
    from sentencex import segment

    sentences: list[str] = []
    gaps = [""]
    position = 0
    for piece in segment(base_language(language), text):
        sentence = piece.strip()
        if not sentence:
            continue
        start = text.index(sentence, position)
        gaps[-1] = text[position:start]
        sentences.append(sentence)
        gaps.append("")
        position = start + len(sentence)
    gaps[-1] = text[position:]
    return Segments(tuple(sentences), tuple(gaps))
