"""A sheet gives back what was put in, and a spreadsheet runs none of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.review.sheet import (
    COLUMNS,
    FORMATS,
    SheetError,
    escaped,
    read_sheet,
    unescaped,
    write_sheet,
)
from schemas.table import Row

EVIL = ("=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", "'=x", "''-y", "＝1")
TEXTS = (
    *EVIL,
    "رجلان يمشيان.",
    "\u200f\u202bرجل\u202c",
    "می\u200cرود",
    'He said "hi", then; left\nnow',
    "plain",
    "'quoted'",
)


def row(number: int, text: str) -> Row:
    filled = dict.fromkeys(COLUMNS, "x")
    return filled | {
        "translation_id": f"t{number}", "language": "ar", "source_language": "en",
        "source_text": text, "translation": text, "corrected": text, "version": "v",
    }  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_every_text_comes_back_as_it_went(form: str, tmp_path: Path) -> None:
    if form == "xlsx":
        pytest.importorskip("openpyxl")
    rows = [row(number, text) for number, text in enumerate(TEXTS)]
    path = tmp_path / f"sheet.{form}"
    write_sheet(path, rows, form)
    assert [found["corrected"] for found in read_sheet(path)] == list(TEXTS)
    assert [found["translation"] for found in read_sheet(path)] == list(TEXTS)


@given(st.text())
def test_escaping_can_be_undone_and_leaves_no_formula(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert not escaped(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0")), max_size=4))
@settings(max_examples=30)
def test_any_text_survives_csv(texts: list[str]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.csv"
        write_sheet(path, [row(number, text) for number, text in enumerate(texts)], "csv")
        assert [found["corrected"] for found in read_sheet(path)] == texts


def test_excel_cells_are_text_that_reads_from_the_right(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    path = tmp_path / "sheet.xlsx"
    write_sheet(path, [row(number, text) for number, text in enumerate(EVIL)], "xlsx")
    sheet = openpyxl.load_workbook(path).active
    column = COLUMNS.index("corrected") + 1
    cells = [sheet.cell(number, column) for number in range(2, len(EVIL) + 2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.alignment.readingOrder for cell in cells} == {2.0}
    sheet.cell(2, column).value = "=HYPERLINK(1)"
    sheet.parent.save(path)
    with pytest.raises(SheetError, match="row 2: =HYPERLINK"):
        read_sheet(path)


def test_semicolons_of_other_locales_are_read(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("translation_id;corrected;version\nt1;Ein Mann, der geht;v\n")
    assert read_sheet(path)[0]["corrected"] == "Ein Mann, der geht"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("x.txt", b"", "its ending"),
        ("x.csv", b"\xff\xfe\x00", "no CSV in UTF-8"),
        ("x.csv", b"a,b\n1,2\n", "column translation_id is missing"),
        ("x.jsonl", b"{", "line 1"),
        ("x.jsonl", b"[1]", "not an object"),
        ("x.xlsx", b"not a zip", "no Excel file"),
    ],
)
def test_what_is_no_sheet_is_refused(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    if name.endswith("xlsx"):
        pytest.importorskip("openpyxl")
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SheetError, match=message):
        read_sheet(tmp_path / name)
    with pytest.raises(SheetError, match="no such file"):
        read_sheet(tmp_path / "absent.csv")
