"""How many requests are in flight: as many as the server can use, found out while asking.

Additive increase, multiplicative decrease, as TCP does it. The number doubles with each round of
answers until the first sign of too much; then it grows by one a round. Refusals (429, 503) and
timeouts lower it by a tenth, and so do answers that take several times as long as the first ones
did: a server that queues gives no other sign. One round of trouble counts once. Just below where
it was last refused it grows slowly (as CUBIC does): each look beyond costs a refusal.
"""

from __future__ import annotations

import asyncio
from collections import deque

DECREASE = 0.9
NEAR_CEILING = 0.1
"""Growth per round just below the last refusal."""
MIN_WINDOW = 16
"""Answers whose mean latency is compared; a round, when that is more."""


class AdaptiveLimit:
    """The number itself; no clock and no waiting. `slow` is how many times the first latency is
    too much. Latency alone never takes it below where it started."""

    def __init__(self, start: int, most: int, slow: float) -> None:
        self.start = float(min(start, most))
        self.most = float(most)
        self.slow = slow
        self.value = self.start
        self._seeking = True
        self._ceiling: float | None = None
        self._unheard = 0
        self._base_s: float | None = None
        self._sum_s = 0.0
        self._n = 0
        # What is compared with is the first round, before the number has grown.
        self._window = self.allowed

    @property
    def allowed(self) -> int:
        return max(1, int(self.value))

    def answered(self, latency_s: float, was_full: bool) -> None:
        """An answer came. `was_full`: the limit was in the way of another request."""
        self._unheard = max(0, self._unheard - 1)
        self._sum_s += latency_s
        self._n += 1
        if self._n >= self._window:
            self._compare(self._sum_s / self._n)
            self._sum_s, self._n = 0.0, 0
            self._window = max(MIN_WINDOW, self.allowed)
        if was_full:
            self.value = min(self.most, self.value + self._growth())

    def refused(self, n_accepted: int) -> None:
        """The server had too much, with `n_accepted` other requests in its hands: more than
        those it does not take. What was sent before the decrease is not held against it."""
        self._seeking = False
        if self._unheard == 0:
            self._unheard = self.allowed
            self.value *= DECREASE
        self.value = max(1.0, min(self.value, float(n_accepted)))
        self._ceiling = float(max(1, n_accepted) + 1)

    def _growth(self) -> float:
        """How much one answer adds: a round has as many answers as are allowed."""
        if self._seeking:
            return 1.0
        if self._ceiling is not None and self.value >= self._ceiling + 1:
            self._ceiling = None  # the server has more to give than it had
        near = self._ceiling is not None and self.value >= self._ceiling - 1
        return (NEAR_CEILING if near else 1.0) / self.value

    def _compare(self, mean_s: float) -> None:
        if self._base_s is None or mean_s < self._base_s:
            self._base_s = mean_s
        elif mean_s > self.slow * self._base_s:
            self._seeking = False
            self.value = max(min(self.start, self.value), self.value * DECREASE)


class Gate:
    """Lets as many through at once as the limit allows, first come first served."""

    def __init__(self, limit: AdaptiveLimit) -> None:
        self.limit = limit
        self.n_inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def is_full(self) -> bool:
        return bool(self._waiting) or self.n_inside >= self.limit.allowed

    async def __aenter__(self) -> None:
        if self.is_full:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._leave()
                raise
        else:
            self.n_inside += 1

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        self.n_inside -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self.n_inside < self.limit.allowed:
            turn = self._waiting.popleft()
            if not turn.done():
                self.n_inside += 1
                turn.set_result(None)
