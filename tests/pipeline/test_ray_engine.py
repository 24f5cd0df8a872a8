"""Worker processes may die: units are tried again, a unit that kills its workers is told apart,
and the others are kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.commits import Commits
from pipeline.config import EngineConfig
from pipeline.executors.ray_engine import RayExecutor, sharing_actors
from pipeline.models.cache import ModelCache
from pipeline.registry import StageSpec
from pipeline.runner import UnitReport
from pipeline.storage import Storage
from stages.base import Resources, Stage, StageConfig, Unit, UnitStage, Worker, kept

pytestmark = [pytest.mark.ray, pytest.mark.faults]


class Fragile(UnitStage[StageConfig]):
    """Dies on the unit "deadly" always, and on the unit "unlucky" the first time."""

    name = "ingest"
    version = 1
    summary = "Writes one source for each unit, if it lives."
    writes = ("sources",)

    def process(self, unit: Unit) -> None:
        with unit.create(f"marks/{unit.id}"), unit.create(f"tries/{unit.count('tries', 1)}"):
            pass
        if unit.id == "deadly" or (unit.id == "unlucky" and not _seen_before(unit)):
            os._exit(1)
        if unit.id == "wrong":
            raise ValueError("this unit makes no sense")
        unit.write("sources", [{"source_id": unit.id, "uri": "u", "key": "k"} | kept()])


def _seen_before(unit: Any) -> bool:
    first = unit.worker.storage.local_path("marks/first")
    if first.exists():
        return True
    first.write_text("")
    return False


@dataclass(frozen=True)
class FragileSpec(StageSpec):
    def build(self) -> Stage[Any]:
        return Fragile(StageConfig())


def _name_of_map_worker(worker: Worker, item: int) -> int:
    return item * item


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayExecutor]:
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    storage = Storage(str(tmp_path_factory.mktemp("ray")))
    executor = RayExecutor(EngineConfig(workers=2, task_retries=1), storage, ModelCache())
    yield executor
    executor.close()


def test_a_unit_that_kills_its_workers_costs_only_itself(executor: RayExecutor) -> None:
    reports: dict[str, UnitReport] = {}
    units = ["a", "deadly", "b", "unlucky", "wrong", "c"]
    executor.run_units(
        [FragileSpec("ingest", StageConfig())],
        units,
        lambda report: reports.__setitem__(report.unit, report),
    )
    failed = {unit: report.error for unit, report in reports.items() if report.error}
    assert set(reports) == set(units)
    assert set(failed) == {"deadly", "wrong"}
    assert "worker process died (tried 2 times)" in failed["deadly"]
    assert "this unit makes no sense" in failed["wrong"]
    commits = Commits(executor.storage)
    assert [u for u in units if commits.read("ingest", u)] == ["a", "b", "unlucky", "c"]
    # All workers, the dead ones and their successors too, add to one counter.
    tries = sorted(map(int, executor.storage.names("tries")))
    assert tries == list(range(1, len(units) + 2 + 1))


def test_mapped_results_come_in_the_order_of_the_items(executor: RayExecutor) -> None:
    assert list(executor.map(_name_of_map_worker, range(20))) == [n * n for n in range(20)]


def test_an_error_of_mapped_work_comes_back(executor: RayExecutor) -> None:
    with pytest.raises(Exception, match="division"):
        list(executor.map(lambda worker, item: item // 0, [1, 2]))


def _process(worker: Worker, item: int) -> int:
    return os.getpid()


def test_mapped_work_keeps_its_actors_and_starts_none_for_a_single_item(
    executor: RayExecutor,
) -> None:
    first, again = (set(executor.map(_process, range(8))) for _ in range(2))
    assert first == again
    assert os.getpid() not in first
    assert list(executor.map(_process, [1])) == [os.getpid()]


def test_neighbours_without_wishes_share_actors() -> None:
    plain, wished = StageConfig(), StageConfig(resources=Resources(gpus=1))
    specs = [
        StageSpec(name, config)
        for name, config in [
            ("caption", wished), ("select", plain), ("translate", plain), ("filter", wished),
            ("cut", wished), ("export", plain),
        ]
    ]  # fmt: skip
    groups = [[spec.name for spec in group] for group in sharing_actors(specs)]
    assert groups == [["caption"], ["select", "translate"], ["filter"], ["cut"], ["export"]]
