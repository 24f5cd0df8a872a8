#!/usr/bin/env python3
"""Measure the cut stage against one ffmpeg per clip, and split plus cut against other projects.

    python scripts/bench_cut.py                  a table: clips per second, and how many are exact
    python scripts/bench_cut.py --json           JSON on standard output, the table on the other
    python scripts/bench_cut.py --videos DIR     the same on videos of one's own
    python scripts/bench_cut.py --end-to-end     split and cut, against Data-Juicer, video2dataset

The rounds are interleaved and the figures are medians over them. Each round cuts the same clips,
which begin anywhere, with the same encoder settings: (a) the cut stage, (b) one ffmpeg per clip
that seeks fast and encodes, one after the other, (c) the same with two at a time, (d) the cut
stage with mode=edit_list, (e) with mode=copy. (b) and (c) use as many threads as ffmpeg likes.
Exact are clips that show as many frames as was asked for, and, as far as their row tells, from
the right one on. Processor time is given too: other work on the machine moves the clock's figures
and hardly those.

End to end there is a row for mode=encode, at the encoder settings of the others, and one for
mode=edit_list, which gives the same frames without encoding them again.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from pipeline.testing import local_worker
from pipeline.worker import RunUnit, RunWorker, part_path
from schemas.table import Row
from schemas.tables import TABLES
from scripts import bench_media as media
from scripts.bench_cut_peers import CutPeer, find_peers
from scripts.bench_measure import Usage, ingest, process_cpu_s, run_command
from stages.base import Limits, UnitStage
from stages.cut.config import CutConfig
from stages.cut.stage import CutStage
from stages.cut.verify import read_facts
from stages.split.config import SplitConfig
from stages.split.stage import SplitStage

T = TypeVar("T")
_CLIPS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "clips"
PER_CLIP = ("polyreel", "per_clip", "per_clip_two_workers", "edit_list", "copy")
END_TO_END = {
    "encode": CutConfig(preset="medium", crf=23),
    "edit_list": CutConfig(mode="edit_list"),
}
"""How clips are cut in each row end to end. Data-Juicer and video2dataset leave the encoder's
settings to ffmpeg, and so use x264's defaults."""


@dataclass(frozen=True)
class Input:
    """A source with the rows that ingest gave, and the clips to cut: (start, end) frames."""

    path: Path
    source: Row
    pts: list[int]
    time_base: Fraction
    spans: list[tuple[int, int]]

    def seconds(self, frame: int) -> float:
        return float((self.pts[frame] - self.pts[0]) * self.time_base)


