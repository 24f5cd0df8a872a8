"""What the filter stage promises: one row per clip and per text, and how they hang together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from choice_rows import split_choices

from pipeline.models.cache import ModelCache
from pipeline.testing import run_unit_stage
from schemas.table import Row
from stages.filter.config import FilterConfig
from stages.filter.language.defaults import LID_176
from stages.filter.stage import FilterStage

ENGLISH = "A man in a red coat rides a horse along the beach."
GERMAN = "Ein Mann in einem roten Mantel reitet am Strand entlang."
CHINESE = "一个穿红色外套的男人在海滩上骑马。"
CLOSED = {"outcome": "kept", "reason": None, "detail": None}


def source(**more: Any) -> Row:
    return {
        "source_id": "s",
        "uri": "/s.mp4",
        "key": "s.mp4",
        "width": 640,
        "height": 360,
        **CLOSED,
    } | more


def shot(shot_id: str = "c1", index: int = 0, **more: Any) -> Row:
    values: Row = {
        "shot_id": shot_id,
        "source_id": "s",
        "index": index,
        "start_frame": index * 100,
        "end_frame": index * 100 + 100,
        "start_pts": 0,
        "end_pts": 100,
        "time_base": "1/25",
        "start_s": 0.0,
        "end_s": 4.0,
        "scale": 0,
        "cover_start_s": 0.0,
        "cover_end_s": 4.0,
        "n_frames": 100,
        "start_kind": "cut",
        "end_kind": "cut",
        "motion": 3.0,
        "brightness": 100.0,
        "sharpness": 200.0,
    }
    return values | CLOSED | more


def caption(text: str | None = ENGLISH, shot_id: str = "c1", **more: Any) -> Row:
    values: Row = {
        "caption_id": f"cap-{shot_id}",
        "shot_id": shot_id,
        "source_id": "s",
        "teacher": "visual",
        "style": "short",
        "language": "en",
        "text": text,
        "is_demo": False,
        "selected": True,
    }
    return values | CLOSED | more


def selection(shot_id: str = "c1", **more: Any) -> Row:
    values: Row = {
        "shot_id": shot_id,
        "source_id": "s",
        "caption_id": f"cap-{shot_id}",
        "policy": "priority",
        "why": "first",
        "n_candidates": 1,
    }
    return values | CLOSED | more


def translation(language: str, text: str, shot_id: str = "c1", **more: Any) -> Row:
    values: Row = {
        "translation_id": f"tr-{shot_id}-{language}",
        "kind": "caption",
        "text_id": f"cap-{shot_id}",
        "caption_id": f"cap-{shot_id}",
        "shot_id": shot_id,
        "source_id": "s",
        "source_language": "en",
        "language": language,
        "text": text,
        "status": "auto",
        "model": "m",
        "is_demo": False,
    }
    return values | CLOSED | more


def run(tmp_path: Path, tables: dict[str, list[Row]], **config: Any) -> dict[str, Row]:
    """Verdict rows by text_id; '' or the shot's id for clips."""
    stage = FilterStage(FilterConfig(**{"language_model": None} | config))
    inputs: dict[str, list[Row]] = {
        "sources": [source()],
        "shots": [shot()],
        "selections": [selection()],
        "captions": [caption()],
        "translations": [],
    }
    inputs |= tables
    inputs |= split_choices(inputs["captions"])
    rows = run_unit_stage(stage, tmp_path, inputs).tables["verdicts"]
    found = {row["text_id"] or row["shot_id"]: row for row in rows}
    assert len(found) == len(rows), "one row per clip and text"
    return found


def test_a_good_clip_with_good_texts_is_kept_with_all_its_scores(tmp_path: Path) -> None:
    rows = run(tmp_path, {"translations": [translation("de", GERMAN), translation("zh", CHINESE)]})
    assert set(rows) == {"c1", "cap-c1", "tr-c1-de", "tr-c1-zh"}
    assert all(row["outcome"] == "kept" and row["reasons"] == [] for row in rows.values())
    assert (rows["c1"]["scope"], rows["c1"]["text_id"], rows["c1"]["language"]) == ("clip", "", "")
    assert rows["tr-c1-de"]["scope"] == "text"
    scores = {score["rule"]: score for score in rows["tr-c1-de"]["scores"]}
    assert scores["min_words"] == {
        "rule": "min_words",
        "value": 10.0,
        "limit": 2.0,
        "passed": True,
    }


