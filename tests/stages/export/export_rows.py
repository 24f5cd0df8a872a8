"""A made-up run for the export stage: units of clips with captions, translations, verdicts."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from choice_rows import split_choices

Row = dict[str, Any]
LANGUAGES = ("ar", "es", "zh-Hant")
TEXTS = {"ar": "رجل يركب حصانا", "es": "Un hombre monta a caballo", "zh-Hant": "一個人騎馬"}


def make_clip(folder: Path) -> bytes:
    """A tiny MP4."""
    from stages.cut.encode import ffmpeg_path, run_ffmpeg

    path = folder / "clip.mp4"
    source = "testsrc=size=64x48:rate=10:duration=0.5"
    tail = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-fflags", "+bitexact", str(path)]
    run_ffmpeg([ffmpeg_path(), "-y", "-v", "error", "-f", "lavfi", "-i", source, *tail], 30)
    return path.read_bytes()


def make_jpeg(grey: int) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 48), (grey, grey, grey)).save(out, format="JPEG")
    return out.getvalue()


class FakeRun:
    """Packs below `root` and the rows that point into them, unit by unit."""

    def __init__(self, root: Path, clip: bytes) -> None:
        self.root = root
        self.clip = clip
        self.units: dict[str, dict[str, list[Row]]] = {}

    def unit(self, unit_id: str, n_clips: int, bare: Sequence[int] = ()) -> None:
        """A unit of one source with `n_clips` clips. `bare`: clips of a source without title or
        licence, whose caption was dropped, without translations and thumbnail."""
        tables: dict[str, list[Row]] = {
            name: []
            for name in (
                "sources", "shots", "dedup", "captions", "choices", "selections",
                "translations", "verdicts", "balance_texts", "clips",
            )
        }  # fmt: skip
        self.units[unit_id] = tables
        frames, clips = b"", b""
        for number in range(n_clips):
            shot_id, source_id = f"{unit_id}-shot{number:03d}", f"{unit_id}-source{number % 2}"
            mp4 = self.clip + b"\0" * (number + len(unit_id))
            jpeg = make_jpeg(number)
            video = {"pack": f"packs/clips-{unit_id}.tar", "offset": len(clips)}
            thumbnail = {"pack": f"packs/frames-{unit_id}.tar", "offset": len(frames)}
            video["size_bytes"], thumbnail["size_bytes"] = len(mp4), len(jpeg)
            clips, frames = clips + mp4, frames + jpeg
            is_bare = number in bare
            ids = {"shot_id": shot_id, "source_id": source_id}
            if number < 2:
                tables["sources"].append(source_row(source_id, is_bare))
            tables["shots"].append(shot_row(ids, number))
            tables["clips"].append(clip_row(ids, mp4, video, None if is_bare else thumbnail))
            add_texts(tables, ids, is_bare)
            tables["balance_texts"] += [
                ids | {"text_id": row["text_id"], "outcome": "kept"}
                for row in tables["verdicts"]
                if row["shot_id"] == shot_id and row["scope"] == "text"
                if row["outcome"] == "kept"
            ]
            tables["dedup"].append(
                ids
                | {"cluster_id": shot_id, "representative_id": shot_id, "relation": "unique"}
                | {"cluster_size": 1, "outcome": "kept"}
            )
        packs = self.root / "packs"
        packs.mkdir(parents=True, exist_ok=True)
        (packs / f"clips-{unit_id}.tar").write_bytes(clips)
        (packs / f"frames-{unit_id}.tar").write_bytes(frames)


def source_row(source_id: str, is_bare: bool) -> Row:
    return {
        "source_id": source_id,
        "uri": f"/videos/{source_id}.mp4",
        "key": f"{source_id}.mp4",
        "content_sha256": "ab" * 32,
        "title": None if is_bare else "A ride | at dusk",
        "licence": None if is_bare else "CC BY 4.0",
        "extra_json": None if is_bare else '{"channel":"x"}',
        "outcome": "kept",
    }


def shot_row(ids: Row, number: int) -> Row:
    start = number * 5
    return ids | {
        "index": number, "scale": 0,
        "start_frame": start, "end_frame": start + 5, "n_frames": 5,
        "start_pts": start, "end_pts": start + 5, "time_base": "1/10",
        "start_s": start / 10, "end_s": (start + 5) / 10,
        "cover_start_s": start / 10, "cover_end_s": (start + 5) / 10,
        "start_kind": "cut", "end_kind": "cut", "outcome": "kept",
    }  # fmt: skip


def clip_row(ids: Row, mp4: bytes, video: Row, thumbnail: Row | None) -> Row:
    return ids | {
        "video": video, "thumbnail": thumbnail, "sha256": hashlib.sha256(mp4).hexdigest(),
        "mode": "encode", "width": 64, "height": 48, "n_frames": 5, "hidden_frames": 0,
        "start_s": 1.0, "end_s": 1.5, "duration_s": 0.5, "has_audio": False, "outcome": "kept",
    }  # fmt: skip


def add_texts(tables: dict[str, list[Row]], ids: Row, is_bare: bool) -> None:
    shot_id = ids["shot_id"]
    chosen = {
        "caption_id": f"{shot_id}-c1", "teacher": "visual", "style": "short", "language": "en",
        "text": "A man rides a horse", "model": "grammar-1", "inputs": ["frame@0.2s"],
        "confidence": None if is_bare else 0.75, "is_demo": False, "selected": True,
    }  # fmt: skip
    none = {
        "caption_id": f"{shot_id}-c2", "teacher": "asr", "style": "transcript",
        "language": "und", "is_demo": False, "selected": False,
    }  # fmt: skip
    candidates = [
        ids | chosen | {"outcome": "kept"},
        ids | none | {"outcome": "dropped", "reason": "no_speech"},
    ]
    for name, rows in split_choices(candidates).items():
        tables[name] += rows
    tables["selections"].append(
        ids
        | {"caption_id": chosen["caption_id"], "policy": "ranked", "why": "the only one"}
        | {"n_candidates": 1, "outcome": "kept"}
    )
    clip_scores = [{"rule": "duration", "value": 0.5, "limit": None, "passed": True}]
    tables["verdicts"] += [
        ids | {"scope": "clip", "text_id": "", "scores": clip_scores, "outcome": "kept"},
        ids
        | {"scope": "text", "text_id": chosen["caption_id"], "language": "en", "scores": []}
        | {"outcome": "dropped" if is_bare else "kept"},
    ]
    for language in () if is_bare else LANGUAGES:
        text_id = f"{shot_id}-{language}"
        tables["translations"].append(
            ids
            | {"translation_id": text_id, "caption_id": chosen["caption_id"]}
            | {"kind": "caption", "text_id": chosen["caption_id"]}
            | {"source_language": "en", "language": language, "text": TEXTS[language]}
            | {"status": "auto", "model": "demo-mt", "is_demo": True, "score": -0.25}
            | {"n_sentences": 1, "outcome": "kept"}
        )
        outcome = "dropped" if language == "ar" else "kept"
        tables["verdicts"].append(
            ids
            | {"scope": "text", "text_id": text_id, "language": language, "scores": []}
            | {"outcome": outcome}
        )
