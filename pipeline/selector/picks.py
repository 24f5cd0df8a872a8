"""Picks on disk: what a person said of each clip of a sheet.

JSONL, one clip per line, as the sheet in the browser saves it. A line is an item of the sheet
(`sheet.jsonl`: the clip, its candidates with scores and flags) with `picked`, the caption_ids that
are good, and `all_bad`. A clip that nobody judged has neither and is passed over. So a file of
picks needs no run beside it, and files of several people can be put together.

A CSV is `sheet.csv` with something written in the column `picked`; `sheet.jsonl` lies beside it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.errors import PolyreelError
from stages.select.pick import Pick
from stages.select.ranker import Option

SHEET_VERSION = 1
ITEMS_NAME = "sheet.jsonl"
ALL_BAD = "all bad"


class PicksError(PolyreelError):
    """A file of picks cannot be used."""


Item = dict[str, Any]
"""{"version", "shot_id", "source_id", "alignment_model", "candidates": [{"caption_id", "teacher",
"style", "language", "text", "scores", "flags"}]}; an answer has "picked" and "all_bad" too."""


def read_picks(paths: Iterable[Path]) -> tuple[list[Pick], str]:
    """The picks of all files, and the alignment model that their scores are by. The later of two
    answers for one clip counts. Raises PicksError that names file and line."""
    answers: dict[str, Item] = {}
    for path in paths:
        for answer in _from_csv(path) if path.suffix.lower() == ".csv" else _from_jsonl(path):
            answers[answer["shot_id"]] = answer
    if not answers:
        raise PicksError("there is no answer in these files", "open sheet.html, pick, and save")
    models = sorted({str(answer.get("alignment_model") or "") for answer in answers.values()})
    if len(models) > 1:
        named = ", ".join(map(repr, models))
        raise PicksError(
            f"these picks have alignment scores of different models: {named}",
            "train with picks of one kind",
        )
    return [pick_of(answers[shot_id]) for shot_id in sorted(answers)], models[0]


def pick_of(answer: Item) -> Pick:
    """An answer as the fit wants it."""
    candidates = answer["candidates"]
    picked = set(answer["picked"])
    return Pick(
        answer["shot_id"],
        answer["source_id"],
        tuple(
            Option(f"{c['teacher']}/{c['style']}", c["scores"] or {}, tuple(c["flags"] or ()))
            for c in candidates
        ),
        frozenset(at for at, c in enumerate(candidates) if c["caption_id"] in picked),
    )


def _from_jsonl(path: Path) -> list[Item]:
    found = []
    for number, item in _lines(path):
        picked, all_bad = item.get("picked"), item.get("all_bad")
        if not picked and not all_bad:
            continue
        known = {candidate["caption_id"] for candidate in item["candidates"]}
        if not isinstance(picked, list) or not set(picked) <= known or (picked and all_bad):
            raise PicksError(
                f"{path}, line {number}: picked must be a list of the candidates' caption_ids, "
                "and empty where all_bad is true"
            )
        found.append(item)
    return found


def _from_csv(path: Path) -> list[Item]:
    items = {item["shot_id"]: item for _, item in _lines(path.with_name(ITEMS_NAME))}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise PicksError(f"{path}: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise PicksError(f"{path}: {error}") from error
    answers: dict[str, Item] = {}
    for number, row in enumerate(rows, start=2):
        if not (row.get("picked") or "").strip():
            continue
        item = items.get(row.get("shot_id") or "")
        if item is None:
            raise PicksError(f"{path}, line {number}: {ITEMS_NAME} beside it has no such clip")
        answer = answers.setdefault(item["shot_id"], {**item, "picked": [], "all_bad": False})
        if row["option"] == ALL_BAD:
            answer["all_bad"] = True
        else:
            answer["picked"].append(row["caption_id"])
        known = {candidate["caption_id"] for candidate in item["candidates"]}
        if not set(answer["picked"]) <= known or (answer["picked"] and answer["all_bad"]):
            raise PicksError(
                f"{path}, line {number}: this clip has a caption picked that is none of its "
                "candidates, or one beside all bad"
            )
    return list(answers.values())


def _lines(path: Path) -> list[tuple[int, Item]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PicksError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise PicksError(f"{path} is not text: {error}") from error
    items = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except json.JSONDecodeError as error:
            raise PicksError(f"{path}, line {number} is not JSON: {error}") from error
        if problem := _problem(item):
            raise PicksError(f"{path}, line {number}: {problem}")
        items.append((number, item))
    return items


def _problem(item: Any) -> str:
    """What keeps a line from being an item of a sheet; "" when nothing does."""
    if not isinstance(item, dict) or item.get("version") != SHEET_VERSION:
        return f"it is no clip of a sheet of version {SHEET_VERSION}"
    if not (isinstance(item.get("shot_id"), str) and isinstance(item.get("source_id"), str)):
        return "it has no shot_id or source_id"
    candidates = item.get("candidates")
    if not isinstance(candidates, list) or not candidates:
        return "it has no candidates"
    wanted = {"caption_id", "teacher", "style", "scores", "flags"}
    if not all(isinstance(each, dict) and wanted <= each.keys() for each in candidates):
        return f"a candidate lacks one of {', '.join(sorted(wanted))}"
    return ""
