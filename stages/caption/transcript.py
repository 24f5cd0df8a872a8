"""Which recognised words can be trusted. Whisper writes fluent sentences over music, noise and
languages that it does not know; what it reports beside them gives most of those away.

An English-only model cannot say that a language is not English. What gives foreign speech away is
that it repeats itself, that its words are unlikely, or that many of them are unsure; speech for
which it finds a fluent and sure English sentence passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stages.caption.config import AsrConfig
from stages.caption.words import Word, phrases, plain

MIN_LOOP_WORDS = 3
"""One word said so often and nothing else is a loop; too short for the compression ratio."""


UNSURE = 0.5
"""A word of lower probability counts as unsure."""


@dataclass(frozen=True)
class Window:
    """What the recogniser heard in one go, some 30 s at most, with its own figures."""

    words: tuple[Word, ...]
    no_speech_probability: float
    mean_logprob: float
    compression_ratio: float

    @property
    def unsure_share(self) -> float:
        """Share of the words that are unsure; 0 for none."""
        unsure = sum(word.probability < UNSURE for word in self.words)
        return unsure / len(self.words) if self.words else 0.0


@dataclass(frozen=True)
class Transcript:
    """The trusted words of one source, in its own time, and why the others are not."""

    language: str
    words: tuple[Word, ...]
    distrusted: tuple[tuple[float, float, str], ...] = ()
    """(start_s, end_s, why) of each phrase that was left out."""

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


def distrusted_window(window: Window, config: AsrConfig) -> str | None:
    """Why nothing of a window is believed; null when its phrases are looked at one by one."""
    if window.no_speech_probability > config.max_no_speech_probability:
        return "no speech likely"
    if window.compression_ratio > config.max_compression_ratio:
        return "repeats itself"
    if window.mean_logprob < config.min_mean_logprob:
        return "unlikely words"
    if window.unsure_share > config.max_unsure_share:
        return "too many unsure words, as of a language that the model does not know"
    return None


def distrusted_phrase(
    phrase: tuple[Word, ...], config: AsrConfig, stock: frozenset[str]
) -> str | None:
    """Why a phrase is not believed; null when it is. `stock` holds plain phrases."""
    said = [plain(word.text) for word in phrase]
    if len(said) >= MIN_LOOP_WORDS and len(set(said)) == 1:
        return "repeats itself"
    if confidence(phrase) < config.min_word_probability:
        return "unsure words"
    if plain(spoken(phrase)) in stock:
        return "stock phrase"
    return None


def stock_phrases(config: AsrConfig) -> frozenset[str]:
    """The phrases that mean nothing on their own, plain."""
    return frozenset(map(plain, config.stock_phrases))


def trusted_transcript(
    language: str, windows: Iterable[Window], config: AsrConfig, language_probability: float = 1.0
) -> Transcript:
    """The words that can be trusted, in order of time. Of a language that was guessed with less
    than `config.min_language_probability`, none can."""
    stock = stock_phrases(config)
    words: list[Word] = []
    left_out = []
    for window in windows:
        why_all = distrusted_window(window, config)
        if language_probability < config.min_language_probability:
            why_all = "unsure which language"
        for phrase in phrases(window.words, config.vad_min_silence_s):
            why = why_all or distrusted_phrase(phrase, config, stock)
            if why is None:
                words.extend(phrase)
            else:
                left_out.append((phrase[0].start_s, phrase[-1].end_s, why))
    words.sort(key=lambda word: (word.start_s, word.end_s))
    return Transcript(language, tuple(words), tuple(left_out))
