"""Which recognised segments can be trusted. Whisper writes fluent sentences over music, noise
and languages that it does not know; what it reports beside them gives most of those away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stages.caption.config import AsrConfig
from stages.caption.words import Word, plain

MIN_LOOP_WORDS = 3
"""One word said so often and nothing else is a loop; too short for the compression ratio."""


@dataclass(frozen=True)
class Segment:
    """What the recogniser heard in one go, with its own figures."""

    words: tuple[Word, ...]
    no_speech_probability: float
    mean_logprob: float
    compression_ratio: float

    @property
    def text(self) -> str:
        return spoken(self.words)

    @property
    def word_probability(self) -> float:
        return confidence(self.words)


@dataclass(frozen=True)
class Transcript:
    """The trusted words of one source, in its own time, and why the others are not."""

    language: str
    words: tuple[Word, ...]
    distrusted: tuple[tuple[float, float, str], ...] = ()
    """(start_s, end_s, why) of each segment that was left out."""

    def distrust_in(self, start_s: float, end_s: float) -> str:
        """In words, why something heard in [start_s, end_s) was left out; empty: nothing was."""
        why = Counter(
            reason
            for heard_s, until_s, reason in self.distrusted
            if heard_s < end_s and until_s > start_s
        )
        return ", ".join(f"{count} x {reason}" for reason, count in sorted(why.items()))


def spoken(words: Iterable[Word]) -> str:
    """Words as a text; they bring their own spaces."""
    return "".join(word.text for word in words).strip()


def confidence(words: Sequence[Word]) -> float:
    """Mean probability of some words; 0 for none."""
    return sum(word.probability for word in words) / len(words) if words else 0.0


def distrust(segment: Segment, config: AsrConfig, stock: frozenset[str]) -> str | None:
    """Why a segment is not believed; null when it is. `stock` holds plain phrases."""
    if not segment.words:
        return "no words"
    if segment.no_speech_probability > config.max_no_speech_probability:
        return "no speech likely"
    said = [plain(word.text) for word in segment.words]
    is_loop = len(said) >= MIN_LOOP_WORDS and len(set(said)) == 1
    if is_loop or segment.compression_ratio > config.max_compression_ratio:
        return "repeats itself"
    if segment.mean_logprob < config.min_mean_logprob:
        return "unlikely words"
    if segment.word_probability < config.min_word_probability:
        return "unsure words"
    if plain(segment.text) in stock:
        return "stock phrase"
    return None


def stock_phrases(config: AsrConfig) -> frozenset[str]:
    """The phrases that mean nothing on their own, plain."""
    return frozenset(map(plain, config.stock_phrases))


def trusted_transcript(language: str, segments: Iterable[Segment], config: AsrConfig) -> Transcript:
    """The words of the segments that can be trusted, in order of time."""
    stock = stock_phrases(config)
    words: list[Word] = []
    left_out = []
    for segment in segments:
        why = distrust(segment, config, stock)
        if why is None:
            words.extend(segment.words)
        elif segment.words:
            left_out.append((segment.words[0].start_s, segment.words[-1].end_s, why))
    words.sort(key=lambda word: (word.start_s, word.end_s))
    return Transcript(language, tuple(words), tuple(left_out))
