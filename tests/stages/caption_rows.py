"""Rows made by hand, for tests of the caption stage: a source, shots that tile it, cues."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from schemas.ids import shot_id
from schemas.table import Row
from stages.base import PackRef, kept
from stages.caption.teacher import Clip, Source

MEASURES: Row = {
    "motion": 6.0,
    "pan_x": 0.0,
    "pan_y": 0.0,
    "zoom": 0.0,
    "shake": 0.0,
    "sharpness": 300.0,
    "brightness": 120.0,
    "saturation": 90.0,
    "colours": ["green"],
    "audio_rms_db": -20.0,
}


def source_row(source_id: str = "s1", **changes: Any) -> Row:
    row: Row = dict.fromkeys(
        ("title", "description", "tags", "language", "audio_language", "audio_stream", "chapters")
    )
    row |= {"language_origin": "declared" if changes.get("language") else None}
    return row | {"source_id": source_id, "uri": "v.mp4", "key": "v.mp4"} | kept() | changes


def shot_row(source_id: str, index: int, start_s: float, end_s: float, **changes: Any) -> Row:
    start, end = round(start_s * 1000), round(end_s * 1000)
    row: Row = {
        "shot_id": shot_id(source_id, start, end, "1/1000"),
        "source_id": source_id,
        "index": index,
        "start_frame": start // 40,
        "end_frame": end // 40,
        "start_pts": start,
        "end_pts": end,
        "time_base": "1/1000",
        "start_s": start_s,
        "end_s": end_s,
        "scale": 0,
        "parent_id": None,
        "cover_start_s": start_s,
        "cover_end_s": end_s,
        "n_frames": (end - start) // 40,
        "start_kind": "cut",
        "end_kind": "cut",
        "keyframes": [],
    }
    return row | MEASURES | kept() | changes


def dedup_row(shot: Row, **changes: Any) -> Row:
    row: Row = {
        "shot_id": shot["shot_id"],
        "source_id": shot["source_id"],
        "cluster_id": shot["shot_id"],
        "representative_id": shot["shot_id"],
        "relation": "unique",
        "cluster_size": 1,
    }
    return row | kept() | changes


def split_row(source_id: str, audio: PackRef | None = None, audio_start_s: float = 0.0) -> Row:
    row: Row = {
        "source_id": source_id,
        "detector": "content",
        "audio": audio,
        "audio_start_s": audio_start_s if audio else None,
    }
    return row | kept()


def cue_row(
    cue: int,
    start_s: float,
    end_s: float,
    text: str,
    sidecar: str = "v.srt",
    language: str | None = None,
    source_id: str = "s1",
) -> Row:
    return {
        "source_id": source_id,
        "sidecar": sidecar,
        "cue": cue,
        "start_s": start_s,
        "end_s": end_s,
        "language": language,
        "language_origin": "declared" if language else None,
        "text": text,
    }


def unit_rows(
    shots: Sequence[Row],
    sources: Sequence[Row] | None = None,
    cues: Sequence[Row] = (),
    splits: Sequence[Row] | None = None,
) -> dict[str, list[Row]]:
    """Tables of one unit in which dedup kept every shot."""
    ids = sorted({shot["source_id"] for shot in shots})
    return {
        "sources": list(sources if sources is not None else map(source_row, ids)),
        "cues": list(cues),
        "splits": list(splits if splits is not None else map(split_row, ids)),
        "shots": list(shots),
        "dedup": [dedup_row(shot) for shot in shots],
    }


def clip(start_s: float = 0.0, end_s: float = 5.0, cues: Sequence[Row] = (), **source: Any) -> Clip:
    """One clip of source s1, whose row takes the keyword arguments."""
    return Clip(
        shot_row("s1", 0, start_s, end_s),
        Source(source_row(**source), tuple(cues), split_row("s1")),
    )


def write_pack(root: Path, name: str, members: dict[str, bytes]) -> dict[str, PackRef]:
    """A tar below `root`/packs, and where each member's bytes lie in it."""
    path = root / "packs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for member, data in members.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    with tarfile.open(path) as tar:
        return {
            info.name: {
                "pack": f"packs/{name}",
                "offset": info.offset_data,
                "size_bytes": info.size,
            }
            for info in tar
        }


def flac(samples: np.ndarray) -> bytes:
    """16 kHz mono FLAC of float samples in -1..1."""
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=16_000, layout="mono")
        pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = 16_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return buffer.getvalue()


def jpeg(lines: Sequence[tuple[str, int, int]], width: int = 640, height: int = 360) -> bytes:
    """A picture of soft noise with (text, x, y) lines written on it."""
    import cv2

    noise = np.random.default_rng(7).normal(110, 12, (height, width, 3)).clip(0, 255)
    image = cv2.GaussianBlur(noise.astype(np.uint8), (9, 9), 0)
    for text, x, y in lines:
        cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.3, (255, 255, 255), 3)
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    assert done
    return bytes(data)


def keyframe(ref: PackRef, time_s: float) -> Row:
    return {"time_s": time_s, "frame": round(time_s * 25), "width": 640, "height": 360} | ref
