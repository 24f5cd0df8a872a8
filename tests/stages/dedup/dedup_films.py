"""Invented footage for the tests of dedup: films of blobs that move at their own pace."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stages.dedup.keys import Entries, entries
from stages.split.figure_border import Border
from stages.split.signature import N_U, N_V, Films, Signature, pack, picture_count

Floats = NDArray[np.float32]


def film(seed: int, duration_s: float = 5.0, start_s: float = 0.0, noise: float = 0.0) -> Floats:
    """Film of `duration_s` of endless footage number `seed`, from `start_s` on: a still picture
    plus frequencies that swing, each with its own speed and phase."""
    rng = np.random.default_rng(seed)
    fall = 1.0 / (1.0 + np.add.outer(np.arange(N_V), np.arange(N_U)))
    still = rng.normal(size=(N_V, N_U)) * fall * 40
    still[0, 0] = 120
    swing = rng.normal(size=(3, N_V, N_U)) * fall * 12
    speed = rng.uniform(0.1, 0.7, (3, N_V, N_U))
    phase = rng.uniform(0, 2 * np.pi, (3, N_V, N_U))
    n = picture_count(duration_s)
    times = start_s + (np.arange(n) + 0.5) * duration_s / n
    waves = np.sin(2 * np.pi * speed[None] * times[:, None, None, None] + phase[None])
    out = still + (swing[None] * waves).sum(axis=1)
    out += np.random.default_rng([seed, 7]).normal(size=out.shape) * noise
    return np.asarray(out, np.float32)


def still_film(seed: int, duration_s: float = 5.0, noise_seed: int = 0) -> Floats:
    """A clip in which nothing moves, but for an encoder's noise."""
    picture = film(seed, 1.0)[:1]
    n = picture_count(duration_s)
    noise = np.random.default_rng([seed, noise_seed]).normal(size=(n, N_V, N_U)) * 0.05
    return np.asarray(np.repeat(picture, n, axis=0) + noise, np.float32)


def mirrored(frames: Floats) -> Floats:
    return np.asarray(frames * np.where(np.arange(N_U) % 2 == 1, -1, 1), np.float32)


def signature(frames: Floats, duration_s: float = 5.0) -> Signature:
    return Signature(frames, duration_s)


def entries_of(signatures: Sequence[Signature]) -> Entries:
    """The entries of clips 0, 1, 2 ..., those of as many pictures together."""
    by_n: dict[int, list[int]] = {}
    for clip, one in enumerate(signatures):
        by_n.setdefault(len(one.film), []).append(clip)
    found = [entries(films_of(signatures, clips)) for _, clips in sorted(by_n.items())]
    return Entries(
        np.concatenate([np.empty(0, np.uint64), *(some.values for some in found)]),
        np.concatenate([np.empty(0, np.uint32), *(some.tags for some in found)]),
    )


def films_of(signatures: Sequence[Signature], clips: Sequence[int]) -> Films:
    """Some of the signatures, of as many pictures each, in columns."""
    some = [signatures[clip] for clip in clips]
    return Films(
        np.array(clips, np.int64),
        np.stack([one.film.reshape(len(one.film), -1) for one in some], axis=1),
        np.array([one.duration_s for one in some]),
        np.array([_sides(one.border) for one in some]),
        np.array([_sides(one.overlaid) for one in some]),
        np.array([int.from_bytes(one.digest, "little") for one in some], np.uint64),
    )


def _sides(border: Border) -> list[float]:
    return [border.left, border.right, border.top, border.bottom]


def packed(
    seed: int,
    duration_s: float = 5.0,
    start_s: float = 0.0,
    noise: float = 0.0,
    flip: bool = False,
) -> bytes:
    """Stored signature of footage."""
    frames = film(seed, duration_s, start_s, noise)
    return pack(Signature(mirrored(frames) if flip else frames, duration_s))
