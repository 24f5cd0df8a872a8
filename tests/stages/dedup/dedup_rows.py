"""Rows that dedup reads, of invented sources and shots."""

from __future__ import annotations

from typing import Any

from schemas.table import Row


def source(name: str, **more: Any) -> Row:
    values: Row = {
        "source_id": name,
        "uri": f"/videos/{name}.mp4",
        "key": f"{name}.mp4",
        "content_sha256": f"sha-{name}",
        "width": 640,
        "height": 360,
        "size_bytes": 1_000_000,
        "duration_s": 10.0,
        "outcome": "kept",
    }
    return values | more


def shot(source_id: str, sig: bytes | None, start_frame: int = 0, **more: Any) -> Row:
    start_s = start_frame / 25
    values: Row = {
        "shot_id": f"{source_id}/{start_frame}",
        "source_id": source_id,
        "index": start_frame // 100,
        "start_frame": start_frame,
        "end_frame": start_frame + 100,
        "start_pts": start_frame,
        "end_pts": start_frame + 100,
        "time_base": "1/25",
        "start_s": start_s,
        "end_s": start_s + 4.0,
        "scale": 0,
        "cover_start_s": start_s,
        "cover_end_s": start_s + 4.0,
        "n_frames": 100,
        "start_kind": "cut",
        "end_kind": "cut",
        "signature": sig,
        "sharpness": 100.0,
        "outcome": "kept",
    }
    return values | more