def test_a_clip_may_lose_one_language_and_keep_the_others(tmp_path: Path) -> None:
    texts = [translation("de", ENGLISH), translation("zh", CHINESE)]
    rows = run(tmp_path, {"translations": texts})
    assert rows["tr-c1-de"]["reason"] == "untranslated_copy"
    assert rows["c1"]["outcome"] == rows["cap-c1"]["outcome"] == "kept"
    assert rows["tr-c1-zh"]["outcome"] == "kept"


def test_the_texts_of_a_dropped_clip_are_dropped_with_it_and_keep_their_scores(
    tmp_path: Path,
) -> None:
    rows = run(
        tmp_path,
        {"shots": [shot(motion=0.0)], "translations": [translation("de", ENGLISH)]},
    )
    assert (rows["c1"]["reason"], rows["c1"]["reasons"]) == ("still", ["still"])
    assert rows["cap-c1"]["reasons"] == ["clip_dropped"]
    assert rows["tr-c1-de"]["reason"] == "clip_dropped"
    assert rows["tr-c1-de"]["reasons"] == ["clip_dropped", "untranslated_copy"]
    assert len(rows["tr-c1-de"]["scores"]) == 19


def test_a_clip_without_any_text_left_is_dropped(tmp_path: Path) -> None:
    rows = run(tmp_path, {"captions": [caption("Hm.")], "translations": [translation("de", "")]})
    assert rows["cap-c1"]["reason"] == "text_too_short"
    assert rows["tr-c1-de"]["reason"] == "empty_text"
    assert (rows["c1"]["outcome"], rows["c1"]["reason"]) == ("dropped", "no_text_left")
    assert rows["c1"]["reasons"] == ["no_text_left"]
    assert "2 texts" in rows["c1"]["detail"]


def test_a_good_translation_outlives_a_bad_caption(tmp_path: Path) -> None:
    rows = run(tmp_path, {"captions": [caption(None)], "translations": [translation("de", GERMAN)]})
    assert rows["cap-c1"]["reason"] == "empty_text"
    assert rows["c1"]["outcome"] == rows["tr-c1-de"]["outcome"] == "kept"


def test_only_clips_with_a_kept_selection_and_their_own_texts_have_rows(tmp_path: Path) -> None:
    dropped = {"outcome": "dropped", "reason": "no_caption"}
    rows = run(
        tmp_path,
        {
            "shots": [shot(), shot("c2", 1)],
            "selections": [selection(), selection("c2", caption_id=None, **dropped)],
            "captions": [
                caption(),
                caption("Another text.", caption_id="other", teacher="asr", selected=False),
            ],
            "translations": [
                translation("de", GERMAN),
                translation("fr", "", outcome="dropped", reason="out_of_domain"),
            ],
        },
    )
    assert set(rows) == {"c1", "cap-c1", "tr-c1-de"}


def test_a_missing_row_costs_only_its_clip(tmp_path: Path) -> None:
    rows = run(
        tmp_path,
        {
            "shots": [shot("c2", 1)],
            "selections": [selection("c1"), selection("c2")],
            "captions": [caption(), caption(shot_id="c2", selected=False)],
            "translations": [translation("de", GERMAN, "c2")],
        },
    )
    assert (rows["c1"]["outcome"], rows["c1"]["reason"]) == ("failed", "upstream_failed")
    assert rows["cap-c1"]["reason"] == "clip_dropped"
    assert (rows["cap-c2"]["outcome"], rows["cap-c2"]["reason"]) == ("failed", "upstream_failed")
    assert rows["c2"]["outcome"] == rows["tr-c2-de"]["outcome"] == "kept"


def test_no_clips_no_rows(tmp_path: Path) -> None:
    assert run(tmp_path, {"selections": [], "captions": [], "shots": []}) == {}


def test_without_a_language_model_nothing_is_detected_and_none_is_needed(tmp_path: Path) -> None:
    assert FilterStage(FilterConfig(language_model=None)).models() == []
    assert FilterStage(FilterConfig()).models() == [LID_176]
    assert run(tmp_path, {})["cap-c1"]["detected_language"] == "und"


@pytest.fixture(scope="module")
def model() -> str:
    path = ModelCache(may_fetch=False).find(LID_176)
    if path is None:
        pytest.skip("lid.176.ftz is not here: polyreel models pull")
    return str(path)


@pytest.mark.models
def test_a_text_in_another_language_is_dropped_and_what_it_looks_like_is_said(
    tmp_path: Path, model: str
) -> None:
    swedish = "En man i en röd rock rider på en häst längs stranden."
    rows = run(
        tmp_path,
        {"translations": [translation("de", swedish), translation("sv", swedish)]},
        language_model=model,
    )
    wrong = rows["tr-c1-de"]
    assert (wrong["reason"], wrong["language"], wrong["detected_language"]) == (
        "wrong_language",
        "de",
        "sv",
    )
    assert "looks like sv" in wrong["detail"]
    assert rows["tr-c1-sv"]["outcome"] == "kept"
    assert rows["cap-c1"]["detected_language"] == "en"
    assert rows["cap-c1"]["detected_probability"] > 0.5


