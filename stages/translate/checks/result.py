"""What one check found: a value beside its limit. Measured first, compared second."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.outcomes import TextFlag
from stages.limited import Limited


@dataclass(frozen=True)
class Check(Limited):
    """One check's value; without a limit the check is off."""

    flag: TextFlag
    value: float | None
    least: float | None = None
    most: float | None = None
    note: str = ""
    """What else to say where it does not pass."""

    def in_words(self) -> str:
        if self.value is None or self.limit is None:
            return str(self.flag)
        note = f"; {self.note}" if self.note else ""
        return f"{self.flag} ({self.in_numbers()}{note})"
