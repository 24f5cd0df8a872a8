"""Ray Data over unit tokens: actor pools, chained, so that units stream.

Neighbouring stages that ask for no resources of their own share one pool: a process is started and
its modules loaded once for all of them. A stage that wants a GPU, say, has a pool to itself.
Only tokens of a few bytes move through Ray; rows, frames and audio move through the run folder.
A worker process that dies takes its unit's try with it: the unit is tried again on a new actor,
a bounded number of times, because Ray's own default is for ever.
"""

from __future__ import annotations

import functools
import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.commits import Commits
from pipeline.config import EngineConfig
from pipeline.errors import RunError
from pipeline.executors.base import Executor, Listener
from pipeline.executors.native_stderr import stderr_without
from pipeline.executors.resources import Pool, share_resources
from pipeline.models.cache import ModelCache
from pipeline.registry import StageSpec
from pipeline.runner import UnitReport, UnitRunner
from pipeline.storage import Storage
from pipeline.worker import Counters, RunWorker
from stages.base import Resources

_POLL_S = 0.25
_MANY = 1_000_000


class StageActor:
    """Stages in one Ray actor: takes a token, does the unit, passes the token on."""

    def __init__(
        self,
        specs: Sequence[StageSpec],
        storage: Storage,
        models: ModelCache,
        desk: Any,
    ) -> None:
        worker = RunWorker(storage, models, count=functools.partial(_count, desk))
        self.runners = [UnitRunner(spec, worker) for spec in specs]
        self.desk = desk

    def __call__(self, token: dict[str, Any]) -> dict[str, Any]:
        """Stages after one that failed on the unit leave it alone."""
        import ray

        if not token["ok"]:
            return token
        for runner in self.runners:
            report = runner.run(token["unit"])
            ray.get(self.desk.report.remote(report))  # the driver looks once more, then leaves
            if report.error:
                return {"unit": token["unit"], "ok": False}
        return token


class Desk(Counters):
    """The one actor that all of a run share: their counters, and their reports for the driver."""

    def __init__(self) -> None:
        super().__init__()
        self._reports: list[UnitReport] = []

    def report(self, report: UnitReport) -> None:
        self._reports.append(report)

    def take(self) -> list[UnitReport]:
        """What was reported since the last call."""
        taken, self._reports = self._reports, []
        return taken


def _count(desk: Any, name: str, amount: int) -> int:
    """Add to a counter that all actors share."""
    import ray

    return int(ray.get(desk.add.remote(name, amount)))


class MapActor:
    """Runs a barrier's mapped work in a Ray actor."""

    def __init__(self, storage: Storage, models: ModelCache) -> None:
        self.worker = RunWorker(storage, models)

    def run(self, work: Callable[..., Any], item: Any) -> Any:
        return work(self.worker, item)


