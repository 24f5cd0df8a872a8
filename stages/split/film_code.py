"""The film of a signature as bytes, and back, of many clips at once. See `signature`, 3 and 4."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STEPS = [0.01 * 2.0 ** (i / 2) for i in range(32)]
_LADDER = np.array(STEPS, np.float32)
_LARGE = 15
_NIBBLES = np.stack([np.arange(256) & _LARGE, np.arange(256) >> 4], axis=1)
_TWO_CHANGES = ((_NIBBLES >> 1) ^ -(_NIBBLES & 1)).astype(np.float32).view(np.complex64).ravel()
"""The two differences that one byte holds, where they are no large ones."""
_CODES_OF_WORD = np.arange(0, 64, 4, dtype=np.uint64)
_MOST_STEPS = 32_000
_QUIETEST = 16
"""Steps of the ladder by which the quietest picture may be finer than the liveliest."""


def film_codes(films: Floats, steps: NDArray[np.int_]) -> list[bytes]:
    """What is deflated, of films (clips, n, frequencies) of n pictures each, with the given step
    of the ladder for the liveliest picture of each film."""
    count, n, cells = films.shape
    of_picture = np.maximum(steps[:, None] - _finer(films), 0)
    changes = np.empty(films.shape, np.int16)
    read = np.zeros((count, cells), np.float32)
    for k in range(n):
        luma = _LADDER[of_picture[:, k], None]
        rounded = np.clip(np.rint((films[:, k] - read) / luma), -_MOST_STEPS, _MOST_STEPS)
        changes[:, k] = rounded
        read = read + changes[:, k] * luma
    codes = ((changes << 1) ^ (changes >> 15)).astype("<u2").reshape(count, -1)
    pairs = np.minimum(codes, _LARGE).astype(np.uint8).reshape(count, -1, 2)
    packed = pairs[..., 0] | (pairs[..., 1] << 4)
    return [
        ladder.tobytes() + halves.tobytes() + row[row >= _LARGE].tobytes()
        for ladder, halves, row in zip(of_picture.astype(np.uint8), packed, codes, strict=True)
    ]


def _finer(films: Floats) -> NDArray[np.int_]:
    """By how many steps of the ladder each picture is stored finer than the liveliest one of its
    film, (clips, n)."""
    change = np.sqrt((np.diff(films, axis=1) ** 2).sum(axis=2))
    end = np.full((len(films), 1), np.inf, np.float32)
    near = np.minimum(np.hstack([change, end]), np.hstack([end, change]))
    near = np.maximum(near if films.shape[1] > 1 else np.ones_like(near), 1e-6)
    finer = np.rint(2 * np.log2(near.max(axis=1, keepdims=True) / near))
    return np.asarray(np.minimum(finer, _QUIETEST), np.int_)


def films_of_codes(n: int, cells: int, bodies: Sequence[bytes]) -> tuple[Floats, NDArray[np.bool_]]:
    """(films of the good ones of some bodies of n pictures, (n, clips, cells); which are good:
    as long as their large codes need, with steps that there are)."""
    if not bodies:
        return np.empty((n, 0, cells), np.float32), np.empty(0, bool)
    half = n * cells // 2
    steps = np.frombuffer(b"".join([body[:n] for body in bodies]), np.uint8).reshape(-1, n)
    octets = np.frombuffer(b"".join([body[n : n + half] for body in bodies]), np.uint8)
    large = _large_places(octets)
    lengths = np.array([len(body) for body in bodies])
    counts = np.bincount(large // (2 * half), minlength=len(bodies))
    good = (lengths == n + half + 2 * counts) & (steps.max(axis=1) < len(STEPS))
    if not good.all():
        whole = [body for body, is_good in zip(bodies, good.tolist(), strict=True) if is_good]
        return films_of_codes(n, cells, whole)[0], good
    by_time = np.ascontiguousarray(octets.reshape(len(bodies), n, -1).transpose(1, 0, 2))
    pairs = np.empty(by_time.shape, np.complex64)
    films = _TWO_CHANGES.take(by_time, out=pairs, mode="clip").view(np.float32)
    codes = np.frombuffer(b"".join([body[n + half :] for body in bodies]), "<u2").astype(np.int32)
    clip, k, cell = np.unravel_index(large, (len(bodies), n, cells))
    films[k, clip, cell] = (codes >> 1) ^ -(codes & 1)
    luma = _LADDER[steps.T][:, :, None]
    films[0] *= luma[0]
    for now in range(1, n):
        films[now] *= luma[now]
        films[now] += films[now - 1]
    return films, good


def _large_places(octets: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Which of the codes, two to a byte, are large ones: all four bits set."""
    words = octets.view("<u8")
    words = words & (words >> np.uint64(1))
    words &= words >> np.uint64(2)
    words &= np.uint64(0x1111111111111111)
    some = np.flatnonzero(words)
    row, code = np.nonzero(words[some, None] >> _CODES_OF_WORD & np.uint64(1))
    return np.asarray(16 * some[row] + code, np.int64)
