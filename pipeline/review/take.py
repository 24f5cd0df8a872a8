"""`polyreel review import`: take a person's corrections, and overwrite nothing unseen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.query import open_run
from pipeline.review.edits import Edit, read_edits, write_edits
from pipeline.review.rows import review_rows
from pipeline.review.sheet import read_sheet
from pipeline.run_folder import locked, read_run
from pipeline.storage import Storage
from schemas.table import Row
from stages.translate.edited import text_sha256

MAX_CHARACTERS = 100_000


@dataclass
class Taken:
    """What came of a sheet's rows. `refused`: translation_id and why, in words."""

    imported: list[str] = field(default_factory=list)
    already: int = 0
    blank: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def import_review(
    storage: Storage, path: Path, editor: str, edited_at: str, force: bool = False
) -> Taken:
    """Add a sheet's corrections to the run's edits. `edited_at`: ISO 8601, stored as it is.

    A row is refused when the translation or its source changed since the export (not with
    `force`), when the run has no such translation, or when the sheet says two things of it.
    Raises PolyreelError for a sheet or run that cannot be read.
    """
    if not editor.strip():
        raise ConfigError("--editor is empty", "give the name of who made the corrections")
    read_run(storage)
    with locked(storage):
        edits = read_edits(storage)
        current = {row["translation_id"]: row for row in review_rows(open_run(storage), edits)}
        taken = Taken()
        for row in _once_each(read_sheet(path), taken):
            there = current.get(row["translation_id"])
            text = row["corrected"]
            if why := _objection(row, there, text, force):
                taken.refused.append((row["translation_id"], why))
            elif there is not None:
                edit = _edit(there, text, editor.strip(), edited_at)
                before = edits.get(edit.translation_id)
                if before and (before.text, before.source_sha256) == (text, edit.source_sha256):
                    taken.already += 1
                else:
                    edits[edit.translation_id] = edit
                    taken.imported.append(edit.translation_id)
        if taken.imported:
            write_edits(storage, edits.values())
    return taken


def _once_each(rows: Sequence[Row], taken: Taken) -> list[Row]:
    """The rows that say something, cleaned; two that disagree are refused."""
    said: dict[str, Row] = {}
    texts: Counter[str] = Counter()
    for row in rows:
        text = row["corrected"].replace("\r\n", "\n").strip()
        if not text:
            taken.blank += 1
            continue
        key = row["translation_id"].strip()
        if key not in said or said[key]["corrected"] != text:
            texts[key] += 1
        said[key] = row | {"translation_id": key, "corrected": text}
    for key in [key for key, count in texts.items() if count > 1]:
        taken.refused.append((key, "the sheet has two different corrections of it"))
        del said[key]
    return list(said.values())


def _objection(row: Row, there: Row | None, text: str, force: bool) -> str:
    if there is None:
        return "the run has no such translation"
    if len(text) > MAX_CHARACTERS:
        return f"the correction has {len(text)} characters; at most {MAX_CHARACTERS} are taken"
    if row["version"].strip() == there["version"] or force or text == there["translation"]:
        return ""
    now = (there["translation"] or "")[:60]
    return f'changed since the export; it is now "{now}" ({there["status"] or "missing"})'


def _edit(there: Row, text: str, editor: str, edited_at: str) -> Edit:
    return Edit(
        there["translation_id"],
        there["source_id"],
        there["language"],
        text,
        text_sha256(there["source_text"]),
        editor,
        edited_at,
    )
