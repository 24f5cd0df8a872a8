#!/usr/bin/env python3
"""Ask SQL of any table of a run.

    python scripts/inspect_manifest.py RUN                          tables and their columns
    python scripts/inspect_manifest.py RUN --table shots -n 5       some rows
    python scripts/inspect_manifest.py RUN "SELECT language, count(*) FROM translations GROUP BY 1"

The tables are the run's Parquet files, seen through DuckDB; `samples` is the dataset's manifest,
`candidates` the captions with what the selector made of them.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.errors import PolyreelError
from pipeline.query import fetch, open_run
from pipeline.run_folder import read_run
from pipeline.storage import Storage
from schemas.tables import TABLES

_CELL_WIDTH = 60
_LEAST_WIDTH = 12
"""Narrower columns cannot be read: where so many do not fit, each row becomes a list."""


def parse(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", help="the run folder, local or a bucket")
    parser.add_argument("sql", nargs="?", help="a query over the tables")
    parser.add_argument("--table", choices=sorted(TABLES), help="show rows of one table")
    parser.add_argument("-n", "--limit", type=int, default=20, help="rows at most (default: 20)")
    parser.add_argument("--json", action="store_true", help="one JSON object per row")
    return parser.parse_args(given)


def show_tables(connection: Any, console: Console) -> None:
    """Each table with its rows and its documented columns."""
    for name, table in TABLES.items():
        (row,) = fetch(connection, f'SELECT count(*) AS n FROM "{name}"')
        console.print(f"\n[bold]{name}[/bold] ({row['n']} rows): {table.doc}", highlight=False)
        listing = Table(box=None, pad_edge=True, show_header=False)
        for column in table.columns:
            listing.add_row(column.name, str(column.type)[:40], column.doc)
        console.print(listing)


def show_rows(rows: list[dict[str, Any]], console: Console, as_json: bool) -> None:
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False, default=_plain))
        return
    if rows and len(rows[0]) * _LEAST_WIDTH > console.width:
        show_lists(rows, console)
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in rows[0] if rows else []:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(_short(value) for value in row.values()))
        console.print(table)
    console.print(f"{len(rows)} rows", highlight=False)


def show_lists(rows: list[dict[str, Any]], console: Console) -> None:
    """Each row with its columns below each other."""
    for number, row in enumerate(rows, start=1):
        console.print(f"row {number}", style="bold", highlight=False)
        listing = Table(box=None, pad_edge=True, show_header=False)
        for name, value in row.items():
            listing.add_row(name, _short(value))
        console.print(listing)


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _short(value: Any) -> str:
    text = "" if value is None else _plain(value)
    return text if len(text) <= _CELL_WIDTH else text[: _CELL_WIDTH - 1] + "…"


def main(given: list[str] | None = None) -> int:
    import duckdb

    options = parse(given)
    console = Console()
    storage = Storage(options.run)
    try:
        read_run(storage)
        connection = open_run(storage)
        if options.sql or options.table:
            sql = options.sql or f'SELECT * FROM "{options.table}" LIMIT {options.limit}'
            show_rows(fetch(connection, sql), console, options.json)
        else:
            show_tables(connection, console)
    except (PolyreelError, duckdb.Error) as error:
        print(f"inspect_manifest: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
