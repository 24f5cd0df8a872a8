#!/usr/bin/env python3
"""Measure the checks on translations: how many bad ones they flag, and how many good ones.

    python scripts/eval_mt_checks.py --captions ../shared/corpus/captions --json

Good translations are people's (English into German, French, Czech; test_2016_flickr) and those of
the demo grammar for its languages. Bad ones are made of them: another language, a dropped clause,
a repeated phrase, a changed number, the source copied, a neighbour's translation, a truncated
text. Lexicons are learned from other lines (train), their limits set on others again (val), and
the length figures are those that the package ships.

For each kind: recall (share of the bad ones that are flagged), precision (against as many good
ones), named (share with the flag that says what is wrong). Balanced accuracy is the mean over
kinds of (recall + share of good ones that pass) / 2, in each language, then over the languages.
`beyond` is the recall on what this kind of check cannot see: one word replaced by another.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

from pipeline.models.cache import ModelCache
from schemas.outcomes import TextFlag
from scripts.mt_checks import corrupt, fit
from scripts.mt_checks.parallel import (
    CAPTION_LANGUAGES,
    Parallel,
    grammar,
    grammar_languages,
    people,
)
from stages.translate.checks.checker import Checker
from stages.translate.checks.judge import Evidence, flags_of
from stages.translate.checks.pair import TextPair
from stages.translate.config_checks import ChecksConfig

SAMPLE = 150
LEARN = 6000
EXPECTED: dict[str, set[TextFlag]] = {
    "wrong_language": {TextFlag.WRONG_LANGUAGE, TextFlag.WRONG_SCRIPT},
    "dropped_clause": {TextFlag.MEANING_MISSING, TextFlag.TOO_SHORT_FOR_SOURCE},
    "repeated_phrase": {TextFlag.REPEATS},
    "changed_number": {TextFlag.NUMBERS_CHANGED},
    "source_copied": {
        TextFlag.UNTRANSLATED_COPY,
        TextFlag.WRONG_LANGUAGE,
        TextFlag.WRONG_SCRIPT,
    },
    "neighbour_swapped": {TextFlag.MEANING_OTHER},
    "truncated": {TextFlag.TRUNCATED, TextFlag.MEANING_MISSING, TextFlag.TOO_SHORT_FOR_SOURCE},
}
BEYOND = "word_changed"


@dataclass(frozen=True)
class Set:
    """One language's good pairs, and the same sources' translations into other languages."""

    data: Parallel
    good: list[TextPair]
    foreign: dict[str, list[str]]


def bad_ones(found: Set, rng: Random) -> Iterator[tuple[str, TextPair]]:
    """(kind, corrupted pair) for every good pair and every kind that applies to it."""
    language = found.data.language
    makers: dict[str, Callable[[str, str, Random], str | None]] = {
        "dropped_clause": corrupt.dropped_clause,
        "repeated_phrase": corrupt.repeated_phrase,
        "changed_number": corrupt.changed_number,
        "truncated": corrupt.truncated,
    }
    neighbours = [pair.target for pair in found.good]
    for index, pair in enumerate(found.good):
        texts = {kind: make(pair.target, language, rng) for kind, make in makers.items()}
        others = [texts_[index] for texts_ in found.foreign.values()]
        texts["wrong_language"] = rng.choice(others) if others else None
        texts["source_copied"] = pair.source
        following = neighbours[(index + 1) % len(neighbours)]
        texts["neighbour_swapped"] = following if following != pair.target else None
        texts[BEYOND] = corrupt.changed_word(pair.target, language, rng, [following])
        for kind, text in texts.items():
            if text is not None and text != pair.target:
                yield kind, replace(pair, target=text)


Flags = Callable[[Sequence[TextPair]], list[list[TextFlag]]]


def measure(found: Set, check: Flags, seed: int) -> dict[str, Any]:
    """The figures of one language."""
    false_alarms: dict[str, int] = {}
    n_passed = 0
    for flags in check(found.good):
        n_passed += not flags
        for flag in flags:
            false_alarms[flag] = false_alarms.get(flag, 0) + 1
    specificity = n_passed / len(found.good)
    caught: dict[str, list[tuple[bool, bool]]] = {kind: [] for kind in [*EXPECTED, BEYOND]}
    bad = list(bad_ones(found, Random(seed)))
    for (kind, _), flags in zip(bad, check([pair for _, pair in bad]), strict=True):
        caught[kind].append((bool(flags), bool(EXPECTED.get(kind, set()) & set(flags))))
    by_kind = {}
    for kind, hits in caught.items():
        if not hits:
            continue
        recall = fmean(any_ for any_, _ in hits)
        by_kind[kind] = {
            "n": len(hits),
            "recall": recall,
            "named": fmean(named for _, named in hits),
            "precision": recall / (recall + 1 - specificity) if recall else 0.0,
            "balanced_accuracy": (recall + specificity) / 2,
        }
    beyond = by_kind.pop(BEYOND, None)
    return {
        "origin": found.data.origin,
        "n": len(found.good),
        "good_that_pass": specificity,
        "false_alarms": dict(sorted(false_alarms.items())),
        "balanced_accuracy": fmean(kind["balanced_accuracy"] for kind in by_kind.values()),
        "by_kind": by_kind,
        "beyond": {BEYOND: beyond["recall"]} if beyond else {},
    }


def evaluate(captions: Path | None, wanted: list[str], sample: int, learn: int, seed: int) -> Any:
    """The figures of all languages, and their means."""
    people_s = {tag: people(captions, tag) for tag in CAPTION_LANGUAGES} if captions else {}
    grammars = {tag: grammar(tag) for tag in grammar_languages() if tag not in people_s}
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        checker = Checker(ChecksConfig(lexicon=folder), [*people_s, *grammars])
        for group in (people_s, grammars):
            for tag, data in group.items():
                if wanted and tag not in wanted:
                    continue
                words = fit.lexicon(
                    fit.text_pairs(data.learn[:learn], tag), fit.text_pairs(data.limits, tag), seed
                )
                fit.write_lexicon(Path(folder), "en", tag, words)
        checker.load(ModelCache().ensure)
        for group in (people_s, grammars):
            texts = {t: [target for _, target in d.score[:sample]] for t, d in group.items()}
            for tag, data in group.items():
                if wanted and tag not in wanted:
                    continue
                found = Set(
                    data,
                    fit.text_pairs(data.score[:sample], tag),
                    {other: lines for other, lines in texts.items() if other != tag},
                )
                results[tag] = measure(found, partial(flags_by, checker), seed)
    return summary(results)


def flags_by(checker: Checker, pairs: Sequence[TextPair]) -> list[list[TextFlag]]:
    """The flags of each translation."""
    return [flags_of(own) for own in checker.judge_all([(pair, Evidence()) for pair in pairs])]


def summary(by_language: dict[str, Any]) -> dict[str, Any]:
    """Means over the languages that have a kind."""
    by_kind = {}
    for kind in EXPECTED:
        rows = [r["by_kind"][kind] for r in by_language.values() if kind in r["by_kind"]]
        if rows:
            by_kind[kind] = {
                "n": sum(row["n"] for row in rows),
                **{
                    figure: round(fmean(row[figure] for row in rows), 4)
                    for figure in ("precision", "recall", "named", "balanced_accuracy")
                },
            }
    return {
        "balanced_accuracy": round(
            fmean(row["balanced_accuracy"] for row in by_language.values()), 4
        ),
        "good_that_pass": round(fmean(r["good_that_pass"] for r in by_language.values()), 4),
        "by_kind": by_kind,
        "beyond": {
            BEYOND: round(fmean(r["beyond"][BEYOND] for r in by_language.values()), 4),
        },
        "by_language": by_language,
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--captions", type=Path, help="folder with PART.LANGUAGE.gz lines")
    parser.add_argument("--languages", default="", help="only these, comma-separated")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="good lines per language")
    parser.add_argument("--learn", type=int, default=LEARN, help="lines a lexicon learns from")
    parser.add_argument("--full", action="store_true", help="all lines, learned and scored")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    args = parser.parse_args(arguments)
    sample, learn = (10**9, 10**9) if args.full else (args.sample, args.learn)
    wanted = [tag for tag in args.languages.split(",") if tag]
    result = evaluate(args.captions, wanted, sample, learn, args.seed)
    if args.json:
        print(json.dumps(result, indent=1))
        return 0
    print(f"{'kind':20}{'n':>7}{'precision':>11}{'recall':>9}{'named':>8}{'balanced':>10}")
    for kind, row in result["by_kind"].items():
        print(
            f"{kind:20}{row['n']:7}{row['precision']:11.3f}{row['recall']:9.3f}"
            f"{row['named']:8.3f}{row['balanced_accuracy']:10.3f}"
        )
    for tag, row in result["by_language"].items():
        alarms = ", ".join(f"{name} {count}" for name, count in row["false_alarms"].items())
        print(
            f"{tag}: {row['balanced_accuracy']:.4f} of {row['n']} ({row['origin']}); "
            f"{row['good_that_pass']:.3f} of the good pass; {alarms or 'no false alarm'}"
        )
    beyond = result["beyond"][BEYOND]
    print(f"not seen by these checks: a word replaced by another (recall {beyond:.3f})")
    print(f"balanced accuracy {result['balanced_accuracy']:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
