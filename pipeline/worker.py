"""The runtime's side of `stages.base`: what a stage sees of the run while it works."""

from __future__ import annotations

import shutil
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar
from uuid import uuid4

import fsspec
import pyarrow as pa

from pipeline.commits import (
    Commit,
    Commits,
    PackCommit,
    TableCommit,
    column_digests,
    count_endings,
)
from pipeline.guard import GuardedProcess
from pipeline.models.cache import ModelCache
from pipeline.packs import TarPack
from pipeline.review.edits import unit_edits
from pipeline.storage import Storage
from schemas.outcomes import ItemError, Outcome, Reason
from schemas.table import Row, check_schema
from schemas.tables import TABLES
from stages.base import Failure, Limits, PackRef, Stage

P = ParamSpec("P")
T = TypeVar("T")


def _fetch_errors() -> tuple[type[Exception], ...]:
    """What fsspec raises. It lets the HTTP client's own errors through; the client, which every
    command would otherwise load, is there once something was fetched with it."""
    client = sys.modules.get("aiohttp")
    return (OSError, ValueError, ImportError, *((client.ClientError,) if client else ()))


class Counters:
    """Counters by name."""

    def __init__(self) -> None:
        self._values: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, name: str, amount: int) -> int:
        with self._lock:
            self._values[name] += amount
            return self._values[name]


class FolderStore:
    """Small files below one folder."""

    def __init__(self, storage: Storage, folder: str) -> None:
        self._storage = storage
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        try:
            return self._storage.read_bytes(f"{self._folder}{name}")
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        self._storage.write_bytes(f"{self._folder}{name}", data)


