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
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Times = NDArray[np.float64]
Places = NDArray[np.int32]


@dataclass(frozen=True)
class Lines:
    """Lines of some speeds, those of each one after the other. Per line and picture of b: the
    picture of a before its moment, the weight of the one after, and whether a has that moment; all
    (lines, n_b)."""

    speeds: Times
    offsets_s: Times
    low: Places
    weight: Floats
    inside: Floats
    n_a: int

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
        enough = np.add.reduce(inside, axis=1) / n_b >= min_cover
        lines = speeds, offsets_s, low, weight, inside.astype(np.float32)
        if not enough.all():
            speeds, offsets_s, low, weight, held = (column[enough] for column in lines)
            return cls(speeds, offsets_s, low, weight, held, n_a)
        return cls(*lines, n_a)

    def best(
        self, a: Floats, b: Floats, is_exact: bool = False, is_centred: bool = False
    ) -> Iterator[tuple[float, float, float]]:
        """(score, speed, offset_s) of the best line of every speed. Films (n, cells). `is_exact`:
        with the energies of the interpolated pictures, which are less than those of their
        neighbours, so that lines between the pictures of a count as much as others. `is_centred`:
        without the mean pictures of what each line meets of a and of b, so that the score is a
        correlation, whatever a shows before and after."""
        if not len(self.speeds):
            return
        if is_centred:  # smaller numbers round better
            b = b - np.add.reduce(b, axis=0) / np.float32(len(b))
        products = (a @ b.T).ravel()
        high, at_low, at_high, before, after = self._places
        energy_a, energy_b = np.einsum("ij,ij->i", a, a), np.einsum("ij,ij->i", b, b)
        along = np.einsum("ij,ij->i", products.take(at_low), before)
        along += np.einsum("ij,ij->i", products.take(at_high), after)
        spent = np.einsum("ij,ij->i", energy_a.take(self.low), before)
        spent += np.einsum("ij,ij->i", energy_a.take(high), after)
        if is_exact:
            steps = a[1:] - a[:-1]
            step_energy = np.zeros(len(a), np.float32)
            step_energy[:-1] = np.einsum("ij,ij->i", steps, steps)
            spent -= np.einsum("ij,ij,ij->i", step_energy.take(self.low), before, self.weight)
        held = self.inside @ energy_b
        if is_centred:
            met, own = self._share_of_each @ a, self.inside @ b
            count = np.maximum(self.inside.sum(axis=1), 1)
            along -= np.einsum("ij,ij->i", met, own) / count
            spent = np.maximum(spent - np.einsum("ij,ij->i", met, met) / count, 0.0)
            held = np.maximum(held - np.einsum("ij,ij->i", own, own) / count, 0.0)
        scores = along / (np.sqrt(spent * held) + 1e-6)
        for speed, some in self._by_speed:
            index = some.start + int(scores[some].argmax())
            yield float(scores[index]), speed, float(self.offsets_s[index])

    @cached_property
    def _share_of_each(self) -> Floats:
        """How much of each picture of a every line meets, (lines, n_a)."""
        high, _, _, before, after = self._places
        first = np.arange(len(self.low))[:, None] * self.n_a
        size = len(self.low) * self.n_a
        found = np.bincount((first + self.low).ravel(), before.ravel(), size)
        found += np.bincount((first + high).ravel(), after.ravel(), size)
        return np.asarray(found.reshape(-1, self.n_a), np.float32)

    @cached_property
    def _places(self) -> tuple[Places, Places, Places, Floats, Floats]:
        """(the picture of a after each moment; where the products with the pictures before and
        after lie; their weights), each (lines, n_b)."""
        n_b = self.low.shape[1]
        columns = np.arange(n_b, dtype=np.int32)
        high = np.minimum(self.low + 1, np.int32(self.n_a - 1))
        after = self.weight * self.inside
        width = np.int32(n_b)
        at_low, at_high = self.low * width + columns, high * width + columns
        return high, at_low, at_high, self.inside - after, after

    @cached_property
    def _by_speed(self) -> list[tuple[float, slice]]:
        """The lines of each speed, which lie one after the other."""
        later = (self.speeds[1:] != self.speeds[:-1]).nonzero()[0] + 1
        edges = [0, *later.tolist(), len(self.speeds)]
        return [(float(self.speeds[a]), slice(a, b)) for a, b in pairwise(edges)]

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
    place = speeds[:, None] * moments_s
    place += offsets_s[:, None]
    place /= part_a_s
    place -= 0.5
    inside = (place > -0.75) & (place < n_a - 0.25)
    np.maximum(place, 0, out=place)
    np.minimum(place, n_a - 1, out=place)
    low = np.minimum(place.astype(np.int32), max(n_a - 2, 0))
    place -= low
    return low, place.astype(np.float32), inside
