"""Keys by which clips that may show the same footage find each other without all pairs.

The film of a clip is averaged over windows of one second, so that a shift of half a step changes
little. Of each window two regions are looked at: the upper middle and the lower middle of the
picture. Logos and subtitles lie mostly outside one of them. A region's hash are the signs of its
lowest DCT-II coefficients in zigzag order, the mean left out: 24 bits of key and 32 of check.

- The *indexed* hashes are made for the picture as it is and for centred crops of it, so that a
  cropped copy finds its original; and, where a logo inside a black bar hides the bar, for the
  picture without the whole bar.
- The *asking* hashes are made for the picture as it is, plain and mirrored (a mirrored region
  changes the sign of odd horizontal frequencies), and each also with the bits of its three
  smallest coefficients turned over in every combination: those are the bits that an edit turns.

Two clips meet where an asking key equals an indexed one. Measured on 588 edited copies of 42 real
clips, all but one in a hundred meet directly, and most others through a third copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from stages.dedup.footage import WHOLE, Rect, cell_means
from stages.split.figure_border import Border
from stages.split.signature import N_U, N_V, Signature

Values = NDArray[np.uint64]
Floats = NDArray[np.float32]

KEY_BITS = 24
CHECK_BITS = 32
SIDE_BIT = np.uint64(1)
"""Lowest bit of an entry: 1 for an asking hash, 0 for an indexed one."""

_REGIONS: tuple[Rect, ...] = ((0.2, 0.8, 0.1, 0.65), (0.15, 0.85, 0.3, 0.85), (0.2, 0.8, 0.15, 0.7))
_SHARES = (1.0, 0.92, 0.86)
_TURNED = 3
_WINDOW_S = 1.0
_INDEX_HOP_S = 0.5
_ASK_HOP_S = 1.0
_BITS = KEY_BITS + CHECK_BITS
_SAMPLES = 24
_LEAST_DIFFERENCE = 0.02


@dataclass(frozen=True)
class Entries:
    """Hashes of many clips: `values` hold, from the highest bit used, region, key, check and
    side; `clips` the clip of each."""

    values: Values
    clips: NDArray[np.int64]


def key_of(values: Values) -> Values:
    """Region and key of entries: what has to be equal."""
    return values >> np.uint64(CHECK_BITS + 1)


def entries(signatures: Sequence[Signature]) -> Entries:
    """The distinct entries of clips 0, 1, 2 ..."""
    parts: list[tuple[Values, NDArray[np.int64]]] = []
    usual = [(i, s, WHOLE) for i, s in enumerate(signatures)]
    barred = [(i, s, rect) for i, s, _ in usual if (rect := _inside_bar(s)) is not None]
    for clips, shares in ((usual, _SHARES), (barred, (1.0,))):
        if not clips:
            continue
        parts.append(_indexed(clips, shares))
        parts.append(_asking(clips))
    if not parts:
        return Entries(np.empty(0, np.uint64), np.empty(0, np.int64))
    values = np.concatenate([part[0] for part in parts])
    owners = np.concatenate([part[1] for part in parts])
    order = np.lexsort((owners, values))
    values, owners = values[order], owners[order]
    new = np.ones(len(values), bool)
    new[1:] = (values[1:] != values[:-1]) | (owners[1:] != owners[:-1])
    return Entries(values[new], owners[new])


_Clips = Sequence[tuple[int, Signature, Rect]]


def _indexed(clips: _Clips, shares: Sequence[float]) -> tuple[Values, NDArray[np.int64]]:
    windows, owners, rects = _windows(clips, _INDEX_HOP_S)
    values = []
    for region in range(len(_REGIONS)):
        for share in shares:
            values.append(_packed(_spectra(windows, rects, region, share) > 0, region))
    return np.concatenate(values), np.tile(owners, len(values))


def _asking(clips: _Clips) -> tuple[Values, NDArray[np.int64]]:
    windows, owners, rects = _windows(clips, _ASK_HOP_S)
    values = []
    for region in range(len(_REGIONS)):
        spectra = _spectra(windows, rects, region, 1.0)
        plain = _packed(spectra > 0, region)
        weak = np.argpartition(np.abs(spectra[:, :KEY_BITS]), _TURNED, axis=1)[:, :_TURNED]
        turns = np.uint64(1) << (np.uint64(_BITS) - weak.astype(np.uint64))
        for side in (plain, plain ^ _mirror_mask()):
            for choice in range(1 << _TURNED):
                turned = side | SIDE_BIT
                for bit in range(_TURNED):
                    if choice >> bit & 1:
                        turned = turned ^ turns[:, bit]
                values.append(turned)
    return np.concatenate(values), np.tile(owners, len(values))


def _windows(clips: _Clips, hop_s: float) -> tuple[Floats, NDArray[np.int64], list[Rect]]:
    """(mean films of windows, clip of each, rectangle of each)."""
    means, owners, rects = [], [], []
    for clip, signature, rect in clips:
        n = len(signature.film)
        part_s = signature.duration_s / n
        width = max(1, min(n, round(_WINDOW_S / part_s)))
        starts = np.arange(0, n - width + 1, max(1, round(hop_s / part_s)))
        sums = np.zeros((n + 1, N_V * N_U), np.float32)
        np.cumsum(signature.film.reshape(n, -1), axis=0, out=sums[1:])
        means.append((sums[starts + width] - sums[starts]) / width)
        owners.append(np.full(len(starts), clip, np.int64))
        rects += [rect] * len(starts)
    return np.concatenate(means), np.concatenate(owners), rects


def _spectra(windows: Floats, rects: list[Rect], region: int, share: float) -> Floats:
    """Coefficients behind the bits of a region, (windows, _BITS)."""
    if all(rect is WHOLE for rect in rects):
        return windows @ _region_matrix(WHOLE, region, share)
    rows = [
        window @ _region_matrix(rect, region, share)
        for window, rect in zip(windows, rects, strict=True)
    ]
    return np.asarray(rows, np.float32)


def _packed(bits: NDArray[np.bool_], region: int) -> Values:
    """Entries of the indexed side."""
    octets = np.packbits(bits, axis=1)
    value = np.zeros(len(bits), np.uint64)
    for column in range(octets.shape[1]):
        value = (value << np.uint64(8)) | octets[:, column]
    return (np.uint64(region << (_BITS + 1))) | (value << np.uint64(1))


def _inside_bar(signature: Signature) -> Rect | None:
    """The picture without the bar that an overlay hides, in the coordinates of the film."""
    inner, outer = signature.overlaid, signature.border
    left, right, top, bottom = _sides(outer)
    width, height = right - left, bottom - top
    inside = _sides(inner)
    rect = (
        round(max(0.0, (inside[0] - left) / width), 2),
        round(min(1.0, (inside[1] - left) / width), 2),
        round(max(0.0, (inside[2] - top) / height), 2),
        round(min(1.0, (inside[3] - top) / height), 2),
    )
    difference = max(rect[0], 1 - rect[1], rect[2], 1 - rect[3])
    return rect if difference > _LEAST_DIFFERENCE else None


def _sides(border: Border) -> Rect:
    return (border.left, 1 - border.right, border.top, 1 - border.bottom)


@lru_cache(maxsize=4096)
def _region_matrix(rect: Rect, region: int, share: float) -> Floats:
    """(N_V * N_U, _BITS): from a film to the coefficients of a region of a centred crop."""
    left, right, top, bottom = (0.5 + (side - 0.5) * share for side in _REGIONS[region])
    width, height = rect[1] - rect[0], rect[3] - rect[2]
    across = _cosines(12) @ cell_means(
        rect[0] + left * width, rect[0] + right * width, _SAMPLES, N_U
    )
    down = _cosines(12) @ cell_means(
        rect[2] + top * height, rect[2] + bottom * height, _SAMPLES, N_V
    )
    full = np.einsum("ab,cd->acbd", down, across)
    matrix = np.array([full[v, u].ravel() for v, u in _zigzag()])
    return np.asarray(matrix.T, np.float32)


def _cosines(count: int) -> NDArray[np.float64]:
    places = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    return np.asarray(np.cos(np.pi * np.outer(np.arange(count), places)))


@cache
def _zigzag() -> list[tuple[int, int]]:
    """(vertical, horizontal) frequencies of the bits, lowest first, the mean left out."""
    order = sorted(
        ((v, u) for v in range(12) for u in range(12)), key=lambda at: (at[0] + at[1], at[0])
    )
    return order[1 : _BITS + 1]


@cache
def _mirror_mask() -> np.uint64:
    """The bits of an entry whose coefficients have an odd horizontal frequency."""
    mask = 0
    for place, (_, u) in enumerate(_zigzag()):
        if u % 2:
            mask |= 1 << (_BITS - place)
    return np.uint64(mask)
