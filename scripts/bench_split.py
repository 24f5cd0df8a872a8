#!/usr/bin/env python3
"""Measure the split stage against plain decoding and against `scenedetect`.

    python scripts/bench_split.py                    a table
    python scripts/bench_split.py --json             JSON on standard output, the table on the other
    python scripts/bench_split.py --memory-hours 3   memory along one very long video
    python scripts/bench_split.py --many 500         many short files

The rounds are interleaved: each does, one after the other on the same video, (a) ffmpeg decoding
the video stream and throwing the frames away, (b) the `scenedetect` command with its default
detector, (c) the split stage with everything that it makes: boundaries, keyframes, figures,
signature, and the sound, which (a) and (b) do not touch, (d) the same in fast mode. Figures are
medians over the rounds. The stage runs in a worker that is up, as in a run; what its start takes
is given by itself.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from scripts import bench_media as media
from scripts.bench_measure import (
    Usage,
    WarmStage,
    ingest,
    read_share,
    run_command,
    sampled,
    status_mb,
)
from scripts.bench_peers import PEERS
from stages.split.config import SplitConfig
from stages.split.stage import SplitStage

_CLIPS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "clips"


@dataclass(frozen=True)
class Setting:
    """What all measurements share."""

    work: Path
    threads: int
    runs: int
    seconds: float
    clips: list[Path]
    options: dict[str, Any]


@dataclass
class Rounds:
    """The measurements of one contestant on one video."""

    used: list[Usage] = field(default_factory=list)

    def fps(self, frames: int) -> float | None:
        return frames / median(used.wall_s for used in self.used) if self.used else None

    def cpu_ms(self, frames: int) -> float | None:
        """Processor time per frame."""
        return 1e3 * median(used.cpu_s for used in self.used) / frames if self.used else None

    def peak_rss_mb(self) -> float | None:
        return max(used.peak_rss_mb for used in self.used) if self.used else None


def decode_command(path: Path, threads: int) -> list[str]:
    """ffmpeg that decodes the video stream and does nothing else."""
    options = ["-v", "error", "-nostdin", "-threads", str(threads), "-i", str(path)]
    return [media.exe(), *options, "-map", "0:v:0", "-f", "null", "-"]


def scenedetect_command(path: Path) -> list[str]:
    """The command as people type it: its default detector and backend, no files written."""
    return [sys.executable, "-m", "scenedetect", "-q", "-i", str(path), "list-scenes", "-n"]


def scenedetect_facts() -> str:
    """Version, default detector and backend of the installed `scenedetect`."""
    import scenedetect
    from scenedetect._cli.config import CONFIG_MAP

    chosen = CONFIG_MAP["global"]
    detector, backend = chosen["default-detector"], chosen["backend"]
    return f"scenedetect {scenedetect.__version__}, {detector}, backend {backend}"


def has_fast_mode() -> bool:
    return "mode" in SplitConfig.model_fields


def measure(recipe: media.Recipe, setting: Setting) -> dict[str, Any]:
    """One row of the table."""
    path = media.make_video(recipe, setting.seconds, setting.clips, setting.work)
    sources, small = ingest(path, setting.work), _small_sources(setting)
    modes: dict[str, dict[str, Any]] = {"full": {}}
    if has_fast_mode():
        modes = {"full": {"mode": "full"}, "fast": {"mode": "fast"}}
    stages = {name: _warm(setting, name, small, **chosen) for name, chosen in modes.items()}
    rounds = {name: Rounds() for name in ("decode", "scenedetect", "full", "fast", *PEERS)}
    frames = 0
    try:
        for _ in range(setting.runs):
            rounds["decode"].used.append(run_command(decode_command(path, setting.threads)))
            rounds["scenedetect"].used.append(run_command(scenedetect_command(path)))
            for name, stage in stages.items():
                used, rows = stage.run(sources)
                _demand_kept(rows)
                rounds[name].used.append(used)
                frames = max(frames, rows[0]["n_frames"])
            for name, peer in PEERS.items():
                if importlib.util.find_spec(peer.module):
                    rounds[name].used.append(peer.run(path, setting.work))
    finally:
        for stage in stages.values():
            stage.close()
    return _row(recipe, path, frames, rounds, stages["full"].start_s)


def _row(
    recipe: media.Recipe, path: Path, frames: int, rounds: dict[str, Rounds], start_s: float
) -> dict[str, Any]:
    fps = {name: of.fps(frames) for name, of in rounds.items()}
    decode = fps["decode"]

    def ratio(name: str, peer: float | None) -> float | None:
        own = fps[name]
        return own / peer if own is not None and peer is not None else None

    return {
        "input": recipe.name,
        "codec": recipe.codec,
        "frames": frames,
        "kbps": path.stat().st_size * 8 / 1e3 / (frames / recipe.fps),
        "decode_fps": decode,
        "scenedetect_fps": fps["scenedetect"],
        "polyreel_fps": fps["full"],
        "ratio_decode": ratio("full", decode),
        "ratio_scenedetect": ratio("full", fps["scenedetect"]),
        "fast_fps": fps["fast"],
        "fast_ratio_decode": ratio("fast", decode),
        "peak_rss_mb": rounds["full"].peak_rss_mb(),
        "fast_peak_rss_mb": rounds["fast"].peak_rss_mb(),
        "decode_cpu_ms": rounds["decode"].cpu_ms(frames),
        "scenedetect_cpu_ms": rounds["scenedetect"].cpu_ms(frames),
        "polyreel_cpu_ms": rounds["full"].cpu_ms(frames),
        "fast_cpu_ms": rounds["fast"].cpu_ms(frames),
        "start_s": start_s,
        **{f"{name}_fps": fps[name] for name in PEERS},
    }


def _warm(setting: Setting, name: str, small: list[Any], **chosen: Any) -> WarmStage:
    config = SplitConfig(
        decode_threads=setting.threads, timeout_base_s=86_400, **{**setting.options, **chosen}
    )
    folder = setting.work / f"run-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    return WarmStage(SplitStage(config), folder, small)


def _small_sources(setting: Setting) -> list[Any]:
    """Something to warm up with."""
    recipe = media.Recipe("small", "h264", "libx264", 320, 180, 200)
    return ingest(media.make_video(recipe, 2.0, [], setting.work), setting.work)


def _demand_kept(rows: list[Any]) -> None:
    """A benchmark of something that failed would say nothing."""
    if bad := [row for row in rows if row["outcome"] != "kept"]:
        raise SystemExit(f"bench: the split stage: {bad[0]['reason']}: {bad[0]['detail']}")


def measure_memory(hours: float, setting: Setting) -> dict[str, Any]:
    """Memory of the decoding child along one long video: many shots, 360p, 24 frames/s."""
    recipe = media.Recipe("minute", "h264", "libx264", 640, 360, 500, fps=24)
    base = media.make_video(recipe, 60.0, setting.clips, setting.work)
    path = media.repeat_video(
        base, max(1, round(hours * 60)), base.with_name(f"{hours:g}h-{base.name}")
    )
    stage = _warm(setting, "memory", _small_sources(setting))
    seen: list[tuple[float, float]] = []

    def sample() -> None:
        share = read_share(stage.child, path)
        if share is not None:
            seen.append((share, status_mb(stage.child, "VmRSS")))

    try:
        with sampled(sample):
            used, rows = stage.run(ingest(path, setting.work))
    finally:
        stage.close()
    _demand_kept(rows)
    at = {f"rss_mb_at_{q}": _rss_at(seen, q / 100) for q in (25, 50, 75, 100)}
    return {
        "hours": rows[0]["duration_s"] / 3600,
        "frames": rows[0]["n_frames"],
        "shots": rows[0]["n_shots"],
        "wall_s": used.wall_s,
        "fps": rows[0]["n_frames"] / used.wall_s,
        "peak_rss_mb": used.peak_rss_mb,
        **at,
    }


def _rss_at(seen: list[tuple[float, float]], share: float) -> float | None:
    """The sample nearest to a share of the file."""
    return min(seen, key=lambda entry: abs(entry[0] - share))[1] if seen else None


def measure_many(count: int, setting: Setting) -> dict[str, Any]:
    """Many files of two seconds, from nothing to the last row, against decoding them: all in one
    process that is up, and by one ffmpeg each."""
    recipe = media.RECIPES[0]
    base = media.make_video(recipe, 44.0, setting.clips, setting.work)
    paths = media.cut_pieces(base, 2.0, count, setting.work / f"many-{count}-{base.stem}")
    sources = ingest(paths[0].parent, setting.work)
    decoded = _decode_here(paths, setting.threads)
    commands = [run_command(decode_command(path, setting.threads)).wall_s for path in paths]
    start = time.perf_counter()
    stage = _warm(setting, "many", sources[:1])
    try:
        used, rows = stage.run(sources)
    finally:
        stage.close()
    _demand_kept(rows)
    return {
        "files": len(paths),
        "frames": sum(row["n_frames"] for row in rows),
        "start_s": stage.start_s,
        "polyreel_s_per_file": used.wall_s / len(paths),
        "decode_s_per_file": decoded / len(paths),
        "ffmpeg_s_per_file": sum(commands) / len(paths),
        "ratio_decode": decoded / used.wall_s,
        "ratio_with_start": decoded / (time.perf_counter() - start),
    }


def _decode_here(paths: list[Path], threads: int) -> float:
    """Seconds that PyAV takes to decode the video streams in this process, one after the other."""
    import av

    start = time.perf_counter()
    for path in paths:
        with av.open(str(path)) as container:
            video = container.streams.video[0]
            video.thread_type = "AUTO"
            video.codec_context.thread_count = threads
            for _ in container.decode(video):
                pass
    return time.perf_counter() - start


def machine(setting: Setting) -> dict[str, Any]:
    """What the figures depend on."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "threads": setting.threads,
        "runs": setting.runs,
        "load_1min": os.getloadavg()[0],
        "python": platform.python_version(),
        "peer": scenedetect_facts(),
        "footage": f"{len(setting.clips)} clips" if setting.clips else "generated",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


