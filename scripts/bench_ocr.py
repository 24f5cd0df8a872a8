#!/usr/bin/env python3
"""Measure what the `ocr` teacher's gate costs and saves on keyframes with and without text.

    python scripts/bench_ocr.py                               on drawn backgrounds
    python scripts/bench_ocr.py --json VIDEO_OR_PICTURE ...   on real ones
    python scripts/bench_ocr.py --gate 320 --heights 14,20,28 ...

Each background becomes one keyframe as it is, and one for each height of text: a line of known
words in a random place and colour, rendered by PIL. The teacher captions each keyframe twice, one
after the other: as configured, and without its gate. `recall_kept` is the share of the lines that
are read without the gate and are also read with it; `time_saved` is the share of the processor time
without the gate that it saves. Videos give their middle frame, at most 640 pixels wide.

Real backgrounds may show text of their own. `plain` are therefore those on which the teacher
without a gate finds none.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.packs import TarPack
from pipeline.testing import local_worker
from pipeline.worker import RunWorker
from stages.caption.config import OcrConfig
from stages.caption.teacher import Clip, Source
from stages.caption.teachers.ocr import OcrTeacher
from stages.caption.words import plain

Picture = NDArray[np.uint8]

_LINES = (
    "BREAKING NEWS", "Chapter One", "Mix the flour first", "Goal! 2:1", "Paris, France",
    "How to bake bread", "Exit 24", "Season finale tonight",
)  # fmt: skip
_COLOURS = ((255, 255, 255), (255, 230, 0), (20, 20, 20))
_SIDE_PX = 640
_ALIKE = 0.7
"""Likeness of letters from which a line counts as read."""


@dataclass
class Read:
    """What one teacher made of one keyframe."""

    text: str
    cpu_s: float


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("backgrounds", nargs="*", type=Path, help="Videos or pictures.")
    parser.add_argument("--drawn", type=int, default=8, help="Drawn backgrounds, where none given.")
    parser.add_argument("--heights", default="16,24,40", help="Heights of the text in pixels.")
    parser.add_argument("--gate", type=int, default=OcrConfig().gate_side_px, help="gate_side_px")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table.")
    chosen = parser.parse_args(arguments)
    backgrounds = [background(path) for path in chosen.backgrounds]
    backgrounds = backgrounds or [drawn(number) for number in range(chosen.drawn)]
    result = measure(backgrounds, [int(h) for h in chosen.heights.split(",")], chosen.gate)
    print(json.dumps(result, indent=1) if chosen.json else table(result))


def background(path: Path) -> Picture:
    """A picture, or the middle frame of a video. RGB."""
    if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"):
        image = Image.open(path).convert("RGB")
    else:
        import av

        with av.open(str(path)) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        image = Image.fromarray(frames[len(frames) // 2])
    image.thumbnail((_SIDE_PX, _SIDE_PX))
    return np.asarray(image, np.uint8)


def drawn(number: int) -> Picture:
    """Soft colours, noise and a few shapes, 640x360."""
    rng = np.random.default_rng(number)
    small = rng.integers(30, 220, (4, 6, 3), np.uint8)
    image = Image.fromarray(small).resize((640, 360), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x, y, width, height = rng.integers(0, [560, 280, 160, 120])
        colour = tuple(int(part) for part in rng.integers(0, 255, 3))
        draw.ellipse((x, y, x + width + 8, y + height + 8), fill=colour)
    noisy = np.asarray(image, np.float64) + rng.normal(0, 6, (360, 640, 3))
    return np.asarray(noisy.clip(0, 255), np.uint8)


def written(picture: Picture, height_px: int, rng: random.Random) -> tuple[Picture, str]:
    """The picture with a line of text on it."""
    image = Image.fromarray(picture)
    draw, font, line = ImageDraw.Draw(image), ImageFont.load_default(height_px), rng.choice(_LINES)
    free_x, free_y = image.width - draw.textlength(line, font=font), image.height - 1.4 * height_px
    place = rng.uniform(4, max(5.0, free_x - 4)), rng.uniform(2, max(3.0, free_y))
    stroke = max(1, height_px // 14)
    draw.text(place, line, _COLOURS[rng.randrange(3)], font, stroke_width=stroke, stroke_fill=0)
    return np.asarray(image, np.uint8), line


def measure(backgrounds: list[Picture], heights: list[int], gate_px: int) -> dict[str, Any]:
    """All figures."""
    rng = random.Random(5)
    with tempfile.TemporaryDirectory() as folder:
        worker = local_worker(Path(folder))
        try:
            pair = [OcrTeacher(OcrConfig(gate_side_px=side)) for side in (gate_px, 0)]
            for teacher in pair:
                teacher.setup(worker)
            bench = Bench(worker, pair)
            bench.both(backgrounds[0])
            bare = [bench.both(picture) for picture in backgrounds]
            by_height = {
                str(height): [
                    (*bench.both(shown), line)
                    for shown, line in (written(picture, height, rng) for picture in backgrounds)
                ]
                for height in heights
            }
        finally:
            worker.close()
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
        "backgrounds": len(backgrounds),
        "gate_side_px": gate_px,
        "plain": costs([(gated, open_) for gated, open_ in bare if not open_.text]),
        "with_text": {
            height: costs([(gated, open_) for gated, open_, _ in rows]) | recall(rows)
            for height, rows in by_height.items()
        },
    }


class Bench:
    """Two teachers, with the gate and without, and keyframes for them."""

    def __init__(self, worker: RunWorker, teachers: list[OcrTeacher]) -> None:
        self._worker = worker
        self._teachers = teachers
        self._count = 0

    def both(self, picture: Picture) -> tuple[Read, Read]:
        """What each makes of a picture; which is first changes from picture to picture."""
        import cv2

        self._count += 1
        pack = TarPack(self._worker.storage, f"packs/frames-{self._count}.tar")
        jpeg = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])[1]
        ref = pack.add("0.jpg", bytes(jpeg))
        pack.commit()
        shot = {"shot_id": "0", "start_s": 0.0, "end_s": 5.0}
        shot["keyframes"] = [{"time_s": 1.0, "frame": 25} | ref]
        clip = Clip(shot, Source({"source_id": "0"}))
        order = (0, 1) if self._count % 2 else (1, 0)
        made = {number: self._read(self._teachers[number], clip) for number in order}
        return made[0], made[1]

    def _read(self, teacher: OcrTeacher, clip: Clip) -> Read:
        started = time.process_time()
        (candidate,) = teacher.caption([clip], self._worker)
        return Read(candidate.text or "", time.process_time() - started)


def costs(rows: list[tuple[Read, Read]]) -> dict[str, Any]:
    """Processor time with the gate and without, per keyframe."""
    if not rows:
        return {"keyframes": 0}
    gated, open_ = (sum(pair[which].cpu_s for pair in rows) for which in (0, 1))
    return {
        "keyframes": len(rows),
        "ms_gated": round(1e3 * gated / len(rows), 1),
        "ms_ungated": round(1e3 * open_ / len(rows), 1),
        "time_saved": round(1 - gated / open_, 3),
    }


def recall(rows: list[tuple[Read, Read, str]]) -> dict[str, Any]:
    """How many lines are read without the gate, and the share of them that are with it."""
    found = [line for _, open_, line in rows if is_read(line, open_.text)]
    kept = sum(
        is_read(line, gated.text) for gated, open_, line in rows if is_read(line, open_.text)
    )
    return {"lines_read": len(found), "recall_kept": round(kept / len(found), 3) if found else None}


def is_read(line: str, text: str) -> bool:
    """Whether the letters of a line stand in a text, nearly."""
    wanted, letters = plain(line), plain(text)
    matcher = SequenceMatcher(None, wanted, letters, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) >= _ALIKE * len(wanted)


def table(result: dict[str, Any]) -> str:
    lines = [
        f"{result['backgrounds']} backgrounds, gate at {result['gate_side_px']} px, "
        f"{result['machine']}; CPU ms per keyframe",
        f"{'':12}{'keyframes':>10}{'gated':>8}{'ungated':>9}{'saved':>8}{'read':>6}{'kept':>7}",
    ]
    rows = {"plain": result["plain"]}
    rows |= {f"text {height} px": row for height, row in result["with_text"].items()}
    for name, row in rows.items():
        if not row["keyframes"]:
            continue
        kept = "" if row.get("recall_kept") is None else f"{row['recall_kept']:.3f}"
        lines.append(
            f"{name:12}{row['keyframes']:>10}{row['ms_gated']:>8.1f}{row['ms_ungated']:>9.1f}"
            f"{row['time_saved']:>8.1%}{row.get('lines_read', ''):>6}{kept:>7}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
