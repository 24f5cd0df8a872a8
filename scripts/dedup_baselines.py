"""Simpler ways to find duplicates, measured on the files that eval_dedup.py builds.

The content hash; the mean of a 64-bit DCT pHash over eight frames; a hash in the manner of
videohash (frames at one a second in a square collage, 64 bits of its 8 x 8 low band against their
median; without its bits of dominant colour); and vPDQ: PDQ hashes of the frames at one a second,
poor ones left out, and the share of the hashes of each clip that have one of the other's within 31
of 256 bits, the smaller share. The hashes come from the package pdqhash; where that is not
installed, vpdq is not measured and listed as such. (The package vpdq itself needs a compiler and
FFmpeg's headers to install.)

Thresholds are the best for F1 on the scored set itself, which flatters them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FRAMES = 8
_SIDE = 32
_TILE = 72
_PDQ_BITS = 31
_PDQ_QUALITY = 50

Bits = NDArray[np.bool_]


def content_clusters(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Baseline: files with the same bytes."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def hash_clusters(hashes: Mapping[str, Bits], truth: dict[str, Any]) -> dict[str, Any]:
    """Baseline: pairs whose mean Hamming distance, of 64 bits, is below the best threshold. Gives
    precision, recall and f1 of the pairs at that threshold."""
    distances, same = [], []
    for a, b in combinations(sorted(hashes), 2):
        distances.append(float((hashes[a] != hashes[b]).mean()) * 64)
        same.append(truth[a]["group"] == truth[b]["group"])
    return best_threshold(np.array(distances), np.array(same))


def best_threshold(distances: NDArray[np.float64], same: Bits) -> dict[str, Any]:
    """The threshold with the best F1 over pairs, and what it reaches."""
    best: dict[str, Any] = {"f1": -1.0}
    for threshold in np.unique(distances):
        said = distances <= threshold
        hits = int((said & same).sum())
        precision, recall = hits / int(said.sum()), hits / max(1, int(same.sum()))
        f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
        if f1 > best["f1"]:
            best = {
                "threshold": round(float(threshold), 4),
                "precision": round(precision, 4),
                "recall": round(recall, 4),
                "f1": round(f1, 4),
            }
    return best


def frame_hashes(path: Path) -> tuple[Bits, Bits, Bits | None]:
    """(bits (frames, 64) of the usual DCT pHash of evenly spread frames, 64 bits of a collage of
    the frames at one a second, PDQ hashes (seconds, 256) of those; None without pdqhash)."""
    import av
    import cv2

    with av.open(str(path)) as container:
        fps = float(container.streams.video[0].average_rate or 25)
        frames = [
            np.asarray(frame.to_ndarray(format="gray"), np.uint8)
            for frame in container.decode(video=0)
        ]
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
    return np.array(bits), band > np.median(band), pdq_hashes(seconds)


def pdq_hashes(pictures: Sequence[NDArray[np.uint8]]) -> Bits | None:
    """PDQ hashes (n, 256) of those pictures that are good enough; None without pdqhash."""
    if find_spec("pdqhash") is None:
        return None
    pdqhash = import_module("pdqhash")
    found = [pdqhash.compute(np.repeat(picture[:, :, None], 3, axis=2)) for picture in pictures]
    good = [bits.astype(bool) for bits, quality in found if quality >= _PDQ_QUALITY]
    return np.array(good, bool).reshape(len(good), 256)


def pdq_distance(a: Bits, b: Bits) -> float:
    """1 less the share of hashes that have a near one in the other clip, the smaller of two."""
    if not len(a) or not len(b):
        return 1.0
    near = (a[:, None] != b[None]).sum(axis=2) <= _PDQ_BITS
    return 1.0 - float(min(near.any(axis=1).mean(), near.any(axis=0).mean()))


def pdq_clusters(hashes: Mapping[str, Bits], truth: dict[str, Any]) -> dict[str, Any]:
    """Precision, recall and f1 of the pairs whose share of near hashes is above the best
    threshold."""
    pairs = list(combinations(sorted(hashes), 2))
    distances = [pdq_distance(hashes[a], hashes[b]) for a, b in pairs]
    same = [truth[a]["group"] == truth[b]["group"] for a, b in pairs]
    best = best_threshold(np.array(distances), np.array(same))
    return {"least_share": round(1.0 - best.pop("threshold"), 2), **best}


def baselines(
    folder: Path, truth: dict[str, Any], score: ModuleType
) -> tuple[dict[str, Any], dict[str, str]]:
    """(what simpler methods reach on the files of `truth`, why others were not measured)."""
    names = sorted(truth)
    hashes = {name: frame_hashes(folder / name) for name in names}
    found = {
        "content_hash": score.score_dups(truth, content_clusters(folder, names)),
        "mean_phash_8": hash_clusters({n: h[0] for n, h in hashes.items()}, truth),
        "videohash_style": hash_clusters({n: h[1] for n, h in hashes.items()}, truth),
    }
    pdq = {name: h[2] for name, h in hashes.items() if h[2] is not None}
    if not pdq:
        return found, {"vpdq": "the package pdqhash is not installed"}
    return found | {"vpdq": pdq_clusters(pdq, truth)}, {}
