"""What one check found: a value beside its limit. Measured first, compared second."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.outcomes import TextFlag
from schemas.table import Row


@dataclass(frozen=True)
class Check:
    """One check's value. At most one of `least` and `most` is set; neither: the check is off.
    A value that could not be measured (None) passes."""

    flag: TextFlag
    value: float | None
    least: float | None = None
    most: float | None = None
    note: str = ""
    """What else to say where it does not pass."""

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

    def row(self) -> Row:
        """The check's entry in `translations.checks`."""
        limit = None if self.limit is None else float(self.limit)
        value = None if self.value is None else float(self.value)
        return {"check": str(self.flag), "value": value, "limit": limit, "passed": self.passed}

    def in_words(self) -> str:
        if self.value is None or self.limit is None:
            return str(self.flag)
        side = "least" if self.least is not None else "most"
        note = f"; {self.note}" if self.note else ""
        return f"{self.flag} ({self.value:.4g}, {side} {self.limit:.4g}{note})"