@pytest.mark.models
def test_an_undeclared_language_is_told_where_it_can_be_trusted(tmp_path: Path, model: str) -> None:
    rows = run(
        tmp_path,
        {
            "shots": [shot("c1"), shot("c2", 1), shot("c3", 2)],
            "selections": [selection("c1"), selection("c2"), selection("c3")],
            "captions": [
                caption(GERMAN, language="und"),
                caption("Go on", "c2", language=None),
                caption(GERMAN, "c3", language="xx"),
            ],
        },
        language_model=model,
    )
    assert (rows["cap-c1"]["language"], rows["cap-c1"]["outcome"]) == ("de", "kept")
    assert (rows["cap-c2"]["language"], rows["cap-c2"]["outcome"]) == ("und", "kept")
    assert (rows["cap-c3"]["language"], rows["cap-c3"]["detected_language"]) == ("xx", "de")
    assert rows["cap-c3"]["outcome"] == "kept"


def test_contacts_and_names_are_replaced_in_the_text_to_be_used(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("Jane Doe\n")
    english = "Jane Doe rides a horse, see https://a.example/b"
    rows = run(
        tmp_path,
        {"captions": [caption(english)], "translations": [translation("de", GERMAN)]},
        redact_contacts=True,
        person_names=str(names),
    )
    assert rows["cap-c1"]["text"] == "a person rides a horse, see [url]"
    assert rows["cap-c1"]["tags"] == []
    assert rows["tr-c1-de"]["text"] is None


def test_what_only_tags_is_kept_and_tagged(tmp_path: Path) -> None:
    rows = run(tmp_path, {"captions": [caption(f"{ENGLISH} Mail me: a@b.example")]})
    assert rows["cap-c1"]["outcome"] == rows["c1"]["outcome"] == "kept"
    assert rows["cap-c1"]["tags"] == ["contacts"]
    assert rows["cap-c1"]["text"] is None


def test_the_same_caption_on_many_clips_of_a_source_is_measured(tmp_path: Path) -> None:
    three = {
        "shots": [shot("c1"), shot("c2", 1), shot("c3", 2)],
        "selections": [selection("c1"), selection("c2"), selection("c3")],
        "captions": [caption(), caption(GERMAN, "c2"), caption(ENGLISH.upper(), "c3")],
    }
    found = []
    for most in (None, 0.9):
        rows = run(tmp_path / str(most), three, max_caption_similarity=most)
        scores = [
            {score["rule"]: score["value"] for score in rows[f"cap-{shot_id}"]["scores"]}
            for shot_id in ("c1", "c2", "c3")
        ]
        found.append([score["max_caption_similarity"] for score in scores])
        assert rows["cap-c3"]["outcome"] == ("kept" if most is None else "dropped")
    assert found[0] == found[1]
    assert found[0][0] is None
    assert found[0][1] < 0.5
    assert found[0][2] == 1.0


@pytest.mark.parametrize(("share", "reason"), [(0.4, "much_text"), (0.1, None), (None, None)])
def test_text_on_the_screen_counts_where_somebody_read_it(
    tmp_path: Path, share: float | None, reason: str | None
) -> None:
    read = caption("EXIT", caption_id="read", teacher="ocr", selected=False, text_share=share)
    rows = run(tmp_path, {"captions": [caption(), read]}, max_text_share=0.2)
    assert rows["c1"]["reason"] == reason
    scores = {score["rule"]: score["value"] for score in rows["c1"]["scores"]}
    assert scores["max_text_share"] == share


@pytest.mark.parametrize(("cosine", "outcome"), [(0.1, "dropped"), (0.3, "kept"), (None, "kept")])
def test_a_caption_that_does_not_fit_the_pictures_goes_alone(
    tmp_path: Path, cosine: float | None, outcome: str
) -> None:
    tables = {
        "captions": [caption(caption_scores={"alignment": cosine})],
        "translations": [translation("de", GERMAN)],
    }
    rows = run(tmp_path, tables, min_alignment=0.2)
    assert rows["cap-c1"]["outcome"] == outcome
    assert rows["cap-c1"]["reason"] == ("poorly_aligned" if outcome == "dropped" else None)
    assert rows["c1"]["outcome"] == rows["tr-c1-de"]["outcome"] == "kept"
