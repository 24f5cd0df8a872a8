#!/usr/bin/env python3
"""Score dedup on edited copies and excerpts of real clips, next to baselines.

    python scripts/eval_dedup.py --clips ../shared/corpus/clips --seed 1 --json

Builds the sets `dups` and `contain` with the corpus' own build_eval_sets.py, runs ingest, split
(with the whole video as one shot) and dedup on them, and scores with the corpus' score.py.

Containment is read from the table in two ways and scored against two truths:

- `contain`: the rows whose relation is `contained`, each with its one representative, against the
  builder's truth.json, which names one container for each part.
- `contain_complete`: all containers that the rows list, against all containments that follow from
  what the builder encoded. It draws its clips several times, so a member of one compilation may
  lie in the other one too, or in a whole clip; truth.json does not have those. Near copies
  (`min_length_ratio`) do not count, nor parts of which the container lacks at most 8 %.

`contain_ceilings` are what perfect tables would get in the two other combinations: one container
for each part cannot name all of them, and a complete list is more than truth.json has. Two
members may be one and the same file: then truth.json names a container for each that nothing but
its name tells. The rows of such copies name their containers in turn, in the order of names; that
the builder numbers members and compilations in the same order is luck.

`baselines` are simpler methods on the same files in the same run (see dedup_baselines.py). vPDQ is
among them where the package pdqhash is installed; the package vpdq comes as source alone and is
built against FFmpeg's headers, so it is not asked for.

`--work FOLDER` keeps the sets and the runs; with it, a second call builds and splits nothing anew.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.dataset as ds

from pipeline.cli import main as polyreel
from scripts.dedup_baselines import baselines
from stages.dedup.config import DedupConfig

_SETTINGS = (
    "engine.kind=local",
    "split.detector=none",
    "split.max_duration_s=600",
    "split.edge_trim_frames=0",
    "split.audio=false",
)
_OFFSET_S = 0.2
_SLACK_S = 0.1
_DOUBTFUL = 0.08
"""Share of a part that may be missing in a container before it is clearly no part of it."""


def build(clips: Path, out: Path, seed: int, groups: int) -> dict[str, Encoded]:
    """Write the evaluation sets below `out`; gives what each file of `contain` was encoded from."""
    builder = module_beside(clips, "build_eval_sets")
    encode, encoded = builder.encode, {}

    def noted(src: Path, dst: Path, filters: str, seconds: float, *more: Any) -> None:
        encode(src, dst, filters, seconds, *more)
        encoded[Path(dst).name] = Encoded(Path(src).name, 0.0, seconds)

    vars(builder)["encode"] = noted
    given, sys.argv = sys.argv, ["build_eval_sets.py", "--clips", str(clips), "--out", str(out)]
    sys.argv += ["--seed", str(seed), "--sets", "dups,contain", "--groups", str(groups)]
    try:
        builder.main()
    finally:
        sys.argv = given
    return encoded


def module_beside(clips: Path, name: str) -> ModuleType:
    """A script of the corpus as a module."""
    spec = importlib.util.spec_from_file_location(name, clips.parent / f"{name}.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"no {name}.py beside {clips}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Encoded:
    """What a file shows: a clip, from `start_s` on, for `length_s`."""

    clip: str
    start_s: float
    length_s: float


def all_containments(
    truth: Sequence[dict[str, Any]],
    encoded: Mapping[str, Encoded],
    lengths_s: Mapping[str, float],
    longest_ratio: float,
    missing: float = 0.0,
) -> list[dict[str, Any]]:
    """Every containment that follows from what was encoded, as score.py reads it. Pairs of which
    the part has at least `longest_ratio` of the length are near copies and left out; `missing` is
    the share of a part that its container may lack."""
    shown: dict[str, list[tuple[Encoded, float]]] = {
        name: [(Encoded(e.clip, 0.0, lengths_s[name]), 0.0)] for name, e in encoded.items()
    }
    for item in truth:
        whole, part = item["container"], item["contained"]
        if part in encoded:
            here = Encoded(encoded[part].clip, 0.0, lengths_s[part])
            shown.setdefault(whole, []).append((here, item["offset_s"]))
        else:
            there = Encoded(encoded[whole].clip, item["offset_s"], lengths_s[part])
            shown[part] = [(there, 0.0)]
    return [
        {"container": whole, "contained": part, "offset_s": at_s + b.start_s - a.start_s}
        for part, ((b, _), *others) in sorted(shown.items())
        if not others
        for whole, pieces in sorted(shown.items())
        if whole != part and lengths_s[part] < longest_ratio * lengths_s[whole]
        for a, at_s in pieces
        if a.clip == b.clip
        and b.start_s >= a.start_s - max(_SLACK_S, missing * b.length_s)
        and b.start_s + b.length_s <= a.start_s + a.length_s + max(_SLACK_S, missing * b.length_s)
    ]


def deduplicate(videos: Path, run: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """(rows of `dedup`, file name of each shot) of a run over a folder of videos."""
    command = ["run", "--input", str(videos), "--output", str(run), "--quiet"]
    command += ["--stages", "ingest,split,dedup"]
    for setting in _SETTINGS:
        command += ["--set", setting]
    given, sys.argv = sys.argv, ["polyreel", *command]
    try:
        with redirect_stdout(sys.stderr):  # what this script prints is JSON alone
            polyreel()
    except SystemExit as ended:
        if ended.code:
            raise
    finally:
        sys.argv = given
    sources = ds.dataset(run / "sources").to_table(columns=["source_id", "key"]).to_pylist()
    keys = {row["source_id"]: Path(row["key"]).name for row in sources}
    rows = ds.dataset(run / "dedup").to_table().to_pylist()
    return rows, {row["shot_id"]: keys[row["source_id"]] for row in rows}


def durations(run: Path) -> dict[str, float]:
    """Seconds of each file of a run."""
    table = ds.dataset(run / "sources").to_table(columns=["key", "duration_s"])
    return {Path(row["key"]).name: row["duration_s"] for row in table.to_pylist()}


def found_clusters(rows: Sequence[dict[str, Any]], names: dict[str, str]) -> dict[str, str]:
    """Prediction for `score.py dups`."""
    return {names[row["shot_id"]]: row["cluster_id"] for row in rows}


def named_parts(rows: Sequence[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    """Prediction for `score.py contain`: the container that each contained shot names."""
    return [
        {
            "container": names[row["representative_id"]],
            "contained": names[row["shot_id"]],
            "offset_s": row["offset_s"],
        }
        for row in rows
        if row["relation"] == "contained"
    ]


def listed_parts(rows: Sequence[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    """Prediction for `score.py contain`: all containers that each shot was found in."""
    return [
        {
            "container": names[place["shot_id"]],
            "contained": names[row["shot_id"]],
            "offset_s": place["offset_s"],
        }
        for row in rows
        for place in row["contained_in"] or ()
    ]


def score_parts(
    rows: Sequence[dict[str, Any]],
    names: dict[str, str],
    truth: Sequence[dict[str, Any]],
    encoded: Mapping[str, Encoded],
    lengths_s: Mapping[str, float],
    score: ModuleType,
) -> dict[str, Any]:
    """The keys `contain...` of the result."""
    ratio = DedupConfig().min_length_ratio
    complete = all_containments(truth, encoded, lengths_s, ratio)
    doubtful = pairs_of(all_containments(truth, encoded, lengths_s, ratio, _DOUBTFUL))
    doubtful -= pairs_of(complete)
    named, listed = named_parts(rows, names), listed_parts(rows, names)
    clear = [item for item in listed if not doubtful & pairs_of([item])]
    parts = {item["contained"] for item in complete}
    one_each = [next(i for i in complete if i["contained"] == part) for part in sorted(parts)]
    return {
        "contain": score.score_contain(truth, named, _OFFSET_S),
        "contain_complete": score.score_contain(complete, clear, _OFFSET_S),
        "contain_ceilings": {
            "lists_against_truth_json": score.score_contain(truth, complete, _OFFSET_S)["f1"],
            "rows_against_complete": score.score_contain(complete, one_each, _OFFSET_S)["f1"],
        },
        "contain_missed": _told(truth, named),
        "contain_complete_missed": _told(complete, listed),
        "contain_false": _told(clear, complete),
    }


def pairs_of(items: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
    """(container, contained) of some containments."""
    return {(item["container"], item["contained"]) for item in items}


def _told(items: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> list[str]:
    """The containments that are not among the others."""
    return sorted(f"{part} in {whole}" for whole, part in pairs_of(items) - pairs_of(others))


def prepared(clips: Path, out: Path, seed: int, groups: int) -> dict[str, Encoded]:
    """`build`, unless an earlier call did it; what was encoded is kept beside the sets."""
    record = out / f"encoded_{seed}_{groups}.json"
    if record.exists():
        return {name: Encoded(**e) for name, e in json.loads(record.read_text()).items()}
    encoded = build(clips, out, seed, groups)
    record.write_text(json.dumps({name: asdict(e) for name, e in encoded.items()}))
    return encoded


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, required=True, help="the corpus' folder of clips")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--groups", type=int, default=15, help="clips that are edited")
    parser.add_argument("--no-baselines", action="store_true")
    parser.add_argument("--work", type=Path, help="folder for sets and runs, which are kept there")
    parser.add_argument("--json", action="store_true", help="print nothing but JSON")
    options = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as temporary:
        root = (options.work or Path(temporary)) / f"seed_{options.seed}_{options.groups}"
        result = evaluated(options.clips, root, options.seed, options.groups)
        if not options.no_baselines:
            folder = root / "sets" / "dups"
            truth = json.loads((folder / "truth.json").read_text())
            score = module_beside(options.clips, "score")
            result["baselines"], result["not_measured"] = baselines(folder, truth, score)
    print(json.dumps(result, indent=None if options.json else 1))


def evaluated(clips: Path, root: Path, seed: int, groups: int) -> dict[str, Any]:
    """What dedup reaches, with sets and runs below `root`."""
    score = module_beside(clips, "score")
    (root / "sets").mkdir(parents=True, exist_ok=True)
    encoded = prepared(clips, root / "sets", seed, groups)
    result: dict[str, Any] = {"seed": seed}
    folder = root / "sets" / "dups"
    truth = json.loads((folder / "truth.json").read_text())
    rows, names = deduplicate(folder, root / "run_dups")
    result["dups"] = score.score_dups(truth, found_clusters(rows, names))
    parts = root / "sets" / "contain"
    rows, names = deduplicate(parts, root / "run_contain")
    wanted = json.loads((parts / "truth.json").read_text())
    lengths_s = durations(root / "run_contain")
    return result | score_parts(rows, names, wanted, encoded, lengths_s, score)


if __name__ == "__main__":
    main()
