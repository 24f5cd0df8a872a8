"""`polyreel review export`: a sheet of translations for a person to correct."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.query import fetch, open_run
from pipeline.review.edits import read_edits
from pipeline.review.rows import Wanted, is_wanted, review_rows
from pipeline.review.sheet import write_sheet
from pipeline.run_folder import read_run
from pipeline.storage import Storage


def export_review(
    storage: Storage, path: Path, form: str, wanted: Wanted, language: str = ""
) -> int:
    """Write the sheet; gives how many rows it has. Raises PolyreelError."""
    read_run(storage)
    connection = open_run(storage)
    rows = review_rows(connection, read_edits(storage), language)
    if language and not rows:
        known = fetch(connection, "SELECT DISTINCT language FROM translations ORDER BY language")
        tags = ", ".join(row["language"] for row in known) or "none"
        raise ConfigError(
            f"the run has no translations into {language}", f"its languages are: {tags}"
        )
    chosen = [row for row in rows if is_wanted(row, wanted)]
    sheet = [
        row
        | {
            "status": row["status"] or Wanted.MISSING,
            "flags": ", ".join(row["flags"] or ([row["reason"]] if row["reason"] else [])),
            "source_text": row["source_text"] or "",
            "translation": row["translation"] or "",
            "corrected": "",
            "comment": "",
        }
        for row in chosen
    ]
    write_sheet(path, sheet, form)
    return len(sheet)
