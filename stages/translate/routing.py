"""Which model translates a pair of languages, and by what way. Pure.

Rules are tried in order; one is taken when its model, and where it goes through a third language
also the model of the first leg, know the languages. What no rule can do is said in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stages.translate.card import ModelCard, Route, route
from stages.translate.languages import same_language

ANY = "*"


@dataclass(frozen=True)
class Rule:
    """Pairs of languages that a model is for. `via`: it is given the text in that language."""

    model: str
    sources: tuple[str, ...] = (ANY,)
    targets: tuple[str, ...] = (ANY,)
    via: str = ""

    def covers(self, source: str, target: str) -> bool:
        return _matches(self.sources, source) and _matches(self.targets, target)


@dataclass(frozen=True)
class Hop:
    """One model call on the way: a model's reference, and how it is asked."""

    model: str
    route: Route


Way = tuple[Hop, ...]
"""One hop, or two through a third language."""


def find_way(
    rules: Sequence[Rule], cards: Mapping[str, ModelCard], source: str, target: str
) -> Way | str:
    """The way of a pair; where there is none, why, in words."""
    tried: list[str] = []
    for rule in rules:
        if not rule.covers(source, target):
            continue
        through = rule.via if rule.via and not same_language(source, rule.via) else ""
        found = route(cards[rule.model], through or source, target)
        if found is None:
            tried.append(_refusal(cards[rule.model], through or source, target))
        elif not through:
            return (Hop(rule.model, found),)
        elif first := _first_leg(rules, rule, cards, source, through):
            return (first, Hop(rule.model, found))
        else:
            tried.append(f"no model translates {source} into {through}")
    return "; ".join(dict.fromkeys(tried)) or f"no route is for {source} into {target}"


def writable(rules: Sequence[Rule], cards: Mapping[str, ModelCard], target: str) -> bool:
    """Whether any source language leads to `target`."""
    return any(
        not isinstance(find_way(rules, cards, source, target), str)
        for source in sorted({tag for card in cards.values() for tag in card.sources})
        if not same_language(source, target)
    )


def _first_leg(
    rules: Sequence[Rule], rule: Rule, cards: Mapping[str, ModelCard], source: str, via: str
) -> Hop | None:
    """Into the third language: by a rule that goes straight there, else by the same model."""
    for other in rules:
        found = route(cards[other.model], source, via)
        if found and not other.via and other.covers(source, via):
            return Hop(other.model, found)
    found = route(cards[rule.model], source, via)
    return Hop(rule.model, found) if found else None


def _matches(patterns: Sequence[str], tag: str) -> bool:
    return any(pattern == ANY or same_language(tag, pattern) for pattern in patterns)


def _refusal(card: ModelCard, source: str, target: str) -> str:
    return (
        f"{card.label} translates from {_some(card.sources)} into {_some(card.target_languages)}, "
        f"not from {source} into {target}"
    )


def _some(tags: Sequence[str], most: int = 14) -> str:
    more = f" and {len(tags) - most} more" if len(tags) > most else ""
    return ", ".join(tags[:most]) + more
