"""Rules on one text: what each measures, and their order.

Everything is measured on the visible text (see scripts_unicode.visible), in time linear in its
length. Texts that a person sees as empty (white space, invisible characters) are empty here too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from schemas.outcomes import Reason
from stages.filter.boilerplate import boilerplate
from stages.filter.config import FilterConfig
from stages.filter.contacts import contacts
from stages.filter.language.identify import LanguageScore
from stages.filter.language.tags import MIXED, UND, family
from stages.filter.profanity import Lists, own_lists, profanity
from stages.filter.scripts_unicode import (
    Unit,
    is_unspaced,
    script_shares,
    scripts_of_tag,
    units,
    visible,
)
from stages.filter.verdict import Measure, Verdict, limited

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
    profanity: Lists = field(default_factory=own_lists)
    caption_similarity: float | None = None
    """How much a caption resembles one of an earlier clip of its source."""
    quality: float | None = None
    perplexity: float | None = None
    alignment: float | None = None
    """How well a caption fits its clip's keyframes, where a model was asked."""


def loop_share(sequence: Sequence[Hashable]) -> float:
    """Largest share of the sequence that one loop covers (a b a b a b ...), 0 to 1."""
    longest = 0
    for period in range(1, min(MAX_PERIOD, len(sequence) // MIN_TURNS) + 1):
        run = best = 0
        for before, after in zip(sequence, sequence[period:], strict=False):
            run = run + 1 if before == after else 0
            if run > best:
                best = run
        if best >= (MIN_TURNS - 1) * period:
            longest = max(longest, best + period)
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
    return shared_grams(letter_grams(text), letter_grams(source))


def shared_grams(grams: Counter[str], others: Counter[str]) -> float | None:
    """copy_similarity of two texts, from their letter_grams."""
    if not grams or not others:
        return None
    return 2 * (grams & others).total() / (grams.total() + others.total())


def letter_grams(text: str) -> Counter[str]:
    """Letter trigrams of a text, words in one row with spaces between them."""
    return grams_of(units(visible(text)))


def grams_of(parts: Sequence[Unit]) -> Counter[str]:
    """letter_grams of a text whose units are known."""
    plain = " ".join(unit.text for unit in parts)
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
    words = [unit.text for unit in parts]
    told = facts.detected.language
    known = family(facts.language) != UND
    unspaced, length = is_unspaced(parts), float(len(parts))
    by_word, by_character = (None, length) if unspaced else (length, None)
    copy = None if facts.source_text is None else copy_similarity(facts.text, facts.source_text)
    rules: list[tuple[str, Reason, float | None]] = [
        ("min_script_share", Reason.WRONG_SCRIPT, script_share(parts, facts.language)),
        (
            "min_language_margin",
            Reason.WRONG_LANGUAGE,
            facts.detected.margin if known else None,
        ),
        ("max_copy_similarity", Reason.UNTRANSLATED_COPY, copy),
        ("min_words", Reason.TEXT_TOO_SHORT, by_word),
        ("max_words", Reason.TEXT_TOO_LONG, by_word),
        ("min_characters", Reason.TEXT_TOO_SHORT, by_character),
        ("max_characters", Reason.TEXT_TOO_LONG, by_character),
        ("max_loop_share", Reason.REPETITIVE, loop_share(words)),
        ("max_repeat_share", Reason.REPETITIVE, repeat_share(words)),
        ("max_caption_similarity", Reason.SAME_CAPTION, facts.caption_similarity),
        ("max_boilerplate", Reason.BOILERPLATE, len(boilerplate(shown))),
        ("max_contacts", Reason.CONTACTS, len(contacts(shown))),
        (
            "max_profanity",
            Reason.PROFANITY,
            len(profanity(parts, facts.language if known else told, facts.profanity)),
        ),
        ("min_quality", Reason.LOW_QUALITY, facts.quality),
        ("max_perplexity", Reason.HIGH_PERPLEXITY, facts.perplexity),
        ("min_alignment", Reason.POORLY_ALIGNED, facts.alignment),
    ]
    measures = [
        limited(rule, reason, value, _limit(rule, facts, config), rule in config.tag_only)
        for rule, reason, value in rules
    ]
    one_language = None if told == UND else float(told != MIXED)
    measures[2:2] = [
        Measure(
            "require_language",
            Reason.WRONG_LANGUAGE,
            float(told != UND),
            least=1.0 if config.require_language else None,
        ),
        Measure(
            "one_language",
            Reason.MIXED_LANGUAGE,
            one_language,
            least=1.0,
            tags="one_language" in config.tag_only,
        ),
    ]
    return Verdict((Measure("not_empty", Reason.EMPTY_TEXT, float(bool(shown)), 1.0), *measures))


def _limit(rule: str, facts: TextFacts, config: FilterConfig) -> float | None:
    """A rule's limit, where it applies to this text."""
    if rule == "max_copy_similarity" and (
        facts.source_text is None or same_language(facts.language, facts.source_language or UND)
    ):
        return None
    if rule == "max_contacts" and config.redact_contacts:
        return None
    return config.limit(rule, facts.language)
