"""Measure what work costs: time by the clock, time of the processors, memory.

Other work on the machine moves the clock's figures and hardly those of the processors, so both
are given. A stage is measured as a run uses it: a worker whose guarded child is up already does
unit after unit, each with its tables, packs and commit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

from pipeline.testing import local_worker, run_corpus_stage
from pipeline.worker import RunUnit, part_path
from schemas.table import Row
from schemas.tables import TABLES
from stages.base import Limits, UnitStage
from stages.ingest.config import IngestConfig
from stages.ingest.stage import IngestStage

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """`cpu_s` is user and system time; `peak_rss_mb` the most memory of one process in 10^6 B."""

    wall_s: float
    cpu_s: float
    peak_rss_mb: float


def run_command(command: list[str], cwd: Path | None = None) -> Usage:
    """Run a command to its end. SystemExit with its words when it fails."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        words = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"bench: {' '.join(command)}\n{words.decode(errors='replace')}")
    return Usage(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6)


def ingest(path: Path, work: Path) -> list[Row]:
    """The `sources` rows of a file or folder."""
    folder = work / "ingest"
    shutil.rmtree(folder, ignore_errors=True)
    stage = IngestStage(IngestConfig(input=str(path), max_duration_s=604_800))
    rows = run_corpus_stage(stage, folder, {}).tables["sources"]
    if bad := [row for row in rows if row["outcome"] != "kept"]:
        raise SystemExit(f"bench: {bad[0]['uri']}: {bad[0]['reason']}: {bad[0]['detail']}")
    return rows


class WarmStage:
    """A unit stage in a worker that stays up. `start_s` is what a run pays once for it: from
    nothing to the end of `small`, less what `small` takes the second time."""

    def __init__(self, stage: UnitStage[Any], root: Path, small: list[Row]) -> None:
        self.stage = stage
        start = time.perf_counter()
        self.worker = local_worker(root)
        stage.setup(self.worker)
        self._n_units = 0
        self.run(small)
        cold_s = time.perf_counter() - start
        self.child: int = self.worker.guarded(Limits(60.0), os.getpid)
        self.start_s = cold_s - self.run(small)[0].wall_s

    def run(self, sources: list[Row]) -> tuple[Usage, list[Row]]:
        """Do one unit; what it cost, and its rows of the first table that the stage writes.
        The peak is that of the guarded child since it started."""
        unit_id = f"unit{self._n_units}"
        self._n_units += 1
        storage = self.worker.storage
        storage.write_table(part_path("sources", unit_id), TABLES["sources"].to_arrow(sources))
        cpu_s, start = self._cpu_s(), time.perf_counter()
        unit = RunUnit(unit_id, self.stage, self.worker)
        self.stage.process(unit)
        unit.commit("bench")
        self.worker.empty_scratch()
        wall_s = time.perf_counter() - start
        used = Usage(wall_s, self._cpu_s() - cpu_s, status_mb(self._child(), "VmHWM"))
        path = part_path(self.stage.writes[0], unit_id)
        return used, storage.read_table(path).to_pylist()

    def close(self) -> None:
        self.stage.teardown()
        self.worker.close()

    def _child(self) -> int:
        return getattr(self, "child", os.getpid())

    def _cpu_s(self) -> float:
        """Processor time of this process and of the guarded child."""
        return time.process_time() + (process_cpu_s(self.child) if hasattr(self, "child") else 0.0)


def status_mb(pid: int, name: str) -> float:
    """A memory figure of a process in 10^6 bytes: VmRSS (now) or VmHWM (its peak)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise SystemExit(f"bench: process {pid} has no {name}")


def process_cpu_s(pid: int) -> float:
    """User and system time of a running process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def read_share(pid: int, path: Path) -> float | None:
    """How far a process has read into a file that it holds open, 0 to 1; None: not open."""
    target = path.resolve()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if Path(os.readlink(handle)) != target:
                continue
            facts = Path(f"/proc/{pid}/fdinfo/{handle.name}").read_text()
        except FileNotFoundError:  # closed in the meantime
            continue
        return int(facts.split()[1]) / target.stat().st_size
    return None


@contextmanager
def sampled(sample: Callable[[], None], period_s: float = 0.5) -> Iterator[None]:
    """Call `sample` every `period_s` while the block runs."""
    over = Event()

    def watch() -> None:
        while not over.wait(period_s):
            sample()

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
