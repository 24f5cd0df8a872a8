"""SQL over the tables of a run: DuckDB, with one view per table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.storage import Storage
from schemas.table import Row
from schemas.tables import TABLES

if TYPE_CHECKING:
    import duckdb

MANIFEST = "dataset/manifest.parquet"
_CANDIDATES = """
CREATE TEMP VIEW candidates AS
SELECT * FROM captions LEFT JOIN choices USING (caption_id, shot_id, source_id)
"""


def open_run(storage: Storage) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with a view for every table of the run, and `candidates`: captions with
    their choices. A table that no stage has written yet is there and empty."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads TO 2")
    if not storage.is_local:
        connection.register_filesystem(storage.fs)
    for name, table in TABLES.items():
        paths = table_paths(storage, name)
        if paths:
            files = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
            connection.execute(f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet([{files}])')
        else:
            connection.register(name, table.schema().empty_table())
    connection.execute(_CANDIDATES)
    return connection


def table_paths(storage: Storage, table: str) -> list[str]:
    """Paths of a table's parts as DuckDB reads them."""
    if table == "samples":
        relative = [MANIFEST] if storage.exists(MANIFEST) else []
    else:
        relative = [f"{table}/{name}" for name in storage.names(table) if name.endswith(".parquet")]
    full = [storage.full(path) for path in relative]
    return full if storage.is_local else [storage.fs.unstrip_protocol(path) for path in full]


def fetch(connection: Any, sql: str, *parameters: Any) -> list[Row]:
    """The rows of a query, as dictionaries."""
    cursor = connection.execute(sql, list(parameters))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
