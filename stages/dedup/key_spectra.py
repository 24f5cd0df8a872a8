"""The coefficients that hashes are made of, of many pictures at once, and the hashes.

A rectangle that lies centred between the sides keeps what is symmetric apart from what is not:
even frequencies of the film give even ones of the crop, odd ones odd ones. Of its matrix (see
`key_matrix`) three quarters are nothing but zeros where it is centred both ways, half where it is
centred from left to right. So films and coefficients are divided into four, two or one classes,
and each class is a product of its own.

Spectra have the shape (classes, ..., 64 / classes): of each class its coefficients in zigzag order,
then zeros, so that every class makes whole octets of bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stages.dedup.key_matrix import HASH_BITS, zigzag
from stages.split.signature import N_U, N_V

Floats = NDArray[np.float32]
Values = NDArray[np.uint64]
Ids = NDArray[np.int64]

_ROW = np.dtype((np.void, 4 * N_U // 2))
"""The even or the odd frequencies of one row, which are moved together."""
_NOTHING = 1e-5
"""Share of the largest number of a matrix below which one is an error of rounding."""


@dataclass(frozen=True)
class Looking:
    """How films are seen in some ways: `matrix` (classes, frequencies, ways * columns), and what
    black adds, (classes, 1, ways * columns)."""

    matrix: Floats
    black: Floats

    @classmethod
    def of(cls, made: Sequence[tuple[Floats, Floats]]) -> Looking:
        """From matrices (N_V * N_U, HASH_BITS) and what black adds to each (HASH_BITS,)."""
        classes = next(count for count in (4, 2, 1) if all(_is_apart(m, count) for m, _ in made))
        cells, places = _cells(classes), _places(classes)
        columns = 64 // classes
        matrix = np.zeros((classes, len(cells[0]), len(made), columns), np.float32)
        black = np.zeros((classes, 1, len(made), columns), np.float32)
        for k, place in enumerate(places):
            for way, (of_film, of_black) in enumerate(made):
                matrix[k, :, way, : len(place)] = of_film[np.ix_(cells[k], place)]
                black[k, 0, way, : len(place)] = of_black[place]
        return cls(matrix.reshape(classes, len(cells[0]), -1), black.reshape(classes, 1, -1))

    def spectra(self, films: Floats) -> Floats:
        """Of pictures (pictures, N_V * N_U), without what black adds: (classes, pictures, ways *
        columns)."""
        return np.asarray(divided(films, len(self.matrix)) @ self.matrix, np.float32)


def divided(films: Floats, classes: int) -> Floats:
    """Pictures (pictures, N_V * N_U) by classes, (classes, pictures, frequencies)."""
    count = len(films)
    if classes == 1:
        return films[None]
    across = np.ascontiguousarray(films.reshape(count, -1, 2).transpose(2, 0, 1))
    if classes == 2:
        return across
    rows = across.view(_ROW).reshape(2, count, N_V // 2, 2).transpose(3, 0, 1, 2)
    return np.ascontiguousarray(rows).view(np.float32).reshape(4, count, -1)


def hashes(spectra: Floats) -> Values:
    """The signs of coefficients (classes, ..., columns) in zigzag order, the first as the highest
    of HASH_BITS bits above one that is 0."""
    classes = len(spectra)
    octets = np.packbits(spectra > 0).reshape(*spectra.shape[:-1], -1)
    values = np.zeros(spectra.shape[1:-1], np.uint64)
    for k, tables in enumerate(_bits_of_octets(classes)):
        for place, table in enumerate(tables):
            values |= table.take(octets[k, ..., place])
    return values


def by_size(spectra: Floats, bits: int) -> NDArray[np.uint32]:
    """The first coefficients, in zigzag order, of spectra (classes, ..., columns), the smallest
    first, (..., bits): the bits of the absolute value as a float, of which the lowest say which
    one it is, by its place in `key_places`. (Sorting such numbers finds both faster than two
    searches; sizes that differ by less than four in a million count as equal.)"""
    sizes = np.empty((*spectra.shape[1:-1], bits), np.float32)
    after = 0
    for own, places in zip(spectra, _places(len(spectra)), strict=True):
        count = int((places < bits).sum())
        np.abs(own[..., :count], out=sizes[..., after : after + count])
        after += count
    numbers = sizes.view(np.uint32)
    numbers &= np.uint32(~(bits - 1) & 0xFFFFFFFF)
    numbers |= np.arange(bits, dtype=np.uint32)
    numbers.sort(axis=-1)
    return numbers


@cache
def key_places(classes: int, bits: int) -> Ids:
    """The places in zigzag order of the first coefficients, class by class."""
    return np.concatenate([places[places < bits] for places in _places(classes)])


def _is_apart(matrix: Floats, classes: int) -> bool:
    """Whether a matrix keeps the classes apart."""
    rest = np.abs(matrix)
    largest = rest.max()
    for cells, places in zip(_cells(classes), _places(classes), strict=True):
        rest[np.ix_(cells, places)] = 0
    return bool(rest.max() < _NOTHING * largest)


@cache
def _cells(classes: int) -> list[Ids]:
    """The frequencies of a film in each class."""
    return list(divided(np.arange(N_V * N_U, dtype=np.float32)[None], classes)[:, 0].astype(int))


@cache
def _places(classes: int) -> list[Ids]:
    """The places in zigzag order of the coefficients of each class."""
    which = [{1: 0, 2: u % 2, 4: v % 2 * 2 + u % 2}[classes] for v, u in zigzag()]
    return [np.flatnonzero(np.array(which) == k) for k in range(classes)]


@cache
def _bits_of_octets(classes: int) -> list[list[Values]]:
    """For each octet of signs of each class, the bits of a hash that each of its values sets."""
    found = []
    for places in _places(classes):
        bits = [1 << (HASH_BITS - place) for place in places.tolist()]
        tables = []
        for start in range(0, len(bits), 8):
            some = bits[start : start + 8]
            sums = [
                sum(bit for k, bit in enumerate(some) if octet >> (7 - k) & 1)
                for octet in range(256)
            ]
            tables.append(np.array(sums, np.uint64))
        found.append(tables)
    return found
