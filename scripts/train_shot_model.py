#!/usr/bin/env python3
"""Train the default shot boundary detector on videos made from single-shot clips.

    python scripts/train_shot_model.py --clips CLIPS --out MODEL.onnx [--videos VIDEOS]
        [--work WORK] [--films 6600] [--epochs 12] [--seed 1] [--workers 2]

Films with known transitions are made from the clips and, with --videos, from the shots of those
videos that `scripts/shot_training/video_shots.jsonl` names. Five in eleven also hold what is rare
among real clips (drawn shots, cards that pop up over the middle, moves of the camera to something
else altogether), and one in eleven is made of nothing but textures. They are turned into the
features that the detector looks at and kept below --work. The shots are divided into three pools
and each film uses shots of one pool. Three networks are trained, each without one of the pools, and
the model answers with their mean. Each network is then judged on the pool that it has not seen, and
MODEL.held-out-K.onnx and .jsonl are written beside MODEL.onnx: network K alone and an index of the
clips of pool K, for honest figures from `scripts/eval_shots.py --index`.

Needs the extra `train` (torch, onnx) and the index CLIPS/../clips.jsonl. About 2 ms of one core
per frame made, 35 minutes of two idle cores, and four minutes of them per network. The same seed
makes the same films; the same torch build then trains the same model. The model that comes with
Polyreel was made with all defaults and --videos.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Threads of BLAS that wait for each other cost more than they give on matrices this small.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # run from a checkout that is not installed
    sys.path.insert(0, str(ROOT))

from scripts.shot_training.footage import Clip, Span, load_clip  # noqa: E402

if TYPE_CHECKING:
    from scripts.shot_training.dataset import FilmKind

VIDEO_SHOTS = ROOT / "scripts" / "shot_training" / "video_shots.jsonl"
"""Shots of longer videos, each looked at."""

N_POOLS = 3
FILMS_PER_FILE = 20


def pools(clips: Path, videos: Path | None) -> list[list[Span]]:
    """Three disjoint lists of shots."""
    from scripts.shot_training.dataset import pools_of

    shots = [Span(path, 0.0, row["duration_s"]) for path, row in _index(clips)]
    if videos is not None:
        rows = [json.loads(line) for line in VIDEO_SHOTS.read_text().splitlines()]
        shots += [Span(videos / row["file"], row["start_s"], row["end_s"]) for row in rows]
    return pools_of(shots, N_POOLS)


def _index(clips: Path) -> list[tuple[Path, dict[str, Any]]]:
    index = clips.resolve().parent / "clips.jsonl"
    rows = [json.loads(line) for line in index.read_text().splitlines()]
    return [(index.parent / row["file"], row) for row in rows]


@cache
def _footage(pool: tuple[Span, ...]) -> list[Clip]:
    return [load_clip(shot) for shot in pool]


def make_file(task: tuple[Path, tuple[Span, ...], int, int, FilmKind]) -> Path:
    """One file of films: (file, pool, seed, number of the first film, their kind)."""
    import cv2

    from scripts.shot_training.dataset import make_example, save_examples

    cv2.setNumThreads(1)
    path, pool, seed, first, kind = task
    if not path.exists():
        numbers = range(first, first + FILMS_PER_FILE)
        footage = _footage(pool)
        save_examples(path, [make_example(footage, seed, k, kind) for k in numbers])
    return path


def make_films(options: argparse.Namespace, pool_number: int) -> list[Path]:
    """The files with the films of one pool; those that are there are taken as they are."""
    from scripts.shot_training.dataset import kind_of

    pool = tuple(pools(options.clips, options.videos)[pool_number])
    seed = options.seed * 10 + pool_number
    folder = options.work / f"seed{options.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    n_films = options.films // N_POOLS
    tasks = []
    for first in range(0, n_films, FILMS_PER_FILE):
        kind = kind_of(first, n_films)
        path = folder / f"p{pool_number}-{first:04d}-{kind}.npz"
        tasks.append((path, pool, seed, first, kind))
    with ProcessPoolExecutor(options.workers, get_context("spawn")) as executor:
        return list(_told(executor.map(make_file, tasks), len(tasks), f"pool {pool_number}"))


def _told(paths: Iterator[Path], total: int, what: str) -> Iterator[Path]:
    for number, path in enumerate(paths, 1):
        print(f"{what}: {number}/{total} files of {FILMS_PER_FILE} films", flush=True)
        yield path


def main(given: list[str] | None = None) -> None:
    options = _options(given)
    import torch

    from scripts.shot_training.dataset import read_examples
    from scripts.shot_training.judge import judge
    from scripts.shot_training.network import export, train

    torch.set_num_threads(options.workers)
    torch.use_deterministic_algorithms(True)
    files = {k: make_films(options, k) for k in range(N_POOLS)}
    films = {k: [e for path in files[k] for e in read_examples(path)] for k in files}
    networks = []
    for left_out in range(N_POOLS):
        examples = [e for k in films if k != left_out for e in films[k]]
        network = train(examples, options.seed + left_out, options.epochs)
        networks.append(network)
        alone = options.out.with_suffix(f".held-out-{left_out}.onnx")
        export([network], alone)
        print("\n".join(judge(alone, films[left_out])), flush=True)
        _write_index(options, left_out, alone.with_suffix(".jsonl"))
    export(networks, options.out)
    print(f"{options.out}: {options.out.stat().st_size} bytes")


def _write_index(options: argparse.Namespace, pool: int, path: Path) -> None:
    held = {shot.path for shot in pools(options.clips, options.videos)[pool]}
    rows = [row | {"file": str(file)} for file, row in _index(options.clips) if file in held]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, required=True, help="folder of single-shot clips")
    parser.add_argument("--out", type=Path, required=True, help="the model to write")
    parser.add_argument("--videos", type=Path, help=f"folder of the videos in {VIDEO_SHOTS.name}")
    work = Path(tempfile.gettempdir()) / "polyreel-shot-training"
    parser.add_argument("--work", type=Path, default=work, help=f"made films (default: {work})")
    parser.add_argument("--films", type=int, default=6600)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(given)


if __name__ == "__main__":
    main()
