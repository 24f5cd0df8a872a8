"""The translations of a run as a person sees them: with their source, and edits that wait."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pipeline.query import fetch
from pipeline.review.edits import Edit
from schemas.outcomes import TextStatus
from schemas.table import Row
from stages.translate.edited import text_sha256

_ROWS = """
SELECT t.translation_id, t.source_id, s.key AS video, t.shot_id, t.kind, t.source_language,
       t.language, t.status, t.flags, t.reason, t.source_text, t.text AS translation
FROM translations t JOIN sources s USING (source_id)
WHERE t.outcome <> 'failed' AND t.source_text IS NOT NULL {where}
ORDER BY t.language, s.key, t.shot_id, t.kind, t.text_id
"""


class Wanted(StrEnum):
    """Which rows to look at. missing: what was dropped without a translation."""

    FLAGGED = "flagged"
    AUTO = "auto"
    EDITED = "edited"
    MISSING = "missing"
    ALL = "all"


def review_rows(connection: Any, edits: dict[str, Edit], language: str = "") -> list[Row]:
    """All rows (of one language) with the text and status that they have now: an edit that was
    imported after the last run counts. `version` changes when source or translation do."""
    where = "AND t.language = ?" if language else ""
    rows = fetch(connection, _ROWS.format(where=where), *([language] if language else []))
    for row in rows:
        edit = edits.get(row["translation_id"])
        if edit is not None and edit.source_sha256 == text_sha256(row["source_text"]):
            row["translation"], row["status"] = edit.text, str(TextStatus.EDITED)
        row["version"] = text_sha256(row["source_text"], row["translation"])[:16]
    return rows


def is_wanted(row: Row, wanted: Wanted) -> bool:
    if wanted is Wanted.ALL:
        return True
    return row["status"] is None if wanted is Wanted.MISSING else row["status"] == wanted