def read_input(path: Path, n_clips: int, work: Path) -> Input:
    """Ingest a video and lay `n_clips` clips over it, each but the first and last frame of its
    share, so that hardly any begins at a keyframe."""
    import av

    (source,) = ingest(path, work)
    with av.open(str(path)) as container:
        video = container.streams[source["video_stream"]]
        pts = sorted(p.pts for p in container.demux(video) if p.size and p.pts is not None)
        time_base = Fraction(video.time_base or 0)
    shares = [len(pts) * i // n_clips for i in range(n_clips + 1)]
    spans = [(a + 1, b - 1) for a, b in pairwise(shares) if b - a > 4]
    return Input(path, source, pts, time_base, spans)


def shot_rows(given: Input) -> list[Row]:
    """Rows of `shots` for the input's clips."""
    rows = []
    for index, (start, end) in enumerate(given.spans):
        start_s, end_s = given.seconds(start), given.seconds(end)
        rows.append(
            {
                "shot_id": f"{given.source['source_id']}-{index:05d}",
                "source_id": given.source["source_id"],
                "scale": 0,
                "index": index,
                "start_frame": start,
                "end_frame": end,
                "start_pts": given.pts[start],
                "end_pts": given.pts[end],
                "time_base": f"{given.time_base.numerator}/{given.time_base.denominator}",
                "start_s": start_s,
                "end_s": end_s,
                "cover_start_s": start_s,
                "cover_end_s": end_s,
                "n_frames": end - start,
                "start_kind": "cut",
                "end_kind": "cut",
                "outcome": "kept",
            }
        )
    return rows


def balance_rows(shots: list[Row]) -> list[Row]:
    """Every shot that split kept is wanted."""
    return [
        {"shot_id": shot["shot_id"], "source_id": shot["source_id"], "outcome": "kept"}
        for shot in shots
        if shot["outcome"] == "kept"
    ]


def _demand_kept(table: str, rows: list[Row]) -> None:
    """SystemExit when something failed or nothing came out; shots may be dropped as too short."""
    failed = [row for row in rows if row["outcome"] == "failed"]
    if failed or not rows:
        why = f"{failed[0]['reason']}: {failed[0]['detail']}" if failed else "no row"
        raise SystemExit(f"bench: {table}: {why}")


class Bench:
    """A worker that is up, and a folder for what the others write."""

    def __init__(self, work: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=work))
        self.worker: RunWorker = local_worker(self.folder / "run")
        # Its child starts before anything is timed.
        self._child: int = self.worker.guarded(Limits(60.0), os.getpid)
        self._n_units = 0

    def close(self) -> None:
        self.worker.close()
        shutil.rmtree(self.folder)

    def stages(self, stages: list[UnitStage[Any]], tables: dict[str, list[Row]]) -> list[Row]:
        """Run stages on one unit with these rows, and the balance; the rows of the last."""
        storage, unit_id = self.worker.storage, f"unit{self._n_units}"
        self._n_units += 1
        for name, rows in tables.items():
            storage.write_table(part_path(name, unit_id), TABLES[name].to_arrow(rows))
        for stage in stages:
            if stage.name == "cut" and "balance" not in tables:
                shots = storage.read_table(part_path("shots", unit_id)).to_pylist()
                balance = TABLES["balance"].to_arrow(balance_rows(shots))
                storage.write_table(part_path("balance", unit_id), balance)
            unit = RunUnit(unit_id, stage, self.worker)
            stage.process(unit)
            unit.commit("bench")
            for name in stage.writes:
                _demand_kept(name, storage.read_table(part_path(name, unit_id)).to_pylist())
            self.worker.empty_scratch()
        last = part_path(stages[-1].writes[0], unit_id)
        return list(storage.read_table(last).to_pylist())

    def timed(self, work: Callable[[], T]) -> tuple[Usage, T]:
        """What `work` costs here, in the guarded child, and in processes that it waits for; and
        what it gave."""
        start, before_s = time.perf_counter(), self._cpu_s()
        given = work()
        wall_s = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        return Usage(wall_s, self._cpu_s() - before_s, peak * 1024 / 1e6), given

    def _cpu_s(self) -> float:
        both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(used.ru_utime + used.ru_stime for used in both) + process_cpu_s(self._child)

    def emptied(self, name: str) -> Path:
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder


def cut_here(bench: Bench, given: Input, config: CutConfig) -> Callable[[], int]:
    """The cut stage on the input's clips; tells afterwards how many are exact."""
    shots = shot_rows(given)
    tables = {"sources": [given.source], "shots": shots, "balance": balance_rows(shots)}
    rows = bench.stages([CutStage(config)], tables)
    wanted = {shot["shot_id"]: (shot["n_frames"], shot["start_s"]) for shot in shots}
    found = {row["shot_id"]: (row["n_frames"], row["start_s"]) for row in rows}
    return lambda: sum(
        found[key][0] == n and abs(found[key][1] - start_s) < 1e-5
        for key, (n, start_s) in wanted.items()
    )


