"""What language the texts that came with a video are in, whether or not somebody says it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ingest_media import SRT, by_key, ingest
from pydantic import ValidationError

from schemas.table import Row
from stages.filter.language.identify import MAX_CHARACTERS
from stages.ingest.config import IngestConfig
from stages.ingest.text_languages import with_languages


def read(source: Row, *tracks: tuple[str, str | None, list[str]]) -> dict[str, Any]:
    names = ("title", "description", "tags", "chapters", "language", "extra_json")
    empty = dict.fromkeys(names)
    return {
        "source": empty | source,
        "sidecars": [
            {"sidecar": name, "kind": "subtitle_file", "language": language}
            for name, language, _ in tracks
        ],
        "cues": [
            {"sidecar": name, "cue": n, "language": language, "text": text}
            for name, language, texts in tracks
            for n, text in enumerate(texts)
        ],
    }


class Ear:
    """Language ID that hears German in everything with an umlaut, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> list[str]:
        self.asked += texts
        return ["de" if "ü" in text else "und" for text in texts]


def languages(rows: Sequence[Row]) -> list[tuple[str | None, str | None]]:
    return [(row["language"], row["language_origin"]) for row in rows]


def test_a_track_is_one_text_and_all_texts_of_a_source_are_one() -> None:
    ear = Ear()
    chapters = [{"start_s": 0.0, "end_s": 1.0, "title": "Anfang"}]
    texts = {"title": "Brot", "description": "für alle", "tags": ["backen"], "chapters": chapters}
    (named,) = with_languages([read(texts, ("a.srt", None, ["Ja.", "Für dich."]))], None, ear)
    assert ear.asked == ["Brot\nfür alle\nAnfang\nbacken", "Ja.\nFür dich."]
    assert languages([named["source"], *named["sidecars"]]) == [("de", "identified")] * 2
    assert languages(named["cues"]) == [("de", "identified")] * 2


def test_what_is_declared_is_never_asked() -> None:
    ear = Ear()
    given = read({"title": "Für alle", "language": "nl"}, ("a.srt", "fr", ["Für dich."]))
    (named,) = with_languages([given], None, ear)
    assert ear.asked == []
    rows = [named["source"], *named["sidecars"], *named["cues"]]
    assert languages(rows) == [("nl", "declared"), ("fr", "declared"), ("fr", "declared")]


def test_a_configured_language_is_for_those_that_declare_none() -> None:
    given = read({"title": "Für alle"}, ("a.srt", "fr", ["Für dich."]), ("b.srt", None, ["Ja."]))
    (named,) = with_languages([given], "sv", None)
    rows = [named["source"], *named["sidecars"]]
    assert languages(rows) == [("sv", "declared"), ("fr", "declared"), ("sv", "declared")]


@pytest.mark.parametrize("ear", [Ear(), None])
def test_what_nobody_can_tell_stays_unknown(ear: Ear | None) -> None:
    (named,) = with_languages([read({"title": "Brot"}, ("a.srt", None, ["Ja."]))], None, ear)
    assert languages([named["source"], *named["sidecars"]]) == [(None, None)] * 2


def test_a_video_without_texts_has_no_language() -> None:
    (named,) = with_languages([read({})], None, ear := Ear())
    assert (named["source"]["language"], ear.asked) == (None, [])


def test_where_there_is_no_title_other_columns_are_read() -> None:
    extra = {"id": "q1", "options": ["grün oder blau", 3], "question": "Was für ein Tag?"}
    given = read({"extra_json": json.dumps(extra)})
    (named,) = with_languages([given], None, ear := Ear())
    assert ear.asked == ["grün oder blau\nWas für ein Tag?"]
    assert named["source"]["language"] == "de"


def test_only_the_start_of_a_long_track_is_looked_at() -> None:
    ear = Ear()
    with_languages([read({}, ("a.srt", None, ["word " * 30] * 10_000))], None, ear)
    assert len(ear.asked[0]) < 2 * MAX_CHARACTERS


def test_a_run_names_the_languages_of_a_table_that_tells_none(tmp_path: Path, clip: bytes) -> None:
    titles = {
        "a.mp4": "How to bake bread at home",
        "b.mp4": "Comment faire du pain à la maison",
        "c.mp4": "今日は家でパンを焼きます",
        "d.mp4": "DSC_0042",
    }
    for name in titles:
        (tmp_path / name).write_bytes(clip)
    (tmp_path / "a.srt").write_text(SRT)
    lines = [json.dumps({"path": name, "title": title}) for name, title in titles.items()]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    run = ingest(tmp_path / "t.jsonl", tmp_path / "run")
    assert [by_key(run)[name]["language"] for name in titles] == ["en", "fr", "ja", None]
    none = ingest(tmp_path / "t.jsonl", tmp_path / "none", language_model=None)
    assert [by_key(none)[name]["language"] for name in titles] == [None] * 4
    told = ingest(tmp_path / "t.jsonl", tmp_path / "told", language="EN_us")
    assert {by_key(told)[name]["language"] for name in titles} == {"en-US"}


def test_a_language_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="no BCP-47 language tag"):
        IngestConfig(language="no such tag")
