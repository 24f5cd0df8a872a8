"""A small made-up run on disk, with something of everything that the report shows."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from choice_rows import split_choices

from pipeline.storage import Storage
from schemas.clips import samples_table
from schemas.tables import TABLES

Row = dict[str, Any]
TEXTS = {
    "ar": "يركب رجل حصانا على الشاطئ عند الغروب",
    "es": "Un hombre monta a caballo por la playa al atardecer",
    "hi": "एक आदमी सूर्यास्त के समय समुद्र तट पर घोड़े की सवारी करता है",
    "zh": "一個男人在日落時分騎馬走在沙灘上",
}
EVIL = "<script>alert('x')</script>"


def jpeg(hue: int) -> bytes:
    from PIL import Image, ImageDraw

    image = Image.new("HSV", (640, 360), (hue, 90, 170)).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.ellipse((220, 80, 420, 280), fill=(250, 240, 220))
    draw.text((20, 20), f"frame {hue}", fill=(20, 20, 20))
    out = io.BytesIO()
    image.save(out, format="JPEG")
    return out.getvalue()


def kept() -> Row:
    return {"outcome": "kept"}


def ended(outcome: str, reason: str, detail: str = "because") -> Row:
    return {"outcome": outcome, "reason": reason, "detail": detail}


def make_run(root: Path, n_shots: int = 9) -> Storage:
    """Two readable videos and a broken one; the last shot is a near-duplicate of the first."""
    storage = Storage(str(root))
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    for number, key in enumerate(("horses.mp4", f"city {EVIL}.mp4")):
        source = {"source_id": f"source{number}", "uri": f"/videos/{key}", "key": key}
        rows["sources"].append(source | kept())
        rows["splits"].append(
            {"source_id": f"source{number}", "detector": "default", "duration_s": 42.5} | kept()
        )
    broken = {"source_id": "source2", "uri": "/videos/broken.mp4", "key": "broken.mp4"}
    rows["sources"].append(broken | ended("failed", "not_a_video", "moov atom not found"))
    pack = b""
    for number in range(n_shots):
        data = jpeg(number * 28)
        ref = {"pack": "packs/frames-u0.tar", "offset": len(pack), "size_bytes": len(data)}
        pack += data
        add_shot(rows, number, ref, is_duplicate=number == n_shots - 1)
    storage.write_bytes("packs/frames-u0.tar", pack)
    samples = rows.pop("samples")
    for name, found in rows.items():
        storage.write_table(f"{name}/part-u0.parquet", TABLES[name].to_arrow(found))
    table = samples_table(["en", *sorted(TEXTS)]).to_arrow(samples)
    storage.write_table("dataset/manifest.parquet", table)
    return storage


def add_shot(rows: dict[str, list[Row]], number: int, ref: Row, is_duplicate: bool) -> None:
    ids = {"shot_id": f"shot{number:02d}", "source_id": f"source{number % 2}"}
    start_s, end_s = number * 4.0, number * 4.0 + 1 + (number * 7 % 5)
    rows["shots"].append(
        ids
        | {
            "index": number, "scale": 0,
            "start_frame": number * 100, "end_frame": number * 100 + 90,
            "start_pts": 0, "end_pts": 90, "time_base": "1/25", "start_s": start_s,
            "end_s": end_s, "cover_start_s": start_s, "cover_end_s": end_s, "n_frames": 90,
            "start_kind": "cut", "end_kind": "cut", "motion": number * 1.7, "brightness": 128.0,
            "keyframes": [{"time_s": 1.0, "frame": 25, "width": 640, "height": 360} | ref],
        }
        | kept()
    )  # fmt: skip
    twins = number == 0 or is_duplicate
    rows["dedup"].append(
        ids
        | {"cluster_id": "shot00" if twins else ids["shot_id"], "representative_id": "shot00"}
        | {"relation": "near" if is_duplicate else "unique", "score": 0.973 if twins else 1.0}
        | {"cluster_size": 2 if twins else 1}
        | (ended("dropped", "near_duplicate", "0.973 like shot00") if is_duplicate else kept())
    )
    if not is_duplicate:
        add_texts(rows, ids, number)
        add_sample(rows, ids, number, ref, start_s, end_s)


def add_texts(rows: dict[str, list[Row]], ids: Row, number: int) -> None:
    shot_id = ids["shot_id"]
    text = EVIL if number == 1 else "A man rides a horse along the beach at sunset."
    caption = {"caption_id": f"{shot_id}-c", "teacher": "visual", "style": "short"}
    other = {"caption_id": f"{shot_id}-a", "teacher": "asr", "style": "transcript"}
    candidates = [
        ids
        | caption
        | {"language": "en", "text": text, "model": "grammar-1"}
        | {"is_demo": False, "selected": True}
        | kept(),
        ids
        | other
        | {"language": "und", "is_demo": False, "selected": False}
        | ended("dropped", "no_speech", "loudness −61 dB, below −50 dB"),
    ]
    for name, found in split_choices(candidates).items():
        rows[name] += found
    rows["selections"].append(
        ids
        | {"caption_id": caption["caption_id"], "policy": "ranked"}
        | {"why": "the only usable candidate", "n_candidates": 1}
        | kept()
    )
    rows["verdicts"].append(ids | {"scope": "clip", "text_id": "", "language": ""} | kept())
    rows["balance"].append(ids | kept())
    for language, translated in TEXTS.items():
        text_id = f"{shot_id}-{language}"
        rows["translations"].append(
            ids
            | {"translation_id": text_id, "caption_id": caption["caption_id"]}
            | {"kind": "caption", "text_id": caption["caption_id"]}
            | {"source_language": "en", "language": language, "text": translated}
            | {"status": "flagged" if language == "hi" else "auto", "model": "demo-mt-1"}
            | {"is_demo": True, "score": -0.4}
            | (doubted(translated) if language == "hi" else {"flags": [], "tries": []})
            | kept()
        )
        is_bad = language == "zh" and number % 2
        rows["verdicts"].append(
            ids
            | {"scope": "text", "text_id": text_id, "language": language}
            | (ended("dropped", "wrong_language", "found ja, 0.91") if is_bad else kept())
        )


def doubted(text: str) -> Row:
    """Columns of a flagged translation that was tried twice."""
    tried = {"model": "demo-mt-1", "text": text, "score": -0.4, "detail": None}
    return {
        "flags": ["low_score"],
        "tries": [
            tried | {"settings": "beam 1", "flags": ["low_score", "repeats"]},
            tried | {"settings": "beam 8", "flags": ["low_score"]},
        ],
    }


def add_sample(
    rows: dict[str, list[Row]], ids: Row, number: int, ref: Row, start_s: float, end_s: float
) -> None:
    rows["clips"].append(ids | {"thumbnail": ref} | kept())
    is_bad = number % 2
    texts = {tag: text for tag, text in TEXTS.items() if not (tag == "zh" and is_bad)}
    rows["samples"].append(
        {
            "key": ids["shot_id"], "shard": "shard-000000.tar", "index": number,
            "mp4_offset": 0, "mp4_size_bytes": 250_000, "sha256": "00",
            "source_id": ids["source_id"], "uri": f"/videos/{ids['source_id']}.mp4",
            "title": None, "licence": None, "start_s": start_s, "end_s": end_s, "scale": 0,
            "duration_s": end_s - start_s, "width": 640, "height": 360, "n_frames": 90,
            "hidden_frames": 0, "has_audio": True, "teacher": "visual", "language": "en",
            "text": EVIL if number == 1 else "A man rides a horse along the beach at sunset.",
            "is_demo": True, "languages": ["en", *texts],
        }
        | {f"text_{tag}": text for tag, text in texts.items()}
    )  # fmt: skip


def account() -> Row:
    def line(item: str, kept: int, dropped: int, failed: int, **reasons: int) -> Row:
        return {
            "item": item, "inputs": kept + dropped + failed, "kept": kept,
            "dropped": dropped, "failed": failed, "reasons": reasons,
        }  # fmt: skip

    return {
        "reconciled": True,
        "problems": [],
        "stages": {
            "ingest": line("videos", 2, 0, 1, not_a_video=1),
            "split": line("videos", 2, 0, 0) | {"shots": line("shots", 9, 0, 0)},
            "dedup": line("shots", 8, 1, 0, near_duplicate=1),
            "filter": line("clips", 8, 0, 0) | {"texts": line("texts", 36, 4, 0, wrong_language=4)},
        },
        "samples": 8,
        "languages": {"en": 8, "ar": 8, "es": 8, "hi": 8, "zh": 4},
    }
