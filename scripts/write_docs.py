#!/usr/bin/env python3
"""Write the reference pages in docs/ from the code: configuration.md and tables.md.

python scripts/write_docs.py           write them
python scripts/write_docs.py --check   exit with 1 when a page is not what the code says
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pyarrow as pa

from pipeline.config_docs import render_config_docs
from schemas.outcomes import REASON_HELP
from schemas.tables import TABLES

_DOCS = Path(__file__).resolve().parents[1] / "docs"

_TABLES_INTRO = """\
# Tables and reasons

Written by `scripts/write_docs.py`; do not edit by hand. Every table of a run is Parquet:
`RUN/TABLE/part-UNIT.parquet`, one part per unit of sources, and `samples` in
`RUN/dataset/manifest.parquet`. `scripts/inspect_manifest.py RUN "SELECT ..."` asks SQL of them.
"""


def type_name(kind: pa.DataType) -> str:
    """A type in words; of a struct whose fields are all alike, their names and one type."""
    if not pa.types.is_struct(kind) or len({field.type for field in kind}) > 1:
        return str(kind)
    names = ", ".join(field.name for field in kind)
    return f"struct<{names}: {kind.field(0).type}>"


def render_tables() -> str:
    """Markdown of every table's columns and of every reason."""
    parts = [_TABLES_INTRO]
    for table in TABLES.values():
        parts += [f"## {table.name} (version {table.version})\n", f"{table.doc}\n"]
        parts.append(f"Key: {', '.join(f'`{name}`' for name in table.key)}\n")
        parts += ["| column | type | null | what it is |", "| --- | --- | --- | --- |"]
        for column in table.columns:
            kind = type_name(column.type).replace("|", "\\|")
            null = "no" if column.required else "yes"
            parts.append(f"| `{column.name}` | {kind} | {null} | {column.doc} |")
        parts.append("")
    parts += ["## Reasons\n", "| reason | what it means |", "| --- | --- |"]
    parts += [f"| `{reason}` | {text} |" for reason, text in REASON_HELP.items()]
    return "\n".join(parts) + "\n"


PAGES = {"configuration.md": render_config_docs, "tables.md": render_tables}


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    options = parser.parse_args(given)
    stale = []
    for name, render in PAGES.items():
        path, text = _DOCS / name, render()
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not options.check:
            path.write_text(text)
            print(f"wrote {path}")
    if options.check and stale:
        print(f"not what the code says: {', '.join(stale)}; run scripts/write_docs.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
