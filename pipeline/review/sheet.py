"""Sheets that people edit: CSV, Excel and JSON lines, written and read back without loss.

A cell that a spreadsheet would run as a formula is written as text: in Excel files by its type,
in CSV by an apostrophe before it, which reading takes away again. Nothing else is changed, so
right-to-left text, joiners and direction marks come back as they went.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import PolyreelError
from schemas.table import Row

COLUMNS = (
    "translation_id",
    "video",
    "shot_id",
    "kind",
    "source_language",
    "language",
    "status",
    "flags",
    "source_text",
    "translation",
    "corrected",
    "comment",
    "version",
)
"""A person fills `corrected` (the whole text as it should be) and, if they like, `comment`.
`version` is a hash of source text and translation, by which import sees that a row changed."""
FORMATS = ("csv", "xlsx", "jsonl")
NEEDED = ("translation_id", "corrected", "version")
WIDTHS = {"source_text": 60, "translation": 60, "corrected": 60, "comment": 30, "flags": 24}
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv", "ckb"})
EXCEL_CELL = 32_767
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


class SheetError(PolyreelError):
    """A sheet cannot be written or read."""


def write_sheet(path: Path, rows: Sequence[Row], form: str) -> None:
    """Write rows with COLUMNS. Raises SheetError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if form == "csv":
        path.write_bytes(_csv(rows))
    elif form == "jsonl":
        lines = (json.dumps({k: r[k] for k in COLUMNS}, ensure_ascii=False) + "\n" for r in rows)
        path.write_bytes("".join(lines).encode())
    else:
        _write_excel(path, rows)


def read_sheet(path: Path) -> list[Row]:
    """The rows of a sheet as texts, the format by the file's ending. Raises SheetError when it
    cannot be read, or lacks a needed column."""
    form = path.suffix.lstrip(".").lower()
    readers = {"csv": _read_csv, "jsonl": _read_lines, "xlsx": _read_excel}
    if form not in readers:
        raise SheetError(f"{path}: its ending is none of {', '.join(FORMATS)}")
    if not path.is_file():
        raise SheetError(f"{path}: there is no such file")
    rows = readers[form](path)
    if rows and (missing := [name for name in NEEDED if name not in rows[0]]):
        raise SheetError(
            f"{path}: column {missing[0]} is missing",
            "keep the columns of the exported sheet; others may be added",
        )
    return rows


def escaped(text: str) -> str:
    """Text that a spreadsheet takes for text."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescaped(text: str) -> str:
    return text[1:] if _ESCAPED.match(text) else text


def _csv(rows: Sequence[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([escaped(str(row[name])) for name in COLUMNS] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()  # the mark by which Excel knows UTF-8


def _read_csv(path: Path) -> list[Row]:
    csv.field_size_limit(10_000_000)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        # A sheet that was saved where the comma is the decimal mark has semicolons.
        first = text.partition("\n")[0]
        mark = max(",;\t", key=first.count)
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
        return [
            {name: unescaped(value or "") for name, value in row.items() if name} for row in reader
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SheetError(f"{path} is no CSV in UTF-8: {error}", "save it as CSV UTF-8") from error


def _read_lines(path: Path) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            value = json.loads(line)
        except ValueError as error:
            raise SheetError(f"{path}, line {number}: {error}") from error
        if not isinstance(value, dict):
            raise SheetError(f"{path}, line {number}: not an object")
        rows.append({name: "" if v is None else str(v) for name, v in value.items()})
    return rows


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ImportError as error:
        raise SheetError(
            "Excel files need openpyxl", "pip install 'polyreel[review]', or use --format csv"
        ) from error
    return openpyxl


def _write_excel(path: Path, rows: Sequence[Row]) -> None:
    openpyxl = _openpyxl()
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils.escape import escape

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "translations"
    sheet.freeze_panes = "A2"
    for column, name in enumerate(COLUMNS, 1):
        sheet.cell(1, column, name).font = Font(bold=True)
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = WIDTHS.get(name, 14)
    for number, row in enumerate(rows, 2):
        for column, name in enumerate(COLUMNS, 1):
            text = escape(str(row[name]))
            if len(text) > EXCEL_CELL:
                raise SheetError(
                    f"{row['translation_id']}: {name} has {len(text)} characters; a cell of an "
                    f"Excel file holds {EXCEL_CELL}",
                    "use --format jsonl",
                )
            cell = sheet.cell(number, column)
            cell.value, cell.data_type = text, "s"
            cell.quotePrefix = bool(_FORMULA.match(text))
            language = row["source_language"] if name == "source_text" else row["language"]
            rtl = name in ("source_text", "translation", "corrected") and _is_rtl(language)
            cell.alignment = Alignment(
                wrap_text=name in WIDTHS, vertical="top", readingOrder=2 if rtl else 0
            )
    book.save(path)


def _is_rtl(tag: str) -> bool:
    return tag.split("-")[0] in RIGHT_TO_LEFT


def _read_excel(path: Path) -> list[Row]:
    openpyxl = _openpyxl()
    from zipfile import BadZipFile

    from openpyxl.utils.escape import unescape
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True)
        lines = list(book.active.iter_rows())
        book.close()
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError) as error:
        raise SheetError(f"{path} is no Excel file: {error}") from error
    if not lines:
        return []
    names = [str(cell.value or "") for cell in lines[0]]
    rows: list[Row] = []
    for number, line in enumerate(lines[1:], 2):
        row: Row = {}
        for name, cell in zip(names, line, strict=False):
            if name == "corrected" and cell.data_type == "f":
                raise SheetError(
                    f"{path}, row {number}: {cell.value} is a formula",
                    "write the correction as text (with an apostrophe before it)",
                )
            row[name] = "" if cell.value is None else unescape(str(cell.value))
        if any(row.values()):
            rows.append(row)
    return rows
