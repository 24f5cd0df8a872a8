"""Which clips of a source are still, or look like an earlier one. Pure.

Panda-70M's two rules over looks: a clip is still when its beginning, middle and end look the
same; it is redundant when its mean look is near that of any clip kept before it. The middle is
ours: somebody who moves and comes back is not still.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schemas.outcomes import Reason
from stages.split.look import Look, Looker, distance, mean_look
from stages.split.view import FrameView

PROBE_SHARES = (0.05, 0.5, 0.95)
"""Where in a clip its pictures are looked at."""


class Sieve:
    """Judges the clips of one source in the order of time. Holds one look for each kept clip
    (2.3 KB with the default looks)."""

    def __init__(self, looker: Looker, drops_still: bool, drops_redundant: bool) -> None:
        self._looker = looker
        self._drops_still = drops_still
        self._drops_redundant = drops_redundant
        self._kept = np.zeros((0, 0), np.float32)
        self._names: list[str] = []

    def judge(self, views: Sequence[FrameView], name: str) -> tuple[Reason, str] | None:
        """Why the clip with these pictures is dropped, in words too; None: it is kept, and
        remembered as `name`. A clip without pictures is kept."""
        if not views or not (self._drops_still or self._drops_redundant):
            return None
        looks = [self._looker.look(view) for view in views]
        if self._drops_still:
            spread = max(distance(a, b) for a in looks for b in looks)
            if spread <= self._looker.limits.still:
                return Reason.STILL, (
                    f"beginning, middle and end differ by {spread:.3f}; up to "
                    f"{self._looker.limits.still:g} is still"
                )
        if self._drops_redundant:
            return self._seen_before(mean_look(looks), name)
        return None

    def _seen_before(self, look: Look, name: str) -> tuple[Reason, str] | None:
        n_kept = len(self._names)
        if n_kept:
            distances = np.linalg.norm(self._kept[:n_kept] - look, axis=1)
            nearest = int(np.argmin(distances))
            found, limit = float(distances[nearest]), self._looker.limits.redundant
            if found <= limit:
                return Reason.REDUNDANT_IN_SOURCE, (
                    f"looks like {self._names[nearest]}: {found:.3f} apart, up to {limit:g} is "
                    "the same"
                )
        if n_kept == len(self._kept):
            grown = np.zeros((max(16, 2 * n_kept), len(look)), np.float32)
            grown[:n_kept] = self._kept[:n_kept].reshape(n_kept, len(look))
            self._kept = grown
        self._kept[n_kept] = look
        self._names.append(name)
        return None
