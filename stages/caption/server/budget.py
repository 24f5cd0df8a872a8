"""What one run may spend at a server, counted over all its workers."""

from __future__ import annotations

from collections.abc import Callable

from schemas.outcomes import ItemError, Reason

Count = Callable[[str, int], int]
"""Adds to a counter that the workers of a run share, and gives its new value."""


class Budget:
    """Refuses what would go beyond. 0: no limit. Nothing is counted without a limit."""

    def __init__(self, server: str, max_requests: int, max_tokens: int, count: Count) -> None:
        self.server = server
        self.max_requests = max_requests
        self.max_tokens = max_tokens
        self._count = count

    @property
    def is_limited(self) -> bool:
        return bool(self.max_requests or self.max_tokens)

    def take_request(self) -> None:
        """Before a request is sent. Raises ItemError BUDGET_SPENT, and then it must not be."""
        if self.max_tokens:
            spent = self._count(f"{self.server}.tokens", 0)
            if spent >= self.max_tokens:
                self._refuse(f"{spent} tokens are spent, max_tokens is {self.max_tokens}")
        if self.max_requests:
            number = self._count(f"{self.server}.requests", 1)
            if number > self.max_requests:
                self._refuse(f"max_requests is {self.max_requests}")

    def pay_tokens(self, tokens: int) -> None:
        """After an answer."""
        if self.max_tokens:
            self._count(f"{self.server}.tokens", tokens)

    def _refuse(self, why: str) -> None:
        raise ItemError(
            Reason.BUDGET_SPENT,
            f"the budget of this run for server {self.server} is spent: {why}",
            "run the same command again to go on",
        )
