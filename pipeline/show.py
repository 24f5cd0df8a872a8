"""Tables on the terminal: what a run came to, what it would do, which models there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from pipeline.accounts import Account
from pipeline.models.cache import ModelState
from pipeline.plan import StagePlan
from pipeline.query import MANIFEST
from pipeline.report import REPORT_PATH
from pipeline.storage import Storage

if TYPE_CHECKING:
    from pipeline.config import RunConfig

_MOST_REASONS = 3


def show_account(account: Account, console: Console, output: str) -> None:
    """Every stage's items, the languages, and where to look next."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("stage", "items", "in", "kept", "dropped", "failed", "why"):
        numeric = title in ("in", "kept", "dropped", "failed")
        table.add_column(title, justify="right" if numeric else "left", overflow="fold")
    for name, stage in account["stages"].items():
        parts = [value for key, value in stage.items() if key in ("shots", "candidates", "texts")]
        for index, entry in enumerate([stage, *parts]):
            table.add_row(
                "" if index else name,
                entry["item"],
                *(str(entry[key]) for key in ("inputs", "kept", "dropped", "failed")),
                _reasons(entry["reasons"]),
            )
    console.print(table)
    for problem in account["problems"]:
        console.print(f"does not add up: {problem}", style="red", highlight=False)
    languages = ", ".join(f"{tag} {count}" for tag, count in account["languages"].items())
    console.print(f"\n{account['samples']} samples; texts: {languages or 'none'}", highlight=False)
    flagged = account["stages"].get("translate", {}).get("flags", {})
    for tag, flags in flagged.items():
        console.print(f"flagged in {tag}: {_reasons(flags)}", highlight=False)
    storage = Storage(output)
    for what, proof, path in (
        ("dataset", MANIFEST, "dataset"),
        ("report", REPORT_PATH, REPORT_PATH),
    ):
        if storage.exists(proof):
            where = f"{output.rstrip('/')}/{path}"
            console.print(f"{what}: {where}", highlight=False, soft_wrap=True)


def show_plan(
    plans: list[StagePlan], models: list[ModelState], config: RunConfig, console: Console
) -> None:
    """What each stage would do, on which workers, with which models."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("stage", "units", "reused", "to do", "workers", "note"):
        table.add_column(title, justify="left" if title in ("stage", "note") else "right")
    default = config.engine.workers or "all CPUs"
    for item in plans:
        resources = getattr(config, item.stage).resources
        workers = f"{resources.workers or default}"
        if resources.gpus:
            workers += f" x {resources.gpus:g} GPU"
        table.add_row(
            item.stage,
            _or_unknown(item.units),
            str(item.reused),
            _or_unknown(item.to_do),
            workers,
            item.note,
        )
    console.print(table)
    console.print(f"\nengine: {config.engine.kind}", highlight=False)
    for state in models:
        there = _size(state.size_bytes) if state.present else "missing, would be fetched"
        console.print(f"model: {state.reference} ({there})", highlight=False, soft_wrap=True)


def show_models(states: list[ModelState], needed: dict[str, str], console: Console) -> None:
    for state in states:
        there = _size(state.size_bytes) if state.present else "missing"
        user = f"for {needed[state.reference]}" if state.reference in needed else "not in use"
        console.print(f"{there:>10}  {state.reference}  {user}", highlight=False, soft_wrap=True)


def _reasons(reasons: dict[str, int]) -> str:
    most = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{count} {reason}" for reason, count in most[:_MOST_REASONS])
    return shown + (", ..." if len(most) > _MOST_REASONS else "")


def _or_unknown(value: Any) -> str:
    return "?" if value is None else str(value)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e5 else f"{size_bytes / 1e3:.1f} kB"
