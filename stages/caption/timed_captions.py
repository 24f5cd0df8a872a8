"""HowToCaption (arXiv 2310.04900): from a transcript with times to captions with times, and to
the clips that they fit.

Speech names what is seen a little before or after it is seen. So a caption may move to any clip
within a few seconds of the time that the language model gave it; where the paper compares frames,
this compares words: with what the other teachers say of each clip.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stages.caption.words import joined, plain, sentences, tokens

MIN_WORD_CHARS = 3
"""Shorter words are in every text, and say nothing about which one fits."""

_LINE = re.compile(
    r"^(?:\d+[.)]\s+)?\W*(\d+(?:\.\d+)?)\s*s(?:ec(?:onds)?)?\s*[:\-–]\s*(\S.*)$", re.IGNORECASE
)


@dataclass(frozen=True)
class Said:
    """A sentence or a caption, and the span of its source in seconds."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class Span:
    """A clip: its id, its time in the source, and the words that others have for it."""

    shot_id: str
    start_s: float
    end_s: float
    words: frozenset[str] = frozenset()

    def away_s(self, time_s: float) -> float:
        """Seconds from a time to the span; 0 inside."""
        return max(self.start_s - time_s, time_s - self.end_s, 0.0)


def timed_sentences(start_s: float, end_s: float, text: str) -> list[Said]:
    """The sentences of a text said during a span, each with its share of the time."""
    parts = sentences(text)
    whole = sum(map(len, parts)) or 1
    timed, before = [], 0
    for part in parts:
        after = before + len(part)
        length_s = end_s - start_s
        timed.append(
            Said(start_s + length_s * before / whole, start_s + length_s * after / whole, part)
        )
        before = after
    return timed


def blocks(said: Sequence[Said], max_words: int) -> list[list[Said]]:
    """Sentences in order, as many to a block as have at most `max_words` words together; a
    longer sentence is a block of its own."""
    made: list[list[Said]] = []
    room = 0
    for sentence in sorted(said, key=lambda one: (one.start_s, one.end_s)):
        n_words = len(tokens(sentence.text))
        if not made or n_words > room:
            made.append([])
            room = max_words
        made[-1].append(sentence)
        room -= n_words
    return made


def transcript(block: Sequence[Said]) -> str:
    """A block as the model reads it: the second before every sentence."""
    return "\n".join(f"{int(sentence.start_s)}s: {sentence.text}" for sentence in block)


def parsed_captions(answer: str, start_s: float, end_s: float, max_shift_s: float) -> list[Said]:
    """The captions in an answer about the block [start_s, end_s]. Lines without a time, and
    times further than `max_shift_s` from the block, are the model's invention."""
    found = []
    for line in answer.splitlines():
        match = _LINE.match(line.strip())
        if match and start_s - max_shift_s <= (time_s := float(match[1])) <= end_s + max_shift_s:
            found.append(Said(time_s, time_s, match[2].strip()))
    return found


def realigned(
    captions: Sequence[Said], spans: Sequence[Span], max_shift_s: float
) -> dict[str, list[Said]]:
    """Captions by the shot_id of the clip that each fits best among those within `max_shift_s`:
    the one that shares most of its words; among equals the nearest, then the earliest."""
    placed: dict[str, list[Said]] = {}
    for caption in sorted(captions, key=lambda one: (one.start_s, one.text)):
        words = content_words(caption.text)
        near = [span for span in spans if span.away_s(caption.start_s) <= max_shift_s]
        if near:
            best = min(
                near,
                key=lambda span: (
                    -len(words & span.words),
                    span.away_s(caption.start_s),
                    span.start_s,
                ),
            )
            placed.setdefault(best.shot_id, []).append(caption)
    return placed


def content_words(text: str) -> frozenset[str]:
    """Words of a text that tell it from others."""
    words = tokens(plain(text))
    return frozenset(word for word in words if len(word) >= MIN_WORD_CHARS or not word.isascii())


def one_text(captions: Sequence[Said]) -> str:
    """Captions of one clip as sentences in a row, each once."""
    parts = dict.fromkeys(ended(caption.text) for caption in captions)
    return joined(list(parts))


def ended(text: str) -> str:
    """The text with a full stop, where it closes with nothing."""
    return text if text.endswith((".", "!", "?", "…", "。", "！", "？", "।", "۔")) else f"{text}."
