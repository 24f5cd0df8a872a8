"""`polyreel why` tells who doubts a translation, what was tried, and who wrote it."""

from __future__ import annotations

from typing import Any

from pipeline.why import tell
from schemas.outcomes import TEXT_FLAG_HELP, TextFlag

SOURCE = {
    "key": "a.mp4", "source_id": "s", "outcome": "kept", "width": 64, "height": 48,
    "codec": "h264", "duration_s": 2.0, "size_bytes": 9,
}  # fmt: skip
SHOT = {
    "shot_id": "x", "index": 0, "scale": 0, "start_s": 0.0, "end_s": 2.0, "outcome": "kept",
    "reason": None, "detail": None, "start_kind": "start", "end_kind": "end",
}  # fmt: skip
TRIED = {"model": "m@1", "settings": "beam 1", "text": "uno", "flags": ["repeats"], "detail": None}
LOST = {"model": "big", "settings": "asked of s", "text": None, "flags": [], "detail": "HTTP 500"}


def told(**columns: Any) -> list[str]:
    row = {
        "shot_id": "x", "language": "es", "text": "uno", "is_demo": False, "outcome": "kept",
        "reason": None, "detail": None, "status": "auto", "flags": [], "tries": [],
    } | columns  # fmt: skip
    tables = ("sidecars", "split", "dedup", "captions", "selections", "verdicts", "balance")
    empty: dict[str, Any] = {name: [] for name in (*tables, "balance_texts", "clips", "samples")}
    story = empty | {"source": SOURCE, "shots": [SHOT], "translations": [row]}
    lines = list(tell(story))
    start = next(i for i, line in enumerate(lines) if line.startswith("    es:"))
    return [line.strip() for line in lines[start:-1]]


def test_a_plain_translation_is_one_line() -> None:
    assert told() == ['es: "uno"']


def test_flags_are_explained_and_tries_listed() -> None:
    detail = "repeats (4, most 1)"
    assert told(status="flagged", flags=["repeats"], detail=detail, tries=[TRIED, LOST]) == [
        'es: "uno"',
        f"flagged: {detail}",
        TEXT_FLAG_HELP[TextFlag.REPEATS],
        'try 1, m@1, beam 1: "uno" (repeats)',
        "try 2, big, asked of s: HTTP 500 (no flags)",
    ]


def test_an_edit_names_its_editor() -> None:
    lines = told(status="edited", flags=["repeats"], editor="Ann", edited_at="2030-01-01")
    assert lines == ['es: "uno"', "edited by Ann, 2030-01-01"]
