"""The main job: take the stages in order, reuse what holds, do the rest, account for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.accounts import Account, account_for
from pipeline.commits import Commits
from pipeline.config import RunConfig
from pipeline.corpus import read_units
from pipeline.errors import PlanError, RunError
from pipeline.executors.base import Executor
from pipeline.models.cache import ModelCache
from pipeline.plan import check_contract, ensure_models
from pipeline.progress import Progress
from pipeline.registry import STAGE_NAMES, StageSpec, segments, stage_class
from pipeline.report import REPORT_PATH, write_report
from pipeline.run_folder import RUN_FILE, check_folder, locked, write_run
from pipeline.runner import Fingerprints, UnitReport, reusable, run_barrier
from pipeline.storage import Storage
from pipeline.worker import RunWorker
from stages.base import Stage, StageError


@dataclass(frozen=True)
class RunResult:
    """What a run came to. `did_nothing`: everything was there already."""

    account: Account
    did_nothing: bool


def run_pipeline(
    config: RunConfig,
    output: str,
    stages: list[str],
    progress: Progress,
    moved_input: bool = False,
) -> RunResult:
    """Run `stages` of the configured pipeline into the folder or URL `output`.

    Raises PolyreelError for anything that stops the run as a whole; what goes wrong with single
    items is in their rows.
    """
    storage = Storage(output)
    models = ModelCache(may_fetch=config.engine.fetch_models)
    source = check_folder(storage, config.ingest.input, moved_input)
    config = config.model_copy(
        update={"ingest": config.ingest.model_copy(update={"input": source})}
    )
    specs = config.specs(stages)
    built = [spec.build() for spec in specs]
    check_contract(built, storage)
    ensure_models(built, models)
    with locked(storage):
        storage.clear_temporary()
        is_new = not storage.exists(RUN_FILE)
        write_run(storage, source, config)
        executor = make_executor(config, storage, models)
        driver = _Driver(storage, models, executor, progress)
        try:
            for segment in segments(specs):
                driver.run_segment(segment)
        except StageError as error:
            if is_new and not storage.exists("state"):
                storage.remove(RUN_FILE)  # nothing has begun: the folder is still free
            raise PlanError(str(error)) from error
        finally:
            executor.close()
        account = account_for(storage)
        if not driver.did_nothing or not storage.exists(REPORT_PATH):
            write_report(storage, account)
        storage.clear_temporary()
    return RunResult(account, driver.did_nothing)


def make_executor(config: RunConfig, storage: Storage, models: ModelCache) -> Executor:
    """The executor that the config asks for; Ray starts only when there is work."""
    if config.engine.kind == "local":
        from pipeline.executors.local import LocalExecutor

        return LocalExecutor(storage, models)
    from pipeline.executors.ray_engine import RayExecutor

    return RayExecutor(config.engine, storage, models)


class _Driver:
    """Walks the segments on the machine that started the run."""

    def __init__(
        self, storage: Storage, models: ModelCache, executor: Executor, progress: Progress
    ) -> None:
        self.storage = storage
        self.models = models
        self.executor = executor
        self.progress = progress
        self.did_nothing = True

    def run_segment(self, segment: list[StageSpec]) -> None:
        if segment[0].is_barrier:
            self._run_barrier(segment[0])
        else:
            self._run_units(segment)

    def _run_barrier(self, spec: StageSpec) -> None:
        units = read_units(self.storage)
        counts_units = bool(stage_class(spec.name).writes)
        self.progress.start(spec.name, (len(units) or None) if counts_units else 1)
        worker = RunWorker(self.storage, self.models)
        try:
            reports = run_barrier(spec, worker, units, self.executor.map)
        finally:
            worker.close()
        if spec.name == STAGE_NAMES[0]:
            self._forget_lost_units()
            self.progress.start(spec.name, len(read_units(self.storage)))
        for report in reports:
            self._heard(report)
        self.progress.finish(spec.name)

    def _run_units(self, segment: list[StageSpec]) -> None:
        units = read_units(self.storage)
        for spec in segment:
            self.progress.start(spec.name, len(units))
        stages = [spec.build() for spec in segment]
        prints = Fingerprints(Commits(self.storage), self.models)
        pending = [unit for unit in units if not self._all_reused(stages, unit, prints)]
        self.executor.run_units(segment, pending, self._heard)
        for spec in segment:
            self.progress.finish(spec.name)
        if self.progress.errors:
            raise _units_failed(self.progress.errors)

    def _all_reused(self, stages: list[Stage[Any]], unit: str, prints: Fingerprints) -> bool:
        """Whether the unit needs no work in the whole segment; if so, say it."""
        commits = [reusable(stage, unit, prints) for stage in stages]
        if any(commit is None for commit in commits):
            return False
        for stage, commit in zip(stages, commits, strict=True):
            endings = {n: t.endings for n, t in commit.tables.items()} if commit else {}
            self._heard(UnitReport(stage.name, unit, reused=True, endings=endings))
        return True

    def _heard(self, report: UnitReport) -> None:
        self.did_nothing = self.did_nothing and report.reused
        self.progress(report)

    def _forget_lost_units(self) -> None:
        keep = set(read_units(self.storage))
        for name in STAGE_NAMES:
            Commits(self.storage).drop_units(name, keep)


def _units_failed(errors: list[UnitReport]) -> RunError:
    shown = "\n  ".join(f"stage {e.stage}, unit {e.unit}: {e.error}" for e in errors[:5])
    more = f"\n  and {len(errors) - 5} more" if len(errors) > 5 else ""
    return RunError(
        f"{len(errors)} units could not be finished:\n  {shown}{more}",
        "finished units are kept; mend the cause and run the same command again",
    )


def failed_share(account: dict[str, Any]) -> tuple[str, float]:
    """The stage with the largest share of failed items, and that share."""
    shares = {
        name: stage["failed"] / stage["inputs"] if stage["inputs"] else 0.0
        for name, stage in account["stages"].items()
    }
    worst = max(shares, key=lambda name: shares[name], default="")
    return worst, shares.get(worst, 0.0)
