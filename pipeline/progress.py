"""Progress for people: a live table on a terminal, plain lines in a log."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from pipeline.runner import UnitReport
from schemas.outcomes import Outcome

_LINE_EVERY_S = 10.0
_LEAST_S = 0.05
"""Work that took less time gives no rate."""

PRIMARY_TABLE = {
    "ingest": "sources",
    "split": "shots",
    "dedup": "dedup",
    "caption": "captions",
    "select": "selections",
    "translate": "translations",
    "filter": "verdicts",
    "balance": "balance",
    "cut": "clips",
}
"""The table whose endings a stage's progress counts."""


@dataclass
class StageProgress:
    """Running figures of one stage."""

    total_units: int | None = None
    done_units: int = 0
    reused_units: int = 0
    failed_units: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    worker_s: float = 0.0
    """Time that workers spent on it, summed; stages that stream run side by side."""
    started_at: float | None = None
    is_finished: bool = False

    @property
    def items(self) -> int:
        return sum(self.endings.values())

    @property
    def eta_s(self) -> float | None:
        fresh = self.done_units - self.reused_units
        if not self.total_units or not fresh or self.is_finished or self.started_at is None:
            return None
        elapsed_s = time.monotonic() - self.started_at
        return elapsed_s / fresh * (self.total_units - self.done_units)


class Progress:
    """Listens to unit reports; shows them as they come when `show` is set."""

    def __init__(self, stages: list[str], console: Console, show: bool = True) -> None:
        self.console = console
        self.stages = {name: StageProgress() for name in stages}
        self.errors: list[UnitReport] = []
        self._show = show
        self._live: Live | None = None
        self._last_line_at = 0.0

    def __enter__(self) -> Progress:
        if self._show and self.console.is_terminal:
            self._live = Live(get_renderable=self.table, console=self.console, refresh_per_second=4)
            self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, tb)
            self._live = None

    def start(self, stage: str, total_units: int | None) -> None:
        progress = self.stages[stage]
        progress.total_units = total_units
        progress.started_at = time.monotonic()

    def finish(self, stage: str) -> None:
        self.stages[stage].is_finished = True
        self._line(stage)

    def __call__(self, report: UnitReport) -> None:
        progress = self.stages[report.stage]
        progress.done_units += 1
        progress.reused_units += report.reused
        progress.worker_s += report.seconds
        if report.error:
            progress.failed_units += 1
            self.errors.append(report)
        table = report.endings.get(PRIMARY_TABLE.get(report.stage, ""), {})
        for ending, count in table.items():
            progress.endings[ending.split(":")[0]] += count
        if time.monotonic() - self._last_line_at > _LINE_EVERY_S:
            self._line(report.stage)

    def table(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for title in ("stage", "units", "kept", "dropped", "failed", "items/s", "work", "left"):
            table.add_column(title, justify="left" if title == "stage" else "right")
        for name, progress in self.stages.items():
            table.add_row(name, *self._cells(name, progress))
        return table

    def _cells(self, name: str, progress: StageProgress) -> list[str]:
        if progress.started_at is None and not progress.done_units:
            return ["-"] * 7
        total = "?" if progress.total_units is None else str(progress.total_units)
        units = f"{progress.done_units}/{total}"
        if progress.reused_units:
            units += f" ({progress.reused_units} reused)"
        is_measured = progress.worker_s > _LEAST_S
        rate = f"{progress.items / progress.worker_s:.1f}" if is_measured else ""
        left = "" if progress.eta_s is None else _clock(progress.eta_s)
        counts = [str(progress.endings[outcome.value]) for outcome in Outcome]
        if name not in PRIMARY_TABLE:
            return [units, "", "", "", "", _clock(progress.worker_s), left]
        return [units, *counts, rate, _clock(progress.worker_s), left]

    def _line(self, stage: str) -> None:
        if not self._show or self._live is not None:
            return
        self._last_line_at = time.monotonic()
        progress = self.stages[stage]
        units, kept, dropped, failed, rate, clock, left = self._cells(stage, progress)
        text = f"{stage}: units {units}"
        if kept:
            text += f", kept {kept}, dropped {dropped}, failed {failed}"
        if rate:
            text += f", {rate} items/s"
        text += f", {clock} of work" + (f", {left} left" if left else "")
        self.console.print(text, highlight=False, soft_wrap=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
