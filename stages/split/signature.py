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
3. Precision. Of each picture the difference to the picture before, as it will be read, is
   divided by a step and rounded, so errors do not add up. The step of a picture is in proportion
   to the smaller of its changes to its two neighbours: a quiet scene beside a lively one keeps
   its small movements, which are what tells it from others, right up to the cut. The common
   factor is the smallest of a ladder with which the stored form fits a budget of bytes.
4. Storage. The step of each picture, then the rounded differences, zigzag-coded (0, -1, 1, -2
   ...), two to a byte; 15 stands for a larger one, which follows at the end in two bytes. All of
   it deflated with run lengths and Huffman codes, which beats searching for repeats in noise.

The head also holds the border that was cut off, a second border that looks through overlays (a
logo inside a black bar makes it shorter than it is), and a digest of the decoded frames, equal
for the same content in another container. Between the head and the film lies the finer detail of
clips that stand still for much of their time (see `detail`), for which the film leaves room.

A clip that is too short, or flat for more than half of its time, has no signature.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from stages.split.detail import COLUMNS, ROWS, detail_of, read_detail
from stages.split.figure_border import MAX_BLACK, NO_BORDER, Border
from stages.split.film_code import STEPS, film_codes, films_of_codes

Luma = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIGNATURE_VERSION = 4
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
BUDGET_S = 7.5
"""Clips longer than this get as many more bytes."""
_DETAIL_SHARE = 0.4
"""Of the budget, what the detail may take."""

_ROWS, _COLUMNS = 36, 48
"""Size to which a picture is averaged before its frequencies are taken."""
_HEAD = struct.Struct("<BBHfH4B4B8s")
_HEADS = np.dtype(
    [
        ("version", "<u2"),
        ("n", "<u2"),
        ("duration_s", "<f4"),
        ("detail_bytes", "<u2"),
        ("border", "u1", 4),
        ("overlaid", "u1", 4),
        ("digest", "<u8"),
    ]
)
"""The same as columns, of many."""
_TOGETHER = 256
"""Signatures that are read at a time: their films stay near the processor."""
_MAX_TRIM = 0.35
"""Share of a side that the second border may take at each end."""


@dataclass(frozen=True)
class Signature:
    """A clip's film, decoded.

    `film` has shape (n, N_V, N_U): picture k lies at (k + 1/2) / n * duration_s. `border` is what
    was cut off the frame before, `overlaid` the border as it would be without overlays, both as
    shares of the frame. `digest` are eight bytes that stand for the decoded frames. `detail` is
    what `stages.split.detail.read_detail` reads, of the picture inside `border`.
    """

    film: Floats
    duration_s: float
    border: Border = NO_BORDER
    overlaid: Border = NO_BORDER
    digest: bytes = NO_DIGEST
    detail: bytes = b""


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
    small = np.array([_averaged(border.crop(picture), _ROWS, _COLUMNS) for picture in pictures])
    flat = sum(float(picture.std()) < MIN_CONTRAST for picture in small)
    if 2 * flat > len(small):
        return None
    vertical, horizontal = _bases()
    spectra = vertical @ small @ horizontal.T
    weights = _time_weights(np.asarray(times_s, np.float64), duration_s)
    film = np.tensordot(weights, spectra, axes=1)

    def fine(index: int) -> Floats:
        return _averaged(border.crop(pictures[index]), ROWS, COLUMNS)

    room = int(_DETAIL_SHARE * _budget_bytes(duration_s))
    detail = detail_of(small, fine, times_s, duration_s, room)
    overlaid = overlaid_border(pictures, border)
    return pack(Signature(film, duration_s, border, overlaid, digest, detail))


def picture_count(duration_s: float) -> int:
    """Pictures in the film of a clip."""
    return max(2, min(MAX_PICTURES, round(duration_s * PICTURES_PER_S)))


def pack(signature: Signature) -> bytes:
    """The stored form: head, detail and the deflated film, within the budget if it can be."""
    budget = _budget_bytes(signature.duration_s)
    # Codes of all steps at once take hardly longer than those of one; deflating is what costs.
    count, n = len(STEPS), len(signature.film)
    films = np.broadcast_to(signature.film.reshape(1, n, -1), (count, n, N_V * N_U))
    codes = film_codes(films, np.arange(count))
    head = head_of(signature)

    def stored(step: int) -> bytes:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_RLE)
        return head + deflate.compress(codes[step]) + deflate.flush()

    low, high = 0, count - 1
    best = stored(high)
    while low <= high:  # deflated sizes fall with the step, near enough
        middle = (low + high) // 2
        data = stored(middle)
        if len(data) <= budget:
            best, high = data, middle - 1
        else:
            low = middle + 1
    return best


def head_of(signature: Signature) -> bytes:
    """The stored form up to the film: 26 bytes, and the detail."""
    head = _HEAD.pack(
        SIGNATURE_VERSION,
        0,
        len(signature.film),
        signature.duration_s,
        len(signature.detail),
        *_border_bytes(signature.border),
        *_border_bytes(signature.overlaid),
        signature.digest,
    )
    return head + signature.detail


def unpack(data: bytes) -> Signature:
    """Raises ValueError when the bytes are not a signature of this version."""
    found = unpack_many([data])[0]
    if isinstance(found, ValueError):
        raise found
    return found


def unpack_many(stored: Sequence[bytes]) -> list[Signature | ValueError]:
    """The signature of each stored form, or why it is none."""
    found: dict[int, Signature | ValueError] = {}
    for films, broken in read_films(stored):
        found.update(broken)
        pictures = np.ascontiguousarray(films.pictures.transpose(1, 0, 2))
        for place, film in zip(films.places.tolist(), pictures, strict=True):
            found[place] = _signature(stored[place], film.reshape(-1, N_V, N_U))
    return [found[place] for place in range(len(stored))]


