"""Splitters of other projects, timed where the environment has them.

Data-Juicer's operator finds the scenes and cuts the files in one go (its encoder settings are
ffmpeg's defaults), so its figure is that of both; video2dataset's subsampler only finds the cuts.
"""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.bench_measure import Usage


@dataclass(frozen=True)
class Peer:
    """`module` is what has to be importable; `run(video, work)` does one video, imports apart."""

    module: str
    run: Callable[[Path, Path], Usage]


def _timed(work: Callable[[], object]) -> Usage:
    """Runs here and not in a process of its own: these libraries take seconds to import."""
    start, before_s = time.perf_counter(), _cpu_s()
    work()
    wall_s, peak = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Usage(wall_s, _cpu_s() - before_s, peak * 1024 / 1e6)


def _cpu_s() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


def _data_juicer(video: Path, work: Path) -> Usage:
    from data_juicer.ops.mapper.video_split_by_scene_mapper import VideoSplitBySceneMapper

    folder = work / "data-juicer"
    shutil.rmtree(folder, ignore_errors=True)
    operator = VideoSplitBySceneMapper(save_dir=str(folder))
    used = _timed(
        lambda: operator.process_single(
            {"text": "<__dj__video>", "videos": [str(video)], "__dj__source_file__": []}
        )
    )
    if not any(folder.rglob("*")):
        raise SystemExit(f"bench: Data-Juicer cut nothing out of {video}")
    return used


def _video2dataset(video: Path, work: Path) -> Usage:
    from video2dataset.subsamplers import CutDetectionSubsampler

    subsampler, data = CutDetectionSubsampler(), video.read_bytes()
    errors: list[str | None] = []
    used = _timed(lambda: errors.append(subsampler({"video": [data]})[2]))
    if errors[0] is not None:
        raise SystemExit(f"bench: video2dataset: {errors[0]}")
    return used


PEERS = {
    "data_juicer": Peer("data_juicer", _data_juicer),
    "video2dataset": Peer("video2dataset", _video2dataset),
}
