"""Choosing among one clip's candidates, and saying why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.outcomes import Reason
from schemas.table import Row
from stages.base import dropped, kept
from stages.caption.teacher import Candidate
from stages.select.config import SelectConfig
from stages.select.policies import POLICIES, Ranking
from stages.select.ranker import Ranker
from stages.select.score import Scored
from stages.select.usable import unusable

MAX_REASON_CHARS = 120
"""A candidate's detail is quoted this far; its own row has all of it."""


@dataclass(frozen=True)
class Selection:
    """The outcome for one clip. `ranking` is null when nothing was usable; `unusable` says by
    caption_id why a candidate is not."""

    scored: tuple[Scored, ...]
    ranking: Ranking | None
    unusable: Mapping[str, str]
    policy: str
    note: str = ""

    @property
    def chosen(self) -> tuple[Candidate, ...]:
        """Best first; none when nothing was usable."""
        found = self.ranking.ordered[: self.ranking.n_chosen] if self.ranking else ()
        return tuple(each.candidate for each in found)

    @property
    def refusals(self) -> str:
        """Which candidates are not usable, and why, in words."""
        return "; ".join(
            f"{each.label} ({_short(self.unusable[each.candidate.caption_id])})"
            for each in self.scored
            if each.candidate.caption_id in self.unusable
        )

    @property
    def why(self) -> str:
        if self.ranking is None:
            said = f"no usable candidate: {self.refusals or 'nobody was asked'}"
        else:
            passed = f"; passed over: {self.refusals}" if self.refusals else ""
            said = self.ranking.because + passed
        return f"{said}; {self.note}" if self.note else said

    def row(self, shot_id: str, source_id: str) -> Row:
        """This selection as a row of `selections`."""
        ranking = self.ranking
        runner_up, margin = _ahead(ranking) if ranking else (None, None)
        ending = kept() if ranking else dropped(Reason.NO_CAPTION, self.refusals)
        return {
            "shot_id": shot_id,
            "source_id": source_id,
            "caption_id": self.chosen[0].caption_id if ranking else None,
            "policy": ranking.policy if ranking else self.policy,
            "runner_up_id": runner_up.candidate.caption_id if runner_up else None,
            "margin": margin,
            "why": self.why,
            "n_candidates": len(ranking.ordered) if ranking else 0,
            **ending,
        }

    def choice_rows(self, shot_id: str, source_id: str) -> list[Row]:
        """What was made of each candidate, as rows of `choices`."""
        ordered = self.ranking.ordered if self.ranking else ()
        totals = self.ranking.totals if self.ranking else ()
        places = {each.candidate.caption_id: at for at, each in enumerate(ordered)}
        rows = []
        for each in self.scored:
            caption_id = each.candidate.caption_id
            at = places.get(caption_id)
            row: Row = {
                "caption_id": caption_id,
                "shot_id": shot_id,
                "source_id": source_id,
                "selected": at is not None and at < len(self.chosen),
                "rank": None if at is None else at + 1,
                "caption_scores": None,
                "flags": None,
                "unusable": self.unusable.get(caption_id),
            }
            if each.scores.n_words is not None:
                row["caption_scores"] = each.scores.row(None if at is None else totals[at])
                row["flags"] = list(each.flags)
            rows.append(row)
        return rows


def select(
    scored: Sequence[Scored], config: SelectConfig, ranker: Ranker | None = None, note: str = ""
) -> Selection:
    """Choose among one clip's candidates, whose order does not matter. `note` is added to the
    explanation."""
    ordered = sorted(
        scored, key=lambda s: (s.candidate.teacher, s.candidate.style, s.candidate.language)
    )
    found = {each.candidate.caption_id: unusable(each, config) for each in ordered}
    refused = {caption_id: why for caption_id, why in found.items() if why}
    usable = [each for each in ordered if each.candidate.caption_id not in refused]
    ranking = POLICIES[config.policy](usable, config, ranker) if usable else None
    return Selection(tuple(ordered), ranking, refused, config.policy, note)


def _ahead(ranking: Ranking) -> tuple[Scored | None, float | None]:
    """The best candidate that was not chosen, and by how much the last chosen one leads it."""
    if ranking.n_chosen >= len(ranking.ordered):
        return None, None
    last, behind = ranking.totals[ranking.n_chosen - 1], ranking.totals[ranking.n_chosen]
    margin = None if last is None or behind is None else last - behind
    return ranking.ordered[ranking.n_chosen], margin


def _short(text: str) -> str:
    return text if len(text) <= MAX_REASON_CHARS else text[: MAX_REASON_CHARS - 1] + "…"
