"""What a person corrects stays corrected: through re-runs, and never over what changed."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from choice_rows import split_choices
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.commits import Commits
from pipeline.corpus import write_units
from pipeline.errors import ConfigError
from pipeline.models.cache import ModelCache
from pipeline.registry import StageSpec
from pipeline.review.edits import EDITS_PATH, read_edits
from pipeline.review.export import export_review
from pipeline.review.rows import Wanted
from pipeline.review.take import Taken, import_review
from pipeline.runner import UnitRunner
from pipeline.storage import Storage
from pipeline.worker import RunUnit, RunWorker, part_path
from schemas.table import Row
from stages.base import kept
from stages.caption.stage import CaptionStage
from stages.ingest.stage import IngestStage
from stages.select.stage import SelectStage
from stages.translate.config import TranslateConfig

NOW = "2030-01-02T03:04:05+00:00"
DOG, MAN = "A dog is sleeping.", "A man is walking in the park."


def caption(number: int, text: str) -> Row:
    return {
        "caption_id": f"c{number}", "shot_id": f"shot{number}", "source_id": f"source{number}",
        "teacher": "visual", "style": "short", "language": "en", "text": text,
        "is_demo": False, "selected": True, "outcome": "kept",
    }  # fmt: skip


class TwoUnits:
    """A run of two units with a caption each, translated into Spanish and Arabic."""

    def __init__(self, root: Path) -> None:
        self.storage = Storage(str(root))
        self.storage.write_json("run.json", {"input": "x"})
        write_units(self.storage, ["u1", "u2"])
        self.config = TranslateConfig(
            languages=["es", "ar"], cache="", checks={"language_model": None}, flag_below_score=0
        )
        for number, text in ((1, DOG), (2, MAN)):
            self.give(number, text)

    def give(self, number: int, text: str) -> None:
        """Commit a unit's source and caption as the stages before would."""
        worker = RunWorker(self.storage, ModelCache())
        for stage, tables in (
            (IngestStage, {"sources": [{"source_id": f"source{number}", "key": f"v{number}.mp4",
                                        "uri": f"/v{number}.mp4", **kept()}]}),
            (CaptionStage, split_choices([caption(number, text)])),
            (SelectStage, split_choices([caption(number, text)])),
        ):  # fmt: skip
            unit = RunUnit(f"u{number}", StageSpec(stage.name, _config(stage)).build(), worker)
            for name in unit.stage.writes:
                unit.write(name, tables.get(name, []))
            unit.commit("made by hand")
        worker.close()

    def translate(self) -> list[bool]:
        """Run the stage; for each unit, whether its work was reused."""
        worker = RunWorker(self.storage, ModelCache())
        runner = UnitRunner(StageSpec("translate", self.config), worker)
        reports = [runner.run(unit) for unit in ("u1", "u2")]
        runner.close()
        worker.close()
        assert [report.error for report in reports] == ["", ""]
        return [report.reused for report in reports]

    def rows(self) -> dict[tuple[str, str], Row]:
        found: list[Row] = []
        for unit in ("u1", "u2"):
            found += self.storage.read_table(part_path("translations", unit)).to_pylist()
        return {(row["caption_id"], row["language"]): row for row in found}

    def sheet(self, path: Path, wanted: Wanted = Wanted.ALL, language: str = "") -> list[Row]:
        export_review(self.storage, path, "csv", wanted, language)
        return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))

    def correct(self, path: Path, texts: dict[str, str], **options: Any) -> Taken:
        """Fill the sheet's `corrected` by what the translation was, and import it."""
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
        for row in rows:
            row["corrected"] = texts.get(row["translation"], "")
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return import_review(self.storage, path, options.pop("editor", "Ann"), NOW, **options)


def _config(stage: Any) -> Any:
    from pipeline.config import RunConfig

    return getattr(RunConfig(), stage.name)


@pytest.fixture
def run(tmp_path: Path) -> TwoUnits:
    made = TwoUnits(tmp_path / "run")
    made.translate()
    return made


def test_an_edit_survives_and_only_its_unit_runs_again(run: TwoUnits, tmp_path: Path) -> None:
    before = run.rows()
    sheet = tmp_path / "s.csv"
    run.sheet(sheet, language="es")
    said = before["c1", "es"]["text"]
    taken = run.correct(sheet, {said: "El perro duerme."})
    assert (len(taken.imported), taken.blank, taken.refused) == (1, 1, [])
    assert run.translate() == [False, True]
    after = run.rows()
    row = after["c1", "es"]
    assert (row["text"], row["status"]) == ("El perro duerme.", "edited")
    assert (row["editor"], row["edited_at"], row["is_demo"]) == ("Ann", NOW, False)
    assert {key: r for key, r in after.items() if key != ("c1", "es")} == {
        key: r for key, r in before.items() if key != ("c1", "es")
    }
    assert run.translate() == [True, True]
    run.config = run.config.model_copy(update={"beam_size": 3})
    assert run.translate() == [False, False]
    assert run.rows()["c1", "es"]["text"] == "El perro duerme."


