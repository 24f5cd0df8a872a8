"""Candidates by hand or by teachers, and the choice among them, for tests of the selector."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.testing import run_unit_stage
from schemas.outcomes import Outcome, Reason
from schemas.table import Row
from stages.caption.config import CaptionConfig
from stages.caption.stage import CaptionStage
from stages.caption.teacher import Candidate
from stages.select.choose import Selection, select
from stages.select.config import SelectConfig
from stages.select.joined import with_choices
from stages.select.ranker import Ranker
from stages.select.score import ClipTexts, score_unit
from stages.select.stage import SelectStage


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


def chosen_from(
    root: Path, tables: dict[str, list[Row]], teachers: Sequence[str], config: SelectConfig
) -> dict[str, list[Row]]:
    """Both stages over one unit: `candidates` with their choices, and `selections`."""
    caption = CaptionStage(CaptionConfig.model_validate({"teachers": teachers}))
    captions = run_unit_stage(caption, root, tables).tables["captions"]
    made = run_unit_stage(SelectStage(config), root, {}).tables
    return {
        "candidates": with_choices(captions, made["choices"]),
        "selections": made["selections"],
    }
