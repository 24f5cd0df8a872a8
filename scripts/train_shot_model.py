#!/usr/bin/env python3
"""Train the default shot boundary detector on videos made from single-shot clips.

    python scripts/train_shot_model.py --clips CLIPS --out MODEL.onnx [--work WORK]
        [--films 3000] [--epochs 14] [--seed 1] [--workers 2]

Films with known transitions are made from the clips (`scripts/shot_training/`), turned into the
features that the detector looks at and kept below --work. The clips are divided into three pools
and each film uses clips of one pool. Three networks are trained, each without one of the pools,
and the model answers with their mean. Each network is then judged on the pool that it has not
seen, and MODEL.held-out-K.onnx and .jsonl are written beside MODEL.onnx: network K alone and an
index of the clips of pool K, for honest figures from `scripts/eval_shots.py --index`.

Needs the extra `train` (torch, onnx) and the index CLIPS/../clips.jsonl. About 2 ms of one core
per frame made and three minutes of two idle cores per network. The same seed makes the same
films; the same torch build then trains the same model.
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
from typing import Any

# Threads of BLAS that wait for each other cost more than they give on matrices this small.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # run from a checkout that is not installed
    sys.path.insert(0, str(ROOT))

N_POOLS = 3
FILMS_PER_FILE = 20


def pools(clips: Path) -> list[list[Path]]:
    """Three disjoint lists of clips."""
    from scripts.shot_training.dataset import pools_of

    return pools_of([(path, row["duration_s"]) for path, row in _index(clips)], N_POOLS)


def _index(clips: Path) -> list[tuple[Path, dict[str, Any]]]:
    index = clips.resolve().parent / "clips.jsonl"
    rows = [json.loads(line) for line in index.read_text().splitlines()]
    return [(index.parent / row["file"], row) for row in rows]


@cache
def _footage(pool: tuple[Path, ...]) -> Any:
    from scripts.shot_training.footage import load_clip

    return [load_clip(path) for path in pool]


def make_file(task: tuple[Path, tuple[Path, ...], int, int]) -> Path:
    """One file of films: (file, pool, seed, number of the first film)."""
    import cv2

    from scripts.shot_training.dataset import make_example, save_examples

    cv2.setNumThreads(1)
    path, pool, seed, first = task
    if not path.exists():
        numbers = range(first, first + FILMS_PER_FILE)
        save_examples(path, [make_example(_footage(pool), seed, k) for k in numbers])
    return path


def make_films(options: argparse.Namespace, pool_number: int) -> list[Path]:
    """The files with the films of one pool; those that are there are taken as they are."""
    pool = tuple(pools(options.clips)[pool_number])
    seed = options.seed * 10 + pool_number
    folder = options.work / f"seed{options.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [
        (folder / f"p{pool_number}-{first // FILMS_PER_FILE:03d}.npz", pool, seed, first)
        for first in range(0, options.films // N_POOLS, FILMS_PER_FILE)
    ]
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
        _write_index(options.clips, left_out, alone.with_suffix(".jsonl"))
    export(networks, options.out)
    print(f"{options.out}: {options.out.stat().st_size} bytes")


def _write_index(clips: Path, pool: int, path: Path) -> None:
    held = set(pools(clips)[pool])
    rows = [row | {"file": str(file)} for file, row in _index(clips) if file in held]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, required=True, help="folder of single-shot clips")
    parser.add_argument("--out", type=Path, required=True, help="the model to write")
    work = Path(tempfile.gettempdir()) / "polyreel-shot-training"
    parser.add_argument("--work", type=Path, default=work, help=f"made films (default: {work})")
    parser.add_argument("--films", type=int, default=3000)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(given)


if __name__ == "__main__":
    main()
