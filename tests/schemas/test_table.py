"""A table refuses rows that do not fit it, and stores the same rows as the same bytes."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.table import Column, SchemaError, Table, check_schema, rounded
from schemas.tables import TABLES

THINGS = Table(
    "things",
    1,
    "Things.",
    ("name", "part"),
    (
        Column("name", pa.string(), "Name.", required=True),
        Column("part", pa.int64(), "Part.", required=True),
        Column("score", pa.float64(), "Score."),
    ),
)


@given(st.sets(st.tuples(st.text("ab"), st.integers(0, 9))), st.randoms(use_true_random=False))
def test_row_order_does_not_matter(keys: set[tuple[str, int]], rng: random.Random) -> None:
    rows = [{"name": name, "part": part, "score": part / 7} for name, part in keys]
    shuffled = list(rows)
    rng.shuffle(shuffled)
    assert THINGS.to_arrow(rows) == THINGS.to_arrow(shuffled)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"name": "a", "part": 1, "colour": "red"}, "unknown columns"),
        ({"name": "a"}, "column part is null"),
        ({"name": "a", "part": None}, "column part is null"),
        ({"name": "a", "part": "one"}, "table things"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(row: dict[str, object], said: str) -> None:
    with pytest.raises(SchemaError, match=said):
        THINGS.to_arrow([row])


def test_two_rows_with_one_key_are_refused() -> None:
    with pytest.raises(SchemaError, match="two rows with key a/1"):
        THINGS.to_arrow([{"name": "a", "part": 1}, {"name": "a", "part": 1, "score": 2.0}])


def test_floats_are_rounded_also_inside() -> None:
    assert rounded([{"x": 0.12345678}], 6) == [{"x": 0.123457}]
    assert str(rounded(-1e-12, 6)) == "0.0"


def test_a_file_of_another_version_is_recognised() -> None:
    check_schema(THINGS, THINGS.schema(), "here")
    with pytest.raises(SchemaError, match="lacks column score"):
        check_schema(THINGS, pa.schema([("name", pa.string()), ("part", pa.int64())]), "here")
    with pytest.raises(SchemaError, match="column part is string"):
        check_schema(
            THINGS,
            pa.schema([("name", pa.string()), ("part", pa.string()), ("score", pa.float64())]),
            "here",
        )


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_table_is_documented_and_keyed(table: Table) -> None:
    assert table.version >= 1
    assert table.doc.endswith(".")
    assert all(column.doc for column in table.columns)
    assert all(table.column(name).required for name in table.key)
    assert table.to_arrow([]).schema.equals(table.schema(), check_metadata=True)


def test_a_column_of_one_name_has_one_type_everywhere() -> None:
    types: dict[str, tuple[str, pa.DataType]] = {}
    for table in TABLES.values():
        for column in table.columns:
            known = types.setdefault(column.name, (table.name, column.type))
            assert known[1] == column.type, f"{column.name} in {known[0]} and {table.name}"
