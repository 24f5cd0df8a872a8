"""Everything about one input: its bytes, its probe, and what lies beside and inside it.

Runs on a worker; files are read here and hostile media only in the guarded child. The result is
plain JSON values, so that an interrupted ingest can keep what it has.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from schemas.ids import source_id
from schemas.outcomes import ItemError, Outcome, Reason, SidecarKind
from schemas.table import Row
from stages.base import Failure, Limits, Worker, dropped, failed, kept
from stages.ingest.config import IngestConfig
from stages.ingest.listing import Item
from stages.ingest.metadata import clean_text, read_metadata
from stages.ingest.probe import ProbeLimits, probe_media
from stages.ingest.sidecars import SidecarFile
from stages.ingest.subtitles import decode_text, read_subtitles

RULES = frozenset({Reason.SOURCE_TOO_SHORT, Reason.SOURCE_TOO_LONG, Reason.SOURCE_TOO_LARGE})
"""Reasons that are the config's choice, so the source is dropped and has not failed."""

_FIELDS = ("title", "description", "tags", "language", "licence", "chapters")


def read_source(worker: Worker, item: Item, config: IngestConfig) -> dict[str, Any]:
    """Rows of one input: {"source": row, "sidecars": rows, "cues": rows}."""
    facts: Row = {}
    found: dict[str, Any] = {"source": {}, "tracks": []}
    if item.reason is not None:
        ending = failed(item.reason, item.error or "")
    else:
        probed = worker.attempt(item.key, _probe, worker, item, config, facts)
        ending = _ending(probed)
        if not isinstance(probed, Failure):
            found = probed
    identity = source_id(facts.get("content_sha256"), item.key)
    sidecars, cues, told = _read_sidecars(worker, identity, item, config)
    for track in found["tracks"]:
        sidecars.append(_track_row(identity, track))
        cues += _cue_rows(identity, track["sidecar"], track["language"], track["cues"])
    container = {name: found.get(name) for name in ("title", "description")}
    container["chapters"] = found["source"].get("chapters")
    source = {
        "source_id": identity,
        "uri": item.uri,
        "key": item.key,
        "size_bytes": item.size_bytes,
        **facts,
        **found["source"],
        **_merged([read_metadata(item.columns)[0], *told, container]),
        **ending,
    }
    return {"source": source, "sidecars": sidecars, "cues": cues}


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, read as a stream."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _probe(worker: Worker, item: Item, config: IngestConfig, facts: Row) -> dict[str, Any]:
    """The probe's answer; what is known before something fails is left in `facts`."""
    if item.size_bytes is not None:
        _check_size(item.size_bytes, config)
    with worker.local_copy(item.uri) as path:
        try:
            if not path.is_file():
                problem = "is not a file" if path.exists() else "does not exist"
                raise ItemError(Reason.UNREADABLE, f"{item.uri} {problem}")
            facts["size_bytes"] = path.stat().st_size
            _check_size(facts["size_bytes"], config)
            facts["content_sha256"] = sha256_of(path)
        except OSError as error:
            raise ItemError(Reason.UNREADABLE, f"{item.uri}: {error.strerror or error}") from error
        limits = Limits(config.probe_timeout_s, config.probe_memory_mb * 1_000_000)
        bounds = ProbeLimits(
            config.min_duration_s,
            config.max_duration_s,
            config.max_side_px,
            config.max_pixels,
            config.max_fps,
            config.max_streams,
            config.max_cues,
            config.embedded_subtitles,
        )
        return worker.guarded(limits, probe_media, str(path), bounds)


def _check_size(size_bytes: int, config: IngestConfig) -> None:
    if size_bytes == 0:
        raise ItemError(Reason.EMPTY_FILE, "the file has no bytes")
    if size_bytes > config.max_size_bytes:
        raise ItemError(
            Reason.SOURCE_TOO_LARGE,
            f"{size_bytes} bytes; ingest.max_size_bytes = {config.max_size_bytes}",
        )


def _ending(result: object) -> Row:
    if not isinstance(result, Failure):
        return kept()
    if result.reason in RULES:
        return dropped(result.reason, result.detail)
    return result.ending()


def _merged(places: list[Row]) -> Row:
    """Columns of `sources` from several places, of which the first that says something counts."""
    merged: Row = {}
    for field in _FIELDS:
        merged[field] = next((place[field] for place in places if place.get(field)), None)
    extra: dict[str, Any] = {}
    for place in reversed(places):
        extra |= place.get("extra") or {}
    merged["extra_json"] = json.dumps(extra, sort_keys=True, ensure_ascii=False) if extra else None
    return merged