def cut_per_clip(
    bench: Bench, given: Input, config: CutConfig, n_workers: int
) -> Callable[[], int]:
    """One ffmpeg per clip, as most pipelines do it: a fast seek, then so many seconds; tells
    afterwards how many are exact."""
    folder = bench.emptied("per-clip")

    def one(index: int) -> None:
        start, end = given.spans[index]
        start_s, end_s = given.seconds(start), given.seconds(end)
        run_command(
            [
                media.exe(), "-nostdin", "-v", "error", "-y", "-ss", f"{start_s:.6f}",
                "-i", str(given.path), "-t", f"{end_s - start_s:.6f}", "-c:v", "libx264",
                "-preset", config.preset, "-crf", str(config.crf), "-c:a", "aac",
                "-b:a", f"{config.audio_bitrate_kbps}k", str(folder / f"{index}.mp4"),
            ]
        )  # fmt: skip

    with ThreadPoolExecutor(n_workers) as workers:
        list(workers.map(one, range(len(given.spans))))
    return lambda: sum(
        read_facts(folder / f"{index}.mp4").n_frames == end - start
        for index, (start, end) in enumerate(given.spans)
    )


def measure_cut(bench: Bench, given: Input, config: CutConfig, runs: int) -> dict[str, Any]:
    """One row: clips per second of each way, medians over the rounds, and exact clips."""
    ways: dict[str, Callable[[], Callable[[], int]]] = {
        "polyreel": lambda: cut_here(bench, given, config),
        "per_clip": lambda: cut_per_clip(bench, given, config, 1),
        "per_clip_two_workers": lambda: cut_per_clip(bench, given, config, 2),
        "edit_list": lambda: cut_here(bench, given, CutConfig(mode="edit_list")),
        "copy": lambda: cut_here(bench, given, CutConfig(mode="copy")),
    }
    used: dict[str, list[Usage]] = {name: [] for name in ways}
    n_exact: dict[str, int] = {}
    for _ in range(runs):
        for name, way in ways.items():
            usage, count_exact = bench.timed(way)
            used[name].append(usage)
            n_exact[name] = count_exact()
    n_clips = len(given.spans)
    wall_s = {name: median(one.wall_s for one in all_) for name, all_ in used.items()}
    cpu_s = {name: median(one.cpu_s for one in all_) for name, all_ in used.items()}
    return (
        {"input": given.path.name, "clips": n_clips, "frames": sum(b - a for a, b in given.spans)}
        | {f"{name}_clips_per_s": n_clips / wall_s[name] for name in PER_CLIP}
        | {
            "ratio": wall_s["per_clip_two_workers"] / wall_s["polyreel"],
            "cpu_ratio": cpu_s["per_clip_two_workers"] / cpu_s["polyreel"],
        }
        | {f"{name}_cpu_s": cpu_s[name] for name in PER_CLIP}
        | {f"{name}_exact": n_exact[name] for name in PER_CLIP}
    )


def measure_end_to_end(
    bench: Bench, path: Path, split: SplitConfig, peer_python: Path | None, runs: int
) -> list[dict[str, Any]]:
    """A row for each way to cut: seconds of split plus cut, and of the others."""
    sources = ingest(path, bench.folder)
    splitting = SplitStage(split)
    splitting.setup(bench.worker)
    peers = find_peers(peer_python)
    decode = [media.exe(), "-v", "error", "-nostdin", "-i", str(path), "-map", "0:v:0"]
    used: dict[str, list[Usage]] = {name: [] for name in ("decode", *END_TO_END, *peers)}
    n_clips: dict[str, int] = {}
    for _ in range(runs):
        used["decode"].append(run_command([*decode, "-f", "null", "-"]))
        for name, config in END_TO_END.items():
            stages: list[UnitStage[Any]] = [splitting, CutStage(config)]
            usage, clips = bench.timed(partial(bench.stages, stages, {"sources": sources}))
            used[name].append(usage)
            n_clips[name] = len(clips)
        for name, peer in peers.items():
            used[name].append(peer.run(path, bench.emptied(name)))
    return [_end_to_end_row(path, name, n_clips[name], used, peers) for name in END_TO_END]