@dataclass(frozen=True)
class Films:
    """Signatures of n pictures each, in columns. The pictures of one moment lie side by side, so
    that a sum over time is one of long rows.

    `places` (clips,): which of the stored forms; `pictures` (n, clips, N_V * N_U);
    `durations_s` (clips,); `borders` and `overlaid` (clips, 4): left, right, top, bottom;
    `digests` (clips,): as little-endian numbers.
    """

    places: NDArray[np.int64]
    pictures: Floats
    durations_s: NDArray[np.float64]
    borders: NDArray[np.float64]
    overlaid: NDArray[np.float64]
    digests: NDArray[np.uint64]


def read_films(stored: Sequence[bytes]) -> Iterator[tuple[Films, dict[int, ValueError]]]:
    """(stored signatures of as many pictures and like length; why others are none, by place), some
    at a time: together they take a small part of the time of each by itself."""
    heads = np.frombuffer(
        b"".join([data[: _HEAD.size].ljust(_HEAD.size) for data in stored]), _HEADS
    )
    order = np.lexsort((heads["duration_s"], heads["n"]))
    edges = np.flatnonzero(np.diff(heads["n"][order])) + 1
    for alike in np.split(order, edges):
        for first in range(0, len(alike), _TOGETHER):
            yield _films(stored, alike[first : first + _TOGETHER], heads)


def _films(
    stored: Sequence[bytes], places: NDArray[np.int64], heads: NDArray[np.void]
) -> tuple[Films, dict[int, ValueError]]:
    """See `read_films`, of some that have as many pictures by their heads."""
    bodies: dict[int, bytes] = {}
    broken: dict[int, ValueError] = {}
    for place in places.tolist():
        try:
            bodies[place] = _inflated(stored[place])
        except ValueError as error:
            broken[place] = error
    n = int(heads["n"][places[0]]) if bodies else 0
    pictures, good = films_of_codes(n, N_V * N_U, list(bodies.values()))
    for (place, body), is_good in zip(bodies.items(), good.tolist(), strict=True):
        if not is_good:
            broken[place] = _wrong_size(n, body)
    left = np.array(list(bodies), np.int64)[good]
    of_left = heads[left]
    films = Films(
        left,
        pictures,
        of_left["duration_s"].astype(np.float64),
        of_left["border"] / 255,
        of_left["overlaid"] / 255,
        of_left["digest"].astype(np.uint64),
    )
    return films, broken


def _inflated(data: bytes) -> bytes:
    """What `film_codes` gave, of a stored form."""
    if len(data) < _HEAD.size or data[0] != SIGNATURE_VERSION:
        raise ValueError(f"not a signature of version {SIGNATURE_VERSION}: {data[:2]!r}")
    n = int.from_bytes(data[2:4], "little")
    film_at = _HEAD.size + int.from_bytes(data[8:10], "little")
    try:
        body = zlib.decompress(data[film_at:], -15)
    except zlib.error as error:
        raise ValueError(f"the film of a signature is damaged: {error}") from error
    if not 1 <= n <= MAX_PICTURES or len(body) < n + n * N_V * N_U // 2:
        raise _wrong_size(n, body)
    if film_at > _HEAD.size:
        read_detail(data[_HEAD.size : film_at], 1.0)  # raises where it is damaged
    return body


def _wrong_size(n: int, body: bytes) -> ValueError:
    return ValueError(f"a signature of {n} pictures cannot have {len(body)} bytes")


def _signature(data: bytes, film: Floats) -> Signature:
    _, _, _, duration_s, size, *borders, digest = _HEAD.unpack_from(data)
    detail = data[_HEAD.size : _HEAD.size + size]
    border, overlaid = _border(*borders[:4]), _border(*borders[4:])
    return Signature(film, duration_s, border, overlaid, digest, detail)


@lru_cache(maxsize=4096)
def _border(left: int, right: int, top: int, bottom: int) -> Border:
    return Border(left / 255, right / 255, top / 255, bottom / 255)


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


def cosines(count: int, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The first b_k at some places, (count, places)."""
    rows = np.sqrt(2.0) * np.cos(np.pi * np.outer(np.arange(count), places))
    rows[:1] = 1.0
    return np.asarray(rows)


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


def _budget_bytes(duration_s: float) -> float:
    return BUDGET_BYTES * max(1.0, duration_s / BUDGET_S)


def _averaged(luma: Luma, rows: int, columns: int) -> Floats:
    import cv2

    small = cv2.resize(luma, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _time_weights(times_s: NDArray[np.float64], duration_s: float) -> Floats:
    """Weights of the sampled pictures in each picture of the film, shape (n, samples)."""
    n = picture_count(duration_s)
    part_s = duration_s / n
    away_s = np.abs((np.arange(n) + 0.5)[:, None] * part_s - times_s[None, :])
    weights = np.maximum(0.0, 1.0 - away_s / part_s)
    weights[np.arange(n), np.argmin(away_s, axis=1)] += 1e-9  # the nearest, where none is near
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _border_bytes(border: Border) -> list[int]:
    return [round(255 * side) for side in (border.left, border.right, border.top, border.bottom)]


@cache
def _bases() -> tuple[Floats, Floats]:
    """(vertical (N_V, rows), horizontal (N_U, columns)): b_k at the pixels, over their number."""

    def basis(count: int, size: int) -> Floats:
        return np.asarray(cosines(count, (np.arange(size) + 0.5) / size) / size, np.float32)

    return basis(N_V, _ROWS), basis(N_U, _COLUMNS)
