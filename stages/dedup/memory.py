"""What earlier runs decided, so that a run with more sources leaves it as it is.

Every shot has a number, made of its id and its signature. For each block a file of the index holds
the numbers of the shots that were decided on, and the rows of those that another shot stands for,
both sliced by number. A shot whose signature changed, or whose representative is gone, is new
again; so is every shot when the options change, or with `dedup.reconsider`.

Before a run's blocks are made, the numbers of its shots are brought together with those of earlier
runs, slice by slice (`ask`, `find`); a block then reads the slices in which its own numbers lie. So
no process holds all numbers. Each run writes files of its own generation, and then the one file
that says which generation counts, so a run that was interrupted changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from schemas.table import Row
from stages.base import Corpus, Worker
from stages.dedup.config import DedupConfig
from stages.dedup.records import GONE, NEW, STANDS
from stages.dedup.store import SliceFile, write_slices

_INDEX = "decided"
Numbers = NDArray[np.uint64]


@dataclass(frozen=True)
class Earlier:
    """Files of the run that counts: its generation, and how many blocks it had."""

    generation: int = 0
    blocks: int = 0
    is_used: bool = False
    """Whether its decisions stand."""

    @classmethod
    def load(cls, corpus: Corpus, config: DedupConfig) -> Earlier:
        """What the run folder holds."""
        try:
            file = SliceFile(corpus, _INDEX)
        except FileNotFoundError:
            return cls()
        known = json.loads(file.read(0, 1))
        is_used = not config.reconsider and known["options"] == _options(config)
        return cls(known["generation"], known["blocks"], is_used)

    def follow(self, corpus: Corpus, blocks: int, config: DedupConfig) -> list[str]:
        """Say that the generation after this one counts; gives its files."""
        after = self.generation + 1
        known = {"generation": after, "blocks": blocks, "options": _options(config)}
        write_slices(corpus, _INDEX, [json.dumps(known, sort_keys=True).encode()])
        return [_INDEX, *(decided_name(after, block) for block in range(blocks))]


@dataclass(frozen=True)
class Ask:
    """The shots that a block asks about, by number."""

    block: int
    slices: int
    numbers: Numbers


@dataclass(frozen=True)
class Find:
    """One slice of the numbers of earlier runs and of the shots of this one."""

    number: int
    blocks: int
    earlier: Earlier
    slices: int


def decided_name(generation: int, block: int) -> str:
    return f"decided-{generation}-{block}"


def number_of(shot_id: str, signature: bytes | None) -> int:
    """The number of a shot."""
    digest = blake2b(shot_id.encode() + b"\0" + (signature or b""), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def ask(worker: Worker, task: Ask) -> None:
    """Write the numbers of a block's shots, by slice."""
    write_slices(worker, f"asked-{task.block}", _sliced(task.numbers, task.slices))


def find(worker: Worker, task: Find) -> None:
    """Write which numbers of a slice were decided on and are there, and the rows of those that
    another shot stands for."""
    at, after = task.number, task.number + 1
    files = [
        SliceFile(worker, decided_name(task.earlier.generation, block))
        for block in range(task.earlier.blocks)
    ]
    known = np.frombuffer(b"".join(file.read(at, after) for file in files), "<u8")
    asked = np.frombuffer(
        b"".join(SliceFile(worker, f"asked-{b}").read(at, after) for b in range(task.blocks)), "<u8"
    )
    there = np.intersect1d(known, asked)
    present = set(there.tolist())
    lines = b"".join(file.read(task.slices + at, task.slices + after) for file in files)
    rows = [line for line in lines.splitlines() if json.loads(line)["number"] in present]
    write_slices(worker, f"earlier-{at}", [there.tobytes(), b"\n".join(rows)])


@dataclass(frozen=True)
class Before:
    """What was decided on one shot, and its row where another one stands for it."""

    state: int = NEW
    row: Row | None = None


def looked_up(worker: Worker, numbers: Sequence[int], slices: int) -> dict[int, Before]:
    """What was decided before on shots, by number."""
    there, rows = _read(worker, numbers, slices)
    standing, _ = _read(worker, [row["representative_number"] for row in rows.values()], slices)
    found = {}
    for number in numbers:
        row = rows.get(number)
        if number not in there or (row and row["representative_number"] not in standing):
            found[number] = Before()
        else:
            found[number] = Before(GONE, row) if row else Before(STANDS)
    return found


def decided_slices(numbers: Sequence[int], rows: Sequence[Row], slices: int) -> list[bytes]:
    """A file of decided shots: their numbers by slice, then the rows of those that another one
    stands for. Rows hold `number` and `representative_number` as well."""
    lines: list[list[bytes]] = [[] for _ in range(slices)]
    for row in rows:
        line = json.dumps(row, sort_keys=True).encode() + b"\n"
        lines[_slice_of(np.array([row["number"]], np.uint64), slices)[0]].append(line)
    by_slice = _sliced(np.array(numbers, np.uint64), slices)
    return [*by_slice, *(b"".join(some) for some in lines)]


def _read(worker: Worker, numbers: Sequence[int], slices: int) -> tuple[set[int], dict[int, Row]]:
    """(those of some numbers that were decided on, rows of those that another shot stands for);
    one slice in memory at a time."""
    wanted = np.unique(np.array(numbers, np.uint64))
    place = _slice_of(wanted, slices)
    there: set[int] = set()
    rows: dict[int, Row] = {}
    for number in np.unique(place).tolist():
        file = SliceFile(worker, f"earlier-{number}")
        known = np.frombuffer(file.read(0, 1), "<u8")
        found = set(np.intersect1d(wanted[place == number], known).tolist())
        there |= found
        for line in file.read(1, 2).splitlines():
            row = json.loads(line)
            if row["number"] in found:
                rows[row["number"]] = row
    return there, rows


def _options(config: DedupConfig) -> str:
    fields = config.semantic()
    # Concepts are made anew in every run.
    for name in (
        "reconsider", "concepts", "concept_seed", "semantic_copies", "semantic_similarity",
    ):  # fmt: skip
        del fields[name]
    return json.dumps(fields, sort_keys=True)


def _slice_of(numbers: Numbers, slices: int) -> NDArray[np.int64]:
    return ((numbers >> np.uint64(32)) * np.uint64(slices) >> np.uint64(32)).astype(np.int64)


def _sliced(numbers: Numbers, slices: int) -> list[bytes]:
    numbers = np.sort(numbers)
    edges = np.searchsorted(_slice_of(numbers, slices), np.arange(slices + 1)).tolist()
    return [numbers[a:b].astype("<u8").tobytes() for a, b in pairwise(edges)]
