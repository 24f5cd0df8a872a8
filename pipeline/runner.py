"""Do one stage on one unit: reuse what is there, or do the work and commit it.

The same function runs inside a Ray actor and in this process, so that both executors give the
same results by construction.
"""

from __future__ import annotations

import hashlib
import json
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.commits import CORPUS, Commit, Commits, fingerprint
from pipeline.corpus import MapFunction, RunCorpus
from pipeline.models.cache import ModelCache
from pipeline.registry import StageSpec, pack_producers, producers
from pipeline.review.edits import unit_edits
from pipeline.worker import RunUnit, RunWorker
from schemas.outcomes import RESUMABLE
from stages.base import CorpusStage, Stage, UnitStage


@dataclass(frozen=True)
class UnitReport:
    """How a stage did on a unit. `error`: the unit as a whole failed, and nothing was kept."""

    stage: str
    unit: str
    reused: bool = False
    seconds: float = 0.0
    endings: dict[str, dict[str, int]] = field(default_factory=dict)
    error: str = ""


class Fingerprints:
    """Computes what decides a stage's output, from the commits of the stages before it."""

    def __init__(self, commits: Commits, models: ModelCache) -> None:
        self.commits = commits
        self.models = models
        self._tables = producers()
        self._packs = pack_producers()
        self._model_states: dict[str, str] = {}

    def of_unit(self, stage: Stage[Any], unit: str) -> str | None:
        """None when something that the stage reads has not been made yet."""
        inputs = self._inputs(stage, unit)
        if inputs is None:
            return None
        return fingerprint(stage, self._models(stage), inputs, self._edits(stage, unit))

    def inputs_sha256(self, stage: Stage[Any], unit: str) -> str | None:
        """Hash of what the stage reads of a unit; None when something of it is not there."""
        inputs = self._inputs(stage, unit)
        if inputs is None:
            return None
        return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()

    def _edits(self, stage: Stage[Any], unit: str) -> str:
        edits = unit_edits(self.commits.storage, unit) if stage.reads_edits else []
        return json.dumps(edits, sort_keys=True) if edits else ""

    def of_corpus(self, stage: Stage[Any], units: list[str], extra: str) -> str | None:
        inputs = {unit: self._inputs(stage, unit) for unit in units} if stage.reads else {}
        if any(value is None for value in inputs.values()):
            return None
        return fingerprint(stage, self._models(stage), inputs, extra)

    def _inputs(self, stage: Stage[Any], unit: str) -> dict[str, Any] | None:
        seen: dict[str, Commit | None] = {}
        inputs: dict[str, Any] = {}
        for table, columns in sorted(stage.reads.items()):
            commit = self._commit(seen, self._tables[table], unit)
            if commit is None:
                return None
            digests = commit.tables[table].columns
            # A stage may ask for the rows that ended in one way without declaring the column.
            if "outcome" in digests:
                columns = tuple(dict.fromkeys((*columns, "outcome")))
            if missing := [name for name in columns if name not in digests]:
                raise LookupError(f"unit {unit}: {table} was written without columns {missing}")
            places = stage.places.get(table, ())
            inputs[table] = {name: digests[name] for name in columns if name not in places}
        for kind in sorted(stage.reads_packs):
            commit = self._commit(seen, self._packs[kind], unit)
            pack = commit.packs.get(kind) if commit else None
            inputs[f"pack:{kind}"] = pack.sha256 if pack else None
        return inputs

    def _commit(self, seen: dict[str, Commit | None], stage: str, unit: str) -> Commit | None:
        if stage not in seen:
            seen[stage] = self.commits.read(stage, unit)
        return seen[stage]

    def _models(self, stage: Stage[Any]) -> dict[str, str]:
        for reference in stage.models():
            if reference not in self._model_states:
                self._model_states[reference] = self.models.state(reference).fingerprint
        return {reference: self._model_states[reference] for reference in sorted(stage.models())}


def reusable(stage: Stage[Any], unit: str, prints: Fingerprints) -> Commit | None:
    """The commit of this stage on this unit if it still holds, and nothing in it waits for a
    server or a budget."""
    commit = prints.commits.read(stage.name, unit)
    if commit is None or commit.fingerprint != prints.of_unit(stage, unit):
        return None
    if commit.reasons() & RESUMABLE:
        return None
    return commit if prints.commits.intact(commit) else None


