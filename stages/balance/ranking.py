"""Which of several clips is the best, in a form that can be sorted by the million.

The order is that of `stages.dedup.quality`: pixels of picture, bytes per second, length,
sharpness; ties go by shot_id, so no two clips are equal.
"""

from __future__ import annotations

from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from stages.dedup.quality import Quality

RANKED = np.dtype(
    [
        ("group", "<u8"),
        ("place", "<i8"),
        ("picture_px", "<f8"),
        ("bytes_per_s", "<f8"),
        ("duration_s", "<f8"),
        ("sharpness", "<f8"),
        ("high", "<u8"),
        ("low", "<u8"),
    ]
)
"""A clip among those of its group (a text, a concept). `high`, `low`: the halves of its id."""

Ranked = NDArray[np.void]
Key = tuple[float, float, float, float, int, int]
"""Sorts the best clip first."""


def key_of(quality: Quality) -> Key:
    number = UUID(quality.shot_id).int
    return (
        -quality.picture_px,
        -quality.bytes_per_s,
        -quality.duration_s,
        -quality.sharpness,
        number >> 64,
        number & (2**64 - 1),
    )


def record(group: int, place: int, key: Key) -> tuple[int | float, ...]:
    """A row of RANKED."""
    return (group, place, *(-figure for figure in key[:4]), *key[4:])


def key_of_record(row: np.void) -> Key:
    figures = (-float(row[n]) for n in ("picture_px", "bytes_per_s", "duration_s", "sharpness"))
    a, b, c, d = figures
    return (a, b, c, d, int(row["high"]), int(row["low"]))


def shot_id_of(high: int, low: int) -> str:
    return str(UUID(int=high << 64 | low))


def grouped(clips: Ranked) -> tuple[Ranked, NDArray[np.int64]]:
    """(the clips by group, in it the best first; where each group starts, and the end)."""
    order = np.lexsort(
        (
            clips["low"],
            clips["high"],
            -clips["sharpness"],
            -clips["duration_s"],
            -clips["bytes_per_s"],
            -clips["picture_px"],
            clips["group"],
        )
    )
    clips = clips[order]
    new = np.concatenate([[True], clips["group"][1:] != clips["group"][:-1]])[: len(clips)]
    return clips, np.append(np.flatnonzero(new), len(clips))
