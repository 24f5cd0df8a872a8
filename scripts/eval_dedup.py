#!/usr/bin/env python3
"""Score dedup on edited copies and excerpts of real clips, next to baselines.

    python scripts/eval_dedup.py --clips ../shared/corpus/clips --seed 1 --json

Builds the sets `dups` and `contain` with the corpus' own build_eval_sets.py, runs ingest, split
(with the whole video as one shot) and dedup on them, and scores with the corpus' score.py.

The baselines work on the same files in the same run: the content hash, and the mean of a 64-bit
DCT pHash over eight frames, of which the threshold is the best for F1 on the scored set itself,
which flatters it. Libraries that are not installed are named in `not_measured`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow.dataset as ds
from numpy.typing import NDArray

from pipeline.cli import main as polyreel

_SETTINGS = (
    "engine.kind=local",
    "split.detector=none",
    "split.max_duration_s=600",
    "split.edge_trim_frames=0",
    "split.audio=false",
)
_FRAMES = 8
_SIDE = 32


def build(clips: Path, out: Path, seed: int, groups: int) -> None:
    """Write the evaluation sets below `out`."""
    command = [sys.executable, str(clips.parent / "build_eval_sets.py"), "--clips", str(clips)]
    command += ["--out", str(out), "--seed", str(seed), "--sets", "dups,contain"]
    subprocess.run([*command, "--groups", str(groups)], check=True)


def scorer(clips: Path) -> ModuleType:
    """The corpus' score.py as a module."""
    spec = importlib.util.spec_from_file_location("score", clips.parent / "score.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"no score.py beside {clips}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def deduplicate(videos: Path, run: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """(rows of `dedup`, file name of each shot) of a run over a folder of videos."""
    command = ["run", "--input", str(videos), "--output", str(run), "--quiet"]
    command += ["--stages", "ingest,split,dedup"]
    for setting in _SETTINGS:
        command += ["--set", setting]
    given, sys.argv = sys.argv, ["polyreel", *command]
    try:
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


def found_clusters(rows: Sequence[dict[str, Any]], names: dict[str, str]) -> dict[str, str]:
    """Prediction for `score.py dups`."""
    return {names[row["shot_id"]]: row["cluster_id"] for row in rows}


def found_parts(rows: Sequence[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    """Prediction for `score.py contain`: the container that each contained shot names."""
    return [
        {
            "container": names[row["representative_id"]],
            "contained": names[row["shot_id"]],
            "offset_s": row["offset_s"],
        }
        for row in rows
        if row["relation"] == "contained"
    ]


def content_clusters(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Baseline: files with the same bytes."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def phash_clusters(folder: Path, names: Sequence[str], truth: dict[str, Any]) -> dict[str, Any]:
    """Baseline: pairs whose mean pHash distance over eight frames is below the best threshold.
    Gives precision, recall and f1 of the pairs at that threshold."""
    hashes = {name: _phashes(folder / name) for name in names}
    distances, same = [], []
    for a, b in combinations(sorted(names), 2):
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


def _phashes(path: Path) -> NDArray[np.bool_]:
    """Bits (frames, 64) of the usual DCT pHash of evenly spread frames."""
    import av
    import cv2

    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    bits = []
    for index in range(_FRAMES):
        picture = frames[int((index + 0.5) * len(frames) / _FRAMES)]
        small = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        low = cv2.dct(small.astype(np.float32))[:8, :8].ravel()
        bits.append(low > np.median(low))
    return np.array(bits)


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
    score = scorer(options.clips)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        build(options.clips, root / "sets", options.seed, options.groups)
        result: dict[str, Any] = {"seed": options.seed}
        folder = root / "sets" / "dups"
        truth = json.loads((folder / "truth.json").read_text())
        rows, names = deduplicate(folder, root / "run_dups")
        result["dups"] = score.score_dups(truth, found_clusters(rows, names))
        parts = root / "sets" / "contain"
        rows, names = deduplicate(parts, root / "run_contain")
        wanted = json.loads((parts / "truth.json").read_text())
        result["contain"] = score.score_contain(wanted, found_parts(rows, names), 0.2)
        if not options.no_baselines:
            result["baselines"] = {
                "content_hash": score.score_dups(truth, content_clusters(folder, sorted(truth))),
                "mean_phash_8": phash_clusters(folder, sorted(truth), truth),
            }
            result["not_measured"] = ["videohash", "vpdq"]
    print(json.dumps(result, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
