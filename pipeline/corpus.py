"""The corpus as a barrier stage sees it: all units, and a parallel map over what it likes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from pipeline.commits import CORPUS, Commit, Commits
from pipeline.storage import Storage
from pipeline.worker import Lent, RunUnit, RunWorker
from schemas.table import Row
from stages.base import Stage, Units, Worker

T = TypeVar("T")
ItemT = TypeVar("ItemT")

MapFunction = Callable[[Callable[..., Any], Iterable[Any]], Iterator[Any]]
"""How an executor runs `work(worker, item)` over items, in their order."""

_UNITS = "state/units.json"


def read_units(storage: Storage) -> list[str]:
    """Ids of the units of a run; none before ingest."""
    try:
        units: list[str] = storage.read_json(_UNITS)
    except FileNotFoundError:
        return []
    return units


def write_units(storage: Storage, units: Sequence[str]) -> None:
    storage.write_json(_UNITS, list(units))


class CorpusUnit(RunUnit):
    """A unit of a barrier stage: committed, and out of memory, once its last table is written.

    It counts only when the whole stage is complete, by the commit named CORPUS.
    """

    def __init__(self, unit_id: str, units: RunUnits) -> None:
        super().__init__(unit_id, units.stage, units.worker)
        self._units = units

    def write(self, table: str, rows: Sequence[Row]) -> None:
        super().write(table, rows)
        if self.is_written:
            self._units.done[self.id] = self.commit(self._units.fingerprint)
            self._rows = dict.fromkeys(self._rows, ())


class RunUnits(Lent):
    """Units of a barrier stage in one process. `fingerprint` is set before anything is written;
    `done` are the commits of what was written here."""

    def __init__(self, stage: Stage[Any], worker: RunWorker, fingerprint: str = "") -> None:
        super().__init__(stage, worker)
        self.fingerprint = fingerprint
        self.done: dict[str, Commit] = {}

    def unit(self, unit_id: str) -> CorpusUnit:
        return CorpusUnit(unit_id, self)


class RunCorpus(RunUnits):
    """All units of a run for one barrier stage. `mapper`: how an executor maps; by default one
    item after the other in this process."""

    def __init__(
        self, stage: Stage[Any], worker: RunWorker, mapper: MapFunction | None = None
    ) -> None:
        super().__init__(stage, worker)
        self._mapper = mapper or self._map_here
        self._units = read_units(worker.storage)

    @property
    def units(self) -> list[str]:
        return list(self._units)

    def set_units(self, units: Sequence[str]) -> None:
        if len(set(units)) != len(units):
            raise ValueError("two units have one id")
        self._units = list(units)

    def map(
        self,
        work: Callable[[Worker, ItemT], T],
        items: Sequence[ItemT],
        memo_key: Callable[[ItemT], str] | None = None,
    ) -> Iterator[T]:
        if memo_key is None:
            yield from self._mapper(work, items)
            return
        paths = [self._memo_path(memo_key(item)) for item in items]
        missing = [
            (item, path)
            for item, path in zip(items, paths, strict=True)
            if not self.worker.storage.exists(path)
        ]
        fresh = self._mapper(_Memoised(work), missing)
        waiting = {path for _, path in missing}
        for path in paths:
            while path in waiting:
                waiting.discard(next(fresh))
            yield self.worker.storage.read_json(path)
        self._forget_memos_except({path.rsplit("/", 1)[1] for path in paths})

    def map_units(self, work: Callable[[Units, ItemT], T], items: Sequence[ItemT]) -> Iterator[T]:
        for value, done in self._mapper(_OnUnits(self.stage, self.fingerprint, work), items):
            self.done |= done
            yield value

    def remove_except(self, folder: str, keep: Sequence[str]) -> None:
        for name in self.worker.storage.names(folder):
            if name not in keep:
                self.worker.storage.remove(f"{folder}/{name}")

    def commit(self) -> dict[str, Commit]:
        """Say that the stage is complete; gives the commits of the units that it wrote."""
        storage = self.worker.storage
        if self.stage.writes and (missing := sorted(set(self._units) - set(self.done))):
            raise ValueError(f"stage {self.stage.name} left out unit {missing[0]}")
        write_units(storage, self._units)
        folder = self.stage.owns_folder
        paths = [f"{folder}/{name}" for name in storage.names(folder)] if folder else []
        files = {path: storage.size(path) or 0 for path in paths}
        Commits(storage).write(self.stage.name, CORPUS, Commit(self.fingerprint, files=files))
        return dict(sorted(self.done.items()))

    def _map_here(self, work: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            yield work(self.worker, item)

    def _memo_folder(self) -> str:
        return f"state/{self.stage.name}-memo"

    def _memo_path(self, key: str) -> str:
        return f"{self._memo_folder()}/{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"

    def _forget_memos_except(self, keep: set[str]) -> None:
        self.remove_except(self._memo_folder(), sorted(keep))


class _OnUnits:
    """Work that is given the units; gives its result, and the commits of what it wrote."""

    def __init__(self, stage: Stage[Any], fingerprint: str, work: Callable[..., Any]) -> None:
        self.stage, self.fingerprint, self.work = stage, fingerprint, work

    def __call__(self, worker: RunWorker, item: Any) -> tuple[Any, dict[str, Commit]]:
        units = RunUnits(self.stage, worker, self.fingerprint)
        return self.work(units, item), units.done


class _Memoised:
    """Work whose JSON result is stored below the run; gives the result's path."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self.work = work

    def __call__(self, worker: RunWorker, item: tuple[Any, str]) -> str:
        value, path = item
        worker.storage.write_json(path, self.work(worker, value))
        return path
