"""The `polyreel` command. Everything heavy is imported inside the commands, so that `--help`
answers at once."""

from __future__ import annotations

import functools
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from pipeline import cli_selector
from pipeline.cli_filter import filter_app
from pipeline.cli_models import models_convert
from pipeline.cli_quality import quality_app
from pipeline.cli_review import review_app
from pipeline.errors import PolyreelError

if TYPE_CHECKING:
    from pipeline.config import RunConfig

app = typer.Typer(
    name="polyreel",
    help="From raw videos to a multilingual video-text training set.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
models_app = typer.Typer(help="Models: which are needed, where they are.", no_args_is_help=True)
config_app = typer.Typer(help="Configuration: values, schema, reference.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(config_app, name="config")
app.add_typer(cli_selector.app, name="selector")

Command = TypeVar("Command", bound=Callable[..., None])

EXIT_FAILED_ITEMS = 1
EXIT_INTERRUPTED = 3

Input = Annotated[
    str,
    typer.Option(
        "--input", "-i", help="A folder, file or glob of videos, or a table (CSV, JSONL, Parquet)."
    ),
]
Output = Annotated[str, typer.Option("--output", "-o", help="The run folder, local or a bucket.")]
ConfigFile = Annotated[
    str | None,
    typer.Option("--config", "-c", help="YAML file with settings, or the run.json of a run."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", help="One setting, e.g. split.detector=content. Repeatable."),
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N inputs.")]
Languages = Annotated[str, typer.Option(help="BCP-47 tags, comma-separated; all.")]
Stages = Annotated[str, typer.Option(help="Only these stages, comma-separated.")]
MovedInput = Annotated[
    bool, typer.Option(help="The run's input has another name now, but is the same.")
]
Run = Annotated[str, typer.Argument(help="The run folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _command(target: typer.Typer, name: str | None = None) -> Callable[[Command], Command]:
    """Register a command whose errors end it with a plain message and the right exit code."""

    def register(function: Command) -> Command:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> None:
            try:
                function(*args, **kwargs)
            except PolyreelError as error:
                typer.echo(f"polyreel: {error.message}", err=True)
                if error.hint:
                    typer.echo(f"  {error.hint}", err=True)
                sys.exit(error.exit_code)
            except KeyboardInterrupt:
                typer.echo("polyreel: interrupted; run the same command to go on", err=True)
                sys.exit(EXIT_INTERRUPTED)

        target.command(name)(guarded)
        return function

    return register


@_command(app)
def run(
    output: Output,
    input_: Input = "",
    config: ConfigFile = None,
    settings: Settings = None,
    limit: Limit = None,
    stages: Stages = "",
    max_failed: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Exit with 1 when a stage failed on a larger share of its items."
        ),
    ] = 1.0,
    moved_input: MovedInput = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Run the pipeline; what is already done and still holds is reused."""
    from rich.console import Console

    from pipeline.progress import Progress
    from pipeline.registry import chosen_stages
    from pipeline.run import failed_share, run_pipeline
    from pipeline.show import show_account

    names = chosen_stages(stages)
    resolved = _config(config, settings, input_, limit)
    with Progress(names, Console(stderr=True), show=not quiet) as progress:
        result = run_pipeline(resolved, output, names, progress, moved_input)
    if result.did_nothing:
        typer.echo("Nothing to do: everything is up to date.")
    show_account(result.account, Console(), output)
    stage, share = failed_share(result.account)
    if share > max_failed:
        typer.echo(
            f"polyreel: {stage} failed on {share:.1%} of its items; --max-failed allows "
            f"{max_failed:.1%}",
            err=True,
        )
        raise typer.Exit(EXIT_FAILED_ITEMS)


@_command(app)
def plan(
    output: Output,
    input_: Input = "",
    config: ConfigFile = None,
    settings: Settings = None,
    limit: Limit = None,
    stages: Stages = "",
    moved_input: MovedInput = False,
    as_json: AsJson = False,
) -> None:
    """Say what a run would do, without running anything."""
    from rich.console import Console

    from pipeline.models.cache import ModelCache
    from pipeline.plan import check_contract, plan_run
    from pipeline.registry import chosen_stages
    from pipeline.run_folder import check_folder
    from pipeline.show import show_plan
    from pipeline.storage import Storage

    resolved = _config(config, settings, input_, limit)
    storage = Storage(output)
    resolved.ingest.input = check_folder(storage, resolved.ingest.input, moved_input)
    specs = resolved.specs(chosen_stages(stages))
    built = [spec.build() for spec in specs]
    check_contract(built, storage)
    models = ModelCache(may_fetch=False)
    plans = plan_run(specs, storage, models)
    references = dict.fromkeys(reference for stage in built for reference in stage.models())
    states = [models.state(reference) for reference in references]
    if as_json:
        value = {
            "stages": [item.to_json() for item in plans],
            "models": [{"reference": s.reference, "present": s.present} for s in states],
        }
        typer.echo(json.dumps(value, indent=1))
    else:
        show_plan(plans, states, resolved, Console())


@_command(app)
def inspect(run_folder: Run, as_json: AsJson = False) -> None:
    """What a run made: every stage's account, samples, languages."""
    from rich.console import Console

    from pipeline.accounts import account_for
    from pipeline.run_folder import read_run
    from pipeline.show import show_account
    from pipeline.storage import Storage

    storage = Storage(run_folder)
    read_run(storage)
    account = account_for(storage)
    if as_json:
        typer.echo(json.dumps(account, indent=1, ensure_ascii=False))
    else:
        show_account(account, Console(), run_folder)


@_command(app)
def why(
    run_folder: Annotated[str, typer.Argument(help="The run folder.")],
    wanted: Annotated[
        str, typer.Argument(metavar="ID", help="A source_id, shot_id, sample key or file name.")
    ],
    as_json: AsJson = False,
) -> None:
    """Tell why a video or clip is in the set, or not."""
    from pipeline.run_folder import read_run
    from pipeline.storage import Storage
    from pipeline.why import story, tell

    storage = Storage(run_folder)
    read_run(storage)
    found = story(storage, wanted)
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False, default=str))
        return
    for line in tell(found):
        typer.echo(line)


app.add_typer(filter_app(_command), name="filter")
app.add_typer(quality_app(_command), name="quality")


@_command(models_app, "list")
def models_list(config: ConfigFile = None, settings: Settings = None) -> None:
    """The models that a config needs, and others that were fetched."""
    from rich.console import Console

    from pipeline.models.cache import ModelCache
    from pipeline.show import show_models

    cache = ModelCache(may_fetch=False)
    needed = _needed_models(_config(config, settings))
    others = [ref for ref in cache.references() if ref not in needed]
    states = [cache.state(reference) for reference in [*needed, *others]]
    show_models(states, needed, Console())


@_command(models_app, "pull")
def models_pull(
    references: Annotated[
        list[str] | None, typer.Argument(help="Model references; none: all that the config needs.")
    ] = None,
    config: ConfigFile = None,
    settings: Settings = None,
) -> None:
    """Fetch models into the cache."""
    from pipeline.models.cache import ModelCache

    cache = ModelCache()
    wanted = references or list(_needed_models(_config(config, settings)))
    for reference in wanted:
        there = cache.find(reference) is not None
        path = cache.ensure(reference)
        typer.echo(f"{'have' if there else 'fetched'} {reference}\n  {path}")


@_command(models_app, "check")
def models_check(config: ConfigFile = None, settings: Settings = None) -> None:
    """Check that the models of a config are there and undamaged."""
    from pipeline.errors import ModelError
    from pipeline.models.cache import ModelCache

    cache = ModelCache(may_fetch=False)
    for reference in _needed_models(_config(config, settings)):
        cache.ensure(reference)
        if damaged := cache.damaged(reference):
            raise ModelError(
                f"model {reference}: {damaged[0]} is damaged",
                f"fetch it again: polyreel models pull '{reference}'",
            )
        typer.echo(f"ok {reference}")


_command(models_app, "convert")(models_convert)


@_command(app)
def subtitles(
    run_folder: Run,
    output: Annotated[str, typer.Option("--output", "-o", help="A folder for the files.")],
    languages: Languages = "",
    form: Annotated[str, typer.Option("--format", help="srt or vtt.")] = "srt",
) -> None:
    """Write a run's translated subtitles, with their times, as SRT or WebVTT files."""
    from pipeline.errors import ConfigError
    from pipeline.run_folder import read_run
    from pipeline.storage import Storage
    from pipeline.subtitles import SubtitleFormat, export_subtitles

    if form not in list(SubtitleFormat):
        raise ConfigError(f"--format {form} is not known", "it is srt or vtt")
    storage = Storage(run_folder)
    read_run(storage)
    for path in export_subtitles(storage, Path(output), _tags(languages), SubtitleFormat(form)):
        typer.echo(path)


@_command(app)
def table(
    run_folder: Run,
    output: Annotated[str, typer.Option("--output", "-o", help="The file: JSON lines.")],
    languages: Languages = "",
) -> None:
    """Write the input's rows again, with their texts in every language."""
    from pipeline.localised import write_localised
    from pipeline.run_folder import read_run
    from pipeline.storage import Storage

    storage = Storage(run_folder)
    read_run(storage)
    typer.echo(f"{write_localised(storage, Path(output), _tags(languages))} rows: {output}")


@_command(config_app, "show")
def config_show(config: ConfigFile = None, settings: Settings = None) -> None:
    """The resolved config, as YAML."""
    from pipeline.config import to_yaml

    typer.echo(to_yaml(_config(config, settings)))


@_command(config_app, "schema")
def config_schema() -> None:
    """The JSON schema of a config file."""
    from pipeline.config import RunConfig

    typer.echo(json.dumps(RunConfig.model_json_schema(), indent=1))


@_command(config_app, "docs")
def config_docs() -> None:
    """The configuration reference, as Markdown."""
    from pipeline.config_docs import render_config_docs

    typer.echo(render_config_docs(), nl=False)


for selector_command in cli_selector.COMMANDS:
    _command(cli_selector.app)(selector_command)


def _tags(languages: str) -> list[str]:
    return [tag.strip() for tag in languages.split(",") if tag.strip()]


def _config(
    path: str | None, settings: list[str] | None, source: str = "", limit: int | None = None
) -> RunConfig:
    from pipeline.config import load_config

    ingest: dict[str, Any] = {"input": source} if source else {}
    if limit is not None:
        ingest["limit"] = limit
    return load_config(path, settings, ingest=ingest)


def _needed_models(config: RunConfig) -> dict[str, str]:
    """Model reference -> stage that needs it."""
    from pipeline.registry import STAGE_NAMES

    return {
        reference: spec.name
        for spec in config.specs(list(STAGE_NAMES))
        for reference in spec.build().models()
    }


app.add_typer(review_app(_command), name="review")


def main() -> None:
    """Entry point of the `polyreel` command."""
    signal.signal(signal.SIGTERM, _interrupt)
    app()


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
