#!/usr/bin/env python3
"""Score dedup on edited copies and excerpts of real clips, next to baselines.

    python scripts/eval_dedup.py --clips ../shared/corpus/clips --seed 1 --json

Builds the sets `dups` and `contain` with the corpus' own build_eval_sets.py, runs ingest, split
(with the whole video as one shot) and dedup on them, and scores with the corpus' score.py.

`contain` lists every container that a clip was found in. The truth of `contain` names one container
for each part; but its clips are drawn several times, so a member of one compilation may lie in the
other one too, or in a whole clip. `contain_complete` is the same score against all containments
that follow from what the builder encoded: its own record of source clip, start and length.

The baselines work on the same files in the same run: the content hash; the mean of a 64-bit DCT
pHash over eight frames; and a hash in the manner of videohash (frames at one a second in a square
collage, 64 bits of its 8 x 8 low band against their median; without its bits of dominant colour).
Thresholds are the best for F1 on the scored set itself, which flatters them. vpdq, which needs a
compiler and FFmpeg's headers to install, is not measured.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import math
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow.dataset as ds
from numpy.typing import NDArray

from pipeline.cli import main as polyreel
from stages.dedup.config import DedupConfig

_SETTINGS = (
    "engine.kind=local",
    "split.detector=none",
    "split.max_duration_s=600",
    "split.edge_trim_frames=0",
    "split.audio=false",
)
_FRAMES = 8
_SLACK_S = 0.1
_SIDE = 32
_TILE = 72


def build(clips: Path, out: Path, seed: int, groups: int) -> dict[str, Encoded]:
    """Write the evaluation sets below `out`; gives what each file of `contain` was encoded from."""
    builder = module_beside(clips, "build_eval_sets")
    encode, encoded = builder.encode, {}

    def noted(src: Path, dst: Path, filters: str, seconds: float, *more: Any) -> None:
        encode(src, dst, filters, seconds, *more)
        encoded[Path(dst).name] = Encoded(Path(src).name, 0.0, seconds)

    vars(builder)["encode"] = noted
    given, sys.argv = sys.argv, ["build_eval_sets.py", "--clips", str(clips), "--out", str(out)]
    sys.argv += ["--seed", str(seed), "--sets", "dups,contain", "--groups", str(groups)]
    try:
        builder.main()
    finally:
        sys.argv = given
    return encoded


def module_beside(clips: Path, name: str) -> ModuleType:
    """A script of the corpus as a module."""
    spec = importlib.util.spec_from_file_location(name, clips.parent / f"{name}.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"no {name}.py beside {clips}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Encoded:
    """What a file shows: a clip, from `start_s` on, for `length_s`."""

    clip: str
    start_s: float
    length_s: float


def all_containments(
    truth: Sequence[dict[str, Any]],
    encoded: Mapping[str, Encoded],
    lengths_s: Mapping[str, float],
    longest_ratio: float,
) -> list[dict[str, Any]]:
    """Every containment that follows from what was encoded, as score.py reads it. Pairs of which
    the part has at least `longest_ratio` of the length are near copies and left out."""
    shown: dict[str, list[tuple[Encoded, float]]] = {
        name: [(Encoded(e.clip, 0.0, lengths_s[name]), 0.0)] for name, e in encoded.items()
    }
    for item in truth:
        whole, part = item["container"], item["contained"]
        if part in encoded:
            here = Encoded(encoded[part].clip, 0.0, lengths_s[part])
            shown.setdefault(whole, []).append((here, item["offset_s"]))
        else:
            there = Encoded(encoded[whole].clip, item["offset_s"], lengths_s[part])
            shown[part] = [(there, 0.0)]
    return [
        {"container": whole, "contained": part, "offset_s": at_s + b.start_s - a.start_s}
        for part, ((b, _), *others) in sorted(shown.items())
        if not others
        for whole, pieces in sorted(shown.items())
        if whole != part and lengths_s[part] < longest_ratio * lengths_s[whole]
        for a, at_s in pieces
        if a.clip == b.clip
        and b.start_s >= a.start_s - _SLACK_S
        and b.start_s + b.length_s <= a.start_s + a.length_s + _SLACK_S
    ]


def deduplicate(videos: Path, run: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """(rows of `dedup`, file name of each shot) of a run over a folder of videos."""
    command = ["run", "--input", str(videos), "--output", str(run), "--quiet"]
    command += ["--stages", "ingest,split,dedup"]
    for setting in _SETTINGS:
        command += ["--set", setting]
    given, sys.argv = sys.argv, ["polyreel", *command]
    try:
        with redirect_stdout(sys.stderr):  # what this script prints is JSON alone
            polyreel()
    except SystemExit as ended:
        if ended.code:
            raise
    finally:
        sys.argv = given
    sources = ds.dataset(run / "sources").to_table(columns=["source_id", "key"]).to_pylist()
    keys = {row["source_id"]: Path(row["key"]).name for row in sources}
    rows = ds.dataset(run / "dedup").to_table().to_pylist()
    return rows, {row["shot_id"]: keys[row["source_id"]] for row in rows}


def durations(run: Path) -> dict[str, float]:
    """Seconds of each file of a run."""
    table = ds.dataset(run / "sources").to_table(columns=["key", "duration_s"])
    return {Path(row["key"]).name: row["duration_s"] for row in table.to_pylist()}


def found_clusters(rows: Sequence[dict[str, Any]], names: dict[str, str]) -> dict[str, str]:
    """Prediction for `score.py dups`."""
    return {names[row["shot_id"]]: row["cluster_id"] for row in rows}


def found_parts(rows: Sequence[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    """Prediction for `score.py contain`: all containers that each shot was found in."""
    return [
        {
            "container": names[place["shot_id"]],
            "contained": names[row["shot_id"]],
            "offset_s": place["offset_s"],
        }
        for row in rows
        for place in row["contained_in"] or ()
    ]


def content_clusters(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Baseline: files with the same bytes."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def hash_clusters(hashes: Mapping[str, NDArray[np.bool_]], truth: dict[str, Any]) -> dict[str, Any]:
    """Baseline: pairs whose mean Hamming distance, of 64 bits, is below the best threshold. Gives
    precision, recall and f1 of the pairs at that threshold."""
    distances, same = [], []
    for a, b in combinations(sorted(hashes), 2):
        distances.append(float((hashes[a] != hashes[b]).mean()) * 64)
        same.append(truth[a]["group"] == truth[b]["group"])
    return best_threshold(np.array(distances), np.array(same))


def best_threshold(distances: NDArray[np.float64], same: NDArray[np.bool_]) -> dict[str, Any]:
    """The threshold with the best F1 over pairs, and what it reaches."""
    best: dict[str, Any] = {"f1": -1.0}
    for threshold in np.unique(distances):
        said = distances <= threshold
        hits = int((said & same).sum())
        precision, recall = hits / int(said.sum()), hits / max(1, int(same.sum()))
        f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
        if f1 > best["f1"]:
            best = {
                "threshold_bits": round(float(threshold), 2),
                "precision": round(precision, 4),
                "recall": round(recall, 4),
                "f1": round(f1, 4),
            }
    return best


def frame_hashes(path: Path) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(bits (frames, 64) of the usual DCT pHash of evenly spread frames, 64 bits of a collage of
    the frames at one a second)."""
    import av
    import cv2

    with av.open(str(path)) as container:
        fps = float(container.streams.video[0].average_rate or 25)
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    bits = []
    for index in range(_FRAMES):
        picture = frames[int((index + 0.5) * len(frames) / _FRAMES)]
        small = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        low = cv2.dct(small.astype(np.float32))[:8, :8].ravel()
        bits.append(low > np.median(low))
    seconds = [frames[int(k * fps)] for k in range(max(1, int(len(frames) / fps)))]
    side = math.ceil(math.sqrt(len(seconds)))
    collage = np.zeros((side * _TILE, side * _TILE), np.uint8)
    for k, picture in enumerate(seconds):
        row, column = k // side * _TILE, k % side * _TILE
        tile = cv2.resize(picture, (_TILE, _TILE), interpolation=cv2.INTER_AREA)
        collage[row : row + _TILE, column : column + _TILE] = tile
    band = cv2.resize(collage, (8, 8), interpolation=cv2.INTER_AREA).ravel()
    return np.array(bits), band > np.median(band)


