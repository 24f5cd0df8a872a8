"""Temporal signature of a clip: a very small film that can be compared under edits.

Four times a second the luma picture inside the black borders is reduced to its lowest spatial
frequencies, and the film of those numbers is stored in about one kilobyte.

1. Time. A clip of d seconds gets n = 4 d pictures (at most `MAX_PICTURES`) at the middles of n
   equal parts. Each is the mean of the sampled frames around that moment, weighted by a triangle
   that reaches one part to both sides: a low pass, so that the same footage sampled at other
   instants (another frame rate, another offset) gives nearly the same film.
2. Space. With x, y in 0..1 inside the border, the picture f is described by
   C[v, u] = mean of f(x, y) b_v(y) b_u(x), v < 8, u < 12, where b_0 = 1 and
   b_k(x) = sqrt(2) cos(pi k x): the low part of its DCT-II. The b are orthonormal, so distances
   between films are distances of smoothed pictures in luma levels; because they are functions
   and not pixels, a film can later be looked at through any rectangle (a crop) or mirrored
   (b_u changes its sign where u is odd) without the video.
3. Precision. The numbers of each run of `RUN` pictures are divided by a step and rounded. The
   step of a run is in proportion to its median change from picture to picture, so that a quiet
   scene beside a lively one keeps its small movements, which are what tells it from others; the
   common factor is the smallest of a ladder with which the stored form fits a budget of bytes.
4. Storage. Of each run the differences along time, the first from the last picture of the run
   before as it will be read; zigzag-coded (0, -1, 1, -2 ...), low bytes then high bytes, one
   coefficient after the other, deflated.

The head also holds the border that was cut off, a second border that looks through overlays (a
logo inside a black bar makes it shorter than it is), and a digest of the decoded frames, equal
for the same content in another container.

A clip that is too short, or flat for more than half of its time, has no signature.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from stages.split.figure_border import MAX_BLACK, NO_BORDER, Border

Luma = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIGNATURE_VERSION = 2
PICTURES_PER_S = 4.0
MAX_PICTURES = 160
N_V, N_U = 8, 12
"""Vertical and horizontal frequencies that are kept."""
MIN_DURATION_S = 0.5
MIN_FRAMES = 4
MIN_CONTRAST = 4.0
"""Standard deviation of luma below which a picture is flat (black, one colour, a fade's end)."""
NO_DIGEST = bytes(8)
BUDGET_BYTES = 1000
BUDGET_S = 10.0
"""Clips longer than this get as many more bytes."""

_ROWS, _COLUMNS = 36, 48
"""Size to which a picture is averaged before its frequencies are taken."""
RUN = 8
_HEAD = struct.Struct("<BBHf4B4B8s")
_STEPS = [0.03 * 2.0 ** (i / 2) for i in range(28)]
_QUIETEST = 12
"""Steps of the ladder by which the quietest run may be finer than the liveliest."""
_MAX_TRIM = 0.35
"""Share of a side that the second border may take at each end."""


@dataclass(frozen=True)
class Signature:
    """A clip's film, decoded.

    `film` has shape (n, N_V, N_U): picture k lies at (k + 1/2) / n * duration_s. `border` is what
    was cut off the frame before, `overlaid` the border as it would be without overlays, both as
    shares of the frame. `digest` are eight bytes that stand for the decoded frames.
    """

    film: Floats
    duration_s: float
    border: Border = NO_BORDER
    overlaid: Border = NO_BORDER
    digest: bytes = NO_DIGEST


def sign(
    pictures: Sequence[Luma],
    times_s: Sequence[float],
    duration_s: float,
    n_frames: int,
    border: Border,
    digest: bytes = NO_DIGEST,
) -> bytes | None:
    """Signature of a clip; None when it cannot be signed.

    `pictures`: sampled luma pictures of one size, borders included; `times_s`: when each is
    shown, seconds from the clip's start, rising.
    """
    if duration_s < MIN_DURATION_S or n_frames < MIN_FRAMES or not pictures:
        return None
    small = [_small(border.crop(picture)) for picture in pictures]
    flat = sum(float(picture.std()) < MIN_CONTRAST for picture in small)
    if 2 * flat > len(small):
        return None
    vertical, horizontal = _bases()
    spectra = vertical @ np.array(small) @ horizontal.T
    weights = _time_weights(np.asarray(times_s, np.float64), duration_s)
    film = np.tensordot(weights, spectra, axes=1)
    return pack(Signature(film, duration_s, border, overlaid_border(pictures, border), digest))


def picture_count(duration_s: float) -> int:
    """Pictures in the film of a clip."""
    return max(2, min(MAX_PICTURES, round(duration_s * PICTURES_PER_S)))


def pack(signature: Signature) -> bytes:
    """The stored form: a head of 24 bytes and the deflated film, within the budget if it can be."""
    budget = BUDGET_BYTES * max(1.0, signature.duration_s / BUDGET_S) - _HEAD.size
    finer = _finer(signature.film)
    low, high = 0, len(_STEPS) - 1
    best = _deflated(signature.film, finer, high)
    while low <= high:  # deflated sizes fall with the step, near enough
        middle = (low + high) // 2
        data = _deflated(signature.film, finer, middle)
        if len(data) <= budget:
            best, high = data, middle - 1
        else:
            low = middle + 1
    head = _HEAD.pack(
        SIGNATURE_VERSION,
        0,
        len(signature.film),
        signature.duration_s,
        *_border_bytes(signature.border),
        *_border_bytes(signature.overlaid),
        signature.digest,
    )
    return head + best


def unpack(data: bytes) -> Signature:
    """Raises ValueError when the bytes are not a signature of this version."""
    if len(data) < _HEAD.size or data[0] != SIGNATURE_VERSION:
        raise ValueError(f"not a signature of version {SIGNATURE_VERSION}: {data[:2]!r}")
    _, _, n, duration_s, *borders, digest = _HEAD.unpack_from(data)
    try:
        stored = np.frombuffer(zlib.decompress(data[_HEAD.size :]), np.uint8)
    except zlib.error as error:
        raise ValueError(f"the film of a signature is damaged: {error}") from error
    runs = -(-n // RUN)
    if n < 1 or len(stored) != runs + 2 * n * N_V * N_U or stored[:runs].max() >= len(_STEPS):
        raise ValueError(f"a signature of {n} pictures cannot have {len(stored)} bytes")
    planes = stored[runs:].reshape(2, N_V * N_U, n).astype(np.int32)
    codes = (planes[0] | (planes[1] << 8)).T
    changes = (codes >> 1) ^ -(codes & 1)
    film = np.empty((n, N_V * N_U), np.float32)
    before = np.zeros(N_V * N_U, np.float32)
    for run in range(runs):
        part = slice(run * RUN, (run + 1) * RUN)
        film[part] = before + _levels_to_luma(np.cumsum(changes[part], axis=0), int(stored[run]))
        before = film[part][-1]
    return Signature(
        film.reshape(n, N_V, N_U),
        duration_s,
        Border(*(value / 255 for value in borders[:4])),
        Border(*(value / 255 for value in borders[4:])),
        digest,
    )


def overlaid_border(pictures: Sequence[Luma], border: Border) -> Border:
    """The border where at least half of each row or column is black in every picture; where that
    takes too much of the picture, `border` itself."""
    brightest = np.max(pictures, axis=0)
    black = brightest <= MAX_BLACK
    rows, columns = black.mean(axis=1) > 0.5, black.mean(axis=0) > 0.5
    left, right = _run(columns), _run(columns[::-1])
    top, bottom = _run(rows), _run(rows[::-1])
    if max(left, right, top, bottom) > _MAX_TRIM:
        return border
    return Border(
        max(left, border.left),
        max(right, border.right),
        max(top, border.top),
        max(bottom, border.bottom),
    )


def frame_check(luma: Luma) -> int:
    """What one decoded frame adds to a clip's digest: a checksum of every eighth row."""
    return zlib.crc32(luma[4::8].tobytes())


def digest_of(checks: Sequence[int]) -> bytes:
    """Eight bytes that stand for a clip's decoded frames, from `frame_check` of each (0: not
    decoded)."""
    return blake2b(np.array(checks, "<u4").tobytes(), digest_size=8).digest()


def _run(flags: NDArray[np.bool_]) -> float:
    """Share of the entries before the first that is not set."""
    return float(np.argmin(flags)) / len(flags) if not flags.all() else 1.0


def _small(luma: Luma) -> Floats:
    import cv2

    size = (_COLUMNS, _ROWS)
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.float32)


def _time_weights(times_s: NDArray[np.float64], duration_s: float) -> Floats:
    """Weights of the sampled pictures in each picture of the film, shape (n, samples)."""
    n = picture_count(duration_s)
    part_s = duration_s / n
    away_s = np.abs((np.arange(n) + 0.5)[:, None] * part_s - times_s[None, :])
    weights = np.maximum(0.0, 1.0 - away_s / part_s)
    weights[np.arange(n), np.argmin(away_s, axis=1)] += 1e-9  # the nearest, where none is near
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _finer(film: Floats) -> list[int]:
    """By how many steps of the ladder each run is stored finer than the liveliest one."""
    change = np.sqrt((np.diff(film, axis=0) ** 2).sum(axis=(1, 2)))
    medians = [
        float(np.median(change[start : start + RUN])) if start < len(change) else np.inf
        for start in range(0, len(film), RUN)
    ]
    known = [value for value in medians if np.isfinite(value)]
    most = max([*known, 1e-6])
    return [
        0 if not np.isfinite(value) else min(_QUIETEST, round(2 * np.log2(most / max(value, 1e-6))))
        for value in medians
    ]


def _levels_to_luma(levels: NDArray[np.int_], step: int) -> Floats:
    return levels.astype(np.float32) * np.float32(_STEPS[step])


def _deflated(film: Floats, finer: Sequence[int], step: int) -> bytes:
    """The stored form of a film whose liveliest run has the given step."""
    flat = film.reshape(len(film), -1)
    changes = np.empty(flat.shape, np.int16)
    before = np.zeros(flat.shape[1], np.float32)
    steps = [max(0, step - less) for less in finer]
    for run, index in enumerate(steps):
        part = slice(run * RUN, (run + 1) * RUN)
        levels = np.rint((flat[part] - before) / np.float32(_STEPS[index]))
        levels = np.clip(levels, -16000, 16000).astype(np.int16)
        changes[part] = np.diff(levels, axis=0, prepend=np.int16(0))
        before = before + _levels_to_luma(levels[-1], index)
    codes = ((changes << 1) ^ (changes >> 15)).astype(np.uint16).T
    planes = (codes & 255).astype(np.uint8).tobytes() + (codes >> 8).astype(np.uint8).tobytes()
    return zlib.compress(bytes(steps) + planes, 6)


def _border_bytes(border: Border) -> list[int]:
    return [round(255 * side) for side in (border.left, border.right, border.top, border.bottom)]


@cache
def _bases() -> tuple[Floats, Floats]:
    """(vertical (N_V, rows), horizontal (N_U, columns)): b_k at the pixels, over their number."""

    def basis(count: int, size: int) -> Floats:
        places = (np.arange(size) + 0.5) / size
        rows = np.sqrt(2.0) * np.cos(np.pi * np.outer(np.arange(count), places))
        rows[0] = 1.0
        return np.asarray(rows / size, np.float32)

    return basis(N_V, _ROWS), basis(N_U, _COLUMNS)
