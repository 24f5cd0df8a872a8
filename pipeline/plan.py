"""What a run would do, and whether it can: everything that can be known before it starts."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.commits import CORPUS, Commits
from pipeline.corpus import RunCorpus, read_units
from pipeline.errors import ModelError, PlanError
from pipeline.models.cache import ModelCache
from pipeline.models.reference import Scheme, parse_reference
from pipeline.registry import STAGE_NAMES, StageSpec, producers
from pipeline.runner import Fingerprints, barrier_done, reusable
from pipeline.storage import Storage
from pipeline.worker import RunWorker
from schemas.tables import TABLES
from stages.base import CorpusStage, Stage, StageError


@dataclass(frozen=True)
class StagePlan:
    """What would happen to one stage. `units` is None before ingest has formed any."""

    stage: str
    units: int | None
    reused: int
    to_do: int | None
    note: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def check_contract(stages: list[Stage[Any]], storage: Storage) -> None:
    """Raise PlanError when a stage reads a table or column that nothing before it makes."""
    made_by = producers()
    chosen = {stage.name for stage in stages}
    commits = Commits(storage)
    units = read_units(storage)
    for stage in stages:
        for table, columns in stage.reads.items():
            if table not in TABLES:
                raise PlanError(f"stage {stage.name} reads {table}, which is no table")
            unknown = sorted(set(columns) - set(TABLES[table].column_names))
            if unknown:
                raise PlanError(f"stage {stage.name} reads {table}.{unknown[0]}: no such column")
            producer = made_by.get(table)
            if producer is None or STAGE_NAMES.index(producer) >= STAGE_NAMES.index(stage.name):
                raise PlanError(f"stage {stage.name} reads {table}, which no earlier stage writes")
            if producer in chosen:
                continue
            if not units or any(commits.read(producer, unit) is None for unit in units):
                raise PlanError(
                    f"stage {stage.name} reads {table}, which stage {producer} has not made yet",
                    f"add {producer} to --stages, or run without --stages",
                )


def ensure_models(stages: list[Stage[Any]], models: ModelCache) -> None:
    """Have every model on this machine and fit for its stage. Raises ModelError or PlanError
    that names the stage."""
    for stage in stages:
        for reference in stage.models():
            if models.find(reference) is not None:
                continue
            local = parse_reference(reference).scheme in (Scheme.PATH, Scheme.PACKAGE)
            if models.may_fetch and not local:
                try:
                    models.pull(reference)
                    continue
                except ModelError as error:
                    why = error.message
            else:
                why = "there is nothing at that path" if local else "it is not on this machine"
            raise ModelError(
                f"stage {stage.name} needs model {reference}: {why}",
                "check the path" if local else f"fetch it: polyreel models pull '{reference}'",
            )
        try:
            stage.check(models.ensure)
        except StageError as error:
            raise PlanError(f"stage {stage.name}: {error}") from error


def plan_run(specs: list[StageSpec], storage: Storage, models: ModelCache) -> list[StagePlan]:
    """For each stage, how many units would be reused. Starts nothing and writes nothing that
    stays. A stage after one that has work to do may still find its input unchanged."""
    # The scratch folder lies outside of the run: a plan leaves no trace in it.
    worker = RunWorker(storage, models, Path(tempfile.mkdtemp(prefix="polyreel-plan-")))
    try:
        plans: list[StagePlan] = []
        units: list[str] | None = read_units(storage) or None
        changed_above = ""
        for spec in specs:
            stage = spec.build()
            if isinstance(stage, CorpusStage):
                plan = _barrier_plan(stage, worker, units, changed_above)
            else:
                plan = _unit_plan(stage, storage, models, units, changed_above)
            if plan.to_do != 0 and not changed_above:
                changed_above = spec.name
            plans.append(plan)
        return plans
    finally:
        worker.close()


def _barrier_plan(
    stage: CorpusStage[Any], worker: RunWorker, units: list[str] | None, changed_above: str
) -> StagePlan:
    try:
        extra = stage.prepare(RunCorpus(stage, worker))
    except StageError as error:
        raise PlanError(str(error)) from error
    if units is None:
        return StagePlan(stage.name, None, 0, None, "all")
    commits = Commits(worker.storage)
    made_from = Fingerprints(commits, worker.models).of_corpus(stage, units, extra)
    done = made_from is not None and barrier_done(stage, commits, made_from, units) is not None
    if done:
        return StagePlan(stage.name, len(units), len(units), 0, _hedge(changed_above))
    never = commits.read(stage.name, CORPUS) is None
    return StagePlan(stage.name, len(units), 0, len(units), "not done yet" if never else "changed")


def _unit_plan(
    stage: Stage[Any],
    storage: Storage,
    models: ModelCache,
    units: list[str] | None,
    changed_above: str,
) -> StagePlan:
    if units is None:
        return StagePlan(stage.name, None, 0, None, "all")
    prints = Fingerprints(Commits(storage), models)
    reused = sum(reusable(stage, unit, prints) is not None for unit in units)
    return StagePlan(stage.name, len(units), reused, len(units) - reused, _hedge(changed_above))


def _hedge(changed_above: str) -> str:
    return f"if {changed_above} changes nothing that it reads" if changed_above else ""
