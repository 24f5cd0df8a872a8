"""A made-up corpus for the balance: units of clips with a caption and translations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from pipeline.testing import StageRun, run_corpus_stage, run_unit_stage
from schemas.table import Row
from stages.balance.config import BalanceConfig
from stages.balance.stage import BalanceStage, BalanceUnits

KEPT = {"outcome": "kept", "reason": None, "detail": None}
Unit = dict[str, list[Row]]


def clip_id(number: int) -> str:
    return str(UUID(int=number + 1))


def caption_id(number: int) -> str:
    return f"cap{number}"


@dataclass(frozen=True)
class Made:
    """One clip. `texts`: language -> values of text rules; "en" is the caption. A clip of less
    `width` is a worse one."""

    number: int
    caption: str = "A man rides a horse."
    source: str = "s"
    width: int = 640
    concept: int | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: {"en": {}})
    outcome: str = "kept"


def scores(values: Mapping[str, float]) -> list[Row]:
    return [
        {"rule": rule, "value": value, "limit": None, "passed": True}
        for rule, value in values.items()
    ]


def unit_of(clips: Sequence[Made]) -> Unit:
    rows: Unit = {
        name: []
        for name in ("sources", "shots", "dedup", "selections", "captions", "verdicts")
    }  # fmt: skip
    for made in clips:
        source_id = f"{made.source}-{made.width}"
        if not any(row["source_id"] == source_id for row in rows["sources"]):
            rows["sources"].append(
                {"source_id": source_id, "uri": "/v", "key": "v", "width": made.width}
                | {"height": 360, "size_bytes": 1000, "duration_s": 10.0}
                | KEPT
            )
        ids = {"shot_id": clip_id(made.number), "source_id": source_id}
        rows["shots"].append(
            ids
            | {"index": made.number, "start_frame": made.number, "end_frame": made.number + 1}
            | {"start_pts": 0, "end_pts": 100, "time_base": "1/25", "start_s": 0.0, "end_s": 4.0}
            | {"scale": 0, "cover_start_s": 0.0, "cover_end_s": 4.0, "n_frames": 100}
            | {"start_kind": "cut", "end_kind": "cut", "sharpness": 5.0}
            | KEPT
        )
        rows["dedup"].append(
            ids
            | {"cluster_id": ids["shot_id"], "representative_id": ids["shot_id"]}
            | {"relation": "unique", "cluster_size": 1, "concept_id": made.concept}
            | KEPT
        )
        caption = ids | {"caption_id": caption_id(made.number)}
        rows["selections"].append(
            caption | {"policy": "p", "why": "w", "n_candidates": 1} | KEPT
        )  # fmt: skip
        rows["captions"].append(
            caption
            | {"teacher": "visual", "style": "short", "language": "en", "text": made.caption}
            | {"is_demo": False}
            | KEPT
        )
        verdict = ids | KEPT | {"outcome": made.outcome}
        rows["verdicts"].append(
            verdict | {"scope": "clip", "text_id": "", "scores": scores(made.values)}
        )
        for language, values in made.texts.items():
            text_id = caption_id(made.number) + ("" if language == "en" else f"-{language}")
            rows["verdicts"].append(
                verdict
                | {"scope": "text", "text_id": text_id, "language": language}
                | {"scores": scores(values)}
            )
    return rows


def balanced(root: Path, units: Sequence[Sequence[Made]], **options: Any) -> StageRun:
    """The barrier over units of clips."""
    stage = BalanceStage(BalanceConfig(**options))
    tables = {f"u{number:03d}": unit_of(clips) for number, clips in enumerate(units)}
    return run_corpus_stage(stage, root, tables)


def passed_through(root: Path, clips: Sequence[Made], **options: Any) -> StageRun:
    """The stage where no rule needs the corpus."""
    return run_unit_stage(BalanceUnits(BalanceConfig(**options)), root, unit_of(clips))


def outcomes(run: StageRun) -> dict[int, str]:
    """Number of each clip -> its reason, or kept."""
    return {
        UUID(row["shot_id"]).int - 1: row["reason"] or row["outcome"]
        for row in run.tables["balance"]
    }


def text_outcomes(run: StageRun) -> dict[str, str]:
    return {row["text_id"]: row["reason"] or row["outcome"] for row in run.tables["balance_texts"]}
