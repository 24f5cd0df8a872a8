"""What a stage is, and what the runtime lends it.

A stage says what it reads and writes and does its work on one unit (a group of sources) or, at
the two barriers, on the whole corpus. Everything around that belongs to the runtime: reading
declared columns, checking schemas, catching errors of single items, packs, temporary files,
child processes with limits, atomic commits, counting. So a stage holds no paths, no retries and
no broad `except`, and the same stage runs under Ray and in one process.

An item that cannot be used raises `ItemError` with a reason; `Worker.attempt` turns that, and
any unexpected exception, into a `Failure` from which the stage makes the item's row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar, Generic, ParamSpec, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from schemas.outcomes import Outcome, Reason
from schemas.table import Row

P = ParamSpec("P")
T = TypeVar("T")
ItemT = TypeVar("ItemT")

PackRef = dict[str, Any]
"""{"pack": path below the run, "offset": bytes, "size_bytes": bytes}; see schemas.common."""


class Resources(BaseModel):
    """What one worker of a stage takes. Never changes what is computed."""

    model_config = ConfigDict(extra="forbid")

    workers: int = Field(
        0, ge=0, le=10_000, description="Most workers of this stage at once; 0: engine.workers."
    )
    cpus: float = Field(
        0.0, ge=0, le=256, description="CPUs that one worker asks Ray for; 0: an equal share."
    )
    gpus: float = Field(0.0, ge=0, le=64, description="GPUs that one worker asks Ray for.")
    memory_gb: float = Field(
        0.0, ge=0, le=4096, description="Memory that one worker asks Ray for; 0: not stated."
    )


class StageConfig(BaseModel):
    """Base of every stage's config. Fields named in `neutral` never change what is computed,
    so they stay out of fingerprints."""

    model_config = ConfigDict(extra="forbid")
    neutral: ClassVar[frozenset[str]] = frozenset({"resources"})

    resources: Resources = Field(default_factory=Resources, description="Workers and hardware.")

    def semantic(self) -> dict[str, Any]:
        """The fields that decide the output, as plain JSON values."""
        return self.model_dump(mode="json", exclude=set(self.neutral))


ConfigT = TypeVar("ConfigT", bound=StageConfig)


@dataclass(frozen=True)
class Failure:
    """How one item failed. `ending()` gives the three closing columns of its row."""

    item: str
    reason: Reason
    detail: str

    def ending(self) -> Row:
        return {"outcome": Outcome.FAILED, "reason": self.reason, "detail": self.detail}


def kept(detail: str | None = None) -> Row:
    """Closing columns of a row that goes on."""
    return {"outcome": Outcome.KEPT, "reason": None, "detail": detail}


def dropped(reason: Reason, detail: str) -> Row:
    """Closing columns of a row that a rule stopped."""
    return {"outcome": Outcome.DROPPED, "reason": reason, "detail": detail}


def failed(reason: Reason, detail: str) -> Row:
    """Closing columns of a row on which something broke."""
    return {"outcome": Outcome.FAILED, "reason": reason, "detail": detail}


class StageError(ValueError):
    """The stage cannot work at all as configured: its input as a whole, or a model, is unusable.
    Ends the run with its message; what is wrong with one item is an ItemError."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one guarded call."""

    timeout_s: float
    memory_bytes: int | None = None


class PackWriter(Protocol):
    """A tar that grows member by member and tells where each member's bytes lie."""

    def add(self, name: str, data: bytes) -> PackRef: ...

    def add_file(self, name: str, path: Path) -> PackRef: ...


class Store(Protocol):
    """Small files by name. They appear whole, and any number of workers may write."""

    def read(self, name: str) -> bytes | None:
        """The file's bytes; None when there is no such file."""
        ...

    def write(self, name: str, data: bytes) -> None: ...


