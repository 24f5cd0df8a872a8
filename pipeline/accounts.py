"""Nothing is lost: every item that goes into a stage comes out of it exactly once.

The account is taken from the tables themselves, not from counters: the keys that a stage should
have answered for (the kept rows of the stage before) against the keys that it did answer for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.query import fetch, open_run
from pipeline.storage import Storage
from schemas.outcomes import Outcome, TextStatus

Account = dict[str, Any]
"""{"reconciled", "problems", "stages": {name: {...}}, "samples", "languages"}; JSON-like."""


@dataclass(frozen=True)
class _Line:
    """One thing to balance. Both queries give (key); `answers` also (outcome, reason)."""

    stage: str
    item: str
    inputs: str
    answers: str
    part: str = ""
    """Name of a second level inside a stage, such as the shots that split made."""


_CHOSEN = (
    "SELECT caption_id FROM selections WHERE outcome = 'kept' UNION "
    "SELECT caption_id FROM choices WHERE selected"
)
"""A policy may choose several captions of one clip; its selection names the first."""

_LINES = (
    _Line(
        "ingest",
        "videos",
        "SELECT source_id AS key FROM sources",
        "SELECT source_id AS key, outcome, reason FROM sources",
    ),
    _Line(
        "split",
        "videos",
        "SELECT source_id AS key FROM sources WHERE outcome = 'kept'",
        "SELECT source_id AS key, outcome, reason FROM splits",
    ),
    _Line(
        "split",
        "shots",
        "SELECT shot_id AS key FROM shots",
        "SELECT shot_id AS key, outcome, reason FROM shots",
        part="shots",
    ),
    _Line(
        "dedup",
        "shots",
        "SELECT shot_id AS key FROM shots WHERE outcome = 'kept'",
        "SELECT shot_id AS key, outcome, reason FROM dedup",
    ),
    _Line(
        "caption",
        "clips",
        "SELECT shot_id AS key FROM dedup WHERE outcome = 'kept'",
        "SELECT DISTINCT shot_id AS key, 'kept' AS outcome, NULL AS reason FROM captions",
    ),
    _Line(
        "caption",
        "candidates",
        "SELECT d.shot_id || ' ' || t.teacher || ' ' || t.style AS key FROM dedup d, "
        "(SELECT DISTINCT teacher, style FROM captions) t WHERE d.outcome = 'kept'",
        "SELECT shot_id || ' ' || teacher || ' ' || style AS key, outcome, reason FROM captions",
        part="candidates",
    ),
    _Line(
        "select",
        "clips",
        "SELECT shot_id AS key FROM dedup WHERE outcome = 'kept'",
        "SELECT shot_id AS key, outcome, reason FROM selections",
    ),
    _Line(
        "translate",
        "clip texts",
        f"SELECT s.caption_id || ' ' || l.language AS key FROM ({_CHOSEN}) s, "
        "(SELECT DISTINCT language FROM translations) l",
        "SELECT caption_id || ' ' || language AS key, outcome, reason FROM translations "
        "WHERE kind = 'caption'",
    ),
    _Line(
        "filter",
        "clips",
        "SELECT shot_id AS key FROM selections WHERE outcome = 'kept'",
        "SELECT shot_id AS key, outcome, reason FROM verdicts WHERE scope = 'clip'",
    ),
    _Line(
        "filter",
        "texts",
        f"SELECT caption_id AS key FROM ({_CHOSEN}) UNION ALL "
        "SELECT translation_id AS key FROM translations "
        "WHERE outcome = 'kept' AND kind = 'caption'",
        "SELECT text_id AS key, outcome, reason FROM verdicts WHERE scope = 'text'",
        part="texts",
    ),
    _Line(
        "balance",
        "clips",
        "SELECT shot_id AS key FROM verdicts WHERE scope = 'clip' AND outcome = 'kept'",
        "SELECT shot_id AS key, outcome, reason FROM balance",
    ),
    _Line(
        "balance",
        "texts",
        "SELECT text_id AS key FROM verdicts WHERE scope = 'text' AND outcome = 'kept'",
        "SELECT text_id AS key, outcome, reason FROM balance_texts",
        part="texts",
    ),
    _Line(
        "cut",
        "clips",
        "SELECT shot_id AS key FROM balance WHERE outcome = 'kept'",
        "SELECT shot_id AS key, outcome, reason FROM clips",
    ),
    _Line(
        "export",
        "clips",
        "SELECT shot_id AS key FROM clips WHERE outcome = 'kept'",
        "SELECT key, 'kept' AS outcome, NULL AS reason FROM samples",
    ),
)


def account_for(storage: Storage) -> Account:
    """Balance every stage that has run. A stage that has not is left out."""
    connection = open_run(storage)
    stages: dict[str, Any] = {}
    problems: list[str] = []
    for line in _LINES:
        if not storage.exists(f"state/{line.stage}"):
            continue
        entry = _balance(connection, line, problems)
        if line.part:
            stages[line.stage][line.part] = entry
        else:
            stages[line.stage] = entry
    if "translate" in stages:
        stages["translate"]["languages"] = _endings_by_language(connection)
        stages["translate"]["statuses"] = _counts_by_language(connection, _STATUSES)
        stages["translate"]["flags"] = _counts_by_language(connection, _FLAGS)
    languages = fetch(
        connection,
        "SELECT language, count(*) AS n FROM (SELECT unnest(languages) AS language FROM samples) "
        "GROUP BY language ORDER BY language",
    )
    (total,) = fetch(connection, "SELECT count(*) AS n FROM samples")
    return {
        "reconciled": not problems,
        "problems": problems,
        "stages": stages,
        "samples": total["n"],
        "languages": {row["language"]: row["n"] for row in languages},
    }


def _balance(connection: Any, line: _Line, problems: list[str]) -> dict[str, Any]:
    counts = fetch(
        connection,
        f"SELECT outcome, reason, count(*) AS n FROM ({line.answers}) "
        "GROUP BY outcome, reason ORDER BY outcome, reason",
    )
    (inputs,) = fetch(connection, f"SELECT count(*) AS n FROM ({line.inputs})")
    entry: dict[str, Any] = {"item": line.item, "inputs": inputs["n"]}
    for outcome in Outcome:
        entry[outcome.value] = sum(row["n"] for row in counts if row["outcome"] == outcome)
    entry["reasons"] = {row["reason"]: row["n"] for row in counts if row["reason"]}
    name = f"{line.stage} {line.item}"
    for what, first, second in (
        ("have no answer", line.inputs, line.answers),
        ("were never asked for", line.answers, line.inputs),
    ):
        (row,) = fetch(
            connection,
            f"SELECT count(*) AS n, min(key) AS example FROM (SELECT key FROM ({first}) "
            f"EXCEPT ALL SELECT key FROM ({second}))",
        )
        if row["n"]:
            problems.append(f"{name}: {row['n']} {what}, {row['example']} among them")
    return entry


_STATUSES = "SELECT language, status AS what FROM translations WHERE status IS NOT NULL"
_FLAGS = (
    "SELECT language, unnest(flags) AS what FROM translations "
    f"WHERE status = '{TextStatus.FLAGGED}'"
)


def _counts_by_language(connection: Any, found: str) -> dict[str, dict[str, int]]:
    """How often each `what` of a query occurs in each language."""
    rows = fetch(
        connection,
        f"SELECT language, what, count(*) AS n FROM ({found}) GROUP BY ALL ORDER BY ALL",
    )
    result: dict[str, dict[str, int]] = {}
    for row in rows:
        result.setdefault(row["language"], {})[row["what"]] = row["n"]
    return result


def _endings_by_language(connection: Any) -> dict[str, dict[str, int]]:
    rows = fetch(
        connection,
        "SELECT language, outcome, count(*) AS n FROM translations WHERE kind = 'caption' "
        "GROUP BY ALL ORDER BY ALL",
    )
    result: dict[str, dict[str, int]] = {}
    for row in rows:
        counts = result.setdefault(row["language"], {outcome.value: 0 for outcome in Outcome})
        counts[row["outcome"]] = row["n"]
    return result
