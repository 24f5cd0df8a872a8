"""From files of picks to a selector model, a held-out test and a coverage order."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from pipeline.query import fetch, open_run
from pipeline.run_folder import read_run
from pipeline.selector.picks import PicksError, read_picks
from pipeline.storage import Storage
from stages.select.coverage import greedy_cover
from stages.select.fit import fit
from stages.select.held_out import HeldOut, evaluate, with_metrics
from stages.select.quantiles import Quantiles
from stages.select.score import alignment_key, confidence_key, semantic_key

if TYPE_CHECKING:
    from rich.console import Console


def train_selector(paths: Sequence[Path], output: Path, n_folds: int, seed: int) -> HeldOut:
    """Write the model that is fitted to all picks; gives how the same fit does on held-out
    sources. Raises PicksError when the picks are too few to tell."""
    picks, alignment_model = read_picks(paths)
    try:
        found = evaluate(picks, n_folds, seed, alignment_model)
        ranker = fit(picks, alignment_model)
    except ValueError as error:
        raise PicksError(f"{error}", "pick captions of more clips, from more videos") from error
    value = with_metrics(ranker, found)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    return found


def show_held_out(found: HeldOut, console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("chosen by")
    table.add_column(f"R@1 on {found.n_clips} held-out clips", justify="right")
    table.add_row("the trained selector", f"{found.model:.1%}", style="bold")
    for name, share in sorted(found.teachers.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(f"always {name}", f"{share:.1%}")
    table.add_row("chance", f"{found.chance:.1%}")
    console.print(table)
    if found.all_bad_found is not None:
        console.print(
            f"clips where all are bad: {found.n_all_bad}, told as such: {found.all_bad_found:.0%}",
            highlight=False,
        )
    if found.model <= max(found.teachers.values()):
        console.print(
            f"not better than always taking {found.best_teacher}: pick more clips", style="yellow"
        )


def coverage_of(paths: Sequence[Path]) -> dict[str, Any]:
    """Teachers in the order of greedy set cover, with shares of all judged clips."""
    picks, _ = read_picks(paths)
    good: dict[str, set[str]] = defaultdict(set)
    for pick in picks:
        for option in pick.options:
            good[option.label] |= set()
        for label in pick.good_labels:
            good[label].add(pick.clip)
    steps = greedy_cover({name: frozenset(clips) for name, clips in good.items()})
    return {
        "n_clips": len(picks),
        "teachers": [
            {
                "teacher": step.teacher,
                "alone": step.n_alone / len(picks),
                "added": step.n_new / len(picks),
                "covered": step.n_covered / len(picks),
            }
            for step in steps
        ],
    }


def show_coverage(found: dict[str, Any], console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("teacher", "good alone", "adds", "covered so far"):
        table.add_column(title, justify="left" if title == "teacher" else "right")
    for step in found["teachers"]:
        shares = (f"{step[name]:.1%}" for name in ("alone", "added", "covered"))
        table.add_row(step["teacher"], *shares)
    console.print(table)
    console.print(f"of {found['n_clips']} clips that people judged", highlight=False)


def calibrate_on(storage: Storage, output: Path) -> int:
    """Write the quantiles of all scores of a run; gives how many candidates have scores."""
    rows = fetch(
        open_run(storage),
        "SELECT model, confidence, caption_scores FROM candidates WHERE caption_scores IS NOT NULL",
    )
    if not rows:
        raise PicksError("no candidate of this run has scores", "run the select stage")
    config = read_run(storage)["config"]["select"]
    aligner, embedder = config["alignment"]["model"], config["embedding"]["model"]
    pairs: list[tuple[str, float | None]] = []
    for row in rows:
        scores = row["caption_scores"]
        pairs += [(name, scores[name]) for name in ("consensus", "specificity")]
        pairs.append((alignment_key(aligner), scores["alignment"]))
        pairs.append((semantic_key(embedder), scores["semantic_consensus"]))
        pairs.append((confidence_key(row["model"]), row["confidence"]))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(Quantiles.over(pairs).to_json(), indent=1, sort_keys=True) + "\n")
    return len(rows)
