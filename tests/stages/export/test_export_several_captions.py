"""A sample whose clip has several chosen captions: one is first, and none is lost."""

from __future__ import annotations

from typing import Any

import pytest

from stages.export.records import Tables, kept_texts, manifest_row, plain_text, sample_json

Row = dict[str, Any]


def caption(name: str, language: str, rank: int, selected: bool = True) -> Row:
    return {
        "caption_id": name, "teacher": name, "style": "x", "language": language,
        "text": f"{name} in {language}", "model": "m", "confidence": None, "is_demo": False,
        "selected": selected, "rank": rank, "flags": ["grammar"],
        "caption_scores": {"consensus": 0.5, "specificity": 0.25, "alignment": None, "total": 0.75},
        "outcome": "kept", "reason": None,
    }  # fmt: skip


def translation(of: str, language: str) -> Row:
    return {
        "translation_id": f"{of}-{language}", "caption_id": of, "language": language,
        "text": f"{of} to {language}", "status": "auto", "score": -0.1, "model": "mt",
        "is_demo": True,
    }  # fmt: skip


CAPTIONS = [
    caption("second", "en", 2),
    caption("first", "en", 1),
    caption("spanish", "es", 3),
    caption("unchosen", "en", 4, selected=False),
]
TRANSLATIONS = [
    translation("first", "de"),
    translation("second", "de"),
    translation("second", "fr"),
    translation("unchosen", "zh"),
]


def tables(*dropped: str) -> Tables:
    texts = [*(c["caption_id"] for c in CAPTIONS), *(t["translation_id"] for t in TRANSLATIONS)]
    verdicts = [{"scope": "text", "text_id": each, "text": None} for each in texts]
    clip = {"shot_id": "k", "source_id": "s", "start_s": 0.0, "end_s": 2.0, "duration_s": 2.0}
    clip |= {
        "width": 64,
        "height": 48,
        "crop_px": None,
        "n_frames": 50,
        "hidden_frames": 0,
        "has_audio": True,
        "mode": "encode",
    }
    source = dict.fromkeys(("content_sha256", "title", "licence", "extra_json"))
    shot = dict.fromkeys(("start_frame", "end_frame", "start_pts", "end_pts", "scale"), 0)
    return Tables(
        sources={"s": source | {"source_id": "s", "uri": "u", "key": "u"}},
        shots={"k": shot | {"time_base": "1/25", "parent_id": None}},
        clips=[clip | {"sha256": "00"}],
        captions={"k": CAPTIONS},
        selections={"k": {"caption_id": "first", "policy": "all", "why": "because"}},
        translations={"k": TRANSLATIONS},
        verdicts={"k": verdicts},
        kept_texts=set(texts) - set(dropped),
        dedup={},
    )


LANGUAGES = ["de", "en", "es", "fr", "zh"]


def record(*dropped: str) -> Row:
    found = tables(*dropped)
    return sample_json(found, found.clips[0], LANGUAGES, ["k"])


def test_the_first_caption_and_its_translations_come_first() -> None:
    texts = {tag: text["text"] for tag, text in kept_texts(tables(), "k").items()}
    assert texts == {
        "en": "first in en",
        "de": "first to de",
        "es": "spanish in es",
        "fr": "second to fr",
    }
    made = record()
    assert (made["caption"]["teacher"], made["caption"]["text"]) == ("first", "first in en")
    assert plain_text(made) == "first in en"


def test_every_chosen_caption_is_in_the_sample_with_its_own_texts() -> None:
    made = record()
    assert [each["teacher"] for each in made["captions"]] == ["first", "second", "spanish"]
    assert made["captions"][1]["texts"] == {
        "de": "second to de", "en": "second in en", "es": "", "fr": "second to fr", "zh": "",
    }  # fmt: skip
    assert manifest_row(made)["n_captions"] == 3
    candidate = made["candidates"][0]
    assert candidate["scores"] == {
        "consensus": 0.5, "specificity": 0.25, "alignment": 0.0, "total": 0.75,
    }  # fmt: skip
    assert (candidate["rank"], candidate["flags"]) == (2, "grammar")


def test_the_next_caption_steps_in_for_one_that_its_filters_dropped() -> None:
    made = record("first")
    assert made["caption"]["teacher"] == "second"
    assert made["texts"]["en"]["text"] == "second in en"
    assert made["texts"]["de"]["text"] == "second to de"
    assert made["captions"][0]["text"] == ""
    assert manifest_row(record("first", "first-de"))["n_captions"] == 2
    nothing = record(*(row["caption_id"] for row in CAPTIONS))
    assert (nothing["caption"]["teacher"], nothing["caption"]["text"]) == ("first", "")
    assert plain_text(nothing) == "first to de"


@pytest.mark.parametrize("dropped", [(), ("second",), ("first", "second", "spanish")])
def test_no_text_is_both_dropped_and_exported(dropped: tuple[str, ...]) -> None:
    made = record(*dropped)
    for each in made["captions"]:
        assert (each["text"] == "") == (each["teacher"] in dropped)
        assert "unchosen" not in each["teacher"]
