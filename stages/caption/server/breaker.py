"""A server that is plainly not there is not asked a thousand times."""

from __future__ import annotations

from schemas.outcomes import ItemError, Reason

MAX_FAILURES_IN_A_ROW = 3
"""Requests that failed after all their tries, with no answer in between."""


class Breaker:
    """Opens when the server denies everybody, or when it was unavailable several times in a row;
    from then on every request fails at once for the same reason. One for each unit of work, so
    that the next unit tries anew."""

    def __init__(self) -> None:
        self._error: ItemError | None = None
        self._in_a_row = 0

    def check(self) -> None:
        """Raises the error that opened it."""
        if self._error is not None:
            raise ItemError(self._error.reason, str(self._error))

    def answered(self) -> None:
        self._in_a_row = 0

    def failed(self, error: ItemError) -> None:
        if error.reason == Reason.SERVER_UNAVAILABLE:
            self._in_a_row += 1
        if error.reason == Reason.SERVER_DENIED or self._in_a_row >= MAX_FAILURES_IN_A_ROW:
            self._error = error
