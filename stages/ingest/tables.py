"""Reading the caller's table of videos: CSV, TSV, JSON lines or Parquet.

Reads files (through fsspec); everything else about a table is in `listing`.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import PurePosixPath
from typing import IO, Any

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")

TableRow = tuple[int, dict[str, Any], str | None]
"""Number of the row from 1, its values as JSON has them, and why it is unusable, if it is."""


def is_table(path: str) -> bool:
    """Whether a file name is that of a table."""
    return PurePosixPath(path.lower()).suffix in TABLE_SUFFIXES


def read_table(file: IO[bytes], name: str) -> Iterator[TableRow]:
    """Rows of the open table `name`. Raises ValueError when it is not such a table at all."""
    suffix = PurePosixPath(name.lower()).suffix
    if suffix == ".parquet":
        yield from _parquet_rows(file)
    elif suffix in (".jsonl", ".ndjson"):
        yield from _json_rows(file)
    else:
        yield from _csv_rows(file, "\t" if suffix == ".tsv" else ",")


def _csv_rows(file: IO[bytes], delimiter: str) -> Iterator[TableRow]:
    csv.field_size_limit(10_000_000)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    reader = csv.DictReader(text, delimiter=delimiter, strict=True)
    try:
        for number, row in enumerate(reader, start=1):
            surplus = row.pop(None, None)
            values = {key: value for key, value in row.items() if value not in (None, "")}
            yield number, values, "more cells than the header has columns" if surplus else None
    except csv.Error as error:
        raise ValueError(f"not a CSV table at line {reader.line_num}: {error}") from error


def _json_rows(file: IO[bytes]) -> Iterator[TableRow]:
    number = 0
    for line in io.TextIOWrapper(file, encoding="utf-8-sig"):
        if not line.strip():
            continue
        number += 1
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            yield number, {}, f"not JSON: {error}"
            continue
        if isinstance(value, dict):
            yield number, {key: plain(item) for key, item in value.items()}, None
        else:
            yield number, {}, "not a JSON object"


def _parquet_rows(file: IO[bytes]) -> Iterator[TableRow]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(file)
    except pa.ArrowInvalid as error:
        raise ValueError(f"not a Parquet table: {error}") from error
    number = 0
    for batch in parquet.iter_batches(batch_size=4096):
        for row in batch.to_pylist():
            number += 1
            yield number, {key: plain(item) for key, item in row.items()}, None


def plain(value: Any) -> Any:
    """A value as JSON has it: dates as ISO text, bytes as hexadecimal, NaN as null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
