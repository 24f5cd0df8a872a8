#!/usr/bin/env python3
"""Measure the search for captions that many clips have, on invented ones with planted edits.

    python scripts/bench_balance.py --clips 100000 --json
    python scripts/bench_balance.py --captions train.en.gz --clips 25000

A caption is 6 to 18 words of a vocabulary in which few are frequent and many rare, or, one in five,
10 to 30 Chinese characters; with `--captions`, a line of a file. One in `--planted` is an edited
copy of another one: other case and punctuation, a word changed, left out, put in or moved. One in
fifty is the same sentence, one in fifty that sentence with another word in it, so equal texts and
heavy keys are exercised. The real functions of the stage run: sets and keys, candidate pairs,
comparisons, what becomes of each clip.

`seconds` is the wall time, `cpu_seconds` the processor time over all workers; making the captions
is in neither. Planted pairs whose sets of words and pairs of words, made here in plain Python, have
at least `balance.same_caption_similarity` in common should be found: `planted_recall` is their
share. `false_pairs` counts pairs found that have less. `peak_rss_mb` is the driver's, `worker_mb`
that of the largest worker. `dropped` clips had better ones with their caption.
With `--datasketch`, MinHashLSH of that package searches for the same pairs, in one process.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.testing import local_worker
from stages.balance.captions import FATE, search_captions, sign
from stages.balance.config import BalanceConfig
from stages.balance.files import PLACES, read_rows
from stages.balance.ranking import Key
from stages.balance.shingles import parts_of, shingled

_BLOCK = 2000
_TEMPLATE = "A man in a dark suit is talking to the camera about the {} in a bright room"


@dataclass(frozen=True)
class Row:
    """The result for one number of clips."""

    clips: int
    seconds: float
    cpu_seconds: float
    peak_rss_mb: float
    worker_mb: float
    planted: int
    planted_recall: float
    pairs: int
    false_pairs: int
    candidates: int
    capped_keys: int
    dropped: int
    staged_bytes_per_clip: int
    datasketch_seconds: float | None = None
    datasketch_recall: float | None = None


@dataclass(frozen=True)
class Made:
    captions: list[str]
    planted: list[tuple[int, int]]
    """(the copy, its original)."""


def make_captions(clips: int, planted_every: int, seed: int, lines: Sequence[str] = ()) -> Made:
    """The captions of `clips` clips. Raises SystemExit when there are fewer `lines`."""
    rng = random.Random(seed)
    if lines and len(lines) < clips:
        raise SystemExit(f"the file has {len(lines)} captions; ask for at most as many clips")
    captions: list[str] = []
    planted = []
    for clip in range(clips):
        original = rng.randrange(clip) if clip and clip % planted_every == 0 else None
        if original is not None:
            captions.append(edited(captions[original], rng))
            planted.append((clip, original))
        elif clip % 50 == 1:
            captions.append(_TEMPLATE.format("weather"))
        elif clip % 50 == 2:
            captions.append(_TEMPLATE.format(_word(rng)))
        else:
            captions.append(lines[clip] if lines else _invented(rng))
    return Made(captions, planted)


def _invented(rng: random.Random) -> str:
    if rng.random() < 0.2:
        ranks = (int(3000 ** rng.random()) for _ in range(rng.randint(10, 30)))
        return "".join(chr(0x4E00 + rank) for rank in ranks) + "。"
    return " ".join(_word(rng) for _ in range(rng.randint(6, 18))).capitalize() + "."


def _word(rng: random.Random) -> str:
    """Words of rank r with a frequency of about 1 / r."""
    return f"w{int(20_000 ** rng.random())}"


def edited(caption: str, rng: random.Random) -> str:
    """The caption with one small change; of unspaced text, in its characters."""
    gap = " " if " " in caption else ""
    parts = caption.split(" ") if gap else list(caption)
    place, kind = rng.randrange(len(parts)), rng.randrange(5)
    new = _word(rng) if gap else chr(0x4E00 + rng.randrange(3000))
    if kind == 0:
        return caption.upper().replace(".", " !") + " …"
    if kind == 1:
        parts[place] = new
    elif kind == 2 and len(parts) > 1:
        del parts[place]
    elif kind == 3:
        parts.insert(place, new)
    else:
        parts.append(parts.pop(place))
    return gap.join(parts)


def plain_set(caption: str) -> set[tuple[str, ...]]:
    """What `stages.balance.shingles` counts, without its hashes and arrays."""
    parts, unspaced = parts_of(caption)
    lengths = [n for n in ((2, 3) if unspaced else (1, 2)) if n <= len(parts)]
    return {
        tuple(parts[k : k + n])
        for n in lengths or range(1, len(parts) + 1)
        for k in range(len(parts) - n + 1)
    }


def similarity(one: str, other: str) -> float:
    a, b = plain_set(one), plain_set(other)
    return len(a & b) / len(a | b) if a | b else 0.0


def _timed(root: str, work: Callable[[Any, Any], Any], item: Any) -> tuple[Any, float]:
    worker = local_worker(Path(root))
    started = time.process_time()
    result = work(worker, item)
    spent = time.process_time() - started
    worker.close()
    return result, spent


def _sign(limit: float, worker: Any, item: tuple[int, list[tuple[int, str, Key]]]) -> int:
    return sign(worker, item[0], item[1], limit)


def _key(clip: int) -> Key:
    return (-float(clip % 7), 0.0, 0.0, 0.0, 0, clip)


def measure(made: Made, config: BalanceConfig, workers: int, root: str) -> Row:
    """Search the captions with files below `root`."""
    clips, cpu = len(made.captions), [0.0]
    items = [
        (
            block,
            [
                (block * PLACES + clip - start, made.captions[clip], _key(clip))
                for clip in range(start, min(start + _BLOCK, clips))
            ],
        )
        for block, start in enumerate(range(0, clips, _BLOCK))
    ]
    with ProcessPoolExecutor(workers) as pool:

        def run(work: Callable[..., Any], some: Sequence[Any]) -> Iterator[Any]:
            for result, spent in pool.map(partial(_timed, root, work), some):
                cpu[0] += spent
                yield result

        started, before = time.perf_counter(), time.process_time()
        n_keys = sum(run(partial(_sign, config.same_caption_similarity), items))
        search = search_captions(run, n_keys, len(items), config)
        seconds = time.perf_counter() - started
        cpu[0] += time.process_time() - before
    staged = sum(path.stat().st_size for path in Path(root).rglob("*") if path.is_file())
    recall, found, false = _scored(made, search.alike, config.same_caption_similarity)
    return Row(
        clips=clips,
        seconds=round(seconds, 1),
        cpu_seconds=round(cpu[0], 1),
        peak_rss_mb=_peak_mb(resource.RUSAGE_SELF),
        worker_mb=_peak_mb(resource.RUSAGE_CHILDREN),
        planted=found,
        planted_recall=round(recall, 4),
        pairs=len(search.alike),
        false_pairs=false,
        candidates=search.report.pairs,
        capped_keys=search.report.capped_keys,
        dropped=_dropped(root, search.joins, len(items)),
        staged_bytes_per_clip=round(staged / clips),
    )


def _peak_mb(who: int) -> float:
    return round(resource.getrusage(who).ru_maxrss / 1024, 0)


def _scored(made: Made, alike: np.ndarray, limit: float) -> tuple[float, int, int]:
    """(share of the planted pairs found, how many there are, false pairs)."""
    numbers = shingled(made.captions).text.tolist()
    caption_of = dict(zip(numbers, made.captions, strict=True))
    near = {(min(a, b), max(a, b)) for a, b, *_ in alike.tolist()}
    true = [
        (numbers[copy], numbers[original])
        for copy, original in made.planted
        if similarity(made.captions[copy], made.captions[original]) >= limit
    ]
    hits = sum(a == b or (min(a, b), max(a, b)) in near for a, b in true)
    false = sum(similarity(caption_of[a], caption_of[b]) < limit for a, b in near)
    return hits / max(1, len(true)), len(true), false


def _dropped(root: str, joins: tuple[int, ...], blocks: int) -> int:
    worker = local_worker(Path(root))
    fates = read_rows(worker, [f"fates-{join}" for join in joins], 0, blocks, FATE)
    worker.close()
    return int((fates["is_kept"] == 0).sum())


def datasketch_search(made: Made, limit: float) -> tuple[float, float]:
    """(seconds, recall of the planted pairs) of MinHashLSH with 128 permutations."""
    from datasketch import MinHash, MinHashLSH

    started = time.perf_counter()
    index = MinHashLSH(threshold=limit, num_perm=128)
    near: set[tuple[int, int]] = set()
    for clip, caption in enumerate(made.captions):
        parts = [" ".join(part).encode() for part in plain_set(caption)]
        if not parts:
            continue
        signature = MinHash(num_perm=128)
        signature.update_batch(parts)
        near.update((clip, int(other)) for other in index.query(signature))
        index.insert(str(clip), signature)
    seconds = time.perf_counter() - started
    true = [
        pair
        for pair in made.planted
        if similarity(made.captions[pair[0]], made.captions[pair[1]]) >= limit
    ]
    return round(seconds, 1), round(sum(pair in near for pair in true) / max(1, len(true)), 4)


def read_lines(path: str) -> list[str]:
    data = Path(path).read_bytes()
    return (gzip.decompress(data) if path.endswith(".gz") else data).decode().splitlines()


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", default="100000", help="numbers of clips")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--planted", type=int, default=20, help="one in so many is an edited copy")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cap", type=int, default=3, help="balance.max_same_caption")
    parser.add_argument("--captions", default="", help="file of captions, one a line")
    parser.add_argument("--datasketch", action="store_true", help="search with datasketch too")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(given)
    lines = read_lines(options.captions) if options.captions else []
    config = BalanceConfig(max_same_caption=options.cap)
    rows = []
    for clips in (int(text) for text in options.clips.split(",")):
        made = make_captions(clips, options.planted, options.seed, lines)
        with tempfile.TemporaryDirectory() as root:
            row = asdict(measure(made, config, options.workers, root))
        if options.datasketch:
            names = ("datasketch_seconds", "datasketch_recall")
            row |= zip(names, datasketch_search(made, config.same_caption_similarity), strict=True)
        rows.append(row)
        print(row, file=sys.stderr)
    if options.json:
        print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main()
