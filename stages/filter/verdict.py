"""From measurements to a verdict: one place where limits are applied.

A rule measures first and compares second. One that only tags never drops: what it found stands
in `tags`. Its value is stored whether or not the rule is on; a value that could not be measured
passes. A verdict is kept if and only if every rule that drops passed, so loosening a limit can
only keep more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.outcomes import Reason
from schemas.table import Row
from stages.base import dropped, kept
from stages.limited import Limited


@dataclass(frozen=True)
class Measure(Limited):
    """One rule's value beside its limit."""

    rule: str
    reason: Reason
    value: float | None
    least: float | None = None
    most: float | None = None
    tags: bool = False
    """Whether the rule only tags what it says no to."""

    def score(self) -> Row:
        """The rule's entry in `verdicts.scores`."""
        return {"rule": self.rule, **self.stored()}

    def in_words(self) -> str:
        return f"{self.rule}: {self.in_numbers()}"


def limited(
    rule: str, reason: Reason, value: float | None, limit: float | None, tags: bool = False
) -> Measure:
    """A rule whose name says which side its limit is on: min_... or max_...."""
    if rule.startswith("min_"):
        return Measure(rule, reason, value, least=limit, tags=tags)
    return Measure(rule, reason, value, most=limit, tags=tags)


def within(rule: str, value: float | None, limit: float | None) -> bool:
    """Whether a value passes a rule of this name at this limit; null passes."""
    return limited(rule, Reason.NOT_IN_TOP, value, limit).passed


@dataclass(frozen=True)
class Verdict:
    """All rules of one clip or text, in order."""

    measures: tuple[Measure, ...]

    @property
    def failures(self) -> list[Measure]:
        """Rules that said no and drop."""
        return [measure for measure in self.measures if not measure.passed and not measure.tags]

    @property
    def tags(self) -> list[Reason]:
        """What the rules found that only tag, in rule order, each once."""
        found = [m.reason for m in self.measures if not m.passed and m.tags]
        return list(dict.fromkeys(found))

    @property
    def is_kept(self) -> bool:
        return not self.failures

    @property
    def reasons(self) -> list[Reason]:
        """Reasons of the rules that said no, in rule order, each once."""
        return list(dict.fromkeys(measure.reason for measure in self.failures))

    def value(self, rule: str) -> float | None:
        """What a rule measured."""
        return next((m.value for m in self.measures if m.rule == rule), None)

    def scores(self) -> list[Row]:
        return [measure.score() for measure in self.measures]

    def ending(self, note: str = "") -> Row:
        """Closing columns: the first reason decides, the detail names them all."""
        if self.is_kept:
            return kept()
        words = "; ".join(measure.in_words() for measure in self.failures)
        return dropped(self.reasons[0], words + (f" ({note})" if note else ""))


def row_ending(verdict: Verdict, overruled: Reason | None, why: str, note: str = "") -> Row:
    """Reasons, scores and closing columns of a row. `overruled`: what ends it although, or
    besides what, its own rules say."""
    reasons: Sequence[Reason] = verdict.reasons
    ending = verdict.ending(note)
    if overruled is not None:
        reasons = [overruled, *reasons]
        ending = dropped(overruled, why)
    return {
        "reasons": [str(r) for r in reasons],
        "tags": [str(tag) for tag in verdict.tags],
        "scores": verdict.scores(),
        **ending,
    }
