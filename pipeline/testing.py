"""Drive one stage on a temporary run folder with rows made by hand: for tests of stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.commits import Commit
from pipeline.corpus import RunCorpus, write_units
from pipeline.models.cache import ModelCache
from pipeline.storage import Storage
from pipeline.worker import RunUnit, RunWorker, part_path
from schemas.table import Row
from schemas.tables import TABLES
from stages.base import CorpusStage, PackRef, UnitStage

Rows = Mapping[str, Iterable[Row]]


@dataclass
class StageRun:
    """What a stage made: `tables[name]` are all its rows over all units, in key order."""

    storage: Storage
    tables: dict[str, list[Row]] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)

    def read_packed(self, ref: PackRef) -> bytes:
        return self.storage.read_range(ref["pack"], ref["offset"], ref["size_bytes"])


def local_worker(root: Path, model_root: Path | None = None) -> RunWorker:
    """A worker over a run folder at `root`; close it after use."""
    return RunWorker(Storage(str(root)), ModelCache(model_root))


def run_unit_stage(
    stage: UnitStage[Any],
    root: Path,
    inputs: Rows,
    unit_id: str = "unit0",
    models: Path | None = None,
) -> StageRun:
    """Put `inputs` (table name -> rows) into unit `unit_id` of a run at `root`, run `stage`."""
    worker = local_worker(root, models)
    run = StageRun(worker.storage)
    for name, rows in inputs.items():
        worker.storage.write_table(part_path(name, unit_id), TABLES[name].to_arrow(rows))
    try:
        stage.setup(worker)
        unit = RunUnit(unit_id, stage, worker)
        stage.process(unit)
        run.commits[unit_id] = unit.commit("test")
        stage.teardown()
    finally:
        worker.close()
    _collect(run, stage.writes, [unit_id])
    return run


def run_corpus_stage(
    stage: CorpusStage[Any], root: Path, inputs: Mapping[str, Rows], models: Path | None = None
) -> StageRun:
    """The same for a barrier; `inputs` maps unit id -> table name -> rows."""
    worker = local_worker(root, models)
    run = StageRun(worker.storage)
    for unit_id, tables in inputs.items():
        for name, rows in tables.items():
            worker.storage.write_table(part_path(name, unit_id), TABLES[name].to_arrow(rows))
    write_units(worker.storage, sorted(inputs))
    corpus = RunCorpus(stage, worker)
    corpus.fingerprint = "test"
    try:
        stage.setup(worker)
        stage.prepare(corpus)
        stage.process(corpus)
        run.commits = corpus.commit()
        stage.teardown()
    finally:
        worker.close()
    _collect(run, stage.writes, corpus.units)
    return run


def _collect(run: StageRun, names: Iterable[str], units: Iterable[str]) -> None:
    units = list(units)
    for name in names:
        rows: list[Row] = []
        for unit_id in units:
            rows += run.storage.read_table(part_path(name, unit_id)).to_pylist()
        run.tables[name] = sorted(rows, key=lambda row: tuple(row[k] for k in TABLES[name].key))
