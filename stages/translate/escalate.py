"""Doubted translations are tried again, by the next way in a list, until nothing doubts them.

A try is dearer than the one before it: a larger beam, another model, a language model behind an
API. Each sees only what all tries so far left in doubt. Of a text's tries the one that fewest
checks doubt is kept, the earlier of equals; all of them stand in its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from schemas.outcomes import Reason
from schemas.table import Row
from stages.base import Unit
from stages.translate.checks.judge import flags_of
from stages.translate.checks.result import Check
from stages.translate.finished import Finished
from stages.translate.texts import SourceText

Asked = tuple[SourceText, str]
"""A text and the language that it is wanted in."""


class Again(Protocol):
    """A way to translate that is tried on what others left in doubt."""

    settings: str
    """How it differs, in words: "beam 8"."""

    def translate(self, unit: Unit, asked: Sequence[Asked]) -> list[Finished]:
        """Each text in its language, one for one."""
        ...

    def close(self) -> None:
        """Let go of what it took."""
        ...


class Judge(Protocol):
    """Checks translations, one list of checks each; none for what has no text."""

    def __call__(self, unit: Unit, done: Sequence[Finished]) -> list[list[Check]]: ...


@dataclass(frozen=True)
class Try:
    """What came of one way of translating one text."""

    done: Finished
    checks: tuple[Check, ...]
    settings: str

    @property
    def is_doubted(self) -> bool:
        """Whether the next way should be tried: something doubts it, or nothing came out."""
        if not self.done.is_kept:
            return bool(self.done.ending["reason"] == Reason.EMPTY_TRANSLATION)
        return bool(flags_of(self.checks))

    def row(self) -> Row:
        """Its entry in `translations.tries`."""
        return {
            "model": self.done.model,
            "settings": self.settings,
            "text": self.done.text,
            "score": self.done.score,
            "flags": [str(flag) for flag in flags_of(self.checks)],
            "detail": None if self.done.is_kept else self.done.ending["detail"],
        }


def best(tries: Sequence[Try]) -> Try:
    """The try that is kept: one with a text before one without, then by how few checks doubt
    it, then the earliest."""
    return min(tries, key=lambda each: (not each.done.is_kept, len(flags_of(each.checks))))


def settle(tries: Sequence[Try]) -> Finished:
    """The best try, with its checks, and all of them where there was more than one."""
    chosen = best(tries)
    rows = tuple(each.row() for each in tries) if len(tries) > 1 else ()
    return replace(chosen.done, checks=chosen.checks, tries=rows)


def escalate(
    unit: Unit, done: Sequence[Finished], first: str, ways: Sequence[Again], judge: Judge
) -> list[list[Try]]:
    """All tries of each translation, the given one (made with settings `first`) foremost."""
    tries = [
        [Try(each, tuple(checks), first)]
        for each, checks in zip(done, judge(unit, done), strict=True)
    ]
    for way in ways:
        open_ = [index for index, own in enumerate(tries) if best(own).is_doubted]
        if not open_:
            break
        again = way.translate(unit, [(done[i].source, done[i].language) for i in open_])
        judged = judge(unit, again)
        for index, each, checks in zip(open_, again, judged, strict=True):
            tries[index].append(Try(each, tuple(checks), way.settings))
    return tries
