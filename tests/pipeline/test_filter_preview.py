"""`polyreel filter preview` and `polyreel quality train`: thresholds before they are used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from choice_rows import split_choices

from pipeline.cli import app
from pipeline.config import RunConfig
from pipeline.errors import ConfigError
from pipeline.filter_preview import count_kept, limits_for_shares, read_verdicts
from pipeline.models.cache import ModelCache
from pipeline.run_folder import write_run
from pipeline.storage import Storage
from pipeline.testing import run_unit_stage
from schemas.outcomes import Outcome
from schemas.table import Row
from schemas.tables import TABLES
from stages.filter.config import FilterConfig
from stages.filter.stage import FilterStage

KEPT = {"outcome": "kept", "reason": None, "detail": None}
DECLARED = {"language_origin": "declared"}
CAPTIONS = ("A man rides.", "A man rides a horse.", "A man rides a horse on the wide beach.")
GERMAN = ("Ein Mann reitet.", "Ein Mann reitet ein Pferd.", "Ein Mann reitet am weiten Strand.")


def tables() -> dict[str, list[Row]]:
    """Three clips of one source, with a caption and its translation each."""
    rows: dict[str, list[Row]] = {
        "sources": [
            {"source_id": "s", "uri": "/s.mp4", "key": "s.mp4", "width": 640, "height": 360} | KEPT
        ],
        "shots": [],
        "selections": [],
        "captions": [],
        "translations": [],
    }
    for number, (english, german) in enumerate(zip(CAPTIONS, GERMAN, strict=True)):
        ids = {"shot_id": f"c{number}", "source_id": "s"}
        caption = ids | {"caption_id": f"cap{number}"}
        rows["shots"].append(
            ids
            | {"index": number, "start_frame": number * 100, "end_frame": number * 100 + 100}
            | {"start_pts": 0, "end_pts": 100, "time_base": "1/25", "start_s": 0.0, "end_s": 4.0}
            | {"scale": 0, "cover_start_s": 0.0, "cover_end_s": 4.0, "n_frames": 100}
            | {"start_kind": "cut", "end_kind": "cut", "motion": 1.0 + number}
            | {"brightness": 100.0, "sharpness": 100.0 * (number + 1)}
            | KEPT
        )
        rows["selections"].append(
            caption | {"policy": "priority", "why": "first", "n_candidates": 1} | KEPT
        )
        rows["captions"].append(
            caption
            | {"teacher": "visual", "style": "visual", "language": "en", "text": english}
            | DECLARED
            | {"is_demo": False, "selected": True}
            | KEPT
        )
        rows["translations"].append(
            caption
            | {"kind": "caption", "text_id": f"cap{number}"}
            | {"translation_id": f"tr{number}", "source_language": "en", "language": "de"}
            | {"text": german, "status": "auto", "model": "m", "is_demo": False}
            | KEPT
        )
    return rows | split_choices(rows["captions"])


def judged(tmp_path: Path, **settings: Any) -> list[Row]:
    stage = FilterStage(FilterConfig(**{"language_model": None} | settings))
    rows: list[Row] = run_unit_stage(stage, tmp_path, tables()).tables["verdicts"]
    return rows


def kept_counts(rows: list[Row]) -> dict[str, int]:
    """Kept clips, and kept texts by language."""
    counts: dict[str, int] = {}
    for row in rows:
        key = row["language"] or "clips"
        counts[key] = counts.get(key, 0) + (row["outcome"] == Outcome.KEPT)
    return counts


@pytest.fixture
def run(tmp_path: Path) -> Storage:
    """A run folder whose filter has run with the defaults, without language ID."""
    storage = Storage(str(tmp_path / "run"))
    config = RunConfig()
    config.filter.language_model = None
    write_run(storage, "videos", config)
    rows = judged(tmp_path / "work")
    storage.write_table("verdicts/part-u0.parquet", TABLES["verdicts"].to_arrow(rows))
    return storage


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"min_words": 4},
        {"min_words": 6},
        {"max_words": 4},
        {"min_motion": 1.5},
        {"min_sharpness": 250.0, "min_words": 4},
        {"limits_by_language": {"de": {"min_words": 6}}},
        {"min_words": 6, "tag_only": ["min_words"]},
        {"max_copy_similarity": 0.1},
        {"max_copy_similarity": None},
    ],
)
def test_a_preview_says_what_the_filter_then_does(
    run: Storage, tmp_path: Path, settings: dict[str, Any]
) -> None:
    before = FilterConfig(language_model=None)
    after = FilterConfig(language_model=None, **settings)
    found = count_kept(read_verdicts(run), before, after)
    real = kept_counts(judged(tmp_path / "again", **settings))
    assert found["clips"] == {"all": 3, "before": 3, "after": real["clips"]}
    assert {language: row["after"] for language, row in found["texts"].items()} == {
        language: real[language] for language in ("de", "en")
    }


def test_shares_become_limits_of_each_language(run: Storage) -> None:
    limits = limits_for_shares(read_verdicts(run), {"min_words": 0.66})
    assert limits == {"de": {"min_words": 5.0}, "en": {"min_words": 5.0}}
    assert limits_for_shares(read_verdicts(run), {"max_words": 0.3})["en"] == {"max_words": 3.0}
    assert limits_for_shares(read_verdicts(run), {"min_words": 1.0})["en"] == {"min_words": 3.0}


@pytest.mark.parametrize("shares", [{"min_motion": 0.5}, {"min_words": 0.0}, {"min_words": 1.2}])
def test_shares_of_no_text_rule_or_out_of_range_are_refused(
    run: Storage, shares: dict[str, float]
) -> None:
    with pytest.raises(ConfigError):
        limits_for_shares(read_verdicts(run), shares)


def call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    app(arguments, standalone_mode=False)
    return capsys.readouterr().out


def test_the_preview_command_changes_nothing(
    run: Storage, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in Path(run.url).rglob("*") if path.is_file()}
    arguments = ["filter", "preview", run.url, "--set", "filter.min_words=4"]
    found = json.loads(call([*arguments, "--keep-top", "max_words=0.3", "--json"], capsys))
    assert found["limits_by_language"]["de"] == {"max_words": 3.0}
    assert found["clips"] == {"all": 3, "before": 3, "after": 0}
    assert found["drops"]["max_words"] == 4
    text = call(arguments, capsys)
    assert text.splitlines()[1].split() == ["clips", "3", "3", "2"]
    assert before == {p: p.read_bytes() for p in Path(run.url).rglob("*") if p.is_file()}


def test_quality_is_trained_from_labelled_lines_and_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [f"keep\tA man rides a {what} on the beach" for what in ("horse", "bike", "donkey")]
    lines += [f"drop\tBest {what} deal, order cheap today" for what in ("horse", "bike", "donkey")]
    (tmp_path / "lines.tsv").write_text("\n".join(lines * 3))
    model = tmp_path / "model.npz"
    command = ["quality", "train", str(tmp_path / "lines.tsv"), "-o", str(model), "--json"]
    found = json.loads(call(command, capsys))
    assert (found["scored_on"], found["accuracy"]) == (2, 1.0)
    rows = judged(tmp_path / "a", quality_model=str(model))
    scores = {s["rule"]: s["value"] for s in rows[1]["scores"]}
    assert scores["min_quality"] > 0.5
    assert scores["max_perplexity"] > 1


def test_a_line_that_is_not_labelled_is_named(tmp_path: Path) -> None:
    from pipeline.cli_quality import train

    (tmp_path / "lines.tsv").write_text("keep\tA man\nA dog\n")
    with pytest.raises(ConfigError, match="line 2"):
        train(tmp_path / "lines.tsv", tmp_path / "model.npz")


@pytest.mark.models
def test_each_kind_of_text_of_a_clip_has_its_own_language(tmp_path: Path) -> None:
    from stages.filter.language.defaults import LID_176

    if (path := ModelCache(may_fetch=False).find(LID_176)) is None:
        pytest.skip("lid.176.ftz is not here: polyreel models pull")
    rows = tables()
    rows["sources"][0] |= {"title": "Мужчина едет верхом по пляжу", "audio_language": "fr"}
    speech = {"style": "transcript", "language": "en", "is_demo": False, "selected": False}
    one = {"shot_id": "c0", "source_id": "s"} | speech | KEPT | DECLARED
    heard = [
        one | {"caption_id": "x", "teacher": "asr", "text": "Bonjour, je suis dans la rue"},
        one | {"caption_id": "y", "teacher": "subtitle", "text": "Hello, I am in the street"},
        one
        | {"caption_id": "z", "teacher": "ocr", "style": "on_screen_text", "language": "zh"}
        | {"text": "出口在这里", "language_origin": "identified"},
    ]
    for name, found in split_choices(heard).items():
        rows[name] += found
    stage = FilterStage(FilterConfig(language_model=str(path)))
    found = run_unit_stage(stage, tmp_path, rows).tables["verdicts"]
    clip = next(row for row in found if row["scope"] == "clip" and row["shot_id"] == "c0")
    assert [(f["field"], f["declared"], f["detected"]) for f in clip["language_fields"]] == [
        ("title", "und", "ru"),
        ("caption", "en", "en"),
        ("speech", "fr", "fr"),
        ("on_screen_text", "und", "zh"),
        ("transcript", "en", "en"),
    ]