def test_an_edit_changes_what_the_next_stages_read(run: TwoUnits, tmp_path: Path) -> None:
    def digest() -> str:
        commit = Commits(run.storage).read("translate", "u1")
        assert commit is not None
        return commit.tables["translations"].columns["text"]

    before, sheet = digest(), tmp_path / "s.csv"
    run.sheet(sheet)
    run.correct(sheet, {run.rows()["c1", "ar"]["text"]: "الكلب نائم."})
    run.translate()
    assert digest() != before


def test_a_changed_row_is_not_overwritten_without_force(run: TwoUnits, tmp_path: Path) -> None:
    said, old, new = run.rows()["c1", "es"]["text"], tmp_path / "old.csv", tmp_path / "new.csv"
    run.sheet(old)
    run.sheet(new)
    run.correct(new, {said: "Primero."})
    taken = run.correct(old, {said: "Segundo."}, editor="Bob")
    assert [why for _, why in taken.refused] == [
        'changed since the export; it is now "Primero." (edited)'
    ]
    assert [edit.text for edit in read_edits(run.storage).values()] == ["Primero."]
    taken = import_review(run.storage, old, "Bob", NOW, force=True)
    assert len(taken.imported) == 1
    assert [edit.editor for edit in read_edits(run.storage).values()] == ["Bob"]
    again = import_review(run.storage, old, "Bob", "2031-01-01T00:00:00+00:00", force=True)
    assert (again.imported, again.already) == ([], 1)


def test_an_edit_of_another_source_text_is_not_applied(run: TwoUnits, tmp_path: Path) -> None:
    sheet = tmp_path / "s.csv"
    run.sheet(sheet)
    run.correct(sheet, {run.rows()["c1", "es"]["text"]: "El perro duerme."})
    run.give(1, "A cat is sleeping.")
    run.translate()
    row = run.rows()["c1", "es"]
    assert row["status"] == "flagged"
    assert row["text"] == "Un gato está durmiendo."
    assert "the edit by Ann was made for another source text" in row["detail"]
    run.give(1, DOG)
    run.translate()
    assert run.rows()["c1", "es"]["text"] == "El perro duerme."


def test_a_person_may_translate_what_no_model_could(run: TwoUnits, tmp_path: Path) -> None:
    run.give(1, "A platypus yawns.")
    run.translate()
    sheet = tmp_path / "s.csv"
    (row,) = run.sheet(sheet, Wanted.MISSING, "es")
    assert (row["status"], row["flags"]) == ("missing", "out_of_domain")
    run.correct(sheet, {"": "Un ornitorrinco bosteza."})
    run.translate()
    made = run.rows()["c1", "es"]
    assert (made["text"], made["status"], made["outcome"], made["model"]) == (
        "Un ornitorrinco bosteza.", "edited", "kept", "person",
    )  # fmt: skip


def test_budgets_choose_rows(run: TwoUnits, tmp_path: Path) -> None:
    sheet = tmp_path / "s.csv"
    counts = {wanted: len(run.sheet(sheet, wanted)) for wanted in Wanted}
    assert counts == {"flagged": 4, "auto": 0, "edited": 0, "missing": 0, "all": 4}
    assert {row["language"] for row in run.sheet(sheet, Wanted.FLAGGED, "ar")} == {"ar"}
    with pytest.raises(ConfigError, match="no translations into xx"):
        run.sheet(sheet, Wanted.ALL, "xx")


def test_what_the_run_does_not_have_or_the_sheet_says_twice_is_refused(
    run: TwoUnits, tmp_path: Path
) -> None:
    (first, *_) = run.sheet(tmp_path / "s.csv")
    lines = [
        f'{{"translation_id": "{key}", "corrected": "{text}", "version": "{version}"}}'
        for key, text, version in (
            ("nothing", "x", "v"),
            (first["translation_id"], "uno", first["version"]),
            (first["translation_id"], "dos", first["version"]),
        )
    ]
    path = tmp_path / "s.jsonl"
    path.write_text("\n".join(lines))
    taken = import_review(run.storage, path, "Ann", NOW)
    assert dict(taken.refused) == {
        "nothing": "the run has no such translation",
        first["translation_id"]: "the sheet has two different corrections of it",
    }
    assert not run.storage.exists(EDITS_PATH)


def test_the_commands_say_what_they_did(run: TwoUnits, tmp_path: Path) -> None:
    sheet, folder = tmp_path / "s.csv", str(tmp_path / "run")
    done = CliRunner().invoke(app, ["review", "export", folder, "--lang", "es", "-o", str(sheet)])
    assert (done.exit_code, done.output) == (0, f"2 translations: {sheet}\n")
    done = CliRunner().invoke(app, ["review", "import", folder, str(sheet), "--editor", "Ann"])
    assert done.exit_code == 0
    assert "0 corrections imported" in done.output


def test_a_stage_that_does_not_ask_gets_no_edits(tmp_path: Path) -> None:
    worker = RunWorker(Storage(str(tmp_path)), ModelCache())
    unit = RunUnit("u", StageSpec("caption", _config(CaptionStage)).build(), worker)
    with pytest.raises(LookupError, match="does not declare"):
        unit.edits()
    worker.close()
