"""`polyreel why ID`: the story of one video or clip, stage by stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.errors import PolyreelError
from pipeline.query import fetch, open_run
from pipeline.selector.words import choice_in_words, scores_in_words
from pipeline.storage import Storage
from schemas.outcomes import (
    REASON_HELP,
    TEXT_FLAG_HELP,
    Outcome,
    Reason,
    TextFlag,
    TextStatus,
)
from schemas.table import Row


class NotFound(PolyreelError):
    """No video, shot or sample of the run has this id."""


def find(connection: Any, wanted: str) -> tuple[Row, Row | None]:
    """The source, and the shot if the id is a shot's. `wanted`: the start of an id, a key, a
    URI or a file name. Raises NotFound, also when more than one would do."""
    shots = fetch(connection, "SELECT * FROM shots WHERE starts_with(shot_id, ?)", wanted)
    sources = fetch(
        connection,
        "SELECT * FROM sources WHERE starts_with(source_id, ?) OR key = ? OR uri = ? "
        "OR ends_with(uri, '/' || ?) ORDER BY key",
        *[wanted] * 4,
    )
    if not shots and not sources:
        captions = fetch(
            connection,
            "SELECT shot_id FROM captions WHERE starts_with(caption_id, ?) UNION "
            "SELECT shot_id FROM translations WHERE starts_with(translation_id, ?)",
            *[wanted] * 2,
        )
        if captions:
            return find(connection, captions[0]["shot_id"])
        raise NotFound(
            f"nothing in this run has the id {wanted!r}",
            "give a source_id, a shot_id (the key of a sample), or a video's file name",
        )
    if len(shots) + len(sources) > 1:
        found = [row["key"] for row in sources] + [row["shot_id"] for row in shots]
        raise NotFound(
            f"{wanted!r} could be any of {len(found)}: {', '.join(found[:5])}", "give more of it"
        )
    if sources:
        return sources[0], None
    (source,) = fetch(
        connection, "SELECT * FROM sources WHERE source_id = ?", shots[0]["source_id"]
    )
    return source, shots[0]


def story(storage: Storage, wanted: str) -> dict[str, Any]:
    """Everything that the run's tables say about one video or shot, in the order of the data."""
    connection = open_run(storage)
    source, shot = find(connection, wanted)
    result: dict[str, Any] = {"source": source}

    def rows(table: str, order: str) -> list[Row]:
        where, value = ("shot_id", shot["shot_id"]) if shot else ("source_id", source["source_id"])
        return fetch(connection, f"SELECT * FROM {table} WHERE {where} = ? ORDER BY {order}", value)

    def by_source(table: str, order: str) -> list[Row]:
        return fetch(
            connection,
            f"SELECT * FROM {table} WHERE source_id = ? ORDER BY {order}",
            source["source_id"],
        )

    result["sidecars"] = by_source("sidecars", "sidecar")
    result["split"] = by_source("splits", "source_id")
    result["shots"] = [shot] if shot else by_source("shots", "index")
    for shot_row in result["shots"]:
        shot_row.pop("signature", None)
    result["dedup"] = rows("dedup", "shot_id")
    result["captions"] = rows("candidates", "shot_id, teacher, style")
    result["selections"] = rows("selections", "shot_id")
    result["translations"] = rows("translations", "shot_id, language")
    result["verdicts"] = rows("verdicts", "shot_id, scope, language")
    result["balance"] = rows("balance", "shot_id")
    result["balance_texts"] = rows("balance_texts", "shot_id, language, text_id")
    result["clips"] = rows("clips", "shot_id")
    if shot:
        result["samples"] = fetch(
            connection, "SELECT * FROM samples WHERE key = ?", shot["shot_id"]
        )
    else:
        result["samples"] = by_source("samples", "key")
    return result


def tell(story_: dict[str, Any]) -> Iterator[str]:
    """The story in lines of plain text."""
    source = story_["source"]
    yield f"video {source['key']}  ({source['source_id']})"
    if source["outcome"] == Outcome.KEPT:
        yield (
            f"  ingest: {source['width']}x{source['height']} {source['codec']}, "
            f"{_seconds(source['duration_s'])} by its header, {source['size_bytes']} bytes"
        )
    else:
        yield f"  ingest: {_ending(source)}"
    for row in story_["sidecars"]:
        yield f"  beside it: {row['sidecar']} ({row['kind']}): {_ending(row)}"
    for row in story_["split"]:
        yield (
            f"  split: {_ending(row)}; {row['n_shots'] or 0} spans by detector {row['detector']}"
            + (", damaged" if row["is_partial"] else "")
        )
    for shot in story_["shots"]:
        yield ""
        yield from _tell_shot(shot, story_)


