"""Captions to sentences and back: models translate sentences, datasets keep captions.

`split` keeps what stands between the sentences, so nothing of the source is lost and paragraph
breaks survive translation. How translated sentences are joined depends on the target language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from stages.translate.languages import base_language

UNSPACED = frozenset({"zh", "ja", "yue", "th", "lo", "km", "my", "bo", "dz"})
"""Languages that put no space between two sentences."""


_BULLET = re.compile(r"\s*(?:[-–—*•‣◦▪·]|\([a-z0-9]{1,3}\)|[a-z]\))\s+")
_NUMBERED = re.compile(r"^[ \t]*\d{1,3}[.)]\s+", re.MULTILINE)
_NUMBER = re.compile(r"\(?\d{1,4}[.)]")


@dataclass(frozen=True)
class Segments:
    """Sentences without surrounding white space; `gaps[i]` stands before sentence i, the last
    gap after the last sentence. Gaps are white space and list marks."""

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
            mark = gap.split("\n")[-1].lstrip()
            if index:
                breaks = gap[: len(gap) - len(gap.split("\n")[-1])]
                parts.append(re.sub(r"[^\S\n]", "", breaks) if breaks else space)
            parts += [mark, text.strip()]
        return "".join(parts)


def joiner(language: str) -> str:
    """What stands between two sentences of one paragraph."""
    return "" if base_language(language) in UNSPACED else " "


def unwrapped(text: str) -> str:
    """Subtitle lines as running text, but for lines that begin with a dash: other speakers."""
    return re.sub(r"\s*\n(?!\s*[-–—])\s*", " ", text)


def split(text: str, language: str) -> Segments:
    """The sentences of `text`; between them is left white space, and at the head of a line the
    mark of a list. A line break ends a sentence unless a small letter follows."""
    sentences: list[str] = []
    gaps = [""]
    is_list = len(_NUMBERED.findall(text)) > 1
    for line in _lines(text):
        mark = _list_mark(line, is_list)
        gaps[-1] += mark
        position = len(mark)
        for start, end in _spans(line, position, language):
            gaps[-1] += line[position:start]
            sentences.append(line[start:end])
            gaps.append("")
            position = end
        gaps[-1] += line[position:]
    return Segments(tuple(sentences), tuple(gaps))


def _lines(text: str) -> list[str]:
    """Lines with their ends; a line that begins with a small letter goes on the one before."""
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        if lines and lines[-1].strip() and line.lstrip()[:1].islower():
            lines[-1] += line
        else:
            lines.append(line)
    return lines


def _spans(line: str, position: int, language: str) -> list[tuple[int, int]]:
    """Where the sentences of `line` behind `position` are. A number with its full stop is no
    sentence: it belongs to what follows."""
    from sentencex import segment

    spans: list[tuple[int, int]] = []
    for piece in segment(base_language(language), line[position:]):
        if sentence := piece.strip():
            start = line.index(sentence, position)
            position = start + len(sentence)
            if spans and _NUMBER.fullmatch(line[slice(*spans[-1])]):
                start = spans.pop()[0]
            spans.append((start, position))
    return spans


def _list_mark(line: str, is_list: bool) -> str:
    """The list mark at the head of a line with the white space around it, where text follows."""
    found = _BULLET.match(line) or (_NUMBERED.match(line) if is_list else None)
    return found.group() if found and line[found.end() :].strip() else ""
