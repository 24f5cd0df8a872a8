"""What changes between spans of a clip that stand still, finer than its film. Pure.

The few frequencies of a film show where a block of text is and when it appears, not what it says:
title cards, slides and windows that differ in their text alone would be taken for copies. Such
clips stand still most of the time, and what changes from one still span to the next is little, so
there is room in a signature for a finer picture of it.

1. A span stands still as long as hardly any cell of the small pictures differs from its first.
2. Of the first span, the last and the longest others, the mean picture is averaged to ROWS x
   COLUMNS cells, and of each row the moving mean is taken off: what is left of writing is its
   letters, not the lines they stand on. Cells that change within a span (something drifts, letters
   are typed) are not known in it: their mean would depend on where the span begins and ends.
3. Stored are the known cells of each span and the differences between one span and the next,
   rounded to a step; so what stands still all the time (a logo, a subtitle bar) is not in it. The
   step is the smallest with which the deflated differences fit their budget.
4. Where there is one span alone, its picture itself is stored if it fits with a small step: that
   of writing on a plain ground does, that of a real scene does not.

A clip that stands still for less than half of its time has no detail.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ROWS, COLUMNS = 36, 64
"""Cells of a picture; at 360 lines, ten pixels each."""
MIN_SPAN_S = 0.5
_MOVED = 8.0
"""Luma levels by which a cell that moved differs."""
_FEW = (0.01, 0.02, 0.04)
"""Share of the cells that may have moved within a span: the least with which there are two."""
_DRIFT = 2.0
"""Luma levels between the halves of a span from which a cell is not known in it."""
_LEAST_SHARE = 0.5
_SPANS, _SPANS_S = 4, 7.5
"""Spans that are kept of a clip of up to so many seconds; of longer ones as many more."""
_REACH = 7
"""Cells of the moving mean along a row."""
_STEPS = [8.0 * 2 ** (i / 2) for i in range(8)]
_FINE_STEPS = 2
"""Steps with which the picture of a span that is alone has to fit."""
_HEAD, _SPAN = struct.Struct("<BB"), struct.Struct("<HH")
_WHOLE = 65_535
_MOST = 127
_BITS = ROWS * COLUMNS // 8
MAX_BYTES = 65_535


@dataclass(frozen=True)
class Detail:
    """`spans_s`: (spans, 2), beginning and end in seconds from the clip's start; `pictures`:
    (spans, ROWS, COLUMNS), luma levels without their moving mean, less those of the first span
    unless it is the only one; `known`: which cells stand still, likewise."""

    spans_s: NDArray[np.float64]
    pictures: Floats
    known: NDArray[np.bool_]


def detail_of(
    small: Floats,
    fine: Callable[[int], Floats],
    times_s: Sequence[float],
    duration_s: float,
    budget_bytes: int,
) -> bytes:
    """The stored detail of a clip; empty where it has none or where it does not fit.

    `small`: (pictures, rows, columns), what stillness is looked for on; `fine`: a picture of them
    by its index, (ROWS, COLUMNS); `times_s`: when each is shown, rising.
    """
    ends_s = [*times_s[1:], duration_s]

    def length_s(span: tuple[int, int]) -> float:
        return ends_s[span[1] - 1] - times_s[span[0]]

    spans: list[tuple[int, int]] = []
    for share in _FEW:
        found = [span for span in _still(small, share) if length_s(span) >= MIN_SPAN_S]
        if sum(map(length_s, found)) >= _LEAST_SHARE * duration_s and len(found) > len(spans):
            spans = found
        if len(spans) > 1:
            break
    if not spans:
        return b""
    most = int(_SPANS * max(1.0, duration_s / _SPANS_S))
    between = sorted(spans[1:-1], key=length_s, reverse=True)[: most - 2]
    spans = sorted({spans[0], *between, spans[-1]})
    halves = np.array([_halves([fine(k) for k in range(*span)]) for span in spans])
    known = np.abs(halves[:, 1] - halves[:, 0]) < _DRIFT
    pictures = np.array([_without_mean(picture) for picture in halves.mean(axis=1)])
    times = np.array([(times_s[first], ends_s[after - 1]) for first, after in spans])
    return _packed(pictures, known, times / duration_s, min(budget_bytes, MAX_BYTES))


def read_detail(data: bytes, duration_s: float) -> Detail | None:
    """The detail of a clip of this length; None where it has none. Raises ValueError when the
    bytes are none."""
    if not data:
        return None
    try:
        count, step = _HEAD.unpack_from(data)
        spans = np.frombuffer(data, "<u2", 2 * count, _HEAD.size).reshape(count, 2)
        body = zlib.decompress(data[_HEAD.size + _SPAN.size * count :], -15)
        known = np.unpackbits(np.frombuffer(body, np.uint8, count * _BITS)).reshape(
            -1, ROWS, COLUMNS
        )
        changes = np.frombuffer(body, np.int8, -1, count * _BITS).reshape(count, ROWS, COLUMNS)
        luma = np.float32(_STEPS[step])
    except (struct.error, zlib.error, ValueError, IndexError) as error:
        raise ValueError(f"the detail of a signature is damaged: {error}") from error
    pictures = np.cumsum(changes, axis=0, dtype=np.float32) * luma
    return Detail(spans * (duration_s / _WHOLE), pictures, known.astype(bool))


def _still(small: Floats, few: float) -> list[tuple[int, int]]:
    """Runs [first, after) of pictures of which few cells differ from the first of their run."""
    runs, first = [], 0
    for k in range(1, len(small) + 1):
        if k == len(small) or (np.abs(small[k] - small[first]) > _MOVED).mean() > few:
            runs.append((first, k))
            first = k
    return runs


def _halves(pictures: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Mean pictures of the first and the second half of a span."""
    middle = (len(pictures) + 1) // 2
    return np.mean(pictures[:middle], axis=0), np.mean(pictures[len(pictures) // 2 :], axis=0)


def _without_mean(picture: Floats) -> Floats:
    import cv2

    return np.asarray(picture - cv2.blur(picture, (_REACH, 1)), np.float32)


def _packed(
    pictures: Floats, known: NDArray[np.bool_], spans: NDArray[np.float64], budget_bytes: int
) -> bytes:
    times = np.rint(spans * _WHOLE).astype("<u2").tobytes()
    held = np.packbits(known).tobytes()
    is_alone = len(pictures) == 1
    levels = pictures if is_alone else pictures - pictures[0]
    for number, step in enumerate(_STEPS[:_FINE_STEPS] if is_alone else _STEPS):
        rounded = np.rint(levels / step)
        for k in range(1, len(rounded)):
            rounded[k] = np.where(known[k], rounded[k], rounded[k - 1])
        changes = np.diff(rounded, axis=0, prepend=np.zeros_like(rounded[:1]))
        changes = np.clip(changes, -_MOST, _MOST).astype(np.int8)
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        body = deflate.compress(held + changes.tobytes()) + deflate.flush()
        data = _HEAD.pack(len(pictures), number) + times + body
        if len(data) <= budget_bytes:
            return data if changes.any() else b""
    return b""
