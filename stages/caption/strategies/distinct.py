"""Which keyframes show something new: near-duplicates say the same thing at the same price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def distinct(looks: Sequence[NDArray[np.float32]], min_change: float) -> list[int]:
    """Indices of the frames to keep, in order: the first, and each that differs from the last
    kept one by at least `min_change` (mean absolute difference of full scale). `looks` are small
    pictures of one shape, 0..1. Where that leaves one frame, the last one stays too: a clip has
    a beginning and an end (ShareGPT4Video keeps it likewise)."""
    kept: list[int] = []
    for index, look in enumerate(looks):
        if not kept or float(abs(look - looks[kept[-1]]).mean()) >= min_change:
            kept.append(index)
    if len(kept) == 1 and len(looks) > 1:
        kept.append(len(looks) - 1)
    return kept
