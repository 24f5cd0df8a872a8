"""What an executor does for the driver."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pipeline.registry import StageSpec
from pipeline.runner import UnitReport

Listener = Callable[[UnitReport], None]


class Executor(ABC):
    """Runs chains of unit stages over units, and maps for the barriers."""

    @abstractmethod
    def run_units(self, specs: list[StageSpec], units: list[str], listener: Listener) -> None:
        """Each unit through each stage, in order; a unit that fails stops for itself alone.
        `listener` hears of every stage of every unit."""

    @abstractmethod
    def map(self, work: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        """`work(worker, item)` over items, results in the items' order."""

    @abstractmethod
    def close(self) -> None:
        """Let go of processes and clusters that this executor started."""
