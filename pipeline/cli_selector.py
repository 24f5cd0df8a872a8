"""`polyreel selector ...`: from people's picks to a selector, and to the teachers worth running."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Choice of captions: sheets for people, training, coverage.", no_args_is_help=True
)

Run = Annotated[str, typer.Argument(help="The run folder.")]
Picks = Annotated[
    list[Path],
    typer.Option("--picks", "-p", help="Answers: picks.jsonl or a filled sheet.csv. Repeatable."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Seed = Annotated[int, typer.Option(min=0, help="Draws the clips, orders or folds.")]


def sample(
    run_folder: Run,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the sheet.")],
    clips: Annotated[int, typer.Option(min=1, max=10_000, help="Clips on the sheet.")] = 100,
    seed: Seed = 0,
) -> None:
    """A sheet of clips with their candidates, from which people pick the good ones."""
    from pipeline.selector.sample import CSV_NAME, HTML_NAME, write_sheet
    from pipeline.storage import Storage

    n_clips = write_sheet(Storage(run_folder), clips, seed, output)
    typer.echo(
        f"{n_clips} clips: open {output / HTML_NAME} and save the answers, or fill {CSV_NAME}"
    )


def train(
    picks: Picks,
    output: Annotated[Path, typer.Option("--output", "-o", help="The model, a JSON file.")],
    folds: Annotated[int, typer.Option(min=2, max=100, help="Parts for the held-out test.")] = 5,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Fit the selector to people's picks and say how good it is on clips it has not seen."""
    from rich.console import Console

    from pipeline.selector.teach import show_held_out, train_selector

    found = train_selector(picks, output, folds, seed)
    if as_json:
        typer.echo(json.dumps(vars(found), indent=1, ensure_ascii=False))
    else:
        show_held_out(found, Console())
        typer.echo(
            f"\nmodel: {output}\nuse it with --set select.policy=learned "
            f"--set select.model={output}"
        )


def coverage(picks: Picks, as_json: AsJson = False) -> None:
    """Which teachers to run: each next one adds most clips that had no good caption."""
    from rich.console import Console

    from pipeline.selector.teach import coverage_of, show_coverage

    found = coverage_of(picks)
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        show_coverage(found, Console())


def calibrate(
    run_folder: Run,
    output: Annotated[Path, typer.Option("--output", "-o", help="The quantiles, a JSON file.")],
) -> None:
    """Take the quantiles of a whole run's scores, for limits that mean the same in every unit."""
    from pipeline.selector.teach import calibrate_on
    from pipeline.storage import Storage

    n_candidates = calibrate_on(Storage(run_folder), output)
    typer.echo(
        f"{output}: quantiles over {n_candidates} candidates\n"
        f"use it with --set select.calibration={output}"
    )


COMMANDS = (sample, train, coverage, calibrate)
"""`cli.py` registers them, with its handling of errors."""