class Worker(Protocol):
    """What the runtime lends to every piece of work."""

    scratch: Path
    """A private temporary folder; emptied after each unit."""

    def attempt(
        self, item: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T | Failure:
        """Do one item's work; an exception becomes a Failure that names the item."""
        ...

    def guarded(self, limits: Limits, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` (a module-level function; picklable arguments and result) in a child
        process that is ended at its limits. Raises ItemError TIMEOUT, OUT_OF_MEMORY or CRASHED;
        an ItemError of `work` itself passes through. The child is kept for the next call."""
        ...

    def local_copy(self, uri: str) -> AbstractContextManager[Path]:
        """A local file with the bytes at `uri`: the file itself where it is local, else a
        download that goes away after the block. Raises ItemError: of a unit SOURCE_GONE, since
        ingest has read the file, else UNREADABLE."""
        ...

    def model(self, reference: str) -> Path:
        """Local folder or file of a model reference that the stage named in `models()`."""
        ...

    def model_sha256(self, reference: str) -> str:
        """What a model's content is told by, where a result is kept under all that decided it."""
        ...

    def read_packed(self, ref: PackRef) -> bytes:
        """The bytes of one pack member."""
        ...

    def create(self, path: str) -> AbstractContextManager[IO[bytes]]:
        """A new file below the run folder, which appears whole when the block ends."""
        ...

    def store(self, folder: str) -> Store:
        """What lies in a folder of the run, or at an absolute path or URL outside of it."""
        ...

    def count(self, name: str, amount: int) -> int:
        """Add to a counter that all workers of this run share, from 0 when the run starts; its
        new value. For budgets: nothing that is stored may depend on it."""
        ...


class Unit(Worker, Protocol):
    """One unit of work: a group of sources, and the stage's window to their rows."""

    id: str

    def rows(self, table: str, outcome: Outcome | None = None) -> list[Row]:
        """This unit's rows of a table that the stage declares in `reads`, with the declared
        columns only, in key order; with `outcome`, only the rows that ended so."""
        ...

    def write(self, table: str, rows: Sequence[Row]) -> None:
        """Set this unit's rows of a table that the stage declares in `writes`; once."""
        ...

    @property
    def inputs_sha256(self) -> str | None:
        """Hash of the columns and packs of this unit that the stage declares; None where the
        runtime does not know it, and nothing may be kept under it."""
        ...

    def before(self, table: str) -> list[Row]:
        """What this stage wrote of this unit the last time, in whatever version and whether or
        not it still holds; empty when there is nothing with the table's present columns."""
        ...

    def edits(self) -> list[Row]:
        """What people wrote about this unit's rows, where the stage says `reads_edits`: rows
        with translation_id, text, source_sha256, editor, edited_at."""
        ...

    def pack(self, kind: str) -> PackWriter:
        """This unit's pack of a kind that the stage declares in `writes_packs`."""
        ...


class Units(Worker, Protocol):
    """The units of a run, as work that is mapped over them sees them."""

    def unit(self, unit_id: str) -> Unit: ...


class Corpus(Units, Protocol):
    """All units at once, for the stages that are barriers."""

    @property
    def units(self) -> list[str]:
        """Ids of the units, in order."""
        ...

    def set_units(self, units: Sequence[str]) -> None:
        """Say which units the run has from here on (ingest alone does)."""
        ...

    def map(
        self,
        work: Callable[[Worker, ItemT], T],
        items: Sequence[ItemT],
        memo_key: Callable[[ItemT], str] | None = None,
    ) -> Iterator[T]:
        """`work(worker, item)` for each item, in parallel, results in the order of the items.
        With `memo_key`, JSON-like results are kept under that key, so that an interrupted run
        does not do them again; the key must name everything that the result depends on."""
        ...

    def map_units(self, work: Callable[[Units, ItemT], T], items: Sequence[ItemT]) -> Iterator[T]:
        """As `map`, for work that reads rows of units or writes them. Every unit is written once,
        by one item."""
        ...

    def remove_except(self, folder: str, keep: Sequence[str]) -> None:
        """Remove the files in a folder of the run whose names are not in `keep`."""
        ...


class Stage(ABC, Generic[ConfigT]):
    """Common to both kinds of stage.

    `version` goes up whenever the same input and config may give other output.
    `reads` names, for each table, the columns that the stage sees; planning fails when no
    earlier stage writes them.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    summary: ClassVar[str]
    reads: ClassVar[dict[str, tuple[str, ...]]] = {}
    places: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Of `reads`, the columns that say where files lie. They stay out of fingerprints, so that an
    input that was moved is no other input; the files' ids stand for what is in them."""
    writes: ClassVar[tuple[str, ...]] = ()
    reads_packs: ClassVar[tuple[str, ...]] = ()
    writes_packs: ClassVar[tuple[str, ...]] = ()
    reads_edits: ClassVar[bool] = False
    """Whether what people wrote about a unit's rows takes part; it then enters fingerprints."""
    owns_folder: ClassVar[str] = ""
    """A folder of the run whose files this stage makes outside of tables and packs."""
    item: ClassVar[str] = "items"
    """What this stage counts, in the plural: videos, shots, clips ..."""

    def __init__(self, config: ConfigT) -> None:
        self.config = config

    @classmethod
    def for_config(cls, config: ConfigT) -> type[Stage[ConfigT]]:
        """The class that does this stage's work with `config`. A barrier whose config asks
        nothing of the whole corpus names a UnitStage here, so that units stream through it; both
        read and write what the other does, or less."""
        return cls

    def models(self) -> list[str]:
        """References of the models that this config needs."""
        return []

    def check(self, model: Callable[[str], Path]) -> None:
        """Look, before the run starts, whether config and models go together; `model` gives the
        place of a reference. Raises StageError. Must be cheap."""

    def setup(self, worker: Worker) -> None:
        """Load what every unit needs; called once per process. Heavy imports go here."""

    def teardown(self) -> None:
        """Let go of what setup took."""


class UnitStage(Stage[ConfigT]):
    """A stage that looks at one unit at a time."""

    @abstractmethod
    def process(self, unit: Unit) -> None: ...


class CorpusStage(Stage[ConfigT]):
    """A barrier: a stage that has to see every unit before it can say anything."""

    def prepare(self, corpus: Corpus) -> str:
        """Look at what lies outside the run; the answer goes into the fingerprint."""
        return ""

    @abstractmethod
    def process(self, corpus: Corpus) -> None: ...
