"""Which shots hang together by ties and matches, in rounds over files.

The edges between shots that resemble each other are divided into parts by shot, so that no process
holds them all. In every round each part joins what its edges connect, and names each of these
shots' smallest by an edge to it; such an edge goes to the parts of both of its ends. From the
second round on a part has all edges of its own shots, so a shot's smallest neighbour only ever
falls, and when nothing changes any more every shot has one edge: to the smallest of all that
hang together. The distance to it about halves in each round, so few are needed.

With one part, one round is enough. The result is the same for any number of parts: what hangs
together does not depend on how it is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.base import Corpus, StageError, Worker
from stages.dedup.search import MATCH, TIE, in_parts, part_of, read_part
from stages.dedup.store import write_slices

Ids = NDArray[np.int64]

EDGE = np.dtype([("first", "<i8"), ("second", "<i8")])
"""An edge in a file: to `first`, the smaller one."""

MOST_ROUNDS = 64
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Found:
    """Names of the files of ties and of matches, and the parts into which they are sliced."""

    ties: tuple[str, ...]
    matches: tuple[str, ...]
    parts: int


@dataclass(frozen=True)
class _Round:
    number: int
    part: int
    found: Found


def group(corpus: Corpus, found: Found) -> list[str]:
    """Bring ties and matches that hang together into one part; gives the names of the files that
    hold them, of 2 * parts slices: ties, then matches."""
    before: list[tuple[int, int]] = []
    for number in range(MOST_ROUNDS):
        tasks = [_Round(number, part, found) for part in range(found.parts)]
        seen = list(corpus.map(_joined, tasks))
        if found.parts == 1 or seen == before:
            last = [_Round(number + 1, part, found) for part in range(found.parts)]
            return list(corpus.map(_gathered, last))
        before = seen
    raise StageError(
        f"the duplicates do not fall into groups within {MOST_ROUNDS} rounds; this is a fault of "
        "dedup: report it, and run with dedup.near=false"
    )


def stars(edges: Ids) -> Ids:
    """Edges (m, 2) from every shot of what hangs together to the smallest one, which is first;
    sorted and distinct."""
    if not len(edges):
        return np.empty((0, 2), np.int64)
    shots, ends = np.unique(edges, return_inverse=True)
    label = _labels(len(shots), ends.reshape(-1, 2))
    others = np.flatnonzero(label != np.arange(len(shots)))
    return np.column_stack([shots[label[others]], shots[others]])


def _labels(count: int, edges: Ids) -> Ids:
    """The smallest of those that hang together with each of 0 .. count - 1."""
    label = np.arange(count)
    while True:
        low = np.minimum(label[edges[:, 0]], label[edges[:, 1]])
        after = label.copy()
        for side in (0, 1):
            np.minimum.at(after, edges[:, side], low)
            np.minimum.at(after, label[edges[:, side]], low)
        after = after[after]
        if np.array_equal(after, label):
            return label
        label = after


def _joined(worker: Worker, task: _Round) -> tuple[int, int]:
    """One round of one part; gives number and checksum of the edges of its own shots."""
    edges = _edges(worker, task)
    own = edges[part_of(edges[:, 1], task.found.parts) == task.part]
    joined = stars(edges)
    rows = np.empty(len(joined), EDGE)
    rows["first"], rows["second"] = joined[:, 0], joined[:, 1]
    ends = [part_of(joined[:, side], task.found.parts) for side in (0, 1)]
    away = ends[0] != ends[1]
    both = np.concatenate([rows, rows[away]])
    slices = in_parts(both, np.concatenate([ends[1], ends[0][away]]), task.found.parts)
    write_slices(worker, f"edges-{task.number % 2}-{task.part}", slices)
    mixed = own.astype(np.uint64) * np.array([_MIX, _MIX + np.uint64(2)])
    mixed = (mixed[:, 0] ^ (mixed[:, 1] >> np.uint64(7))) * _MIX
    return len(own), int(mixed.sum(dtype=np.uint64))


def _edges(worker: Worker, task: _Round) -> Ids:
    """What a part has at the start of a round, (m, 2), the smaller shot first, distinct."""
    found = task.found
    if task.number == 0:
        ties = read_part(worker, found.ties, task.part, TIE)
        matches = read_part(worker, found.matches, task.part, MATCH)
        first = np.concatenate([ties["first"], matches["long"]])
        second = np.concatenate([ties["second"], matches["short"]])
    else:
        names = [f"edges-{(task.number - 1) % 2}-{part}" for part in range(found.parts)]
        rows = read_part(worker, names, task.part, EDGE)
        first, second = rows["first"], rows["second"]
    edges = np.column_stack([np.minimum(first, second), np.maximum(first, second)])
    return np.unique(edges.astype(np.int64), axis=0)


def _gathered(worker: Worker, task: _Round) -> str:
    """Send the ties and matches of a part to the part of the smallest shot they hang on."""
    found = task.found
    edges = _edges(worker, task)
    slices = []
    for names, dtype, end in ((found.ties, TIE, "first"), (found.matches, MATCH, "long")):
        rows = read_part(worker, names, task.part, dtype)
        smallest = _looked_up(edges, rows[end])
        slices += in_parts(rows, part_of(smallest, found.parts), found.parts)
    name = f"groups-{task.part}"
    write_slices(worker, name, slices)
    return name


def _looked_up(edges: Ids, shots: Ids) -> Ids:
    """The first end of the edge whose second end is each shot; itself, where there is none."""
    if not len(edges):
        return shots
    edges = edges[np.argsort(edges[:, 1])]
    place = np.minimum(np.searchsorted(edges[:, 1], shots), len(edges) - 1)
    return np.where(edges[place, 1] == shots, edges[place, 0], shots)


def names_of(kind: str, numbers: Sequence[int]) -> tuple[str, ...]:
    return tuple(f"{kind}-{number}" for number in numbers)