def baselines(folder: Path, truth: dict[str, Any], score: ModuleType) -> dict[str, Any]:
    """What simpler methods reach on the files of `truth`."""
    names = sorted(truth)
    hashes = {name: frame_hashes(folder / name) for name in names}
    return {
        "content_hash": score.score_dups(truth, content_clusters(folder, names)),
        "mean_phash_8": hash_clusters({n: h[0] for n, h in hashes.items()}, truth),
        "videohash_style": hash_clusters({n: h[1] for n, h in hashes.items()}, truth),
    }


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, required=True, help="the corpus' folder of clips")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--groups", type=int, default=15, help="clips that are edited")
    parser.add_argument("--no-baselines", action="store_true")
    parser.add_argument("--json", action="store_true", help="print nothing but JSON")
    options = parser.parse_args(given)
    score = module_beside(options.clips, "score")
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        encoded = build(options.clips, root / "sets", options.seed, options.groups)
        result: dict[str, Any] = {"seed": options.seed}
        folder = root / "sets" / "dups"
        truth = json.loads((folder / "truth.json").read_text())
        rows, names = deduplicate(folder, root / "run_dups")
        result["dups"] = score.score_dups(truth, found_clusters(rows, names))
        parts = root / "sets" / "contain"
        rows, names = deduplicate(parts, root / "run_contain")
        wanted = json.loads((parts / "truth.json").read_text())
        found = found_parts(rows, names)
        result["contain"] = score.score_contain(wanted, found, 0.2)
        ratio = DedupConfig().min_length_ratio
        complete = all_containments(wanted, encoded, durations(root / "run_contain"), ratio)
        result["contain_complete"] = score.score_contain(complete, found, 0.2)
        pairs = {(item["container"], item["contained"]) for item in found}
        result["contain_missed"] = sorted(
            f"{item['contained']} in {item['container']}"
            for item in complete
            if (item["container"], item["contained"]) not in pairs
        )
        if not options.no_baselines:
            result["baselines"] = baselines(folder, truth, score)
            result["not_measured"] = ["vpdq"]
    print(json.dumps(result, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
