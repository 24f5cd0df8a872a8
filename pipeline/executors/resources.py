"""How the CPUs and GPUs of a cluster are shared among the stages that stream together.

Ray places an actor only where its request fits, and actor pools that take every CPU wait for
each other for ever. So every pool of a segment gets a share such that all of them fit at once
with room to spare, and a plan that cannot fit is refused before anything starts.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import PlanError
from stages.base import Resources

HEADROOM = 0.1
"""Share of the CPUs that no actor asks for: Ray's own tasks need somewhere to run."""


@dataclass(frozen=True)
class Pool:
    """One stage's actors: how many at most, and what each asks Ray for."""

    stage: str
    workers: int
    cpus: float
    gpus: float
    memory_bytes: int


def share_resources(
    wishes: dict[str, Resources],
    cluster_cpus: float,
    cluster_gpus: float,
    default_workers: int,
    n_units: int,
) -> list[Pool]:
    """Pools for the stages of one segment. Raises PlanError when they cannot all fit."""
    workers = {
        stage: max(1, min(wish.workers or default_workers, n_units))
        for stage, wish in wishes.items()
    }
    usable = cluster_cpus * (1 - HEADROOM)
    stated = sum(workers[s] * w.cpus for s, w in wishes.items() if w.cpus)
    sharing = sum(workers[s] for s, w in wishes.items() if not w.cpus)
    if stated > usable or (sharing and stated >= usable):
        raise PlanError(
            f"stages {', '.join(wishes)} ask for {stated:g} CPUs at once; "
            f"{usable:g} of the cluster's {cluster_cpus:g} can be given out",
            "lower resources.cpus or resources.workers of a stage, or add nodes",
        )
    share = _rounded_down((usable - stated) / sharing) if sharing else 0.0
    asked_gpus = sum(workers[s] * w.gpus for s, w in wishes.items())
    if asked_gpus > cluster_gpus:
        raise PlanError(
            f"stages {', '.join(wishes)} ask for {asked_gpus:g} GPUs; the cluster has "
            f"{cluster_gpus:g}",
            "lower resources.gpus or resources.workers of a stage, or add GPU nodes",
        )
    return [
        Pool(
            stage,
            workers[stage],
            wish.cpus or min(1.0, share),
            wish.gpus,
            int(wish.memory_gb * 1e9),
        )
        for stage, wish in wishes.items()
    ]


def _rounded_down(cpus: float) -> float:
    """Ray counts CPUs in ten-thousandths; above 1 only whole ones."""
    return float(int(cpus)) if cpus >= 1 else max(0.0001, int(cpus * 1000) / 1000)
