"""A first look at many candidate pairs at once: whether their fast changes agree anywhere.

Two moments of one place, two cards that differ in their text, two clips of which a moment looks
alike by chance share keys. A meeting says through which crop, and whether mirrored, the one clip
would lie on the other; what is left is time. The inner products of the fast changes of the one,
seen so, with those of the other are one matrix per pair; its diagonals, at three speeds, are the
agreements for every offset. A pair whose best diagonal is faint goes no further. All pairs of a
batch are one matrix product.

Pairs that met through a rectangle of a border are judged where their mean pictures are nearly
equal, and so framed alike. Clips so long that their pictures lie further apart than usual go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stages.dedup.footage import Footage, moving_mean
from stages.dedup.keys import OTHER_RECT, change_matrix
from stages.dedup.pair import SPEEDS

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
Times = NDArray[np.float64]

ALIKE = 0.985
"""Correlation of mean pictures from which two clips are framed alike."""
FAINT = 0.25
"""Agreement of fast changes below which two clips so framed show other moments. Of 280 pairs of
real copies that met seldom, or by looks alone, it was 0.43 or more; of 1,000 invented pairs that
met by chance or showed one place, 0.25 or less but for three."""
_HOPELESS = 0.1
"""Agreement at the original speed below which no other one is tried."""
LONGEST_PART_S = 0.3
"""Time between the pictures of a clip from which it is not judged."""
_LEAST_SHARED = 0.85
_RATIO_STEP = 0.002
_BATCH_CELLS = 1_500_000


@dataclass(frozen=True)
class Framed:
    """Two clips, the longer one first, and the form (see `keys`) through which each is seen."""

    long: Footage
    short: Footage
    form_long: int
    form_short: int
    mirrored: bool

    @property
    def is_judged(self) -> bool:
        if max(self.long.part_s, self.short.part_s) > LONGEST_PART_S:
            return False
        if OTHER_RECT not in (self.form_long, self.form_short):
            return True
        look = self.short.unit_look
        other = Footage.mirrored(look) if self.mirrored else look
        return float(self.long.unit_look @ other) >= ALIKE


def screened(pairs: Sequence[Framed]) -> tuple[NDArray[np.bool_], Times]:
    """(whether each pair has to be compared; where in the longer clip the shorter one seems to
    begin, in seconds, not a number for pairs that are not judged)."""
    keep = np.ones(len(pairs), bool)
    offsets_s = np.full(len(pairs), np.nan)
    judged = [i for i, pair in enumerate(pairs) if pair.is_judged]
    best, offsets_s[judged] = best_agreements([pairs[i] for i in judged])
    keep[judged] = best >= FAINT
    return keep, offsets_s


def best_agreements(pairs: Sequence[Framed]) -> tuple[Floats, Times]:
    """(best agreement of the fast changes of each pair, at what offset in seconds). Pairs of like
    length are looked at together."""
    lengths = np.array([_length(pair) for pair in pairs], np.int64)
    order = np.argsort(lengths, kind="stable")
    best = np.full(len(pairs), -1.0, np.float32)
    offsets_s = np.zeros(len(pairs))
    seen = _fast_changes(pairs)
    start = 0
    while start < len(order):
        after = start + max(1, _BATCH_CELLS // int(3 * lengths[order[start]] ** 2))
        rows = order[start:after]
        n = int(lengths[rows[-1]])
        some = [pairs[i] for i in rows.tolist()]
        parts_s = np.array([pair.long.part_s for pair in some])
        films_a = [seen[id(pair.long), pair.form_long, False] for pair in some]
        films_b = [seen[id(pair.short), pair.form_short, pair.mirrored] for pair in some]
        ratios = [pair.short.part_s / pair.long.part_s for pair in some]
        long = _padded(films_a, n)
        energy = _running_energy(long)
        live = np.arange(len(rows))
        for speed in SPEEDS:
            short = [_resampled(films_b[i], ratios[i] * speed) for i in live]
            counts = np.array(
                [[len(films_a[i]), len(b)] for i, b in zip(live, short, strict=True)], np.int64
            )
            scores, later = _best_diagonal(long[live], energy[live], _padded(short, n), counts)
            better = scores > best[rows[live]]
            found = rows[live[better]]
            best[found] = scores[better]
            offsets_s[found] = (later * parts_s[live])[better]
            live = live[best[rows[live]] >= _HOPELESS]
            if not len(live):
                break
        start = after
    return best, offsets_s


def _fast_changes(pairs: Sequence[Framed]) -> dict[tuple[int, int, bool], Floats]:
    """The fast changes of the clips of some pairs, (n, coefficients), by clip, form and whether
    mirrored: their films without what lasts longer than a second or two, and without the mean of
    each picture. Those of clips of one length are made together."""
    alike: dict[tuple[int, int, int, bool], dict[int, Floats]] = {}
    for pair in pairs:
        sides = (pair.long, pair.form_long, False), (pair.short, pair.form_short, pair.mirrored)
        for clip, form, mirrored in sides:
            some = alike.setdefault((clip.n, clip.reach, form, mirrored), {})
            some[id(clip)] = clip.film
    seen: dict[tuple[int, int, bool], Floats] = {}
    for (n, reach, form, mirrored), by_clip in alike.items():
        films = np.array(list(by_clip.values()))
        fast = films - moving_mean(films, reach)
        fast[:, :, 0] = 0.0
        if mirrored:
            fast = Footage.mirrored(fast)
        matrix = change_matrix(0 if form == OTHER_RECT else form)
        found = (fast.reshape(-1, fast.shape[-1]) @ matrix).reshape(len(films), n, -1)
        for clip_id, changes in zip(by_clip, found, strict=True):
            seen[clip_id, form, mirrored] = changes
    return seen


def _length(pair: Framed) -> int:
    ratio = pair.short.part_s / pair.long.part_s
    return max(pair.long.n, round(pair.short.n * ratio * max(SPEEDS)) + 1)


def _resampled(film: Floats, ratio: float) -> Floats:
    """A film with about `ratio` times as many pictures."""
    if round(len(film) * ratio) == len(film):
        return film
    return _resampling(len(film), round(ratio / _RATIO_STEP)) @ film


@lru_cache(maxsize=8192)
def _resampling(count: int, steps: int) -> Floats:
    """(pictures, count): weights of linear interpolation, for a ratio in steps."""
    ratio = steps * _RATIO_STEP
    at = np.clip((np.arange(max(2, round(count * ratio))) + 0.5) / ratio - 0.5, 0, count - 1)
    return np.asarray(np.maximum(0, 1 - np.abs(at[:, None] - np.arange(count))), np.float32)


def _padded(films: Sequence[Floats], n: int) -> Floats:
    """(films, n, frequencies), black after the end."""
    out = np.zeros((len(films), n, films[0].shape[1]), np.float32)
    for row, film in zip(out, films, strict=True):
        row[: len(film)] = film
    return out


def _best_diagonal(a: Floats, energy: Floats, b: Floats, counts: Ids) -> tuple[Floats, Ids]:
    """(best normalised sum over the diagonals of the products of each pair, of those that hold
    nearly all energy of b; by how many pictures b begins later than a). `energy`: the running one
    of a; `counts`: pictures of a and b, (pairs, 2)."""
    n = a.shape[1]
    skewed = np.zeros((len(a), n, 3 * n), np.float32)
    skewed[:, :, n : 2 * n] = b @ a.transpose(0, 2, 1)
    later = np.arange(2 * n) - n
    energy_a = _energy_between(energy, later, later + counts[:, 1:])
    energy_b = _energy_between(_running_energy(b), -later, counts[:, :1] - later)
    scores = _diagonals(skewed) / (np.sqrt(energy_a * energy_b) + 1e-6)
    shared = energy_b >= _LEAST_SHARED * np.einsum("pnc,pnc->p", b, b)[:, None]
    scores = np.where(shared, scores, np.float32(-1.0))
    at = scores.argmax(axis=1)
    return np.take_along_axis(scores, at[:, None], 1)[:, 0], later[at]


def _running_energy(films: Floats) -> Floats:
    """Sums of squares of the pictures before each place of each film, (films, n + 1)."""
    sums = np.zeros((len(films), films.shape[1] + 1), np.float32)
    np.cumsum(np.einsum("pnc,pnc->pn", films, films), axis=1, out=sums[:, 1:])
    return sums


def _energy_between(sums: Floats, first: Ids, after: Ids) -> Floats:
    """Sums of squares of the pictures [first, after) of each film, as far as it has them,
    (films, places)."""
    n = sums.shape[1] - 1
    low = np.broadcast_to(np.clip(first, 0, n), (len(sums), first.shape[-1]))
    high = np.maximum(np.clip(after, 0, n), low)
    energy = np.take_along_axis(sums, high, 1) - np.take_along_axis(sums, low, 1)
    return np.asarray(energy, np.float32)


def _diagonals(skewed: Floats) -> Floats:
    """Sums along the diagonals of the last two axes (n, 3 n), (..., 2 n)."""
    n = skewed.shape[-2]
    *outer, row, column = skewed.strides
    view = np.lib.stride_tricks.as_strided(
        skewed, (*skewed.shape[:-2], n, 2 * n), (*outer, row + column, column), writeable=False
    )
    return np.asarray(view.sum(axis=-2))
