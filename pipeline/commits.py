"""What has been done: one commit file per stage and unit.

A commit says which fingerprint its outputs were made under, the digest of each column and pack,
and how the rows ended. A fingerprint is the hash of stage version, config, models and the
digests of exactly the columns and packs that the stage reads. So work is reused as long as what
it looked at is the same, and a column that nobody reads can change without a re-run.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from pipeline.storage import Storage
from stages.base import Stage

CORPUS = "corpus"
"""Name of the commit that says that a barrier stage is complete."""


@dataclass(frozen=True)
class TableCommit:
    """One unit's part of one table."""

    path: str
    rows: int
    columns: dict[str, str]
    """Digest of each column's values."""
    endings: dict[str, int]
    """How many rows ended as "kept", "dropped:REASON", "failed:REASON"."""


@dataclass(frozen=True)
class PackCommit:
    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Commit:
    """What one stage made of one unit."""

    fingerprint: str
    tables: dict[str, TableCommit] = field(default_factory=dict)
    packs: dict[str, PackCommit] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    """Other files of the run that belong to it, with their sizes in bytes."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Commit:
        return cls(
            fingerprint=value["fingerprint"],
            tables={name: TableCommit(**item) for name, item in value["tables"].items()},
            packs={name: PackCommit(**item) for name, item in value["packs"].items()},
            files=value["files"],
        )

    def reasons(self) -> set[str]:
        """Every reason for which a row was dropped or failed."""
        endings = (ending for table in self.tables.values() for ending in table.endings)
        return {ending.partition(":")[2] for ending in endings} - {""}

    def paths(self) -> set[str]:
        tables = {table.path for table in self.tables.values()}
        return tables | {pack.path for pack in self.packs.values()}


class Commits:
    """The `state/` folder of a run."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def read(self, stage: str, unit: str) -> Commit | None:
        """The commit of a stage on a unit; None when there is none."""
        try:
            return Commit.from_json(self.storage.read_json(_path(stage, unit)))
        except FileNotFoundError:
            return None

    def write(self, stage: str, unit: str, commit: Commit) -> None:
        """Make the outputs of a unit count, and remove what its earlier commit had and this
        one has not."""
        before = self.read(stage, unit)
        self.storage.write_json(_path(stage, unit), commit.to_json())
        for path in sorted(before.paths() - commit.paths()) if before else []:
            self.storage.remove(path)

    def remove(self, stage: str, unit: str) -> None:
        self.storage.remove(_path(stage, unit))

    def drop_units(self, stage: str, keep: set[str]) -> None:
        """Forget, with their outputs, the units that the run no longer has."""
        for name in self.storage.names(f"state/{stage}"):
            unit = name.removesuffix(".json")
            if unit not in keep and unit != CORPUS:
                commit = self.read(stage, unit)
                for path in sorted(commit.paths()) if commit else []:
                    self.storage.remove(path)
                self.remove(stage, unit)

    def intact(self, commit: Commit) -> bool:
        """Whether everything that the commit names is still there at its size."""
        sizes = {pack.path: pack.size_bytes for pack in commit.packs.values()} | commit.files
        if any(self.storage.size(path) != size for path, size in sizes.items()):
            return False
        return all(self.storage.exists(table.path) for table in commit.tables.values())


def _path(stage: str, unit: str) -> str:
    return f"state/{stage}/{unit}.json"


def column_digests(table: pa.Table) -> dict[str, str]:
    """SHA-256 of each column's values, through Arrow's IPC form."""
    digests = {}
    for name in table.column_names:
        column = pa.table({name: table.column(name).combine_chunks()})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, column.schema) as writer:
            writer.write_table(column)
        digests[name] = hashlib.sha256(sink.getvalue()).hexdigest()
    return digests


def count_endings(table: pa.Table) -> dict[str, int]:
    """How often each outcome and reason occurs in a table that has them."""
    if "outcome" not in table.column_names:
        return {}
    outcomes, reasons = table.column("outcome").to_pylist(), table.column("reason").to_pylist()
    counts = Counter(
        f"{outcome}:{reason}" if reason else outcome
        for outcome, reason in zip(outcomes, reasons, strict=True)
    )
    return dict(sorted(counts.items()))


def fingerprint(
    stage: Stage[Any], model_fingerprints: dict[str, str], inputs: dict[str, Any], extra: str = ""
) -> str:
    """Hash of everything that decides a stage's output on a unit."""
    facts = {
        "stage": stage.name,
        "version": stage.version,
        "config": stage.config.semantic(),
        "models": model_fingerprints,
        "inputs": inputs,
        "extra": extra,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
