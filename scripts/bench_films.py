"""Invented clips for the benchmark of dedup: many films at once, as stored signatures.

A clip is a film whose still picture and changes have the spread of 42 real clips, by spatial
frequency. One clip in `planted_every` is an edited copy of another one: its noise, relative to its
changes, is drawn from the quantiles measured between those clips and their re-encoded,
brightened, halved, gray, thinned and overlaid variants (_NOISE), and a third of the copies each
are also mirrored, cropped to nine tenths, or five per cent faster. One clip in fifty is a still
title card that all of them share, so heavy keys are exercised; one in forty shows the place of
another clip at another time.

Every clip is a function of its number alone. Clips of one length are made together.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stages.dedup.footage import cell_means
from stages.split.film_code import film_codes
from stages.split.signature import N_U, N_V, Signature, head_of, picture_count

Floats = NDArray[np.float32]
Ints = NDArray[np.int_]

CARD_EVERY, PLACE_EVERY = 50, 40
_CARD = 7
_CELLS = N_V * N_U
_CARD_NOISE = 0.03
"""Luma levels by which each frequency of a card flickers: three times what counts as still."""
_STILL = (
    34.3, 18.0, 10.3, 7.0, 4.8, 3.9, 3.1, 2.5, 2.0, 1.8, 1.6, 1.4, 1.2, 1.1, 0.9, 0.8, 0.7, 0.6,
    0.6,
)  # fmt: skip
"""Spread between clips of the still picture, luma levels, by v + u."""
_CHANGE = (0.56, 2.84, 5.49, 6.56, 7.49, 8.83, 12.04, 14.19, 16.46, 21.36, 30.57)
"""Deciles of the root mean square change between pictures, luma levels."""
_NOISE = (
    0.009, 0.024, 0.036, 0.048, 0.055, 0.065, 0.071, 0.084, 0.093, 0.103, 0.117,
    0.123, 0.136, 0.150, 0.168, 0.193, 0.212, 0.263, 0.308, 0.390, 0.789,
)  # fmt: skip
"""Quantiles, in steps of 5 %, of the noise of a variant relative to the changes of its clip."""
_ORDER = np.add.outer(np.arange(N_V), np.arange(N_U)).ravel()
_SPREAD = np.array(_STILL, np.float32)[_ORDER]
_FALL = np.asarray(1.0 / (1.0 + 0.07 * _ORDER), np.float32)
_FALL_NORM = float(np.sqrt((_FALL**2).sum()))
_ODD = np.where(np.tile(np.arange(N_U), N_V) % 2 == 1, -1, 1).astype(np.float32)
_MIRRORED, _CROPPED = 0, 1


@dataclass(frozen=True)
class Plan:
    """Which invented clip is what."""

    clips: int
    planted_every: int

    def original(self, clip: int) -> int | None:
        """The clip of which this one is an edited copy."""
        if clip % self.planted_every or not clip:
            return None
        other = int(np.random.default_rng([clip, 1]).integers(0, clip))
        return other if other % self.planted_every and not is_card(other) else None

    def stored(self, clips: Sequence[int]) -> list[tuple[bytes, float]]:
        """(stored signature, seconds) of each clip, at about the size that `pack` searches for."""
        edits = {clip: other for clip in clips if (other := self.original(clip)) is not None}
        draws = [_Draws.of(edits.get(clip, clip)) for clip in clips]
        by_n: dict[int, list[int]] = defaultdict(list)
        for index, draw in enumerate(draws):
            by_n[draw.n].append(index)
        out: list[tuple[bytes, float]] = [(b"", 0.0)] * len(clips)
        for indexes in by_n.values():
            films = _films([draws[i] for i in indexes])
            seconds = [draws[i].duration_s for i in indexes]
            for row, index in enumerate(indexes):
                if clips[index] in edits:
                    films[row], seconds[row] = _edited(films[row], seconds[row], clips[index])
            for index, data, duration_s in zip(
                indexes, _stored(films, seconds), seconds, strict=True
            ):
                out[index] = (data, duration_s)
        return out


@dataclass(frozen=True)
class _Draws:
    """What chance says about one clip."""

    clip: int
    duration_s: float
    n: int
    change: float
    still: Floats
    noise: Floats

    @classmethod
    def of(cls, clip: int) -> _Draws:
        rng = np.random.default_rng([clip, 2])
        duration_s, change = rng.uniform(2.5, 9), rng.uniform(0, 10)
        n = picture_count(duration_s)
        change = float(np.interp(change, _TENTHS, _CHANGE))
        still = rng.standard_normal(_CELLS, np.float32)
        place = place_of(clip)
        if place != clip:
            still = cls.of(place).still
        return cls(clip, duration_s, n, change, still, rng.standard_normal((n, _CELLS), np.float32))


_TENTHS, _TWENTIETHS = np.arange(11), np.arange(21)


def is_card(clip: int) -> bool:
    """Whether a clip is the title card, unless it is a copy of another one."""
    return clip % CARD_EVERY == _CARD


def place_of(clip: int) -> int:
    """The clip whose place another one shows; cards share one."""
    if is_card(clip):
        return _CARD
    return clip - 1 if clip % PLACE_EVERY == 2 else clip


def _films(draws: Sequence[_Draws]) -> Floats:
    """Films (clips, n, frequencies) of clips of n pictures each: a still picture, and a slowly
    forgetting walk of every frequency."""
    noise = np.array([draw.noise for draw in draws])
    still = np.array([draw.still for draw in draws])[:, None] * _SPREAD
    still[..., 0] += 110
    scale = np.array([draw.change for draw in draws], np.float32)[:, None, None]
    steps = (noise[:, :-1] + noise[:, 1:]) * (_FALL / _FALL_NORM / np.sqrt(2)) * scale
    films = still + _forgetting(noise.shape[1]) @ steps
    cards = np.flatnonzero([is_card(draw.clip) for draw in draws])
    films[cards] = still[cards] + noise[cards] * _CARD_NOISE
    return np.asarray(films, np.float32)


@lru_cache(maxsize=256)
def _forgetting(n: int) -> Floats:
    """(n, n - 1): from steps to where they lead, a tenth of the way back after each."""
    ages = np.arange(n)[:, None] - 1 - np.arange(n - 1)
    return np.asarray(np.where(ages >= 0, 0.9 ** np.maximum(ages, 0), 0.0), np.float32)


def _edited(film: Floats, duration_s: float, clip: int) -> tuple[Floats, float]:
    """A copy of a film (n, frequencies) as the plan says of clip number `clip`."""
    rng = np.random.default_rng([clip, 3])
    changes = film - film.mean(axis=0)
    noise = float(np.interp(rng.uniform(0, 20), _TWENTIETHS, _NOISE))
    spread = noise * float(np.sqrt((changes**2).sum(axis=1).mean()))
    grain = rng.normal(size=film.shape) * _FALL * spread / _FALL_NORM
    film = np.asarray(film * rng.uniform(0.85, 1.15) + grain, np.float32)
    kind = int(rng.integers(0, 3))
    if kind == _MIRRORED:
        return film * _ODD, duration_s
    if kind == _CROPPED:
        return np.asarray(film @ _crop(), np.float32), duration_s
    return film, duration_s / 1.05


@lru_cache(maxsize=1)
def _crop(share: float = 0.9) -> Floats:
    """(frequencies, frequencies): the centred crop, as far as the kept frequencies tell it."""
    edge, cells = (1 - share) / 2, 48

    def turn(count: int) -> NDArray[np.float64]:
        whole = cell_means(0.0, 1.0, cells, count)
        return np.asarray(whole.T @ cell_means(edge, 1 - edge, cells, count) / cells)

    return np.asarray(np.kron(turn(N_V), turn(N_U)).T, np.float32)


def _stored(films: Floats, seconds: Sequence[float]) -> list[bytes]:
    """Signatures with a step of a tenth of the largest change, which gives about the size that
    `pack` searches for."""
    change = np.sqrt((np.diff(films, axis=1) ** 2).sum(axis=2)).max(axis=1)
    steps = np.clip(np.rint(2 * np.log2(change / 10 / 0.01)), 0, 31).astype(np.int_)
    coded = film_codes(films, steps)
    out = []
    for film, duration_s, data in zip(films, seconds, coded, strict=True):
        deflate = zlib.compressobj(9, zlib.DEFLATED, -10, 5, zlib.Z_RLE)
        head = head_of(Signature(film.reshape(-1, N_V, N_U), duration_s))
        out.append(head + deflate.compress(data) + deflate.flush())
    return out