def _end_to_end_row(
    path: Path,
    mode: str,
    n_clips: int,
    used: dict[str, list[Usage]],
    peers: dict[str, CutPeer],
) -> dict[str, Any]:
    """Medians over the rounds; `polyreel` is this mode."""
    row: dict[str, Any] = {"input": path.name, "mode": mode, "clips": n_clips}
    for name, all_ in {
        "decode": used["decode"],
        "polyreel": used[mode],
        **{name: used[name] for name in peers},
    }.items():
        row[f"{name}_s"] = median(one.wall_s for one in all_)
        row[f"{name}_cpu_s"] = median(one.cpu_s for one in all_)
    for name, peer in peers.items():
        row[f"ratio_{name}"] = row[f"{name}_s"] / row["polyreel_s"]
        row[f"cpu_ratio_{name}"] = row[f"{name}_cpu_s"] / row["polyreel_cpu_s"]
        row[name] = peer.what
    return row


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table; words of peers stay out of it."""
    texts = ("input", "mode")
    names = [name for name, value in rows[0].items() if name in texts or _is_number(value)]
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    for row in rows:
        cells = [f"{row[n]:.3g}" if isinstance(row[n], float) else str(row[n]) for n in names]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def parse(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [recipe.name for recipe in media.RECIPES]
    parser.add_argument("--videos", type=Path, help="folder of videos to cut instead of built ones")
    parser.add_argument("--generated", action="store_true", help="build of generated pictures only")
    parser.add_argument("--inputs", nargs="+", choices=names, default=["360p"])
    parser.add_argument("--seconds", type=float, default=180.0, help="length of built videos")
    parser.add_argument("--clip-seconds", type=float, default=2.5, help="length of a clip, about")
    parser.add_argument("--runs", type=int, default=3, help="interleaved rounds")
    parser.add_argument("--work", type=Path, help="folder that keeps built videos between calls")
    parser.add_argument("--end-to-end", action="store_true")
    parser.add_argument("--detector", help="split.detector for --end-to-end; else its default")
    parser.add_argument(
        "--peer-python", type=Path, help="interpreter of an environment with py-data-juicer"
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(given)


def find_videos(options: argparse.Namespace, work: Path) -> list[Path]:
    """The videos that are asked for. SystemExit when there are none."""
    if options.videos is None:
        real = None if options.generated or not _CLIPS.is_dir() else _CLIPS
        clips = media.find_clips(real)
        recipes = [recipe for recipe in media.RECIPES if recipe.name in options.inputs]
        return [media.make_video(recipe, options.seconds, clips, work) for recipe in recipes]
    kinds = {".mp4", ".mkv", ".webm", ".mov", ".avi", ".ts"}
    videos = sorted(p for p in options.videos.rglob("*") if p.suffix.lower() in kinds)
    if not videos:
        raise SystemExit(f"bench: there is no video below {options.videos}")
    return videos


def main(given: list[str] | None = None) -> int:
    options = parse(given)
    work = options.work or Path(tempfile.gettempdir()) / "polyreel-bench"
    work.mkdir(parents=True, exist_ok=True)
    bench = Bench(work)
    try:
        rows: list[dict[str, Any]] = []
        for path in find_videos(options, work):
            if options.end_to_end:
                chosen = {"detector": options.detector} if options.detector else {}
                split = SplitConfig(**chosen)
                rows += measure_end_to_end(bench, path, split, options.peer_python, options.runs)
                continue
            (source,) = ingest(path, bench.folder)
            n_clips = max(1, round((source["duration_s"] or 0) / options.clip_seconds))
            one = read_input(path, n_clips, bench.folder)
            rows.append(measure_cut(bench, one, CutConfig(), options.runs))
    finally:
        bench.close()
    print(table(rows), file=sys.stderr if options.json else sys.stdout)
    if options.json:
        machine = {"cores": len(os.sched_getaffinity(0)), "load_1min": os.getloadavg()[0]}
        print(json.dumps({"machine": machine, "rows": rows}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
