"""`polyreel review`: translations out to people, and their corrections back in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

Register = Callable[..., Callable[[Callable[..., None]], Any]]

_MOST_REFUSED = 20
EXIT_REFUSED = 1


def review_app(command: Register) -> typer.Typer:
    """The command group; `command` registers one with the CLI's handling of errors."""
    app = typer.Typer(help="People correct translations.", no_args_is_help=True)
    command(app, "export")(export)
    command(app, "import")(import_)
    return app


def export(
    run_folder: Annotated[str, typer.Argument(help="The run folder.")],
    output: Annotated[str, typer.Option("--output", "-o", help="The sheet to write.")],
    language: Annotated[
        str, typer.Option("--lang", help="Only this language (BCP-47); none: all.")
    ] = "",
    status: Annotated[
        str,
        typer.Option(help="flagged, auto, edited, missing (dropped without a text) or all."),
    ] = "flagged",
    form: Annotated[str, typer.Option("--format", help="csv, xlsx or jsonl.")] = "csv",
) -> None:
    """Write translations into a sheet; corrections go into its column `corrected`."""
    from pipeline.errors import ConfigError
    from pipeline.review.export import export_review
    from pipeline.review.rows import Wanted
    from pipeline.review.sheet import FORMATS
    from pipeline.storage import Storage

    if status not in list(Wanted):
        raise ConfigError(f"--status {status!r} is none of {', '.join(Wanted)}")
    if form not in FORMATS:
        raise ConfigError(f"--format {form!r} is none of {', '.join(FORMATS)}")
    count = export_review(Storage(run_folder), Path(output), form, Wanted(status), language)
    typer.echo(f"{count} translations: {output}")


def import_(
    run_folder: Annotated[str, typer.Argument(help="The run folder.")],
    sheet: Annotated[str, typer.Argument(help="The sheet, as `review export` wrote it.")],
    editor: Annotated[str, typer.Option(help="Who made the corrections.")],
    force: Annotated[
        bool, typer.Option("--force", help="Take corrections of rows that changed meanwhile.")
    ] = False,
) -> None:
    """Take the corrections of a sheet; the next run uses them."""
    from pipeline.review.take import import_review
    from pipeline.storage import Storage

    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    taken = import_review(Storage(run_folder), Path(sheet), editor, now, force)
    typer.echo(
        f"{len(taken.imported)} corrections imported, {taken.already} were there already, "
        f"{taken.blank} rows without one, {len(taken.refused)} refused"
    )
    for translation, why in taken.refused[:_MOST_REFUSED]:
        typer.echo(f"  refused {translation}: {why}", err=True)
    if len(taken.refused) > _MOST_REFUSED:
        typer.echo(f"  and {len(taken.refused) - _MOST_REFUSED} more", err=True)
    if taken.imported:
        config = f"{run_folder.rstrip('/')}/run.json"
        typer.echo(f"run `polyreel run --config {config} --output {run_folder}` to use them")
    if taken.refused:
        raise typer.Exit(EXIT_REFUSED)
