"""Rules on one text: what each measures, and their order.

Everything is measured on the visible text (see scripts_unicode.visible), in time linear in its
length. Texts that a person sees as empty (white space, invisible characters) are empty here too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from schemas.outcomes import Reason
from stages.filter.config import FilterConfig
from stages.filter.langid import UND, LanguageScore, family
from stages.filter.scripts_unicode import (
    Unit,
    is_unspaced,
    script_shares,
    scripts_of_tag,
    units,
    visible,
)
from stages.filter.verdict import Measure, Verdict

MAX_PERIOD = 12
"""Longest loop that is looked for, in units."""
MIN_TURNS = 3
"""A loop is something that stands there at least this often in a row,"""
MIN_LOOP_UNITS = 6
"""and is at least this long in all."""
_GRAM = 3


@dataclass(frozen=True)
class TextFacts:
    """One text to judge. `language`: the BCP-47 tag that it should be in. `source_text` and
    `source_language` are None for a text that is no translation."""

    text: str
    language: str
    detected: LanguageScore
    source_text: str | None = None
    source_language: str | None = None


def loop_share(sequence: Sequence[Hashable]) -> float:
    """Largest share of the sequence that one loop covers (a b a b a b ...), 0 to 1."""
    longest = 0
    for period in range(1, min(MAX_PERIOD, len(sequence) // MIN_TURNS) + 1):
        run = 0
        for before, after in zip(sequence, sequence[period:], strict=False):
            run = run + 1 if before == after else 0
            if run >= (MIN_TURNS - 1) * period:
                longest = max(longest, run + period)
    return longest / len(sequence) if longest >= MIN_LOOP_UNITS else 0.0


def repeat_share(sequence: Sequence[Hashable]) -> float:
    """Share of the trigrams that occurred before in the sequence, 0 to 1."""
    grams = list(zip(sequence, sequence[1:], sequence[2:], strict=False))
    return 1.0 - len(set(grams)) / len(grams) if grams else 0.0


def script_share(parts: Sequence[Unit], language: str) -> float | None:
    """Share of the units with letters that are in the language's scripts; None when there are
    no letters or the scripts of the language are not known."""
    shares, wanted = script_shares(parts), scripts_of_tag(language)
    if not shares or not wanted:
        return None
    return sum(share for script, share in shares.items() if script in wanted)


def copy_similarity(text: str, source: str) -> float | None:
    """How much two texts share of their letter trigrams (Dice coefficient, 1: all); None when
    one of them has neither letter nor digit."""
    grams, others = _letter_grams(text), _letter_grams(source)
    if not grams or not others:
        return None
    return 2 * (grams & others).total() / (grams.total() + others.total())


def _letter_grams(text: str) -> Counter[str]:
    plain = " ".join(unit.text for unit in units(visible(text)))
    if not plain:
        return Counter()
    padded = f"  {plain}  "
    return Counter(padded[i : i + _GRAM] for i in range(len(padded) - _GRAM + 1))


def same_language(one: str, other: str) -> bool:
    """Whether a text in one tag may read like a text in the other: one language, and no two
    different scripts."""
    return family(one) == family(other) != UND and bool(scripts_of_tag(one) & scripts_of_tag(other))


def judge_text(facts: TextFacts, config: FilterConfig) -> Verdict:
    """Every text rule, in the order in which reasons are named."""
    shown = visible(facts.text)
    parts = units(shown)
    return Verdict(
        (
            Measure("not_empty", Reason.EMPTY_TEXT, float(bool(shown)), least=1.0),
            *_language_measures(facts, parts, config),
            _copy_measure(facts, config),
            *_length_measures(parts, config),
            Measure(
                "max_loop_share",
                Reason.REPETITIVE,
                loop_share([unit.text for unit in parts]),
                most=config.max_loop_share,
            ),
            Measure(
                "max_repeat_share",
                Reason.REPETITIVE,
                repeat_share([unit.text for unit in parts]),
                most=config.max_repeat_share,
            ),
        )
    )


def _language_measures(
    facts: TextFacts, parts: Sequence[Unit], config: FilterConfig
) -> tuple[Measure, ...]:
    told = facts.detected.language != UND
    return (
        Measure(
            "min_script_share",
            Reason.WRONG_SCRIPT,
            script_share(parts, facts.language),
            least=config.min_script_share,
        ),
        Measure(
            "min_language_margin",
            Reason.WRONG_LANGUAGE,
            facts.detected.margin if family(facts.language) != UND else None,
            least=config.min_language_margin,
        ),
        Measure(
            "require_language",
            Reason.WRONG_LANGUAGE,
            float(told),
            least=1.0 if config.require_language else None,
        ),
    )


def _copy_measure(facts: TextFacts, config: FilterConfig) -> Measure:
    value, limit = None, config.max_copy_similarity
    if facts.source_text is not None:
        value = copy_similarity(facts.text, facts.source_text)
        if same_language(facts.language, facts.source_language or UND):
            limit = None
    return Measure("max_copy_similarity", Reason.UNTRANSLATED_COPY, value, most=limit)


def _length_measures(parts: Sequence[Unit], config: FilterConfig) -> tuple[Measure, ...]:
    """Words where the text has spaces, else characters; the other pair does not apply."""
    unspaced, length = is_unspaced(parts), float(len(parts))
    words, characters = (None, length) if unspaced else (length, None)
    return (
        Measure("min_words", Reason.TEXT_TOO_SHORT, words, least=config.min_words),
        Measure("max_words", Reason.TEXT_TOO_LONG, words, most=config.max_words),
        Measure("min_characters", Reason.TEXT_TOO_SHORT, characters, least=config.min_characters),
        Measure("max_characters", Reason.TEXT_TOO_LONG, characters, most=config.max_characters),
    )
