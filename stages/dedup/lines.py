"""Sums along lines of the matrix of products of two films: how well they agree at every speed and
offset in time.

A line is a speed and an offset: moment t of film b is moment speed * t + offset_s of film a. The
films are sampled, so a line meets, for each picture of b, two neighbouring pictures of a; their
products with it count with the weights of linear interpolation. The sum is divided by the root of
the energies that the line meets, so that 1 is perfect agreement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Times = NDArray[np.float64]


@dataclass(frozen=True)
class Lines:
    """Lines of some speeds. Per line and picture of b: the picture of a before its moment, the
    weight of the one after, and whether a has that moment; all (lines, n_b)."""

    speeds: Times
    offsets_s: Times
    low: NDArray[np.int32]
    weight: Floats
    inside: Floats

    @classmethod
    def around(
        cls,
        n_a: int,
        part_a_s: float,
        n_b: int,
        part_b_s: float,
        speeds: Sequence[float],
        starts_s: Sequence[float],
        moves_s: Times,
        min_cover: float,
    ) -> Lines:
        """Lines of each speed, moved from its start; those that leave too much of b outside are
        left out."""
        every = np.repeat(np.array(speeds), len(moves_s))
        offsets_s = (np.array(starts_s)[:, None] + moves_s).ravel()
        return cls._of(n_a, part_a_s, n_b, part_b_s, every, offsets_s, min_cover)

    @classmethod
    def _of(
        cls,
        n_a: int,
        part_a_s: float,
        n_b: int,
        part_b_s: float,
        speeds: Times,
        offsets_s: Times,
        min_cover: float,
    ) -> Lines:
        low, weight, inside = places(n_a, part_a_s, n_b, part_b_s, speeds, offsets_s)
        enough = inside.mean(axis=1) >= min_cover
        return cls(
            speeds[enough],
            offsets_s[enough],
            low[enough],
            weight[enough],
            inside[enough].astype(np.float32),
        )

    def best(self, a: Floats, b: Floats) -> Iterator[tuple[float, float, float]]:
        """(score, speed, offset_s) of the best line of every speed. Films (n, cells)."""
        if not len(self.speeds):
            return
        products = (a @ b.T).ravel()
        high = np.minimum(self.low + 1, len(a) - 1)
        columns = np.arange(len(b), dtype=np.int32)
        after = self.weight * self.inside
        before = self.inside - after
        energy_a, energy_b = np.einsum("ij,ij->i", a, a), np.einsum("ij,ij->i", b, b)
        width = np.int32(len(b))
        along = np.einsum("ij,ij->i", products[self.low * width + columns], before)
        along += np.einsum("ij,ij->i", products[high * width + columns], after)
        spent = np.einsum("ij,ij->i", energy_a[self.low], before)
        spent += np.einsum("ij,ij->i", energy_a[high], after)
        scores = along / (np.sqrt(spent * (self.inside @ energy_b)) + 1e-6)
        for speed in np.unique(self.speeds):
            of_speed = np.flatnonzero(self.speeds == speed)
            index = of_speed[int(scores[of_speed].argmax())]
            yield float(scores[index]), float(speed), float(self.offsets_s[index])

    def held(self, n_a: int) -> slice:
        """The pictures of a that some line meets."""
        if not len(self.speeds):
            return slice(0, n_a)
        return slice(int(self.low.min()), int(self.low.max()) + 2)


def drawn(
    n_a: int,
    part_a_s: float,
    n_b: int,
    part_b_s: float,
    speeds: Sequence[float],
    min_cover: float,
    step_s: float,
) -> Lines:
    """All lines of some speeds, `step_s` apart, along which `min_cover` of b lies inside a."""
    every, offsets_s = [], []
    for speed in speeds:
        length_a_s, length_b_s = n_a * part_a_s, speed * n_b * part_b_s
        slack_s = (1 - min_cover) * length_b_s
        first = np.ceil(-slack_s / step_s)
        last = np.floor((length_a_s - length_b_s + slack_s) / step_s)
        some = np.arange(first, last + 1) * step_s
        offsets_s.append(some)
        every.append(np.full(len(some), speed))
    return Lines._of(
        n_a,
        part_a_s,
        n_b,
        part_b_s,
        np.concatenate(every),
        np.concatenate(offsets_s),
        min_cover,
    )


def places(
    n_a: int, part_a_s: float, n_b: int, part_b_s: float, speeds: Times, offsets_s: Times
) -> tuple[NDArray[np.int32], Floats, NDArray[np.bool_]]:
    """For every line and picture of b: the picture of a before its moment, the weight of the one
    after, and whether a has that moment."""
    moments_s = (np.arange(n_b) + 0.5) * part_b_s
    place = (speeds[:, None] * moments_s + offsets_s[:, None]) / part_a_s - 0.5
    inside = (place > -0.75) & (place < n_a - 0.25)
    place = np.clip(place, 0, n_a - 1)
    low = np.minimum(place.astype(np.int32), max(n_a - 2, 0))
    return low, (place - low).astype(np.float32), inside
