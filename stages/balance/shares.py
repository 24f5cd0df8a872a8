"""The limit that a share of the best comes to."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def limit_of_share(values: NDArray[np.float64], share: float, is_least: bool) -> float:
    """The value of the last one kept when the best `share` of `values` is kept, at least one;
    best is largest where the rule's limit `is_least`. Raises ValueError without values."""
    if not len(values):
        raise ValueError("a share of nothing")
    n_kept = max(1, math.ceil(share * len(values) - 1e-9))
    place = len(values) - n_kept if is_least else n_kept - 1
    return float(np.partition(values, place)[place])
