#!/usr/bin/env python3
"""Score dedup on cards, slides and windows that differ in their text alone.

    python scripts/eval_cards.py --seed 1 --json

The clips are drawn here: for each kind of card and size of writing some texts of words drawn by
`--seed`, all appearing at the same moments, and edited copies of the first. `false` counts pairs of
different texts of one kind and size that fall into one cluster or of which one is said to contain
the other, `false_elsewhere` names such pairs of different kinds or sizes, `found` counts the copies
in the cluster of their original. A card that fades in from black and stands there is a still
picture for dedup, which never says that two of those are the same: its copies do not count.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.bench_media import ffmpeg
from scripts.eval_dedup import deduplicate

Luma = NDArray[np.uint8]

WIDTH, HEIGHT, FPS = 640, 360, 25
SIZES_PX = (14, 20, 30, 44)
"""Heights of capital letters."""
KINDS = ("fades_in", "appears", "line_by_line", "crossfades", "typed", "from_black")
STILL = "from_black"
COPIES = {
    "crf38": ("null", 38),
    "240p": ("scale=426:240", 26),
    "crop10": ("crop=576:324", 23),
    "letterbox": ("scale=640:270,pad=640:360:0:45", 23),
    "mirror": ("hflip", 23),
    "logo": ("drawbox=x=480:y=20:w=128:h=44:color=white:t=fill", 23),
    "darker": ("eq=brightness=-0.1:contrast=0.8", 23),
    "speed105": ("setpts=PTS/1.05", 23),
}
_WORDS = (
    "quick", "brown", "jumps", "over", "lazy", "while", "seven", "wizards", "brew", "potent",
    "magic", "quilts", "boxing", "judges", "daily", "summer", "light", "market", "growth", "team",
    "results", "chapter", "methods", "window", "garden", "yellow", "bridge", "paper", "morning",
)  # fmt: skip
_GROUND, _INK = 60, 235
_LETTERS_PER_S = 15
_FONT_PX = 22
"""Height of a capital letter of OpenCV's font at scale 1."""


def words(rng: np.random.Generator, height_px: int) -> list[str]:
    """Lines as long as they fit."""
    per_line = max(1, 90 // height_px)
    return [" ".join(rng.choice(_WORDS, per_line)) for _ in range(max(2, min(4, 90 // height_px)))]


def card(lines: Sequence[str], height_px: int) -> Luma:
    """A card with a bar and a logo, and lines of writing."""
    picture = np.full((HEIGHT, WIDTH), _GROUND, np.uint8)
    picture[:40] = 110
    cv2.circle(picture, (590, 20), 14, 230, -1)
    scale = height_px / _FONT_PX
    for row, line in enumerate(lines):
        at = (50, 110 + row * max(50, 2 * height_px))
        cv2.putText(picture, line, at, 0, scale, _INK, max(1, round(2 * scale)), cv2.LINE_AA)
    return picture


def frames(kind: str, lines: list[str], height_px: int) -> Iterator[Luma]:
    """Five seconds of a card of a kind."""
    whole, empty = card(lines, height_px), card([], height_px)
    for k in range(5 * FPS):
        at_s = k / FPS
        if kind == "fades_in":
            yield _mixed(empty, whole, at_s - 1)
        elif kind == "appears":
            yield whole if at_s >= 1.2 else empty
        elif kind == "line_by_line":
            yield card(lines[: 1 + int(at_s)], height_px)
        elif kind == "crossfades":
            yield _mixed(card(lines[::-1], height_px), whole, at_s - 2)
        elif kind == "typed":
            left = int(at_s * _LETTERS_PER_S)
            typed = []
            for line in lines:
                typed.append(line[:left])
                left = max(0, left - len(line))
            yield card(typed, height_px)
        else:
            yield _mixed(np.full_like(whole, 16), whole, min(at_s, 5 - at_s))


def _mixed(first: Luma, second: Luma, share: float) -> Luma:
    share = min(1.0, max(0.0, share))
    return np.asarray(first * (1 - share) + second * share, np.uint8)


def build(folder: Path, seed: int, texts: int) -> None:
    """Write the clips, named KIND-SIZE-TEXT.mp4, copies KIND-SIZE-0.EDIT.mp4."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind_number, kind in enumerate(KINDS):
        for height_px in SIZES_PX:
            name = f"{kind}-{height_px}"
            for text in range(texts):
                rng = np.random.default_rng([seed, kind_number, height_px, text])
                shown = frames(kind, words(rng, height_px), height_px)
                _encode(folder / f"{name}-{text}.mp4", shown)
            for edit, (filters, crf) in COPIES.items():
                out = folder / f"{name}-0.{edit}.mp4"
                ffmpeg("-i", folder / f"{name}-0.mp4", "-vf", filters, *_coded(crf), out)


def _encode(path: Path, shown: Iterator[Luma]) -> None:
    raw = b"".join(frame.tobytes() for frame in shown)
    size = ("-s", f"{WIDTH}x{HEIGHT}", "-r", FPS)
    ffmpeg("-f", "rawvideo", "-pix_fmt", "gray", *size, "-i", "-", *_coded(20), path, sent=raw)


def _coded(crf: int) -> tuple[object, ...]:
    return ("-c:v", "libx264", "-preset", "veryfast", "-crf", crf, "-pix_fmt", "yuv420p")


def score(rows: Sequence[dict[str, Any]], names: dict[str, str]) -> dict[str, Any]:
    """The figures, from rows of `dedup` and the file name of each shot."""
    cluster = {names[row["shot_id"]]: row["cluster_id"] for row in rows}
    inside = {
        frozenset((names[row["shot_id"]], names[other["shot_id"]]))
        for row in rows
        for other in row["contained_in"] or ()
    }
    texts = sorted({name.split(".")[0] for name in cluster})
    files = {text: [n for n in sorted(cluster) if n.split(".")[0] == text] for text in texts}
    pairs, by_kind, elsewhere = 0, Counter[str](), []
    for one, other in combinations(texts, 2):
        together = any(
            cluster[a] == cluster[b] or frozenset((a, b)) in inside
            for a in files[one]
            for b in files[other]
        )
        kind = one.rsplit("-", 1)[0]
        if kind == other.rsplit("-", 1)[0]:
            pairs += 1
            by_kind[kind] += together
        elif together:
            elsewhere.append([one, other])
    copies = [n for n in sorted(cluster) if n.count(".") == 2 and not n.startswith(STILL)]
    missed = [n for n in copies if cluster[n] != cluster[f"{n.split('.')[0]}.mp4"]]
    return {
        "pairs": pairs,
        "false": by_kind.total(),
        "false_by_kind": {kind: count for kind, count in sorted(by_kind.items()) if count},
        "false_elsewhere": elsewhere,
        "copies": len(copies),
        "found": len(copies) - len(missed),
        "missed": missed,
    }


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--texts", type=int, default=4, help="of each kind and size")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        build(root / "cards", options.seed, options.texts)
        found = score(*deduplicate(root / "cards", root / "run"))
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
