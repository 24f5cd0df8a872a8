"""chrF, the character n-gram F-score of two texts.

Maja Popović, "chrF: character n-gram F-score for automatic MT evaluation", WMT 2015: n-grams of
1 to 6 characters without white space, precision and recall averaged over the orders that both
texts are long enough for, recall weighing twice as much (chrF2). Case counts, as there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

MAX_ORDER = 6
BETA = 2.0


@dataclass(frozen=True)
class Ngrams:
    """All that chrF has to know of a text: how often each n-gram occurs, order by order from 1
    on, and how many n-grams of each order there are."""

    counts: tuple[dict[str, int], ...]
    totals: tuple[int, ...]


def ngrams(text: str) -> Ngrams:
    """Count the n-grams of a text."""
    letters = "".join(text.split())
    totals = tuple(max(len(letters) - order + 1, 0) for order in range(1, MAX_ORDER + 1))
    counts = tuple(
        dict(Counter([letters[at : at + order] for at in range(total)]))
        for order, total in enumerate(totals, start=1)
    )
    return Ngrams(counts, totals)


def shared(one: Ngrams, other: Ngrams) -> tuple[int, ...]:
    """How many n-grams of each order two texts have in common; the same both ways round."""
    return tuple(
        sum(min(mine[gram], theirs[gram]) for gram in mine.keys() & theirs.keys())
        for mine, theirs in zip(one.counts, other.counts, strict=True)
    )


def chrf(hypothesis: Ngrams, reference: Ngrams, common: tuple[int, ...] | None = None) -> float:
    """0 (no character in common) to 1 (the same but for white space). `common`: what `shared`
    says of the two, where it is known."""
    found = shared(hypothesis, reference) if common is None else common
    precision = recall = 0.0
    n_orders = 0
    for n_shared, n_said, n_wanted in zip(found, hypothesis.totals, reference.totals, strict=True):
        if not n_said or not n_wanted:
            break
        precision += n_shared / n_said
        recall += n_shared / n_wanted
        n_orders += 1
    if not precision or not recall:
        return 0.0
    precision, recall = precision / n_orders, recall / n_orders
    return (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)