class RayExecutor(Executor):
    """Joins the cluster that the config names, or starts Ray on this machine, on first use."""

    def __init__(self, engine: EngineConfig, storage: Storage, models: ModelCache) -> None:
        self.engine = engine
        self.storage = storage
        self.models = models
        self._started = False
        self._mappers: list[Any] = []
        self._here: RunWorker | None = None
        self._desk: Any = None

    def run_units(self, specs: list[StageSpec], units: list[str], listener: Listener) -> None:
        if not units:
            return
        self._start()
        self._end_mappers()
        answered, why = self._stream(specs, units, listener)
        tries = f"tried {self.engine.task_retries + 1} times"
        for unit in units:
            if unit not in answered:
                stage = _first_unfinished(specs, unit, self.storage)
                listener(UnitReport(stage, unit, error=f"its worker process died ({tries}){why}"))

    def _stream(
        self, specs: list[StageSpec], units: list[str], listener: Listener
    ) -> tuple[set[str], str]:
        """Send units through the stages; gives those that came out, and Ray's own complaint."""
        import ray
        from ray.exceptions import RayError

        groups = sharing_actors(specs)
        wishes = {_name(group): group[0].config.resources for group in groups}
        pools = self._pools(wishes, len(units))
        if self._desk is None:
            self._desk = ray.remote(Desk).options(num_cpus=0).remote()
        dataset: Any = ray.data.from_items(
            [{"unit": unit, "ok": True} for unit in units], override_num_blocks=len(units)
        )
        for group, pool in zip(groups, pools, strict=True):
            dataset = dataset.map(
                StageActor,
                fn_constructor_args=(group, self.storage, self.models, self._desk),
                compute=ray.data.ActorPoolStrategy(
                    min_size=1,
                    max_size=pool.workers,
                    # A worker that dies takes no unit with it but the one that it is at.
                    max_tasks_in_flight_per_actor=1,
                ),
                **self._actor_options(pool),
            )
        done = threading.Event()
        relay = threading.Thread(target=_relay, args=(self._desk, listener, done), daemon=True)
        relay.start()
        answered: set[str] = set()
        try:
            for token in dataset.iter_rows():
                answered.add(token["unit"])
        except RayError as error:
            return answered, f": {_last_line(error)}"
        finally:
            done.set()
            relay.join()
        return answered, ""

    def map(self, work: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        """A single item is done here: no actor is worth starting for it. The actors stay for the
        barrier's next map."""
        waiting = list(items)
        if len(waiting) < 2:
            if self._here is None:
                self._here = RunWorker(self.storage, self.models)
            for item in waiting:
                yield work(self._here, item)
            return
        self._start()
        from ray.exceptions import RayError
        from ray.util import ActorPool

        try:
            yield from ActorPool(self._mappers_for(len(waiting))).map(
                lambda actor, item: actor.run.remote(work, item), waiting
            )
        except RayError as error:
            self._end_mappers()
            raise RunError(f"Ray could not finish a barrier's work: {_last_line(error)}") from error

    def _mappers_for(self, n_items: int) -> list[Any]:
        """As many actors for mapped work as there is use for."""
        import ray

        (pool,) = self._pools({"map": Resources()}, n_units=_MANY)
        actor_class = ray.remote(MapActor).options(**self._actor_options(pool))
        count = min(n_items, pool.workers)
        while len(self._mappers) < count:
            self._mappers.append(actor_class.remote(self.storage, self.models))
        return self._mappers[:count]

    def _end_mappers(self) -> None:
        """Give back what the actors for mapped work hold."""
        if self._mappers:
            import ray

            for actor in self._mappers:
                ray.kill(actor)
            self._mappers.clear()

    def close(self) -> None:
        self._end_mappers()
        if self._here is not None:
            self._here.close()
            self._here = None
        if self._started:
            import ray

            ray.shutdown()
            self._desk = None
            self._started = False

    def _start(self) -> None:
        if self._started:
            return
        import ray
        from ray.data import DataContext
        from ray.util.annotations import RayDeprecationWarning

        warnings.filterwarnings("ignore", category=RayDeprecationWarning)
        options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
        address = self.engine.ray_address or os.environ.get("RAY_ADDRESS")
        if address:
            options["address"] = address
        else:
            # Workers must find this code also where it is run from a checkout.
            root = str(Path(__file__).resolve().parents[2])
            options["runtime_env"] = {"env_vars": {"PYTHONPATH": root}}
            options["include_dashboard"] = False
            # Else every actor pool is announced with a warning that is about Ray Data itself. Ray
            # tells once that it has read this.
            os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
        try:
            with stderr_without("RAY_BACKEND_LOG_LEVEL"):
                ray.init(**options)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise RunError(
                f"Ray could not start: {error}",
                "check engine.ray_address, or use --set engine.kind=local",
            ) from error
        self._started = True
        # What goes wrong reaches the driver as an exception or a report; Ray would log it too.
        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        context = DataContext.get_current()
        context.enable_progress_bars = False
        context.enable_operator_progress_bars = False
        # A unit that kills its workers is told apart below; it must not end the others.
        context.max_errored_blocks = -1

    def _pools(self, wishes: dict[str, Any], n_units: int) -> list[Pool]:
        import ray

        cluster = ray.cluster_resources()
        cpus = float(cluster.get("CPU", 0))
        return share_resources(
            wishes,
            cluster_cpus=cpus,
            cluster_gpus=float(cluster.get("GPU", 0)),
            default_workers=self.engine.workers or max(1, int(cpus)),
            n_units=n_units,
        )

    def _actor_options(self, pool: Pool) -> dict[str, Any]:
        options: dict[str, Any] = {
            "num_cpus": pool.cpus,
            # Ray Data's default is to try again for ever.
            "max_restarts": -1,
            "max_task_retries": self.engine.task_retries,
        }
        if pool.gpus:
            options["num_gpus"] = pool.gpus
        if pool.memory_bytes:
            options["memory"] = pool.memory_bytes
        return options


def sharing_actors(specs: Sequence[StageSpec]) -> list[list[StageSpec]]:
    """The stages of a segment by the pool that they are in."""
    groups: list[list[StageSpec]] = []
    for spec in specs:
        own = spec.config.resources != Resources()
        if groups and not own and groups[-1][0].config.resources == Resources():
            groups[-1].append(spec)
        else:
            groups.append([spec])
    return groups


def _name(group: Sequence[StageSpec]) -> str:
    return ", ".join(spec.name for spec in group)


def _first_unfinished(specs: list[StageSpec], unit: str, storage: Storage) -> str:
    """The stage on which a unit whose worker died was being worked."""
    commits = Commits(storage)
    names = [spec.name for spec in specs]
    return next((name for name in names if commits.read(name, unit) is None), names[-1])


def _relay(desk: Any, listener: Listener, done: threading.Event) -> None:
    """Hand the actors' reports to the driver's listener while the dataset runs."""
    import ray

    while True:
        last_look = done.wait(_POLL_S)
        for report in ray.get(desk.take.remote()):
            listener(report)
        if last_look:
            return


def _last_line(error: BaseException) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__
