"""A small way to say what a table is: named, typed, documented columns with a version.

Every Parquet file of a run is written through `Table.to_arrow`, so a row that does not fit its
table stops where it was made and not in a reader three stages later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pyarrow as pa

Row = dict[str, Any]

_WITHOUT_FLOATS = frozenset({str, int, bool, bytes, type(None)})

SCORE_DIGITS = 6
"""Stored floats are rounded to this many decimals: last bits differ between machines."""


class SchemaError(ValueError):
    """A row does not fit its table."""


@dataclass(frozen=True)
class Column:
    """One documented column. `required` columns are never null; `digits` rounds floats."""

    name: str
    type: pa.DataType
    doc: str
    required: bool = False
    digits: int = SCORE_DIGITS

    def field(self) -> pa.Field:
        return pa.field(
            self.name, self.type, nullable=not self.required, metadata={"doc": self.doc}
        )


@dataclass(frozen=True)
class Table:
    """A versioned table. `key` columns are unique together and give the order of rows."""

    name: str
    version: int
    doc: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise SchemaError(f"table {self.name}: two columns share a name")
        if missing := [name for name in self.key if name not in names]:
            raise SchemaError(f"table {self.name}: key columns {missing} are not columns")

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")

    def schema(self) -> pa.Schema:
        metadata = {"polyreel.table": self.name, "polyreel.version": str(self.version)}
        return pa.schema([column.field() for column in self.columns], metadata=metadata)

    def extended(self, columns: Sequence[Column]) -> Table:
        """The same table with more columns at its end (one text column per language, say)."""
        return Table(self.name, self.version, self.doc, self.key, (*self.columns, *columns))

    def to_arrow(self, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
        """Check, round and sort `rows`.

        A column left out of a row is null. Raises SchemaError for an unknown column, a null or
        missing required one, a value of another type, or two rows with one key.
        """
        names = set(self.column_names)
        prepared = [self._prepared(row, names) for row in rows]
        prepared.sort(key=lambda row: tuple(row[name] for name in self.key))
        for before, after in pairwise(prepared):
            if all(before[name] == after[name] for name in self.key):
                raise SchemaError(f"table {self.name}: two rows with key {self.key_of(after)}")
        try:
            return pa.Table.from_pylist(prepared, schema=self.schema())
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise SchemaError(f"table {self.name}: {error}") from error

    def key_of(self, row: Mapping[str, Any]) -> str:
        return "/".join(str(row.get(name)) for name in self.key)

    def _prepared(self, row: Mapping[str, Any], names: set[str]) -> Row:
        if unknown := sorted(set(row) - names):
            raise SchemaError(f"table {self.name}: unknown columns {unknown}")
        prepared: Row = {}
        for column in self.columns:
            value = row.get(column.name)
            if value is None and column.required:
                raise SchemaError(
                    f"table {self.name}: column {column.name} is null in row {self.key_of(row)}"
                )
            prepared[column.name] = rounded(value, column.digits)
        return prepared


def rounded(value: Any, digits: int) -> Any:
    """Round the floats of a value, also inside lists and dictionaries; no -0.0."""
    if type(value) in _WITHOUT_FLOATS:  # most values of a run, so they go first
        return value
    if isinstance(value, float):
        return round(value, digits) + 0.0
    if isinstance(value, dict):
        return {key: rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item, digits) for item in value]
    return value


def check_schema(table: Table, found: pa.Schema, where: str) -> None:
    """Raise SchemaError unless a file's schema is this table's, or this table's and more."""
    for column in table.columns:
        index = found.get_field_index(column.name)
        if index < 0:
            raise SchemaError(f"{where}: table {table.name} lacks column {column.name}")
        if found.field(index).type != column.type:
            raise SchemaError(
                f"{where}: column {column.name} is {found.field(index).type}, "
                f"table {table.name} version {table.version} says {column.type}"
            )
