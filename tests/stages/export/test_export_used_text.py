"""A text is exported as its verdict says that it is to be used."""

from __future__ import annotations

from typing import Any

from stages.export.records import Tables, kept_texts


def test_a_replaced_text_goes_out_in_the_place_of_the_original() -> None:
    caption: dict[str, Any] = {
        "caption_id": "c", "language": "en", "text": "Jane rides", "teacher": "t", "model": "m",
        "is_demo": False, "selected": True, "rank": 1,
    }  # fmt: skip
    german: dict[str, Any] = {
        "translation_id": "d", "caption_id": "c", "language": "de", "text": "Jane reitet",
        "status": "auto", "model": "m", "is_demo": False, "score": None,
    }  # fmt: skip
    verdict = {"scope": "text"}
    tables = Tables(
        {},
        {},
        [],
        {"s": [caption]},
        {"s": {"caption_id": "c"}},
        {"s": [german]},
        {
            "s": [
                verdict | {"text_id": "c", "text": "a person rides"},
                verdict | {"text_id": "d", "text": None},
            ]
        },
        {"c", "d"},
        {},
    )
    texts = kept_texts(tables, "s")
    assert {language: text["text"] for language, text in texts.items()} == {
        "en": "a person rides",
        "de": "Jane reitet",
    }