class RunWorker:
    """One process's tools: a scratch folder, a guarded child, models, the run's files, and
    `count`, which adds to the counters that the workers of a run share."""

    def __init__(
        self,
        storage: Storage,
        models: ModelCache | None = None,
        scratch: Path | None = None,
        count: Callable[[str, int], int] | None = None,
    ) -> None:
        self.storage = storage
        self.models = models or ModelCache()
        self.scratch = scratch or storage.temporary_folder()
        self.count = count or Counters().add
        self._guard = GuardedProcess()
        self._model_prints: dict[str, str] = {}

    def attempt(
        self, item: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T | Failure:
        try:
            return work(*args, **kwargs)
        except ItemError as error:
            return Failure(item, error.reason, str(error))
        except MemoryError:
            return Failure(item, Reason.OUT_OF_MEMORY, "out of memory")
        except Exception as error:  # noqa: BLE001 - the one place that turns errors into rows
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(where.filename).name}:{where.lineno}"
            return Failure(
                item, Reason.INTERNAL_ERROR, f"{type(error).__name__}: {error} ({place})"
            )

    def guarded(self, limits: Limits, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._guard.call(limits, work, *args, **kwargs)

    @contextmanager
    def local_copy(self, uri: str, missing: Reason = Reason.UNREADABLE) -> Iterator[Path]:
        path, is_ours = self._fetched(uri, missing)
        try:
            yield path
        finally:
            if is_ours:
                path.unlink(missing_ok=True)

    def _fetched(self, uri: str, missing: Reason) -> tuple[Path, bool]:
        try:
            filesystem, remote = fsspec.core.url_to_fs(uri)
            if "file" in filesystem.protocol:
                if not Path(remote).is_file():
                    raise ItemError(missing, f"{uri}: there is no such file")
                return Path(remote), False
            copy = self.scratch / f"source-{uuid4().hex}{Path(remote).suffix}"
            filesystem.get_file(remote, str(copy))
            return copy, True
        except _fetch_errors() as error:
            raise ItemError(missing, f"{uri}: {error or type(error).__name__}") from error

    def model(self, reference: str) -> Path:
        return self.models.ensure(reference)

    def model_sha256(self, reference: str) -> str:
        if reference not in self._model_prints:
            self._model_prints[reference] = self.models.state(reference).fingerprint
        return self._model_prints[reference]

    def read_packed(self, ref: PackRef) -> bytes:
        return self.storage.read_range(ref["pack"], ref["offset"], ref["size_bytes"])

    def create(self, path: str) -> AbstractContextManager[IO[bytes]]:
        return self.storage.create(path)

    def store(self, folder: str) -> FolderStore:
        if "://" in folder or Path(folder).is_absolute():
            return FolderStore(Storage(folder), "")
        return FolderStore(self.storage, f"{folder}/")

    def empty_scratch(self) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        self._guard.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


class Lent:
    """A worker's tools, passed on by the unit or corpus that a stage holds."""

    def __init__(self, stage: Stage[Any], worker: RunWorker) -> None:
        self.stage = stage
        self.worker = worker
        self.scratch = worker.scratch
        self.attempt = worker.attempt
        self.guarded = worker.guarded
        self.local_copy = worker.local_copy
        self.model = worker.model
        self.model_sha256 = worker.model_sha256
        self.read_packed = worker.read_packed
        self.create = worker.create
        self.store = worker.store
        self.count = worker.count


class RunUnit(Lent):
    """One unit as one stage may see it. Rows and packs wait here until `commit`."""

    def __init__(
        self,
        unit_id: str,
        stage: Stage[Any],
        worker: RunWorker,
        inputs_sha256: str | None = None,
    ) -> None:
        super().__init__(stage, worker)
        # Ingest has read it, so that it is not there says nothing about the source.
        self.local_copy = partial(worker.local_copy, missing=Reason.SOURCE_GONE)
        self.id = unit_id
        self.inputs_sha256 = inputs_sha256
        self._rows: dict[str, Sequence[Row]] = {}
        self._packs: dict[str, TarPack] = {}

    def rows(self, table: str, outcome: Outcome | None = None) -> list[Row]:
        if table not in self.stage.reads:
            raise LookupError(f"stage {self.stage.name} does not declare that it reads {table}")
        columns = list(self.stage.reads[table])
        path = part_path(table, self.id)
        asked = [*columns, *(["outcome"] if "outcome" not in columns and outcome else [])]

        def check(found: pa.Schema) -> None:
            check_schema(TABLES[table], found, path)

        rows: list[Row] = self.worker.storage.read_table(path, asked, check).to_pylist()
        if outcome is not None:
            rows = [row for row in rows if row["outcome"] == outcome]
        return rows

    def write(self, table: str, rows: Sequence[Row]) -> None:
        if table not in self.stage.writes:
            raise LookupError(f"stage {self.stage.name} does not declare that it writes {table}")
        if table in self._rows:
            raise ValueError(f"stage {self.stage.name} wrote {table} twice for unit {self.id}")
        self._rows[table] = rows

    def before(self, table: str) -> list[Row]:
        if table not in self.stage.writes:
            raise LookupError(f"stage {self.stage.name} does not declare that it writes {table}")
        storage, path = self.worker.storage, part_path(table, self.id)
        if not storage.exists(path) or storage.read_schema(path) != TABLES[table].schema():
            return []
        rows: list[Row] = storage.read_table(path).to_pylist()
        return rows

    def edits(self) -> list[Row]:
        if not self.stage.reads_edits:
            raise LookupError(f"stage {self.stage.name} does not declare that it reads edits")
        return unit_edits(self.worker.storage, self.id)

    @property
    def is_written(self) -> bool:
        """Whether every table that the stage writes is there."""
        return set(self._rows) == set(self.stage.writes)

    def pack(self, kind: str) -> TarPack:
        if kind not in self.stage.writes_packs:
            raise LookupError(f"stage {self.stage.name} does not declare pack {kind}")
        if kind not in self._packs:
            path = f"packs/{kind}-{self.id}.tar"
            self._packs[kind] = TarPack(self.worker.storage, path)
        return self._packs[kind]

    def commit(self, fingerprint: str) -> Commit:
        """Check and store everything; the commit file comes last and makes it count."""
        stage, storage = self.stage, self.worker.storage
        if missing := [name for name in stage.writes if name not in self._rows]:
            raise ValueError(f"stage {stage.name} wrote no {missing} for unit {self.id}")
        arrow = {name: TABLES[name].to_arrow(rows) for name, rows in self._rows.items()}
        packs = {}
        for kind, pack in sorted(self._packs.items()):
            sha256, size_bytes = pack.commit()
            packs[kind] = PackCommit(pack.path, sha256, size_bytes)
        tables = {}
        for name, table in arrow.items():
            path = part_path(name, self.id)
            storage.write_table(path, table)
            tables[name] = TableCommit(
                path, table.num_rows, column_digests(table), count_endings(table)
            )
        commit = Commit(fingerprint, tables, packs)
        Commits(storage).write(stage.name, self.id, commit)
        return commit

    def abandon(self) -> None:
        for pack in self._packs.values():
            pack.abandon()


def part_path(table: str, unit_id: str) -> str:
    return f"{table}/part-{unit_id}.parquet"
