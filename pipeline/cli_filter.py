"""`polyreel filter`: look at thresholds before using them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from pipeline.errors import ConfigError

Register = Callable[..., Callable[[Callable[..., None]], Any]]


def filter_app(command: Register) -> typer.Typer:
    """The command group; `command` registers one with the CLI's handling of errors."""
    app = typer.Typer(help="Filter: what thresholds would keep.", no_args_is_help=True)
    # A group of one command would lose its name without a callback.
    app.callback()(_group)
    command(app, "preview")(preview)
    return app


def _group() -> None:
    """Filter: what thresholds would keep."""


def preview(
    run_folder: Annotated[str, typer.Argument(help="The run folder.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", help="A filter setting, e.g. filter.min_words=4. Repeatable."),
    ] = None,
    keep_top: Annotated[
        list[str] | None,
        typer.Option(
            "--keep-top",
            help="A text rule and the share of each language's texts that it keeps, best first: "
            "min_quality=0.7. Repeatable.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what other thresholds would keep, from the scores of a run. Nothing is run again."""
    import yaml

    from pipeline.config import load_config
    from pipeline.filter_preview import count_kept, limits_for_shares, read_verdicts
    from pipeline.run_folder import read_run
    from pipeline.storage import Storage
    from stages.filter.config import FilterConfig

    storage = Storage(run_folder)
    stored = read_run(storage)["config"]["filter"]
    before = FilterConfig.model_validate(stored)
    if wrong := [text for text in settings or [] if not text.startswith("filter.")]:
        raise ConfigError(f"--set {wrong[0]}: a preview changes settings of the filter alone")
    base = [f"filter.{key}={json.dumps(value)}" for key, value in stored.items()]
    after = load_config(None, [*base, *(settings or [])]).filter
    verdicts = read_verdicts(storage)
    limits = limits_for_shares(verdicts, dict(_share(text) for text in keep_top or []))
    for language, own in limits.items():
        after.limits_by_language[language] = {**after.limits_by_language.get(language, {}), **own}
    found = count_kept(verdicts, before, after)
    if limits:
        found["limits_by_language"] = after.limits_by_language
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
        return
    typer.echo(f"{'':12}{'all':>9}{'kept':>9}{'would keep':>12}")
    for name, row in {"clips": found["clips"], **found["texts"]}.items():
        typer.echo(f"{name:12}{row['all']:>9}{row['before']:>9}{row['after']:>12}")
    for what in ("drops", "tags"):
        for rule, count in found[what].items():
            typer.echo(f"{what[:-1]:6}{rule:28}{count:>7}")
    if limits:
        typer.echo("\nfor the config:")
        typer.echo(yaml.safe_dump({"filter": {"limits_by_language": limits}}), nl=False)


def _share(text: str) -> tuple[str, float]:
    rule, _, share = text.partition("=")
    try:
        return rule.strip(), float(share)
    except ValueError:
        raise ConfigError(f"--keep-top {text!r} is not of the form rule=share") from None
