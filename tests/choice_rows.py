"""Candidates and what the selector made of them, written as one row each."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.table import Row
from schemas.tables import TABLES

_CHOICE = set(TABLES["choices"].column_names)
_CAPTION = set(TABLES["captions"].column_names)


def split_choices(candidates: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows with columns of both tables, as rows of `captions` and of `choices`."""
    rows = list(candidates)
    return {
        "captions": [{k: v for k, v in row.items() if k in _CAPTION} for row in rows],
        "choices": [{k: v for k, v in row.items() if k in _CHOICE} for row in rows],
    }
