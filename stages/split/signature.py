"""Temporal perceptual signature of a clip: what survives re-encoding, scaling and letterboxing.

Sixteen positions are spread evenly over the clip, at the middles of sixteen equal parts:
t_i = start + (i + 1/2) / 16 * length. So a change of frame rate or a constant change of speed
leaves every position on the same picture. At each position one 64-bit hash is made:

1. the luma picture without its black borders is averaged down to 32 x 32;
2. its two-dimensional DCT-II is taken, C[v, u] with v vertical and u horizontal frequency;
3. bit k is set where the k-th coefficient in zigzag order is positive; C[0, 0], the mean
   brightness, is left out, so bits 0..63 are the coefficients 1..64 of that order.

A change of brightness moves only C[0, 0]; a change of contrast scales all coefficients and
keeps their signs. The threshold is zero and not the median of the usual pHash, because then a
mirrored picture has exactly the complementary bits wherever u is odd: `mirrored` answers "would
this match the flipped clip?" without hashing the clip twice. Unrelated pictures differ in about
32 of 64 bits.

Stored form: one byte version, one byte count n, then n big-endian 64-bit numbers, 130 bytes.
A picture without contrast has no hash of its own: its position repeats the nearest one that has.
A clip of which more than half is like that, or which is too short, has no signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Hashes = NDArray[np.uint64]

SIGNATURE_VERSION = 1
N_POSITIONS = 16
N_BITS = 64
MIN_DURATION_S = 0.5
MIN_FRAMES = 4
MIN_CONTRAST = 4.0
"""Standard deviation of luma below which a picture is flat (black, one colour, a fade's end)."""

_SIDE_PX = 32


def positions_s(start_s: float, end_s: float, count: int = N_POSITIONS) -> list[float]:
    """Times of the hashed pictures in a clip, in seconds."""
    return [start_s + (index + 0.5) / count * (end_s - start_s) for index in range(count)]


def picture_hash(luma: Luma) -> int | None:
    """64-bit hash of one border-free luma picture of any size; None when it is flat."""
    import cv2

    if min(luma.shape) < 2 or float(luma.std()) < MIN_CONTRAST:
        return None
    small = cv2.resize(luma.astype(np.float32), (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    basis = _basis()
    spectrum = basis @ small.astype(np.float64) @ basis.T
    rows, columns = _zigzag()
    return int(np.packbits(spectrum[rows, columns] > 0.0).view(">u8")[0])


def sign(pictures: Sequence[Luma], duration_s: float, n_frames: int) -> bytes | None:
    """Signature of a clip from its pictures at `positions_s`; None when it cannot be signed."""
    if duration_s < MIN_DURATION_S or n_frames < MIN_FRAMES or len(pictures) > 255:
        return None
    hashes = [picture_hash(picture) for picture in pictures]
    good = [index for index, value in enumerate(hashes) if value is not None]
    if not hashes or 2 * len(good) < len(hashes):
        return None
    nearest = [min(good, key=lambda other: (abs(other - i), other)) for i in range(len(hashes))]
    return pack([hashes[index] or 0 for index in nearest])


def pack(hashes: Sequence[int]) -> bytes:
    """The stored form of up to 255 hashes."""
    return bytes([SIGNATURE_VERSION, len(hashes)]) + np.array(hashes, dtype=">u8").tobytes()


def unpack(signature: bytes) -> Hashes:
    """Hashes of a signature in the order of time, shape (n,), dtype uint64.

    Raises ValueError when the bytes are not a signature of this version.
    """
    if len(signature) < 2 or signature[0] != SIGNATURE_VERSION:
        raise ValueError(f"not a signature of version {SIGNATURE_VERSION}: {signature[:2]!r}")
    if len(signature) != 2 + 8 * signature[1]:
        raise ValueError(f"a signature of {signature[1]} hashes cannot have {len(signature)} bytes")
    return np.frombuffer(signature, dtype=">u8", offset=2).astype(np.uint64)


def mirrored(hashes: Hashes) -> Hashes:
    """Hashes of the same pictures flipped left to right."""
    return hashes ^ np.uint64(MIRROR_MASK)


@cache
def _basis() -> NDArray[np.float64]:
    """DCT-II matrix of order 32, rows by frequency; symmetric to the last bit, so that the flip
    of a picture flips signs and nothing else."""
    sample = np.arange(_SIDE_PX)
    basis = np.cos(np.pi * np.outer(np.arange(_SIDE_PX), 2 * sample + 1) / (2 * _SIDE_PX))
    half = _SIDE_PX // 2
    parity = np.where(np.arange(_SIDE_PX) % 2 == 0, 1.0, -1.0)
    basis[:, half:] = basis[:, :half][:, ::-1] * parity[:, None]
    return basis


@cache
def _zigzag() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(v, u) of the coefficients behind bits 0..63, lowest frequencies first."""
    order = sorted(
        ((v, u) for v in range(_SIDE_PX) for u in range(_SIDE_PX)),
        key=lambda at: (at[0] + at[1], at[0]),
    )[1 : N_BITS + 1]
    return np.array([v for v, _ in order]), np.array([u for _, u in order])


def _mirror_mask() -> int:
    odd = _zigzag()[1] % 2 == 1
    return int(np.packbits(odd).view(">u8")[0])


MIRROR_MASK = _mirror_mask()
"""Bits whose coefficient has an odd horizontal frequency."""
