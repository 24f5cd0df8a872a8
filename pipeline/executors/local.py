"""Everything in this process, one unit after the other: for tests, debugging and small inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pipeline.executors.base import Executor, Listener
from pipeline.models.cache import ModelCache
from pipeline.registry import StageSpec
from pipeline.runner import UnitRunner
from pipeline.storage import Storage
from pipeline.worker import RunWorker


class LocalExecutor(Executor):
    """One worker in this process."""

    def __init__(self, storage: Storage, models: ModelCache) -> None:
        self.storage = storage
        self.worker = RunWorker(storage, models)

    def run_units(self, specs: list[StageSpec], units: list[str], listener: Listener) -> None:
        runners = [UnitRunner(spec, self.worker) for spec in specs]
        try:
            for unit in units:
                for runner in runners:
                    report = runner.run(unit)
                    listener(report)
                    if report.error:
                        break
        finally:
            for runner in runners:
                runner.close()

    def map(self, work: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            yield work(self.worker, item)

    def close(self) -> None:
        self.worker.close()
