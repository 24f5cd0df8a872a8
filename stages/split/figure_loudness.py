"""Loudness of a clip's audio. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WINDOW_SAMPLES = 800
"""Samples of one window of the energy log: 0.05 s at 16 kHz."""

FLOOR_DB = -96.0
"""What silence is called: the quietest that 16 bits can say."""


def window_energies(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Sums of squares of whole windows of samples; len(samples) must be a multiple."""
    windows = samples.reshape(-1, WINDOW_SAMPLES).astype(np.float64) / 32768.0
    energies: NDArray[np.float64] = np.square(windows).sum(axis=1)
    return energies


def rms_db(energies: Sequence[float], rate_hz: int, start_s: float, end_s: float) -> float | None:
    """RMS level of [start_s, end_s) of the audio track in dBFS; None where it has no audio.

    `energies` are sums of squares of the track's windows; times count from its first sample and
    are rounded to windows.
    """
    window_s = WINDOW_SAMPLES / rate_hz
    first = max(0, round(start_s / window_s))
    last = min(len(energies), max(first + 1, round(end_s / window_s)))
    if last <= first:
        return None
    power = float(np.sum(energies[first:last])) / ((last - first) * WINDOW_SAMPLES)
    return max(FLOOR_DB, 10.0 * math.log10(power)) if power > 0 else FLOOR_DB
