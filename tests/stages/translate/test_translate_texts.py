"""Captions of any kind, subtitles with their times, and what a source says of itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from choice_rows import split_choices
from pydantic import ValidationError

from pipeline.commits import fingerprint
from pipeline.config import load_config
from pipeline.errors import RunError
from pipeline.registry import STAGE_NAMES
from pipeline.storage import Storage
from pipeline.subtitles import SubtitleFormat, export_subtitles, file_name, subtitle_file
from pipeline.testing import run_unit_stage
from pipeline.worker import part_path
from schemas.table import Row
from schemas.tables import TABLES
from stages.translate.config import TranslateConfig
from stages.translate.stage import TranslateStage
from stages.translate.texts import is_named

KEPT = {"outcome": "kept"}
SOURCES: list[Row] = [
    KEPT
    | {"source_id": "v1", "uri": "/v/one.mp4", "key": "sub/one.mp4", "title": "A dog is sleeping."}
    | {"description": None, "tags": ["A cat is sitting.", "zzz"], "language": "en"}
    | {"chapters": [{"start_s": 1.0, "end_s": 2.5, "title": "A dog is sleeping."}]}
]
CAPTION: Row = KEPT | {
    "shot_id": "s1", "source_id": "v1", "language": "en", "is_demo": False, "selected": False,
}  # fmt: skip
CAPTIONS = [
    CAPTION | {"caption_id": "c1", "teacher": "visual", "style": "short", "selected": True}
    | {"text": "A dog is sleeping."},
    CAPTION | {"caption_id": "c2", "teacher": "asr", "style": "transcript"}
    | {"text": "A man is walking."},
    CAPTION | {"caption_id": "c3", "teacher": "ocr", "style": "lines", "text": "EXIT"},
]  # fmt: skip
CUES: list[Row] = [
    {"source_id": "v1", "sidecar": "one.en.srt", "cue": 0, "start_s": 0.2, "end_s": 1.9996}
    | {"language": "en", "text": "A man is\nwalking."},
    {"source_id": "v1", "sidecar": "one.en.srt", "cue": 1, "start_s": 3661.5, "end_s": 3662.0}
    | {"language": None, "text": "- A dog is sleeping.\n- A man is walking."},
]


def translated(root: Path, sources: Sequence[Row] = SOURCES, **config: Any) -> list[Row]:
    """Without language ID, whose model no test may fetch."""
    config = {"languages": ["es"], "checks": {"language_model": None}} | config
    stage = TranslateStage(TranslateConfig.model_validate(config))
    inputs = {**split_choices(CAPTIONS), "cues": CUES, "sources": sources}
    return run_unit_stage(stage, root, inputs).tables["translations"]


def test_by_default_the_chosen_caption_alone(tmp_path: Path) -> None:
    (row,) = translated(tmp_path)
    assert (row["kind"], row["text_id"], row["teacher"]) == ("caption", "c1", "visual")


def test_candidates_are_named_by_teacher_and_style(tmp_path: Path) -> None:
    rows = translated(tmp_path, texts=["caption", "candidate"], candidates=["asr"])
    assert [(row["kind"], row["teacher"]) for row in rows] == [
        ("candidate", "asr"),
        ("caption", "visual"),
    ]
    assert is_named(["ocr/lines"], "ocr", "lines")
    assert not is_named(["ocr/words", "asr"], "ocr", "lines")


def test_every_kind_of_text(tmp_path: Path) -> None:
    kinds = ["candidate", "caption", "chapter", "cue", "description", "tag", "title"]
    rows = translated(tmp_path, texts=kinds)
    count = {kind: sum(row["kind"] == kind for row in rows) for kind in kinds}
    assert list(count.values()) == [2, 1, 1, 2, 0, 2, 1]
    by = {row["text_id"]: row for row in rows}
    assert by["title"]["text"] == by["chapter/000000"]["text"] == by["c1"]["text"]
    assert (by["chapter/000000"]["start_s"], by["chapter/000000"]["end_s"]) == (1.0, 2.5)
    assert by["tag/000001"]["reason"] == by["c3"]["reason"] == "out_of_domain"
    assert len({row["translation_id"] for row in rows}) == len(rows)


def test_other_columns_of_the_table_are_texts_and_lists_of_texts(tmp_path: Path) -> None:
    extra = {"question": "A dog is sleeping.", "options": ["A man is walking.", 3, ""], "id": "q1"}
    sources = [SOURCES[0] | {"extra_json": json.dumps(extra)}]
    columns = ["question", "options", "no_such"]
    rows = translated(tmp_path, texts=["column"], columns=columns, sources=sources)
    assert {row["text_id"]: row["text"] for row in rows} == {
        "column/question": "Un perro está durmiendo.",
        "column/options/000000": "Un hombre está caminando.",
    }


def test_columns_are_named_where_they_are_wanted_and_only_there() -> None:
    for wrong in ({"texts": ["column"]}, {"columns": ["question"]}):
        with pytest.raises(ValidationError, match="give both"):
            TranslateConfig.model_validate(wrong)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="texts"):
        TranslateConfig.model_validate({"texts": ["poem"]})


def test_cues_keep_their_times_lines_and_languages(tmp_path: Path) -> None:
    first, second = translated(tmp_path, texts=["cue"])
    assert (first["start_s"], first["end_s"], first["sidecar"]) == (0.2, 1.9996, "one.en.srt")
    assert first["text"] == "Un hombre está caminando."
    assert second["text"] == "- Un perro está durmiendo.\n- Un hombre está caminando."
    assert second["source_language"] == "en"


@pytest.mark.parametrize("form", list(SubtitleFormat))
def test_translated_subtitles_are_read_back_with_the_same_times(tmp_path: Path, form: Any) -> None:
    import pysubs2

    translated(tmp_path / "run", texts=["cue", "title"])
    storage = Storage(str(tmp_path / "run"))
    storage.write_table(part_path("sources", "unit0"), TABLES["sources"].to_arrow(SOURCES))
    (path,) = export_subtitles(storage, tmp_path / "out", [], form)
    assert path == tmp_path / "out" / "sub" / f"one.en.es.{form}"
    read = pysubs2.load(str(path))
    assert [(event.start, event.end) for event in read] == [(200, 2000), (3661500, 3662000)]
    assert read[0].plaintext == "Un hombre está caminando."
    assert read[1].plaintext.split("\n")[1] == "- Un hombre está caminando."
    with pytest.raises(RunError, match="no translated subtitle cues in them"):
        export_subtitles(storage, tmp_path / "out", ["fr"], form)


def test_a_subtitle_files_text_cannot_break_it() -> None:
    cue = {"start_s": 0.0, "end_s": 1.0, "text": "<b>1 --> 2</b>\n\n& so"}
    assert subtitle_file([cue], SubtitleFormat.VTT).endswith("&lt;b&gt;1 → 2&lt;/b&gt;\n&amp; so\n")


@pytest.mark.parametrize(
    ("key", "sidecar", "name"),
    [
        ("one.mp4", "one.srt", "one.es.srt"),
        ("../../etc/one.mp4", "one.en.srt", "etc/one.en.es.srt"),
        ("s3://bucket/a/one.mp4", "stream:2", "bucket/a/one.stream2.es.srt"),
        ("/abs/one.mp4", "other/x.vtt", "abs/one.other_x.es.srt"),
    ],
)
def test_subtitle_files_stay_below_their_folder(key: str, sidecar: str, name: str) -> None:
    cue = {"key": key, "sidecar": sidecar, "language": "es"}
    assert file_name(cue, SubtitleFormat.SRT) == name


def test_thirteen_languages_instead_of_four_change_no_fingerprint_before_translate() -> None:
    thirteen = "[zh, es, fr, de, hi, ar, ru, bn, ur, si, ta, sv, ja]"
    before, after = (
        {
            spec.name: fingerprint(spec.build(), {}, {})
            for spec in load_config(settings=settings).specs(list(STAGE_NAMES))
        }
        for settings in ([], [f"translate.languages={thirteen}"])
    )
    assert [name for name in STAGE_NAMES if before[name] != after[name]] == ["translate"]
    reads = {
        spec.name for spec in load_config().specs(list(STAGE_NAMES))
        if "translations" in spec.build().reads
    }  # fmt: skip
    assert reads == {"filter", "export"}
