"""A value beside its limit: measured first, compared second. Rules and checks are such values."""

from __future__ import annotations

from schemas.table import Row


class Limited:
    """Base of dataclasses with these fields. At most one of `least` and `most` is set; neither:
    nothing is asked of the value. A value that could not be measured (None) passes."""

    value: float | None
    least: float | None
    most: float | None

    @property
    def limit(self) -> float | None:
        return self.least if self.least is not None else self.most

    @property
    def passed(self) -> bool:
        if self.value is None:
            return True
        if self.least is not None and self.value < self.least:
            return False
        return self.most is None or self.value <= self.most

    def stored(self) -> Row:
        """value, limit and passed, as the tables hold them."""
        limit = None if self.limit is None else float(self.limit)
        value = None if self.value is None else float(self.value)
        return {"value": value, "limit": limit, "passed": self.passed}

    def in_numbers(self) -> str:
        """Of a value that has a limit: `0.5, least 0.7`."""
        side = "least" if self.least is not None else "most"
        return f"{self.value:.4g}, {side} {self.limit:.4g}"
