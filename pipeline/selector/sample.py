"""A sheet of clips from a run for people to pick captions from.

DIR gets `sheet.html` (pictures inside, works without network or server), `sheet.jsonl` (the same
clips with all that the selector knows of them) and `sheet.csv` (for spreadsheets). Candidates
stand in an order drawn from the seed, without their teachers' names.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from pipeline.errors import PolyreelError
from pipeline.query import fetch, open_run
from pipeline.report.build import text_direction
from pipeline.report.pictures import data_uri
from pipeline.run_folder import read_run
from pipeline.selector.picks import ALL_BAD, ITEMS_NAME, SHEET_VERSION, Item
from pipeline.selector.sheet import sheet_html
from pipeline.storage import Storage
from schemas.table import Row
from stages.select.alignment import spread
from stages.select.balanced import Clip, balanced, drawing

MAX_PICTURES = 4
HTML_NAME, CSV_NAME = "sheet.html", "sheet.csv"

_CANDIDATES = """
SELECT c.*, h.start_s, h.end_s, h.keyframes, s.key AS source_key
FROM candidates c JOIN shots h USING (shot_id) JOIN sources s ON s.source_id = c.source_id
WHERE c.caption_scores IS NOT NULL ORDER BY c.shot_id, c.caption_id
"""


class SampleError(PolyreelError):
    """A run from which no sheet can be made."""


def write_sheet(storage: Storage, n_clips: int, seed: int, output: Path) -> int:
    """Write the three files; gives the number of clips. Raises SampleError when no clip of the
    run has two different texts to choose from."""
    groups = _clips_with_a_choice(storage)
    if not groups:
        raise SampleError(
            "no clip of this run has two different candidates with a text",
            "run the caption stage with more teachers, and select",
        )
    model = read_run(storage)["config"]["select"]["alignment"]["model"]
    chosen = balanced([_clip_of(rows) for rows in groups.values()], n_clips, seed)
    items = [item_of(groups[clip.shot_id], seed, model) for clip in chosen]
    pictures = [_pictures(storage, groups[clip.shot_id][0]["keyframes"]) for clip in chosen]
    output.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(item, ensure_ascii=False, sort_keys=True) + "\n" for item in items]
    (output / ITEMS_NAME).write_text("".join(lines), encoding="utf-8")
    (output / CSV_NAME).write_text(sheet_csv(items), encoding="utf-8-sig")
    (output / HTML_NAME).write_text(sheet_html(items, pictures, text_direction), encoding="utf-8")
    return len(items)


def item_of(rows: list[Row], seed: int, alignment_model: str) -> Item:
    """One clip of the sheet with all its candidates, in an order drawn from the seed."""
    first = rows[0]
    shuffled = sorted(rows, key=lambda row: drawing(seed, row["caption_id"]))
    names = ("caption_id", "teacher", "style", "language", "text", "model", "flags")
    return {
        "version": SHEET_VERSION,
        "shot_id": first["shot_id"],
        "source_id": first["source_id"],
        "source_key": first["source_key"],
        "start_s": first["start_s"],
        "end_s": first["end_s"],
        "alignment_model": alignment_model,
        "candidates": [
            {name: row[name] for name in names} | {"scores": row["caption_scores"]}
            for row in shuffled
        ],
    }


def sheet_csv(items: list[Item]) -> str:
    """One row per candidate and one "all bad" per clip; people write into the last column."""
    out = io.StringIO()
    names = ("clip", "source", "start_s", "end_s", "option", "text", "shot_id", "caption_id")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*names, "picked"])
    for number, item in enumerate(items, start=1):
        start = [number, item["source_key"], item["start_s"], item["end_s"]]
        for option, candidate in enumerate(item["candidates"], start=1):
            ids = [item["shot_id"], candidate["caption_id"]]
            writer.writerow([*start, option, _cell(candidate["text"]), *ids, ""])
        writer.writerow([*start, ALL_BAD, "", item["shot_id"], "", ""])
    return out.getvalue()


def _cell(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in "=+-@" else text


def _clips_with_a_choice(storage: Storage) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in fetch(open_run(storage), _CANDIDATES):
        groups.setdefault(row["shot_id"], []).append(row)
    return {
        shot_id: rows for shot_id, rows in groups.items() if len({row["text"] for row in rows}) > 1
    }


def _clip_of(rows: list[Row]) -> Clip:
    agreed = [row["caption_scores"]["consensus"] for row in rows]
    known = [value for value in agreed if value is not None]
    mean = sum(known) / len(known) if known else None
    first = rows[0]
    return Clip(first["shot_id"], first["source_id"], first["end_s"] - first["start_s"], mean)


def _pictures(storage: Storage, keyframes: list[dict[str, Any]] | None) -> list[str]:
    frames = keyframes or []
    found = [data_uri(storage, frames[at]) for at in spread(len(frames), MAX_PICTURES)]
    return [uri for uri in found if uri]
