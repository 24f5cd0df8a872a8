"""SQL over a run, and wrong questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.storage import Storage
from pipeline.worker import part_path
from schemas.tables import TABLES
from scripts import inspect_manifest


@pytest.fixture
def run(tmp_path: Path) -> str:
    storage = Storage(str(tmp_path / "run"))
    storage.write_json("run.json", {"input": "videos"})
    for unit, key in (("u1", "a.mp4"), ("u2", "b.mp4")):
        row = {"source_id": key, "uri": key, "key": key, "outcome": "kept"}
        storage.write_table(part_path("sources", unit), TABLES["sources"].to_arrow([row]))
    return storage.url


def test_a_query_sees_all_parts(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect_manifest.main([run, "SELECT key FROM sources ORDER BY key", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows == [{"key": "a.mp4"}, {"key": "b.mp4"}]


def test_rows_of_many_columns_are_lists_that_can_be_read(
    run: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert inspect_manifest.main([run, "--table", "sources"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines.count(["key", "a.mp4"]) == lines.count(["key", "b.mp4"]) == 1
    assert ["row", "2"] in lines
    assert lines[-1] == ["2", "rows"]


def test_a_table_that_no_stage_has_written_is_empty(
    run: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inspect_manifest.main([run, "SELECT count(*) AS n FROM samples", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"n": 0}


def test_without_a_query_every_table_is_listed(
    run: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inspect_manifest.main([run]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in TABLES)


@pytest.mark.parametrize("sql", ["SELECT nothing FROM sources", "SELEC", "SELECT * FROM nowhere"])
def test_a_wrong_query_is_a_message(run: str, sql: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect_manifest.main([run, sql]) == 2
    assert "inspect_manifest:" in capsys.readouterr().err


def test_a_folder_that_is_no_run_is_a_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inspect_manifest.main([str(tmp_path)]) == 2
    assert "is no Polyreel run" in capsys.readouterr().err
