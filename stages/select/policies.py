"""How usable candidates are put in order: one function for each policy.

A policy is asked with at least one candidate, all of them usable, in a fixed order that breaks
ties.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stages.select.chrf import chrf, ngrams
from stages.select.config import SelectConfig, WeightsConfig
from stages.select.ranker import Option, Ranker
from stages.select.score import FUSION, Scored

UNKNOWN = 0.5
"""Quantile that stands for a score that is not known."""


@dataclass(frozen=True)
class Ranking:
    """Candidates, best first, the first `n_chosen` of which are chosen. `totals` are what the
    policy went by, null where it goes by no number; `because` says in words why the first is
    first; `policy` is the one that really decided."""

    policy: str
    ordered: tuple[Scored, ...]
    totals: tuple[float | None, ...]
    because: str
    n_chosen: int = 1


Policy = Callable[[Sequence[Scored], SelectConfig, "Ranker | None"], Ranking]


def by_priority(usable: Sequence[Scored], config: SelectConfig, _: Ranker | None) -> Ranking:
    """The first teacher in the order of `config.priority`; unnamed ones after, by name."""
    order = {name: rank for rank, name in enumerate(config.priority)}
    ordered = tuple(sorted(usable, key=lambda s: order.get(s.candidate.teacher, len(order))))
    because = f"{ordered[0].label} comes first in select.priority"
    if len(ordered) > 1:
        because += f", before {', '.join(each.label for each in ordered[1:])}"
    return Ranking("priority", ordered, (None,) * len(ordered), because)


def by_weights(usable: Sequence[Scored], config: SelectConfig, _: Ranker | None) -> Ranking:
    """The highest weighted mean of quantiles, with what is added for the teacher and taken off for
    each flag."""
    ordered, totals = _ranked(usable, [weighted(each, config.weights) for each in usable])
    return Ranking("best", ordered, totals, f"{_lead(ordered, totals)} ({_told(ordered[0])})")


def weighted(scored: Scored, weights: WeightsConfig) -> float:
    """Mean of the quantiles by their weights, plus `weights.teachers`, minus `weights.flag` for
    each flag. A score that no candidate can have, alignment without a model, is the same for all
    and changes no order."""
    quantiles = scored.quantiles or {}
    parts = {
        "consensus": weights.consensus,
        "specificity": weights.specificity,
        "alignment": weights.alignment,
        "confidence": weights.confidence,
    }
    found = {name: quantiles.get(name) for name in parts}
    known = {name: UNKNOWN if value is None else value for name, value in found.items()}
    mean = sum(weight * known[name] for name, weight in parts.items()) / sum(parts.values())
    prior = weights.teachers.get(scored.candidate.teacher, 0.0)
    return mean + prior - weights.flag * len(scored.flags)


def by_consensus(usable: Sequence[Scored], _: SelectConfig, __: Ranker | None) -> Ranking:
    """Minimum Bayes risk. A candidate that has nobody to agree with comes last."""
    ordered, totals = _ranked(usable, [each.scores.agreement or 0.0 for each in usable])
    if len(ordered) == 1:
        because = f"{ordered[0].label} is alone"
    else:
        measure = "chrF" if ordered[0].scores.semantic_consensus is None else "cosine"
        because = f"{_lead(ordered, totals)}: it is most like the other candidates (mean {measure})"
    return Ranking("consensus", ordered, totals, because)


def by_model(usable: Sequence[Scored], _: SelectConfig, ranker: Ranker | None) -> Ranking:
    """The pick that the model thinks most likely; totals are probabilities, what lacks to 1 being
    "all bad"."""
    if ranker is None:
        raise RuntimeError("the policy learned was asked without a model")
    options = [option_of(each) for each in usable]
    ordered, totals = _ranked(usable, ranker.probabilities(options))
    because = f"{_lead(ordered, totals)}: the likeliest pick by the model ({_told(ordered[0])})"
    return Ranking("learned", ordered, totals, because)


def option_of(scored: Scored) -> Option:
    return Option(scored.label, vars(scored.scores), scored.flags)


def keep_several(usable: Sequence[Scored], config: SelectConfig, ranker: Ranker | None) -> Ranking:
    """As `best`, but the first `keep_most` are chosen, without those that say what a better one
    says already, and of flagged ones at most the best of all: a further text has to be worth it."""
    best = by_weights(usable, config, ranker)
    grams = {each.candidate.caption_id: ngrams(each.candidate.text or "") for each in usable}
    chosen: list[int] = []
    further: list[int] = []
    for at, each in enumerate(best.ordered):
        mine = grams[each.candidate.caption_id]
        is_copy = any(
            chrf(mine, grams[best.ordered[other].candidate.caption_id]) > config.max_similarity
            for other in chosen
        )
        is_more = not is_copy and (at == 0 or not each.flags) and len(chosen) < config.keep_most
        (chosen if is_more else further).append(at)
    order = [*chosen, *further]
    ordered = tuple(best.ordered[at] for at in order)
    because = f"{best.because}; {len(chosen)} chosen: "
    because += ", ".join(each.label for each in ordered[: len(chosen)])
    totals = tuple(best.totals[at] for at in order)
    return Ranking("all", ordered, totals, because, len(chosen))


def fused(usable: Sequence[Scored], config: SelectConfig, ranker: Ranker | None) -> Ranking:
    """The fusion teacher's candidate; where it is not usable, what `config.fallback` says."""
    fallback = POLICIES[config.fallback](usable, config, ranker)
    own = tuple(each for each in fallback.ordered if each.candidate.teacher == FUSION)
    if not own:
        because = f"no usable candidate of {FUSION}, so by {config.fallback}: {fallback.because}"
        return Ranking(fallback.policy, fallback.ordered, fallback.totals, because)
    others = tuple(each for each in fallback.ordered if each.candidate.teacher != FUSION)
    ordered = own + others
    because = f"{own[0].label} was made from the other candidates"
    return Ranking("fusion", ordered, (None,) * len(ordered), because)


POLICIES: dict[str, Policy] = {
    "priority": by_priority,
    "best": by_weights,
    "consensus": by_consensus,
    "learned": by_model,
    "all": keep_several,
    "fusion": fused,
}


def _ranked(
    usable: Sequence[Scored], totals: Sequence[float]
) -> tuple[tuple[Scored, ...], tuple[float, ...]]:
    """By falling total; equal ones stay in the order in which they came."""
    order = sorted(range(len(usable)), key=lambda at: -round(totals[at], 9))
    return tuple(usable[at] for at in order), tuple(totals[at] for at in order)


def _lead(ordered: Sequence[Scored], totals: Sequence[float]) -> str:
    lead = f"{ordered[0].label} has {totals[0]:.3f}"
    if len(ordered) > 1:
        lead += f", {totals[0] - totals[1]:.3f} before {ordered[1].label}"
    return lead


def _told(scored: Scored) -> str:
    scores = scored.scores
    known = [
        f"{name} {value:.2f}"
        for name, value in (
            ("consensus", scores.agreement),
            ("specificity", scores.specificity),
            ("alignment", scores.alignment),
        )
        if value is not None
    ]
    return ", ".join([*known, *map(str, scored.flags)])