COLUMNS = (
    ("input", "input", ""),
    ("frames", "frames", "d"),
    ("decode_fps", "decode fps", ".0f"),
    ("scenedetect_fps", "scenedetect fps", ".0f"),
    ("polyreel_fps", "polyreel fps", ".0f"),
    ("ratio_decode", "x decode", ".2f"),
    ("ratio_scenedetect", "x scenedetect", ".2f"),
    ("fast_fps", "fast fps", ".0f"),
    ("fast_ratio_decode", "fast x decode", ".2f"),
    ("peak_rss_mb", "peak MB", ".0f"),
    ("decode_cpu_ms", "decode CPU ms/f", ".2f"),
    ("polyreel_cpu_ms", "polyreel CPU ms/f", ".2f"),
)


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""

    def cell(row: dict[str, Any], name: str, form: str) -> str:
        return "-" if row[name] is None else format(row[name], form)

    lines = [
        "| " + " | ".join(title for _, title, _ in COLUMNS) + " |",
        "|" + " --- |" * len(COLUMNS),
    ]
    for row in rows:
        lines.append("| " + " | ".join(cell(row, name, form) for name, _, form in COLUMNS) + " |")
    return "\n".join(lines)


def rounded(value: Any) -> Any:
    """Floats to four significant figures, for people to read."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def parse(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [recipe.name for recipe in media.RECIPES]
    parser.add_argument("--clips", type=Path, help="folder of real clips to make the videos of")
    parser.add_argument("--generated", action="store_true", help="use generated pictures only")
    parser.add_argument("--work", type=Path, help="folder that keeps the videos between calls")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--runs", type=int, default=3, help="interleaved rounds")
    parser.add_argument("--seconds", type=float, default=120.0, help="length of the videos")
    parser.add_argument("--inputs", nargs="+", choices=names, default=names)
    parser.add_argument("--memory-hours", type=float, metavar="H")
    parser.add_argument("--many", type=int, metavar="N")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="NAME=VALUE", help="options of the split stage"
    )
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    options = parse(given)
    folder = None if options.generated else options.clips or (_CLIPS if _CLIPS.is_dir() else None)
    setting = Setting(
        work=options.work or Path(tempfile.gettempdir()) / "polyreel-bench",
        threads=options.threads,
        runs=options.runs,
        seconds=options.seconds,
        clips=media.find_clips(folder),
        options=dict(pair.split("=", 1) for pair in options.set),
    )
    if folder is not None and not setting.clips:
        raise SystemExit(f"bench: there is no .mp4 below {folder}")
    answer: dict[str, Any] = {"machine": machine(setting)}
    if options.memory_hours:
        answer["memory"] = measure_memory(options.memory_hours, setting)
    elif options.many:
        answer["many"] = measure_many(options.many, setting)
    else:
        usable = media.encoders()
        recipes = [r for r in media.RECIPES if r.name in options.inputs and r.encoder in usable]
        answer["rows"] = [measure(recipe, setting) for recipe in recipes]
    answer = rounded(answer)
    told = sys.stderr if options.json else sys.stdout
    print(", ".join(f"{key} {value}" for key, value in answer["machine"].items()), file=told)
    for name in ("memory", "many"):
        for key, value in answer.get(name, {}).items():
            print(f"{key:>20}  {value}", file=told)
    if "rows" in answer:
        print(table(answer["rows"]), file=told)
    if options.json:
        print(json.dumps(answer, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
