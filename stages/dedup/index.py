"""Candidate pairs of shots from hash tables: never all pairs.

Each table looks at its own random choice of bits of the hashes (bit sampling LSH for the Hamming
distance), taken from the low half of the frequencies, which edits disturb least. Two shots are
candidates when any hash of one agrees with any hash of the other in all bits of one table. The
position in time takes no part, so clips that are cut short or shifted meet as well; and because
a clip has many positions, it is enough that one of them survived an edit. Mirrored hashes are put
into the tables beside the plain ones, so flipped copies meet too.

A bucket that very many shots share (one title card in a million videos) would be quadratic.
Instead every shot of a bucket meets only the first `max_bucket` shots of it in the order of the
given array, which is the order of quality: a copy still meets the best ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.split.signature import mirrored

Hashes = NDArray[np.uint64]
Pairs = NDArray[np.int64]

_SEED = 20_240_229
_LOW_BITS = 32
_BLOCK = 1_000_000
_PLAIN, _MIRRORED = 0, 1


@dataclass
class IndexReport:
    """What the search had to do."""

    entries: int = 0
    candidates: int = 0
    """Pairs that were handed out, repetitions included."""
    capped_buckets: int = 0
    largest_bucket: int = 0
    """Most shots in one bucket."""


def table_masks(tables: int, bits: int) -> list[np.uint64]:
    """Bits that each table looks at. Bit 0 of a signature is the highest bit of its number."""
    rng = np.random.default_rng(_SEED)
    masks = []
    for _ in range(tables):
        chosen = rng.choice(_LOW_BITS, size=bits, replace=False)
        masks.append(np.uint64(sum(1 << (63 - int(bit)) for bit in chosen)))
    return masks


def candidate_pairs(
    hashes: Hashes, tables: int, bits: int, max_bucket: int, report: IndexReport
) -> Iterator[Pairs]:
    """Blocks (m, 2) of pairs first < second of indexes into `hashes`, (shots, positions).

    The same pair may come from several tables. Fills `report` while it goes.
    """
    for mask in table_masks(tables, bits):
        keys, shots, sides = _entries(hashes, mask)
        report.entries += len(keys)
        yield from _pairs_of_table(keys, shots, sides, max_bucket, report)


def _entries(
    hashes: Hashes, mask: np.uint64
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """(bucket key, shot, side) of every distinct entry of a table, sorted by all three."""
    n_shots, n_positions = hashes.shape
    shot = np.repeat(np.arange(n_shots, dtype=np.uint64), n_positions)
    packed = []
    for side, values in ((_PLAIN, hashes), (_MIRRORED, mirrored(hashes))):
        key = (values.ravel() & mask) >> np.uint64(64 - _LOW_BITS)
        packed.append((key << np.uint64(32)) | (shot << np.uint64(1)) | np.uint64(side))
    entries = np.sort(np.concatenate(packed))
    entries = entries[np.concatenate([[True], entries[1:] != entries[:-1]])]
    low = entries & np.uint64(0xFFFFFFFF)
    return (
        entries >> np.uint64(32),
        (low >> np.uint64(1)).astype(np.int64),
        (low & np.uint64(1)).astype(np.int64),
    )


def _pairs_of_table(
    keys: NDArray[np.uint64],
    shots: NDArray[np.int64],
    sides: NDArray[np.int64],
    max_bucket: int,
    report: IndexReport,
) -> Iterator[Pairs]:
    """Each entry with the plain entries of smaller shots in its bucket, at most `max_bucket`."""
    if not len(keys):
        return
    plain = shots[sides == _PLAIN]
    plain_before = np.cumsum(sides == _PLAIN) - (sides == _PLAIN)
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    bucket = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(keys))))
    first_plain = plain_before[starts][bucket]
    in_bucket = plain_before - first_plain
    sizes = np.add.reduceat((sides == _PLAIN).astype(np.int64), starts)
    report.capped_buckets += int((sizes > max_bucket).sum())
    report.largest_bucket = max(report.largest_bucket, int(sizes.max()))
    counts = np.minimum(in_bucket, max_bucket)
    ends = np.cumsum(counts)
    low = 0
    while low < len(counts):
        done = ends[low - 1] if low else 0
        high = max(low + 1, int(np.searchsorted(ends, done + _BLOCK, side="right")))
        some = counts[low:high]
        right = np.repeat(shots[low:high], some)
        step = np.arange(len(right)) - np.repeat(np.cumsum(some) - some, some)
        left = plain[np.repeat(first_plain[low:high], some) + step]
        pairs = np.stack([left, right], axis=1)[left != right]
        report.candidates += len(pairs)
        if len(pairs):
            yield pairs
        low = high