def _tell_shot(shot: Row, story_: dict[str, Any]) -> Iterator[str]:
    def rows(table: str) -> list[Row]:
        return [row for row in story_[table] if row["shot_id"] == shot["shot_id"]]

    scale = f" of scale {shot['scale']}" if shot["scale"] else ""
    span = f"{shot['start_s']:.3f}-{shot['end_s']:.3f} s"
    yield f"  shot {shot['index']}{scale}  {span}  ({shot['shot_id']})"
    yield (
        f"    split: {_ending(shot)}; starts with {shot['start_kind']}, ends with "
        f"{shot['end_kind']}"
    )
    for row in rows("dedup"):
        like = f"; means the same as {row['semantic_id']}" if row["semantic_id"] else ""
        yield (
            f"    dedup: {_ending(row)}; {row['relation']}, cluster of {row['cluster_size']}{like}"
        )
    for row in rows("captions"):
        said = f'"{row["text"]}"' if row["text"] else _ending(row)
        yield f"    {row['teacher']}{' (chosen)' if row['selected'] else ''}: {said}"
        if scores := scores_in_words(row):
            yield f"      {_place(row)}: {scores}"
    for row in rows("selections"):
        yield f"    choice: {choice_in_words(row)}"
    chosen = {row["caption_id"]: row["teacher"] for row in rows("captions") if row["selected"]}
    for row in rows("translations"):
        of = f" of {chosen.get(row['caption_id'])}" if len(chosen) > 1 else ""
        yield from _tell_translation(row, of)
    for row in rows("verdicts"):
        what = "clip" if row["scope"] == "clip" else f"text {row['language']}"
        yield f"    filter, {what}: {_ending(row)}"
    for row in rows("balance"):
        like = row["same_caption_count"]
        others = f"; {like} clips have nearly this caption" if like else ""
        yield f"    balance: {_ending(row)}{others}"
    for row in rows("balance_texts"):
        if row["outcome"] != Outcome.KEPT:
            yield f"    balance, text {row['language']}: {_ending(row)}"
    for row in rows("clips"):
        yield f"    cut: {_ending(row)}"
    samples = [row for row in story_["samples"] if row["key"] == shot["shot_id"]]
    for row in samples:
        yield f"    in the set: {row['shard']}, sample {row['index']}, {row['languages']}"
    if not samples:
        yield "    not in the set"


def _tell_translation(row: Row, of: str) -> Iterator[str]:
    said = f'"{row["text"]}"' if row["text"] else _ending(row)
    yield f"    {row['language']}{of}: {said}" + (" (demo model)" if row["is_demo"] else "")
    if row["status"] == TextStatus.EDITED:
        yield f"      edited by {row['editor']}, {row['edited_at']}"
    elif row["status"] == TextStatus.FLAGGED:
        yield f"      flagged: {row['detail']}"
        yield from (f"        {TEXT_FLAG_HELP[TextFlag(flag)]}" for flag in row["flags"] or [])
    for number, each in enumerate(row["tries"] or [], 1):
        what = f'"{each["text"]}"' if each["text"] else each["detail"]
        doubts = ", ".join(each["flags"]) or "no flags"
        yield f"      try {number}, {each['model']}, {each['settings']}: {what} ({doubts})"


def _ending(row: Row) -> str:
    if row["outcome"] == Outcome.KEPT:
        return "kept" + (f" ({row['detail']})" if row["detail"] else "")
    words = row["detail"] or REASON_HELP.get(Reason(row["reason"]), "")
    return f"{row['outcome']} ({row['reason']}): {words}"


def _place(caption: Row) -> str:
    return f"place {caption['rank']}" if caption["rank"] else "not usable"


def _seconds(value: float | None) -> str:
    return "unknown length" if value is None else f"{value:.2f} s"
