"""Keys by which clips that may show the same footage find each other without all pairs.

Two kinds of pictures are made from the film of a clip:

- *changes*: the mean of one second less the mean of the second before, over nearly the whole
  picture. What stands still, overlays included, is not in it, and two moments of one place have
  different changes. That is what tells copies from neighbours. A clip that is too short for two
  whole seconds asks with halves of a second, which the others index as well.
- *looks*: the mean of one second, over the upper middle and over the lower middle of the picture;
  logos and subtitles lie mostly outside one of them. Its higher frequencies are damped (Lanczos'
  sigma factors), because the sharp edge of an overlay rings far into a picture of few frequencies.

A picture's hash are the signs of its lowest DCT-II coefficients in zigzag order, the mean left
out: 32 bits of key and 24 of check.

- The *indexed* hashes are made for the picture inside the black borders and for centred crops of
  it, so that a cropped copy finds its original; where there is a border, also with the bars put
  back, as they look in a compilation, and where a logo inside a black bar hides the bar, for the
  picture without it.
- The *asking* hashes are made for the picture as it is, plain and mirrored (which changes the
  sign of odd horizontal frequencies), and each also with the bits of its three to five
  smallest coefficients turned over in every combination: those are the bits that an edit turns.

Two clips meet where an asking key equals an indexed one. A clip in which nothing moves has no
keys: it is never the same as another one (see `compare`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from stages.dedup.compare import STILL_CHANGE
from stages.dedup.footage import WHOLE, Rect, embedded
from stages.split.figure_border import NO_BORDER, Border
from stages.split.signature import N_U, N_V, Signature, running_sums

Values = NDArray[np.uint64]
Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

KEY_BITS = 32
CHECK_BITS = 24
SIDE_BIT = np.uint64(1)
"""Lowest bit of an entry: 1 for an asking hash, 0 for an indexed one."""

_CHANGE_REGIONS: tuple[Rect, ...] = ((0.05, 0.95, 0.05, 0.95),)
_LOOK_REGIONS: tuple[Rect, ...] = ((0.2, 0.8, 0.1, 0.65), (0.15, 0.85, 0.3, 0.85))
_SHARES = (1.0, 0.92, 0.86)
_SHORT_S = 2.2
_FEW_S = 4.0
"""Clips shorter than this have so few looks that all of them ask."""
_BITS = KEY_BITS + CHECK_BITS
_SAMPLES = 24
_LEAST = 0.02
_BLACK = 16.0
_FRAME: Rect = (-1.0, 2.0, -1.0, 2.0)
"""Stands for the whole of a film whose bars were put back."""


@dataclass(frozen=True)
class Entries:
    """Hashes of many clips: `values` hold, from the highest bit used, region, key, check and
    side; `clips` the clip of each."""

    values: Values
    clips: Ids


@dataclass(frozen=True)
class _Kind:
    """How one kind of key is made: a window begins every `hop_s`; every other one asks."""

    first: int
    regions: tuple[Rect, ...]
    is_change: bool
    hop_s: float
    turned: int
    """Smallest coefficients whose bits are turned over."""
    window_s: float = 1.0
    only_short: bool = False
    """Whether only clips ask that are too short for two whole windows of a second."""


_KINDS = (
    _Kind(0, _CHANGE_REGIONS, True, 0.25, 4),
    _Kind(len(_CHANGE_REGIONS), _LOOK_REGIONS, False, 0.5, 3),
    _Kind(0, _CHANGE_REGIONS, True, 0.25, 5, 0.5, only_short=True),
)


def key_of(values: Values) -> Values:
    """Region and key of entries: what has to be equal."""
    return values >> np.uint64(CHECK_BITS + 1)


def is_change(values: Values) -> NDArray[np.bool_]:
    """Whether entries are of changes; else they are of looks."""
    return np.asarray(values >> np.uint64(_BITS + 1) < len(_CHANGE_REGIONS))


def entries(signatures: Sequence[Signature]) -> Entries:
    """The entries of clips 0, 1, 2 ..., in no particular order."""
    found: list[tuple[Values, Ids]] = []
    moving = [(i, s) for i, s in enumerate(signatures) if change_of(s.film) >= STILL_CHANGE]
    others: dict[Rect, list[tuple[int, Signature]]] = {WHOLE: moving}
    for place, signature in moving:
        for rect in _other_rects(signature):
            others.setdefault(rect, []).append((place, signature))
        if signature.border != NO_BORDER:
            others.setdefault(_FRAME, []).append((place, embedded(signature, NO_BORDER)))
    for rect, some in sorted(others.items(), key=lambda item: item[0]):
        if some:
            clips = _Clips(some)
            shares = _SHARES if rect == WHOLE else (1.0,)
            for kind in _KINDS:
                found += _of_kind(clips, kind, WHOLE if rect == _FRAME else rect, shares)
    if not found:
        return Entries(np.empty(0, np.uint64), np.empty(0, np.int64))
    return Entries(np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found]))


def change_of(film: Floats) -> float:
    """Root mean square change of a film against its mean picture, in luma levels."""
    flat = film.reshape(len(film), -1)
    sums = np.einsum("ij->j", flat)
    rest = np.vdot(flat, flat) / len(flat) - np.vdot(sums, sums) / len(flat) ** 2
    return math.sqrt(max(0.0, float(rest)))


class _Clips:
    """The films of some clips, one after the other, for means over windows of time."""

    def __init__(self, clips: Sequence[tuple[int, Signature]]) -> None:
        counts = np.array([len(s.film) for _, s in clips])
        parts_s = np.array([s.duration_s for _, s in clips]) / counts
        self._numbers = np.array([i for i, _ in clips], np.int64)
        self._starts, self._counts = np.cumsum(counts + 1) - counts - 1, counts
        self._sums = np.zeros((int(counts.sum()) + len(clips), N_V * N_U), np.float32)
        for start, (_, signature) in zip(self._starts, clips, strict=True):
            n = len(signature.film)
            film = signature.film.reshape(n, -1)
            np.matmul(running_sums(n), film, out=self._sums[start + 1 : start + 1 + n])
        self._place = np.arange(len(self._sums)) - np.repeat(self._starts, counts + 1)
        self._count = np.repeat(counts, counts + 1)
        self._part_s = np.repeat(parts_s, counts + 1)

    def windows(self, kind: _Kind) -> tuple[Floats, Ids, NDArray[np.bool_]]:
        """(pictures, clip of each, whether it asks)."""
        most = self._count // 2 if kind.is_change else self._count
        width = np.clip(np.rint(kind.window_s / self._part_s).astype(np.int64), 1, most)
        hop = np.maximum(1, np.rint(kind.hop_s / self._part_s).astype(np.int64))
        held = width * (2 if kind.is_change else 1)
        at = np.flatnonzero((self._place + held <= self._count) & (self._place % hop == 0))
        wide = width[at]
        middle = self._sums[at + wide]
        pictures = middle - self._sums[at]
        if kind.is_change:
            pictures = self._sums[at + 2 * wide] - middle - pictures
        pictures /= wide[:, None].astype(np.float32)
        owners = np.repeat(self._numbers, self._counts + 1)[at]
        asks = self._place[at] // hop[at] % 2 == 0
        duration_s = self._count[at] * self._part_s[at]
        if kind.only_short:
            asks = duration_s < _SHORT_S
        elif not kind.is_change:
            asks |= duration_s < _FEW_S
        return pictures, owners, asks


def _of_kind(
    clips: _Clips, kind: _Kind, rect: Rect, shares: Sequence[float]
) -> list[tuple[Values, Ids]]:
    pictures, owners, asks = clips.windows(kind)
    found = []
    for number, region in enumerate(kind.regions):
        prefix = np.uint64((kind.first + number) << (_BITS + 1))
        for share in shares:
            matrix, black = _matrix(rect, region, share, not kind.is_change)
            spectra = pictures @ matrix
            if not kind.is_change:
                spectra += black
            values = prefix | _packed(spectra)
            new = _new(values, owners)
            found.append((values[new], owners[new]))
            if share == 1.0:
                at = np.flatnonzero(asks)
                at = at[_new(values[at], owners[at])]
                found.append(_asking(values[at], spectra[at], owners[at], kind.turned))
    return found


def _asking(values: Values, spectra: Floats, owners: Ids, turned: int) -> tuple[Values, Ids]:
    """Entries of the asking side, the bits of the smallest coefficients turned over."""
    small = np.argpartition(np.abs(spectra[:, :KEY_BITS]), turned, axis=1)[:, :turned]
    turns = np.uint64(1) << (np.uint64(_BITS) - small.astype(np.uint64))
    sides = np.stack([values | SIDE_BIT, (values ^ _mirror_mask()) | SIDE_BIT], axis=1)
    for bit in range(turned):
        sides = np.concatenate([sides, sides ^ turns[:, bit, None]], axis=1)
    return sides.ravel(), np.repeat(owners, sides.shape[1])


def _new(values: Values, owners: Ids) -> NDArray[np.bool_]:
    """Which entries are not that of the picture before in the same clip."""
    new = np.ones(len(values), bool)
    new[1:] = (values[1:] != values[:-1]) | (owners[1:] != owners[:-1])
    return new


def _packed(spectra: Floats) -> Values:
    """Key and check of pictures."""
    octets = np.zeros((len(spectra), 8), np.uint8)
    octets[:, 8 - _BITS // 8 :] = np.packbits(spectra > 0, axis=1)
    return np.asarray(octets.view(">u8").ravel().astype(np.uint64) << np.uint64(1))


def _other_rects(signature: Signature) -> list[Rect]:
    """Through which other rectangles, in the coordinates of the film, a clip may have to be seen:
    without the bar that an overlay hides."""
    border, film = signature.border, _sides(signature.border)
    found = []
    if signature.overlaid != border:
        found.append(_rounded(_within(_sides(signature.overlaid), film)))
    return [r for r in found if max(abs(r[0]), abs(r[2]), abs(1 - r[1]), abs(1 - r[3])) > _LEAST]


def _within(part: Rect, whole: Rect) -> Rect:
    width, height = whole[1] - whole[0], whole[3] - whole[2]
    return (
        (part[0] - whole[0]) / width,
        (part[1] - whole[0]) / width,
        (part[2] - whole[2]) / height,
        (part[3] - whole[2]) / height,
    )


def _rounded(rect: Rect) -> Rect:
    left, right, top, bottom = (round(side, 2) + 0.0 for side in rect)
    return (left, right, top, bottom)


def _sides(border: Border) -> Rect:
    return (border.left, 1 - border.right, border.top, 1 - border.bottom)


@lru_cache(maxsize=4096)
def _matrix(rect: Rect, region: Rect, share: float, is_damped: bool) -> tuple[Floats, Floats]:
    """(from a film to the coefficients of a region of a centred crop, (N_V * N_U, _BITS); what
    black adds where the region reaches beyond the film, (_BITS,))."""
    left, right, top, bottom = (0.5 + (side - 0.5) * share for side in region)
    width, height = rect[1] - rect[0], rect[3] - rect[2]
    across = _means(rect[0] + left * width, rect[0] + right * width, N_U)
    down = _means(rect[2] + top * height, rect[2] + bottom * height, N_V)
    outside = 1 - np.outer(down[:, 0], across[:, 0])
    if is_damped:
        across, down = across * np.sinc(np.arange(N_U) / N_U), down * np.sinc(np.arange(N_V) / N_V)
    cosines = _cosines(12)
    full = np.einsum("ab,cd->acbd", cosines @ down, cosines @ across)
    matrix = np.array([full[v, u].ravel() for v, u in _zigzag()])
    dark = _BLACK * cosines @ outside @ cosines.T
    black = np.array([dark[v, u] for v, u in _zigzag()])
    return np.asarray(matrix.T, np.float32), np.asarray(black, np.float32)


def _means(low: float, high: float, frequencies: int) -> NDArray[np.float64]:
    """Means of the basis functions over equal cells of [low, high]; nothing outside of 0..1."""
    edges = np.clip(np.linspace(low, high, _SAMPLES + 1), 0.0, 1.0)
    k = np.arange(1, frequencies)
    cell = (high - low) / _SAMPLES
    means = np.empty((_SAMPLES, frequencies))
    means[:, 0] = np.diff(edges) / cell
    sines = np.sin(np.pi * np.outer(edges, k))
    means[:, 1:] = np.sqrt(2.0) * np.diff(sines, axis=0) / (np.pi * k) / cell
    return means


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
