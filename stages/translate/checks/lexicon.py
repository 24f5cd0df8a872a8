"""Does the translation say what the source says? Seen from a bilingual lexicon.

A lexicon is a pair of word-translation tables (IBM model 1, Brown et al. 1993), learned from
parallel text of the same kind. Each word of one side is covered when one of its known
translations stands on the other side. From what is covered come two scores, as Bicleaner
(Sanchez-Cartagena et al. 2018) does it:

- `kept`: nothing is missing (a dropped clause leaves a stretch of the source uncovered and the
  translation short of the characters and words that the source's words foretell);
- `same`: it is a translation of this source at all (a neighbour's covers next to nothing).

Both are log odds, 0 at even odds. They see words, not their order, and nothing finer than a word
that usually has a counterpart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

from stages.translate.checks.pair import TextPair

Table = Mapping[str, Mapping[str, float]]
COVERED_AT = 0.2
"""A word is fully covered by a translation this probable, relative to its best one."""
FEATURES = (
    "source covered",
    "longest uncovered stretch of the source, share",
    "longest uncovered stretch of the source",
    "translation covered",
    "longest uncovered stretch of the translation, share",
    "longest uncovered stretch of the translation",
    "length against the foretold length",
    "length against the source's length",
    "words against the foretold number",
    "the source's words against the number that the translation foretells",
)
MIN_KNOWN = 2
"""Texts with fewer words that the lexicon knows are not judged."""


@dataclass(frozen=True)
class Scorer:
    """A logistic model over FEATURES: weight, mean and scale of each, and a limit."""

    weights: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    bias: float
    limit: float

    def log_odds(self, features: Sequence[float]) -> float:
        terms = zip(self.weights, features, self.means, self.scales, strict=True)
        return self.bias + sum(w * (value - mean) / scale for w, value, mean, scale in terms)


@dataclass(frozen=True)
class Side:
    """What is known of one language's words: their translations, how much each tells, and how
    many characters and words its translation takes."""

    translations: Table
    best: Mapping[str, float]
    weight: Mapping[str, float]
    characters: Mapping[str, float]
    words: Mapping[str, float]
    unknown_weight: float


@dataclass(frozen=True)
class Lexicon:
    """Both directions of one language pair. Words are cut to `stem` characters."""

    stem: int
    source: Side
    target: Side
    kept: Scorer | None = None
    same: Scorer | None = None


def stems(words: Sequence[str], stem: int) -> list[str]:
    return [word[:stem] for word in words]


def features(pair: TextPair, lexicon: Lexicon) -> list[float] | None:
    """Values in the order of FEATURES; None where the lexicon knows too little of the text."""
    source = stems([unit.text for unit in pair.source_units], lexicon.stem)
    target = stems([unit.text for unit in pair.target_units], lexicon.stem)
    known = sum(word in lexicon.source.best for word in source)
    if known < MIN_KNOWN or 2 * known < len(source) or not target:
        return None
    values = []
    for words, others, side, back in (
        (source, target, lexicon.source, lexicon.target),
        (target, source, lexicon.target, lexicon.source),
    ):
        covered = [coverage(word, others, side, back) for word in words]
        weights = [side.weight.get(word, side.unknown_weight) for word in words]
        total = sum(weights) or 1.0
        stretch = longest_uncovered(covered, weights)
        values.append(sum(c * w for c, w in zip(covered, weights, strict=True)) / total)
        values += [stretch / total, stretch]
    size = sum(len(unit.text) for unit in pair.target_units) or 1
    foretold = sum(lexicon.source.characters.get(word, len(word)) for word in source) or 1.0
    values.append(log(size / foretold))
    values.append(log(size / (sum(len(unit.text) for unit in pair.source_units) or 1)))
    values.append(log(len(target) / _foretold_words(source, lexicon.source)))
    values.append(log(len(source) / _foretold_words(target, lexicon.target)))
    return values


def _foretold_words(words: Sequence[str], side: Side) -> float:
    """How many words their translation usually has; an unknown word counts for one."""
    return sum(side.words.get(word, 1.0) for word in words) or 1.0


def coverage(word: str, others: Sequence[str], side: Side, back: Side) -> float:
    """0 to 1: how well the best of `others` translates `word`, asked in both directions. A word
    that the lexicon does not know is covered by itself (a name), else half."""
    if word in others:
        return 1.0
    table, best = side.translations.get(word), side.best.get(word)
    if table is None or not best:
        return 0.5
    most = 0.0
    for other in others:
        forth = table.get(other, 0.0) / best
        returned = back.best.get(other)
        there = back.translations[other].get(word, 0.0) / returned if returned else 0.0
        most = max(most, forth, there)
    return min(1.0, most / COVERED_AT)


def longest_uncovered(covered: Sequence[float], weights: Sequence[float]) -> float:
    """Weight of the heaviest stretch of words that are mostly uncovered."""
    run = most = 0.0
    for share, weight in zip(covered, weights, strict=True):
        run += weight * (1 - share) if share < 0.5 else -weight * share / 2
        run = max(0.0, run)
        most = max(most, run)
    return most


def of_json(value: Mapping[str, object]) -> Lexicon:
    """A lexicon from the JSON form that `scripts/calibrate_mt_checks.py` writes. Raises KeyError,
    TypeError or ValueError when it is none."""
    return Lexicon(
        int(value["stem"]),  # type: ignore[call-overload]
        _side(value["source_words"]),
        _side(value["target_words"]),
        _scorer(value.get("kept")),
        _scorer(value.get("same")),
    )


def _side(words: object) -> Side:
    if not isinstance(words, dict):
        raise TypeError("a lexicon's words are an object")
    translations = {word: dict(entry["to"]) for word, entry in words.items()}
    weight = {word: float(entry["weight"]) for word, entry in words.items()}
    return Side(
        translations,
        {word: max(table.values()) for word, table in translations.items() if table},
        weight,
        {word: float(entry["characters"]) for word, entry in words.items()},
        {word: float(entry["words"]) for word, entry in words.items()},
        max(weight.values(), default=1.0),
    )


def _scorer(value: object) -> Scorer | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise TypeError("a lexicon's scorer is an object")
    weights, means, scales = (
        tuple(float(number) for number in value[key]) for key in ("weights", "means", "scales")
    )
    if not len(weights) == len(means) == len(scales) == len(FEATURES):
        raise ValueError(f"a scorer has {len(weights)} weights; this version has {len(FEATURES)}")
    return Scorer(weights, means, scales, float(value["bias"]), float(value["limit"]))
