"""Pauses in a source's sound: where a sentence may end. Pure.

Split knows no words, only the energy of each twentieth of a second. Speech rises and falls by
20 dB and more, and sentences are parted by a quarter of a second or longer at the level of the
room. So within half a minute the quiet level is taken as the 10th percentile and the loud one as
the 90th, and a pause is where the sound stays in the lowest 30 % between them (in decibels) for
at least `MIN_PAUSE_S`. Sound that hardly varies (steady music, noise, silence) has no pauses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stages.split.figure_loudness import FLOOR_DB, WINDOW_SAMPLES

MIN_PAUSE_S = 0.25
MIN_RANGE_DB = 12.0
"""Least distance of the loud level from the quiet one."""
_QUIET_SHARE = 0.3
_BLOCK_S = 30.0

Pause = tuple[float, float]
"""Start and end in seconds."""


def find_pauses(energies: Sequence[float], rate_hz: int, start_s: float) -> list[Pause]:
    """Pauses of a track whose windows of WINDOW_SAMPLES have these sums of squares, in the order
    of time; `start_s` is the time of its first sample."""
    if not len(energies):
        return []
    window_s = WINDOW_SAMPLES / rate_hz
    power = np.maximum(np.asarray(energies) / WINDOW_SAMPLES, 10.0 ** (FLOOR_DB / 10.0))
    level_db = 10.0 * np.log10(power)
    block = round(_BLOCK_S / window_s)
    is_quiet = np.concatenate(
        [_quiet(level_db[at : at + block]) for at in range(0, len(level_db), block)]
    )
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_quiet, [False]]).astype(np.int8)))
    least = round(MIN_PAUSE_S / window_s)
    return [
        (start_s + first * window_s, start_s + last * window_s)
        for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        if last - first >= least
    ]


def _quiet(level_db: np.ndarray) -> np.ndarray:
    low, high = np.percentile(level_db, [10.0, 90.0])
    if high - low < MIN_RANGE_DB:
        return np.zeros(len(level_db), bool)
    return np.asarray(level_db <= low + _QUIET_SHARE * (high - low), bool)
