"""`polyreel quality`: train the quality model of the filter from labelled lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.errors import ConfigError

Register = Callable[..., Callable[[Callable[..., None]], Any]]


def quality_app(command: Register) -> typer.Typer:
    """The command group; `command` registers one with the CLI's handling of errors."""
    app = typer.Typer(help="Quality model of the filter.", no_args_is_help=True)
    # A group of one command would lose its name without a callback.
    app.callback()(_group)
    command(app, "train")(train)
    return app


def _group() -> None:
    """Quality model of the filter."""


def train(
    lines: Annotated[
        Path, typer.Argument(help="Lines `keep`, tab, text and `drop`, tab, text (UTF-8).")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The model to write, .npz.")],
    held_out: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share of the lines that only scores.")
    ] = 0.1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Train a linear classifier over words and pairs of words, and a character language model of
    the kept lines; then set filter.quality_model to it."""
    from stages.filter.quality import train as fit
    from stages.filter.quality_file import save_model

    if output.suffix != ".npz":
        raise ConfigError(f"{output}: the name of a quality model ends in .npz")
    rows = _read(lines)
    # Every n-th line scores: the same ones each time.
    every = round(1 / held_out) if held_out else 0
    scored = [row for place, row in enumerate(rows) if every and place % every == 0]
    trained = [row for place, row in enumerate(rows) if not every or place % every]
    try:
        model = fit(
            [text for label, text in trained if label == "keep"],
            [text for label, text in trained if label == "drop"],
        )
    except ValueError as error:
        raise ConfigError(f"{lines}: {error}") from error
    save_model(model, output)
    right = [
        (quality >= 0.5) == (label == "keep")
        for label, text in scored
        if (quality := model.quality(text)) is not None
    ]
    found = {
        "model": str(output),
        "trained_on": len(trained),
        "scored_on": len(right),
        "accuracy": round(sum(right) / len(right), 4) if right else None,
    }
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    typer.echo("  ".join(f"{key} {value}" for key, value in found.items()))
    typer.echo(f"use it: --set filter.quality_model={output}")


def _read(path: Path) -> list[tuple[str, str]]:
    """(label, text) of each line."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        label, separator, rest = line.partition("\t")
        if not separator or label not in ("keep", "drop"):
            raise ConfigError(
                f"{path}, line {number}: not `keep` or `drop`, a tab and a text",
                "a line is, for example: keep<TAB>A man rides a horse along the beach.",
            )
        rows.append((label, rest))
    return rows
