"""A person's text takes the place of a model's, as long as it was made for the same source."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from schemas.table import Row
from stages.base import kept
from stages.translate.finished import Finished

PERSON = "person"
"""`model` of a row that a person wrote where no model gave a text."""


def text_sha256(*texts: str | None) -> str:
    """One hash of some texts, a missing one told from an empty one."""
    return hashlib.sha256(json.dumps(texts, ensure_ascii=False).encode()).hexdigest()


def with_edits(done: Sequence[Finished], edits: Sequence[Row]) -> list[Finished]:
    """Each translation, with its edit where there is one. `edits`: rows as `Unit.edits` gives.

    An edit that was made for another source text is not applied; the row says so.
    """
    by_id = {row["translation_id"]: row for row in edits}
    return [_edited(each, by_id.get(each.translation_id)) for each in done]


def _edited(done: Finished, edit: Row | None) -> Finished:
    if edit is None:
        return done
    if edit["source_sha256"] != text_sha256(done.source.text):
        why = f"the edit by {edit['editor']} was made for another source text"
        said = done.ending["detail"]
        return replace(done, ending=done.ending | {"detail": f"{said}; {why}" if said else why})
    return replace(
        done,
        text=edit["text"],
        model=done.model if done.is_kept else PERSON,
        is_demo=False,
        ending=kept(f"edited by {edit['editor']}"),
        score=None,
        sentences=(),
        editor=edit["editor"],
        edited_at=edit["edited_at"],
    )
