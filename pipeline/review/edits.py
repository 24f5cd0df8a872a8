"""What people wrote: `review/edits.jsonl` beside the run, an input of the stages that follow.

One line per translation, sorted by id. Editor and time are data of the edit, so a run that reads
them is as repeatable as one without. An edit belongs to a source text: when that changes, the
edit no longer applies, and stays in the file.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

from pipeline.errors import RunFolderError
from pipeline.storage import Storage
from schemas.table import Row

EDITS_PATH = "review/edits.jsonl"


@dataclass(frozen=True)
class Edit:
    """A person's text for one translation. `source_sha256`: of the source text it was made for;
    `edited_at`: ISO 8601, UTC."""

    translation_id: str
    source_id: str
    language: str
    text: str
    source_sha256: str
    editor: str
    edited_at: str


def read_edits(storage: Storage) -> dict[str, Edit]:
    """All edits of a run by translation_id. Raises RunFolderError for a damaged file."""
    if not storage.exists(EDITS_PATH):
        return {}
    lines = storage.read_bytes(EDITS_PATH).decode("utf-8").splitlines()
    try:
        edits = [Edit(**json.loads(line)) for line in lines]
    except (ValueError, TypeError) as error:
        raise RunFolderError(
            f"{storage.url}/{EDITS_PATH} is damaged: {error}",
            "mend the line, or remove the file to give up all edits",
        ) from error
    return {edit.translation_id: edit for edit in edits}


def write_edits(storage: Storage, edits: Iterable[Edit]) -> None:
    ordered = sorted(edits, key=lambda edit: edit.translation_id)
    lines = [json.dumps(asdict(edit), ensure_ascii=False, sort_keys=True) for edit in ordered]
    storage.write_bytes(EDITS_PATH, "".join(line + "\n" for line in lines).encode())


def edits_of(storage: Storage, source_ids: Collection[str]) -> list[Row]:
    """The edits of some sources, as rows in order of their ids."""
    wanted = set(source_ids)
    found = (asdict(edit) for edit in read_edits(storage).values())
    rows = [row for row in found if row["source_id"] in wanted]
    return sorted(rows, key=lambda row: str(row["translation_id"]))


def unit_edits(storage: Storage, unit: str) -> list[Row]:
    """The edits of a unit's sources; none, without a look at its sources, where nobody edited."""
    if not storage.exists(EDITS_PATH):
        return []
    sources = storage.read_table(f"sources/part-{unit}.parquet", ["source_id"])
    return edits_of(storage, sources.column("source_id").to_pylist())
