"""What people write wrongly or oddly beside a video: an outcome for each candidate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from caption_rows import cue_row, shot_row, source_row, unit_rows

from pipeline.testing import run_unit_stage
from schemas.outcomes import Outcome, Reason
from schemas.table import Row
from stages.caption.config import CaptionConfig
from stages.caption.stage import CaptionStage

Cues = list[tuple[float, float, str]]


def said(tmp_path: Path, cues: Cues = (), declared: str | None = None, **source: Any) -> list[Row]:
    """Candidates of metadata and subtitle, in this order, for a clip from 0 to 10 s."""
    rows = [cue_row(n, *cue, "v.srt", declared) for n, cue in enumerate(cues)]
    tables = unit_rows([shot_row("s1", 0, 0.0, 10.0)], [source_row(**source)], rows)
    stage = CaptionStage(CaptionConfig(teachers=["metadata", "subtitle"]))
    return sorted(
        run_unit_stage(stage, tmp_path, tables).tables["captions"], key=lambda row: row["teacher"]
    )


@pytest.mark.parametrize(
    ("cues", "language", "text", "stored"),
    [
        ([(1, 5, "Are you coming?"), (2, 4, "In a minute.")], "en",
         "Are you coming? In a minute.", "en"),
        ([(1, 3, "\u202bاخلط الطحين\u202c"), (3, 6, "مع الماء.")], "ar",
         "اخلط الطحين مع الماء.", "ar"),
        ([(1, 3, "今天我们"), (3, 6, "做面包。")], "zh-Hans", "今天我们做面包。", "zh-Hans"),
        ([(1, 3, "パンを"), (2, 6, "作ります")], "ja", "パンを作ります", "ja"),
        ([(1, 3, "Сегодня мы печём хлеб.")], "en", "Сегодня мы печём хлеб.", "ru"),
    ],
)  # fmt: skip
def test_cues_that_overlap_turn_or_join_and_languages_that_are_wrong(
    tmp_path: Path, cues: Cues, language: str, text: str, stored: str
) -> None:
    _, subtitle = said(tmp_path, cues, language)
    assert (subtitle["outcome"], subtitle["text"]) == (Outcome.KEPT, text)
    assert subtitle["language"] == stored
    is_wrong = stored != language
    assert subtitle["language_origin"] == ("identified" if is_wrong else "declared")
    assert ("declared as en" in (subtitle["detail"] or "")) == is_wrong


def test_a_language_that_nobody_says_is_identified_unless_that_is_switched_off(
    tmp_path: Path,
) -> None:
    tables = unit_rows([shot_row("s1", 0, 0.0, 10.0)], [source_row(title="How to bake bread")])
    found = []
    for model in ({}, {"language_model": None}):
        config = CaptionConfig.model_validate({"teachers": ["metadata"], **model})
        (row,) = run_unit_stage(CaptionStage(config), tmp_path, tables).tables["captions"]
        found.append((row["language"], row["language_origin"]))
    assert found == [("en", "identified"), ("und", None)]


@pytest.mark.parametrize("text", ["[music]", "♪ ♪", "<i></i>", "{\\an8}", "\u200b"])
def test_cues_without_words_are_no_subtitle(tmp_path: Path, text: str) -> None:
    _, subtitle = said(tmp_path, [(1, 9, text)], "en")
    assert (subtitle["outcome"], subtitle["reason"]) == (Outcome.DROPPED, Reason.NO_SUBTITLE)


def test_what_is_written_for_the_platform_is_no_caption(tmp_path: Path) -> None:
    description = "Subscribe! https://x.y/z\n#bread #baking\n0:00 Intro\nFollow me @baker"
    metadata, _ = said(tmp_path, title="VID_20240301.mp4", description=description, tags=["#"])
    assert metadata["reason"] == Reason.NO_METADATA
    assert metadata["detail"] == "nothing is left of its title, description, tags"


def test_of_a_title_its_words_stay(tmp_path: Path) -> None:
    title = "🔥 Baking rye bread at home #bread #baking https://x.y/z 🔥"
    metadata, _ = said(tmp_path, title=title, description="Link in bio!", language="en")
    assert (metadata["text"], metadata["language"]) == ("Baking rye bread at home", "en")
