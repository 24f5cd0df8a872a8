"""Choosing one candidate for a clip, and saying why.

A policy is a function from a clip's candidates to a `Choice`; it is asked with usable candidates
only, so what is usable is decided in one place for all policies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.outcomes import Outcome, Reason
from schemas.table import Row
from stages.base import dropped, kept
from stages.caption.config import SelectConfig
from stages.caption.teacher import Candidate
from stages.caption.words import letters, tokens

MAX_REASON_CHARS = 120
"""A candidate's detail is quoted this far; its own row has all of it."""


@dataclass(frozen=True)
class Choice:
    """What a policy chose; `because` says in words what was better about it."""

    candidate: Candidate
    because: str


@dataclass(frozen=True)
class Selection:
    """The outcome for one clip. `chosen` is null when nothing was usable."""

    chosen: Candidate | None
    why: str
    n_usable: int
    refusals: str

    def row(self, shot_id: str, source_id: str, policy: str) -> Row:
        """This selection as a row of `selections`."""
        ending = kept() if self.chosen else dropped(Reason.NO_CAPTION, self.refusals)
        return {
            "shot_id": shot_id,
            "source_id": source_id,
            "caption_id": self.chosen.caption_id if self.chosen else None,
            "policy": policy,
            "why": self.why,
            "n_candidates": self.n_usable,
            **ending,
        }


Policy = Callable[[Sequence[Candidate], SelectConfig], Choice]


def unusable(candidate: Candidate, config: SelectConfig) -> str | None:
    """Why a candidate cannot be chosen; null when it can."""
    if candidate.outcome != Outcome.KEPT:
        said = f"{candidate.reason or candidate.outcome}"
        return f"{said}: {candidate.detail}" if candidate.detail else said
    text = candidate.text or ""
    words = sum(1 for token in tokens(text) if any(char.isalnum() for char in token))
    if words < config.min_words:
        return f"{words} words, select.min_words is {config.min_words}"
    if (found := letters(text)) < config.min_letters:
        return f"{found} letters, select.min_letters is {config.min_letters}"
    return None


def by_priority(usable: Sequence[Candidate], config: SelectConfig) -> Choice:
    """The first teacher in the order of `config.priority`; unnamed ones after, by name."""
    order = {name: rank for rank, name in enumerate(config.priority)}

    def rank(candidate: Candidate) -> tuple[int, str, str]:
        return (order.get(candidate.teacher, len(order)), candidate.teacher, candidate.style)

    chosen, *others = sorted(usable, key=rank)
    because = f"{_label(chosen)} comes first in caption.select.priority"
    if others:
        because += f", before {', '.join(map(_label, others))}"
    return Choice(chosen, because)


POLICIES: dict[str, Policy] = {"priority": by_priority}


def select(candidates: Sequence[Candidate], config: SelectConfig) -> Selection:
    """Choose among one clip's candidates; their order does not matter."""
    ordered = sorted(candidates, key=lambda candidate: (candidate.teacher, candidate.style))
    refusals = []
    usable = []
    for candidate in ordered:
        if why := unusable(candidate, config):
            refusals.append(f"{_label(candidate)} ({_short(why)})")
        else:
            usable.append(candidate)
    refused = "; ".join(refusals)
    if not usable:
        return Selection(None, f"no usable candidate: {refused or 'nobody was asked'}", 0, refused)
    choice = POLICIES[config.policy](usable, config)
    why = choice.because + (f"; passed over: {refused}" if refused else "")
    return Selection(choice.candidate, why, len(usable), refused)


def _label(candidate: Candidate) -> str:
    return f"{candidate.teacher}/{candidate.style}"


def _short(text: str) -> str:
    return text if len(text) <= MAX_REASON_CHARS else text[: MAX_REASON_CHARS - 1] + "…"
