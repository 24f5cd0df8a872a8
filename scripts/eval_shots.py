#!/usr/bin/env python3
"""Measure shot boundaries against videos whose boundaries are known exactly.

    python scripts/eval_shots.py --clips CLIPS --seed 1 [--seed 2 ...] [--json]
        [--sets shots,negatives,hard,boxed] [--detector NAME] [--mode full] [--baselines]
        [--set split.key=value] [--index FILE] [--builder FILE] [--work WORK]

The sets are built from single-shot clips by `build_eval_sets.py` (found beside the folder of
--clips, or --builder), once per seed below --work. The real split stage runs on them; its rows'
covers and kinds give the boundaries, which are scored by the rules of `score.py`: a cut within
one frame, a gradual transition anywhere from two frames before to two after it, one boundary
each; every other boundary is false. Two sets are made here (`scripts/shot_sets.py`): `hard`, more
of what is no boundary, and `boxed`, the videos of `shots` between bars and beside panels.

With --json one object: {"seed": ..., "detector": ..., "mode": ..., "shots": {precision, recall,
f1, false, false_per_min, false_in, recall_cut, recall_gradual}, "negatives": {...}}; `false_in`
counts the false boundaries of each video that has any. Where several seeds
are given, "runs" holds one such object per seed and the other keys pool them. --baselines adds
"baselines": the same for PySceneDetect's detectors `content` and `adaptive`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # run from a checkout that is not installed
    sys.path.insert(0, str(ROOT))

CUT_TOLERANCE = 1
GRADUAL_TOLERANCE = 2
BASELINES = ("content", "adaptive")
OWN_SETS = {"hard", "boxed"}
SETS = {"shots", "negatives"} | OWN_SETS
BOUNDARIES = ("cut", "gradual")

Truth = dict[str, dict[str, Any]]
Found = dict[str, list[int]]


@dataclass
class Tally:
    """Events wanted and matched by kind, boundaries found, frames' minutes; sums over videos.
    And how many false boundaries which video has."""

    wanted: Counter[str] = field(default_factory=Counter)
    matched: Counter[str] = field(default_factory=Counter)
    found: int = 0
    minutes: float = 0.0
    false_in: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.wanted + other.wanted,
            self.matched + other.matched,
            self.found + other.found,
            self.minutes + other.minutes,
            self.false_in + other.false_in,
        )

    def figures(self) -> dict[str, Any]:
        """The keys of score.py, the numbers of boundaries wanted and found, and `false_in`."""
        wanted, matched = sum(self.wanted.values()), sum(self.matched.values())
        precision = matched / self.found if self.found else 1.0
        recall = matched / wanted if wanted else 1.0
        total = precision + recall
        false = self.found - matched
        shares = {
            f"recall_{kind}": round(self.matched[kind] / self.wanted[kind], 4)
            for kind in sorted(self.wanted)
        }
        return {
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(2 * precision * recall / total if total else 0.0, 4),
            "false": false,
            "false_per_min": round(false / self.minutes, 3) if self.minutes else 0.0,
            **shares,
            "wanted": wanted,
            "found": self.found,
            "false_in": dict(sorted(self.false_in.items())),
        }


def score(truth: Truth, found: Found) -> Tally:
    """Match boundaries one to one with the events of each video."""
    tally = Tally()
    for name, video in truth.items():
        free = sorted(set(found.get(name, [])) - {0})
        tally.found += len(free)
        tally.minutes += video["frames"] / video["fps"] / 60
        for event in video["events"]:
            kind = "cut" if event["type"] == "cut" else "gradual"
            slack = CUT_TOLERANCE if kind == "cut" else GRADUAL_TOLERANCE
            tally.wanted[kind] += 1
            inside = [f for f in free if event["start"] - slack <= f <= event["end"] + slack]
            if inside:
                middle = (event["start"] + event["end"]) / 2
                free.remove(min(inside, key=lambda frame: abs(frame - middle)))
                tally.matched[kind] += 1
        if free:
            tally.false_in[name] = len(free)
    return tally


def build(options: argparse.Namespace, seed: int, sets: list[str]) -> Path:
    """The folder with the sets of one seed; built unless it is there."""
    from scripts import shot_sets

    builder = options.builder or options.clips.resolve().parent / "build_eval_sets.py"
    if not builder.is_file():
        sys.exit(f"eval_shots: {builder} is not there; name build_eval_sets.py with --builder")
    index = options.index or options.clips.resolve().parent / "clips.jsonl"
    texts = [index.read_text(), builder.read_text()]
    if OWN_SETS & {*sets}:
        texts.append(Path(shot_sets.__file__).read_text())
    identity = "\n".join([str(seed), ",".join(sets), *texts])
    folder: Path = options.work / hashlib.sha256(identity.encode()).hexdigest()[:16]
    done = folder / "done"
    if not done.exists():
        for_builder = [name for name in sets if name not in OWN_SETS]
        if "boxed" in sets and "shots" not in sets:
            for_builder.append("shots")
        command = [sys.executable, str(builder), "--clips", str(options.clips)]
        command += ["--index", str(index), "--out", str(folder), "--seed", str(seed)]
        subprocess.run([*command, "--sets", ",".join(for_builder)], check=True)
        if "hard" in sets:
            rows = [json.loads(line) for line in index.read_text().splitlines()]
            shot_sets.build_hard(rows, index.parent, folder / "hard", seed)
        if "boxed" in sets:
            shot_sets.build_boxed(folder / "shots", folder / "boxed")
        done.touch()
    return folder


def find_boundaries(folder: Path, settings: list[str], truth: Truth) -> Found:
    """First frames of new shots by video, as the split stage finds them."""
    from rich.console import Console

    from pipeline.config import load_config
    from pipeline.progress import Progress
    from pipeline.query import fetch, open_run
    from pipeline.run import run_pipeline
    from pipeline.storage import Storage

    stages = ["ingest", "split"]
    with tempfile.TemporaryDirectory(prefix="eval-shots-") as run:
        fixed = ["engine.kind=local", "split.audio=false", f"ingest.input={folder}"]
        config = load_config(None, fixed + settings)
        with Progress(stages, Console(stderr=True), show=False) as progress:
            run_pipeline(config, run, stages, progress)
        connection = open_run(Storage(run))
        rows = fetch(
            connection,
            "SELECT uri, cover_start_s, start_kind FROM shots JOIN sources USING (source_id)",
        )
        failed = fetch(connection, "SELECT source_id, reason FROM splits WHERE outcome = 'failed'")
        n_sources = len(fetch(connection, "SELECT source_id FROM splits"))
        connection.close()
    if failed or n_sources != len(truth):
        sys.exit(f"eval_shots: {n_sources} of {len(truth)} videos were split; failed: {failed}")
    found: Found = {name: [] for name in truth}
    for row in rows:
        name = Path(row["uri"]).name
        if row["start_kind"] in BOUNDARIES:
            found[name].append(round(row["cover_start_s"] * truth[name]["fps"]))
    return found


def evaluate(folder: Path, names: Iterable[str], settings: list[str]) -> dict[str, Tally]:
    """A tally per set."""
    tallies = {}
    for name in names:
        truth = json.loads((folder / name / "truth.json").read_text())
        tallies[name] = score(truth, find_boundaries(folder / name, settings, truth))
    return tallies


def main(given: list[str] | None = None) -> None:
    options = _options(given)
    names = options.sets.split(",")
    detectors = [options.detector, *(BASELINES if options.baselines else ())]
    folders = {seed: build(options, seed, names) for seed in options.seed}
    reports = []
    for detector in detectors:
        settings = list(options.set)
        settings += [f"split.detector={detector}"] if detector else []
        settings += [f"split.mode={options.mode}"] if options.mode != "full" else []
        by_seed = {seed: evaluate(folders[seed], names, settings) for seed in options.seed}
        reports.append(_report(detector or _default_detector(), options.mode, by_seed, names))
    result = reports[0] | ({"baselines": reports[1:]} if options.baselines else {})
    print(json.dumps(result) if options.json else "\n".join(_lines(reports)))


def _default_detector() -> str:
    from stages.split.config import SplitConfig

    return ",".join(SplitConfig().detectors)


def _report(
    detector: str, mode: str, by_seed: dict[int, dict[str, Tally]], names: list[str]
) -> dict[str, Any]:
    head = {"detector": detector, "mode": mode}
    runs = [
        {"seed": seed, **head} | {name: tally.figures() for name, tally in tallies.items()}
        for seed, tallies in by_seed.items()
    ]
    if len(runs) == 1:
        return runs[0]
    pooled = {
        name: sum((tallies[name] for tallies in by_seed.values()), Tally()).figures()
        for name in names
    }
    return {"seed": list(by_seed), **head} | pooled | {"runs": runs}


def _lines(reports: list[dict[str, Any]]) -> list[str]:
    columns = ("f1", "precision", "recall", "recall_cut", "recall_gradual", "false_per_min")
    heads = ("detector", "seed", "set", *columns)
    table = [heads]
    for report in reports:
        for run in [*report.get("runs", []), report]:
            seed = run["seed"] if isinstance(run["seed"], int) else "all"
            for name, figures in run.items():
                if isinstance(figures, dict):
                    cells = [f"{figures[c]:.3f}" if c in figures else "-" for c in columns]
                    table.append((run["detector"], str(seed), name, *cells))
    widths = [max(len(row[k]) for row in table) for k in range(len(heads))]
    return ["  ".join(f"{cell:<{w}}" for cell, w in zip(r, widths, strict=True)) for r in table]


def _options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, required=True, help="folder of single-shot clips")
    parser.add_argument("--seed", type=int, action="append", help="repeatable (default: 1)")
    parser.add_argument(
        "--sets", default="shots,negatives", help="comma-separated: shots, negatives, hard, boxed"
    )
    parser.add_argument("--detector", default="", help="default: the split stage's own default")
    parser.add_argument("--mode", default="full", help="split.mode")
    parser.add_argument("--baselines", action="store_true", help="PySceneDetect's detectors too")
    parser.add_argument("--set", action="append", default=[], help="one setting, split.key=value")
    parser.add_argument("--index", type=Path, help="jsonl of the clips to use")
    parser.add_argument("--builder", type=Path, help="build_eval_sets.py")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    work = Path(tempfile.gettempdir()) / "polyreel-eval-shots"
    parser.add_argument("--work", type=Path, default=work, help=f"built sets (default: {work})")
    options = parser.parse_args(given)
    if unknown := {*options.sets.split(",")} - SETS:
        parser.error(f"--sets: no such set: {', '.join(sorted(unknown))}")
    options.seed = options.seed or [1]
    return options


if __name__ == "__main__":
    main()
