"""Candidates made by hand, and the choice among them, for tests of the selector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.outcomes import Outcome, Reason
from stages.caption.config_select import SelectConfig
from stages.caption.selection.choose import Selection, select
from stages.caption.selection.ranker import Ranker
from stages.caption.selection.score import ClipTexts, score_unit
from stages.caption.teacher import Candidate


def said(teacher: str, text: str = "a dog runs", style: str = "x", **more: Any) -> Candidate:
    return Candidate("shot", teacher, style, **({"language": "en", "text": text} | more))


def unsaid(teacher: str, reason: Reason = Reason.NO_SPEECH) -> Candidate:
    return Candidate(
        "shot", teacher, "x", outcome=Outcome.DROPPED, reason=reason, detail="silence all along"
    )


def selected(
    candidates: Sequence[Candidate], config: SelectConfig, ranker: Ranker | None = None
) -> Selection:
    """The choice among one clip's candidates, which are all that its unit holds."""
    found = score_unit([ClipTexts("shot", candidates)], config)
    return select(found["shot"], config, ranker)