def _read_sidecars(
    worker: Worker, identity: str, item: Item, config: IngestConfig
) -> tuple[list[Row], list[Row], list[Row]]:
    """`sidecars` rows, `cues` rows, and the metadata that the files tell, JSON before text."""
    rows: list[Row] = []
    cues: list[Row] = []
    told: list[tuple[bool, Row]] = []
    for sidecar in item.sidecars:
        read = worker.attempt(sidecar.name, _read_sidecar, worker, sidecar, config)
        row: Row = {
            "source_id": identity,
            "sidecar": sidecar.name,
            "kind": sidecar.kind,
            "language": sidecar.language,
        }
        if isinstance(read, Failure):
            is_empty = read.reason == Reason.SIDECAR_EMPTY
            rows.append(row | (dropped(read.reason, read.detail) if is_empty else read.ending()))
            continue
        if sidecar.kind == SidecarKind.SUBTITLE_FILE:
            row["n_cues"] = len(read["cues"])
            cues += _cue_rows(identity, sidecar.name, sidecar.language, read["cues"])
        else:
            told.append((sidecar.kind != SidecarKind.METADATA_FILE, read["metadata"]))
        rows.append(row | kept(read["detail"]))
    told.sort(key=lambda entry: entry[0])
    return rows, cues, [metadata for _, metadata in told]


def _read_sidecar(worker: Worker, sidecar: SidecarFile, config: IngestConfig) -> dict[str, Any]:
    """{"cues", "metadata", "detail"} of one file. Raises ItemError SIDECAR_EMPTY or _BROKEN."""
    data = _sidecar_bytes(worker, sidecar, config)
    if sidecar.kind == SidecarKind.SUBTITLE_FILE:
        suffix = Path(sidecar.name).suffix.lower()
        cues = read_subtitles(data, suffix, config.max_cues)
        if not cues:
            raise ItemError(Reason.SIDECAR_EMPTY, "no cue with text")
        return {"cues": cues, "metadata": {}, "detail": None}
    text = clean_text(decode_text(data))
    if text is None:
        raise ItemError(Reason.SIDECAR_EMPTY, "the file holds no text")
    if sidecar.kind == SidecarKind.DESCRIPTION_FILE:
        return {"cues": [], "metadata": {"description": text}, "detail": None}
    try:
        values = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ItemError(Reason.SIDECAR_BROKEN, f"not JSON: {error}") from error
    if not isinstance(values, dict):
        raise ItemError(Reason.SIDECAR_BROKEN, "JSON, but not an object")
    metadata, left_out = read_metadata(values)
    detail = f"too long to be carried along: {', '.join(left_out)}" if left_out else None
    return {"cues": [], "metadata": metadata, "detail": detail}


def _sidecar_bytes(worker: Worker, sidecar: SidecarFile, config: IngestConfig) -> bytes:
    try:
        with worker.local_copy(sidecar.uri) as path:
            size_bytes = path.stat().st_size
            if size_bytes > config.max_sidecar_bytes:
                raise ItemError(
                    Reason.SIDECAR_BROKEN,
                    f"{size_bytes} bytes; ingest.max_sidecar_bytes = {config.max_sidecar_bytes}",
                )
            data = path.read_bytes()
    except OSError as error:
        problem = f"{sidecar.uri}: {error.strerror or error}"
        raise ItemError(Reason.SIDECAR_BROKEN, problem) from error
    except ItemError as error:
        raise ItemError(Reason.SIDECAR_BROKEN, str(error)) from error
    if not data.strip():
        raise ItemError(Reason.SIDECAR_EMPTY, "the file has no content")
    return data


def _track_row(identity: str, track: Row) -> Row:
    row: Row = {
        "source_id": identity,
        "sidecar": track["sidecar"],
        "kind": SidecarKind.EMBEDDED_SUBTITLE,
        "language": track["language"],
        "n_cues": len(track["cues"]),
    }
    if track["cues"]:
        return row | kept(track["problem"])
    if track["problem"]:
        return row | failed(Reason.SIDECAR_BROKEN, track["problem"])
    return row | dropped(Reason.SIDECAR_EMPTY, "no cue with text")


def _cue_rows(identity: str, sidecar: str, language: str | None, cues: list[Row]) -> list[Row]:
    return [
        {"source_id": identity, "sidecar": sidecar, "cue": number, "language": language, **cue}
        for number, cue in enumerate(cues)
    ]


def is_kept(source: Row) -> bool:
    """Whether a source goes on."""
    return bool(source["outcome"] == Outcome.KEPT)
