"""What the steps of a balance hand to each other lies in files of the run that end with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stages.base import Worker
from stages.dedup.store import SliceFile, write_slices

FOLDER = "state/balance-staging"
SLICES = 64
"""Parts into which what has a 64-bit number is divided, so that one part fits into a worker."""
PLACES = 1 << 24
"""A thing's place in the corpus is block * PLACES + its place in the block."""

_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Part:
    """Slices [first, after) of all `blocks`."""

    first: int
    after: int
    blocks: int


def slice_of(numbers: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The slice of each number."""
    return np.asarray((numbers * _MIX) >> np.uint64(58), np.int64)


def write_by_number(worker: Worker, name: str, rows: NDArray[np.void], column: str) -> None:
    """Write rows by the slice of a column's number."""
    _write(worker, name, rows, slice_of(rows[column]), SLICES)


def write_by_block(
    worker: Worker, name: str, rows: NDArray[np.void], column: str, blocks: int
) -> None:
    """Write rows by the block of a column's place."""
    _write(worker, name, rows, rows[column] // PLACES, blocks)


def _write(
    worker: Worker, name: str, rows: NDArray[np.void], part: NDArray[np.int64], parts: int
) -> None:
    order = np.argsort(part, kind="stable")
    edges = np.searchsorted(part[order], np.arange(parts + 1))
    rows = rows[order]
    write_slices(worker, name, [rows[a:b].tobytes() for a, b in pairwise(edges)], FOLDER)


def read_rows(
    worker: Worker, names: Iterable[str], first: int, after: int, kind: np.dtype[np.void]
) -> NDArray[np.void]:
    """Rows of the slices [first, after) of some files."""
    found = [SliceFile(worker, name, FOLDER).read(first, after) for name in names]
    return np.frombuffer(b"".join(found), kind)


def write_sets(worker: Worker, name: str, sets: Sequence[bytes]) -> None:
    write_slices(worker, name, sets, FOLDER)


def open_sets(worker: Worker, name: str) -> SliceFile:
    return SliceFile(worker, name, FOLDER)


def parts_of(n_rows: int, blocks: int, rows_per_part: int) -> list[Part]:
    """All slices, divided so that a part has about `rows_per_part` rows."""
    parts = max(1, min(SLICES, -(-n_rows // rows_per_part)))
    edges = [SLICES * part // parts for part in range(parts + 1)]
    return [Part(a, b, blocks) for a, b in pairwise(edges)]


def in_part(numbers: NDArray[np.uint64], part: Part) -> NDArray[np.bool_]:
    """Which numbers lie in a part's slices."""
    where = slice_of(numbers)
    return np.asarray((where >= part.first) & (where < part.after))
