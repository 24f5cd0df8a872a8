"""The input's rows again, in other languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import RunError
from pipeline.localised import localised, write_localised
from pipeline.storage import Storage
from pipeline.worker import part_path
from schemas.table import Row
from schemas.tables import TABLES

SOURCE: Row = {
    "source_id": "v1", "key": "a.mp4", "title": "A dog", "description": None,
    "tags": ["dog", "bed"], "language": "en", "licence": None, "outcome": "kept", "uri": "a.mp4",
    "extra_json": json.dumps({"id": 7, "question": "What?", "options": ["Eat.", 3, "Sleep."]}),
}  # fmt: skip


def text(text_id: str, said: str | None, status: str | None = "auto", **more: Any) -> Row:
    row = {"source_id": "v1", "text_id": text_id, "language": "de", "text": said, "status": status}
    return row | {"flags": [], "reason": None} | more


def test_texts_stand_where_they_stood_in_the_input() -> None:
    row = localised(
        SOURCE,
        [
            text("title", "Ein Hund"),
            text("tag/000001", "Bett"),
            text("column/question", "Was?"),
            text("column/options/000000", "Fressen."),
            text("column/options/000002", "Schlafen.", "edited"),
        ],
    )
    assert row == {
        "video": "a.mp4",
        "id": 7,
        "question": "What?",
        "options": ["Eat.", 3, "Sleep."],
        "title": "A dog",
        "tags": ["dog", "bed"],
        "language": "en",
        "translations": {
            "de": {
                "title": "Ein Hund",
                "tags": ["dog", "Bett"],
                "question": "Was?",
                "options": ["Fressen.", 3, "Schlafen."],
            }
        },
        "open": {},
    }


def test_what_is_doubted_or_missing_is_open() -> None:
    row = localised(
        SOURCE,
        [
            text("title", "Hund", "flagged", flags=["low_score", "repeats"]),
            text("column/question", None, None, reason="out_of_domain"),
        ],
    )
    assert row["open"] == {
        "de": {"title": "low_score, repeats", "column/question": "out_of_domain"}
    }
    assert row["translations"]["de"]["question"] is None


def test_a_row_without_translations_is_not_lost() -> None:
    assert localised(SOURCE, [])["translations"] == {}


def test_a_run_without_such_texts_says_what_to_do(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path / "run"))
    storage.write_table(part_path("sources", "u1"), TABLES["sources"].to_arrow([SOURCE]))
    with pytest.raises(RunError, match="no translated texts of its input") as caught:
        write_localised(storage, tmp_path / "out.jsonl", [])
    assert "translate.texts" in caught.value.hint
