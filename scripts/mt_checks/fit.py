"""From parallel text to what the checks need: length figures, word tables, scorers.

The scorers are logistic models that tell good translations from bad ones made of them (after
Bicleaner). Their limits are low quantiles of the good ones' scores.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import log
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.mt_checks import ibm1
from scripts.mt_checks.corrupt import dropped_clause, truncated
from scripts.mt_checks.parallel import Lines
from stages.translate.checks.calibration import PairFigures, pair_key
from stages.translate.checks.checker import lexicon_name
from stages.translate.checks.length import deviation
from stages.translate.checks.lexicon import Lexicon, Scorer, features, of_json
from stages.translate.checks.pair import TextPair

TAIL = 0.001
"""Share of good translations whose length lies beyond each bound."""
STEM = 6
FALSE_ALARMS = {"kept": 0.03, "same": 0.015}
"""Most good translations that a scorer may doubt, as a share."""
FALSE_ALARM_COST = 4.0
"""How many missed bad translations a doubted good one is worth, both as shares."""
_STEADY = 1e-4


def text_pairs(lines: Lines, language: str) -> list[TextPair]:
    return [TextPair(source, target, "en", language) for source, target in lines]


def lengths(found: Sequence[TextPair], origin: str) -> PairFigures:
    """Usual ratio and the quantiles of the deviation from it."""
    sizes = [(len(pair.source_shown), len(pair.target_shown)) for pair in found]
    sizes = [(s, t) for s, t in sizes if s and t]
    ratio = sum(t for _, t in sizes) / sum(s for s, _ in sizes)
    low, high = np.quantile([deviation(s, t, ratio) for s, t in sizes], [TAIL, 1 - TAIL])
    return PairFigures(
        ratio=round(ratio, 4),
        low=round(min(float(low), 0.0), 4),
        high=round(max(float(high), 0.0), 4),
        n=len(sizes),
        ratio_from=origin,
        spread_from=origin,
    )


def lexicon(learn: Sequence[TextPair], good: Sequence[TextPair], seed: int) -> dict[str, Any]:
    """The JSON form of a lexicon (see stages/translate/checks/lexicon.py): words from `learn`,
    scorers and their limits from `good`, which should be other lines."""
    value = word_tables(learn)
    bare = of_json(value)
    rng = Random(seed)
    language = good[0].target_language
    missing = [
        replace(pair, target=text)
        for pair in good
        for text in (
            dropped_clause(pair.target, language, rng),
            truncated(pair.target, language, rng),
        )
        if text
    ]
    other = [
        replace(pair, target=second.target)
        for pair, second in zip(good, [*good[1:], good[0]], strict=True)
        if pair.target != second.target
    ]
    rows = _rows(good, bare)
    value["kept"] = _json(_scorer(rows, _rows(missing, bare), FALSE_ALARMS["kept"]))
    value["same"] = _json(_scorer(rows, _rows(other, bare), FALSE_ALARMS["same"]))
    return value


def word_tables(found: Sequence[TextPair]) -> dict[str, Any]:
    """Both directions of the words of `found`."""
    texts = {
        "source": [[unit.text for unit in pair.source_units] for pair in found],
        "target": [[unit.text for unit in pair.target_units] for pair in found],
    }
    stemmed = {side: [[w[:STEM] for w in words] for words in texts[side]] for side in texts}
    size = {side: _sizes(texts[side]) for side in texts}
    forth = ibm1.learn(stemmed["source"], stemmed["target"], size["target"])
    back = ibm1.learn(stemmed["target"], stemmed["source"], size["source"])
    return {
        "stem": STEM,
        "n_pairs": len(found),
        "source_words": _words(forth, stemmed["source"]),
        "target_words": _words(back, stemmed["target"]),
    }


def _sizes(texts: Sequence[Sequence[str]]) -> dict[str, float]:
    """Mean characters of the words behind each stem."""
    total: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for words in texts:
        for word in words:
            total[word[:STEM]] += len(word)
            count[word[:STEM]] += 1
    return {stem: total[stem] / count[stem] for stem in count}


def _words(table: ibm1.WordTable, texts: Sequence[Sequence[str]]) -> dict[str, Any]:
    seen = Counter(word for words in texts for word in set(words))
    return {
        word: {
            "weight": round(log(len(texts) / (1 + seen[word])) + 0.1, 3) if seen[word] else 0.1,
            "characters": table.characters[word],
            "words": table.words[word],
            "to": table.probability.get(word, {}),
        }
        for word in sorted(table.characters)
    }


def _rows(found: Sequence[TextPair], known: Lexicon) -> NDArray[np.float64]:
    rows = [features(pair, known) for pair in found]
    return np.array([row for row in rows if row is not None])


def _scorer(good: NDArray[np.float64], bad: NDArray[np.float64], false_alarms: float) -> Scorer:
    """Logistic regression by Newton's method, both classes of equal weight."""
    both = np.vstack([good, bad])
    means, scales = both.mean(axis=0), np.maximum(both.std(axis=0), 1e-3)
    design = np.c_[(both - means) / scales, np.ones(len(both))]
    truth = np.r_[np.ones(len(good)), np.zeros(len(bad))]
    share = np.r_[np.full(len(good), 0.5 / len(good)), np.full(len(bad), 0.5 / len(bad))]
    weights = np.zeros(design.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (share * (chance - truth)) + _STEADY * weights
        curve = (design * (share * chance * (1 - chance))[:, None]).T @ design
        weights -= np.linalg.solve(curve + _STEADY * np.eye(len(weights)), slope)
    odds = design @ weights
    rounded = [round(float(number), 5) for number in weights]
    return Scorer(
        tuple(rounded[:-1]),
        tuple(round(float(number), 5) for number in means),
        tuple(round(float(number), 5) for number in scales),
        rounded[-1],
        round(_limit(odds[: len(good)], odds[len(good) :], false_alarms), 4),
    )


def _limit(good: NDArray[np.float64], bad: NDArray[np.float64], most: float) -> float:
    """The cheapest limit among those below which at most that share of the good ones lies; even
    odds where all of the good ones are above."""
    limits = np.minimum(np.quantile(good, np.linspace(0, most, 61)), 0.0)
    costs = [FALSE_ALARM_COST * np.mean(good < at) + np.mean(bad >= at) for at in limits]
    return float(limits[int(np.argmin(costs))])


def _json(scorer: Scorer) -> dict[str, Any]:
    return {
        "weights": list(scorer.weights),
        "means": list(scorer.means),
        "scales": list(scorer.scales),
        "bias": scorer.bias,
        "limit": scorer.limit,
    }


def write_lexicon(folder: Path, source: str, target: str, value: dict[str, Any]) -> Path:
    """The file where the checks look for it; the same bytes for the same lexicon."""
    path = folder / lexicon_name(pair_key(source, target))
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path