class UnitRunner:
    """One stage in one process; loads models when the first unit needs them."""

    def __init__(self, spec: StageSpec, worker: RunWorker) -> None:
        stage = spec.build()
        if not isinstance(stage, UnitStage):
            raise TypeError(f"stage {spec.name} does not work unit by unit")
        self.stage: UnitStage[Any] = stage
        self.worker = worker
        self.prints = Fingerprints(Commits(worker.storage), worker.models)
        self._ready = False

    def run(self, unit_id: str) -> UnitReport:
        started = time.monotonic()
        try:
            commit = reusable(self.stage, unit_id, self.prints)
            if commit is None:
                commit, reused = self._work(unit_id), False
            else:
                reused = True
        except Exception as error:  # noqa: BLE001 - one unit must not end the others
            return UnitReport(self.stage.name, unit_id, error=describe_error(error))
        endings = {name: table.endings for name, table in commit.tables.items()}
        seconds = time.monotonic() - started
        return UnitReport(self.stage.name, unit_id, reused, seconds, endings)

    def close(self) -> None:
        if self._ready:
            self.stage.teardown()

    def _work(self, unit_id: str) -> Commit:
        made_from = self.prints.of_unit(self.stage, unit_id)
        if made_from is None:
            raise LookupError(f"unit {unit_id} lacks what stage {self.stage.name} reads")
        if not self._ready:
            self.stage.setup(self.worker)
            self._ready = True
        inputs = self.prints.inputs_sha256(self.stage, unit_id)
        unit = RunUnit(unit_id, self.stage, self.worker, inputs)
        try:
            self.stage.process(unit)
            return unit.commit(made_from)
        finally:
            unit.abandon()
            self.worker.empty_scratch()


def run_barrier(
    spec: StageSpec, worker: RunWorker, units: list[str], mapper: MapFunction | None
) -> list[UnitReport]:
    """Do a barrier stage, or find that it need not be done."""
    stage = spec.build()
    if not isinstance(stage, CorpusStage):
        raise TypeError(f"stage {spec.name} is no barrier")
    commits = Commits(worker.storage)
    prints = Fingerprints(commits, worker.models)
    started = time.monotonic()
    corpus = RunCorpus(stage, worker, mapper)
    made_from = prints.of_corpus(stage, units, stage.prepare(corpus))
    if made_from is None:
        raise LookupError(f"stage {spec.name}: a unit lacks what it reads")
    done = barrier_done(stage, commits, made_from, units)
    if done is not None:
        return _barrier_reports(stage, done, reused=True, seconds=time.monotonic() - started)
    commits.remove(stage.name, CORPUS)
    corpus.fingerprint = made_from
    stage.setup(worker)
    try:
        stage.process(corpus)
        commit = corpus.commit()
    finally:
        stage.teardown()
        worker.empty_scratch()
    return _barrier_reports(stage, commit, reused=False, seconds=time.monotonic() - started)


def barrier_done(
    stage: CorpusStage[Any], commits: Commits, made_from: str, units: list[str]
) -> dict[str, Commit] | None:
    """The unit commits of a barrier that was completed under this fingerprint, if intact."""
    whole = commits.read(stage.name, CORPUS)
    if whole is None or whole.fingerprint != made_from or not commits.intact(whole):
        return None
    done: dict[str, Commit] = {}
    for unit in units if stage.writes else []:
        commit = commits.read(stage.name, unit)
        if commit is None or commit.fingerprint != made_from or not commits.intact(commit):
            return None
        done[unit] = commit
    return done


def _barrier_reports(
    stage: Stage[Any], done: dict[str, Commit], reused: bool, seconds: float
) -> list[UnitReport]:
    if not done:
        return [UnitReport(stage.name, CORPUS, reused, seconds)]
    share = seconds / len(done)
    return [
        UnitReport(stage.name, unit, reused, share, {n: t.endings for n, t in c.tables.items()})
        for unit, c in done.items()
    ]


def describe_error(error: BaseException) -> str:
    """An unexpected error in one line, with the place where it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"
