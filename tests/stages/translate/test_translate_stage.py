"""Every chosen caption ends in every target language, once, with a reason where it has no text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from choice_rows import split_choices

from pipeline.testing import run_unit_stage
from schemas.table import Row
from stages.caption.visual_grammar import Camera, Colour, Motion, VisualFacts, describe
from stages.translate.config import TranslateConfig
from stages.translate.stage import TranslateStage

VISUAL = " ".join(
    describe(VisualFacts(camera=Camera.PAN_LEFT, motion=Motion.LITTLE, colours=(Colour.BLUE,)))
)


def caption(number: int, text: str | None, **changed: Any) -> Row:
    row: Row = {
        "caption_id": f"c{number}",
        "shot_id": f"shot{number}",
        "source_id": "source",
        "teacher": "visual",
        "style": "short",
        "language": "en",
        "text": text,
        "is_demo": False,
        "selected": True,
        "outcome": "kept",
    }
    return row | changed


def translated(root: Path, captions: list[Row], **config: Any) -> list[Row]:
    """Without language ID, whose model no test may fetch."""
    config = {"checks": {"language_model": None}} | config
    stage = TranslateStage(TranslateConfig(**config))
    return run_unit_stage(stage, root, split_choices(captions)).tables["translations"]


def test_a_visual_caption_is_translated_whole(tmp_path: Path) -> None:
    rows = {row["language"]: row for row in translated(tmp_path, [caption(1, VISUAL)])}
    assert {language: row["text"] for language, row in rows.items()} == {
        "ar": "مشهد باللون الأزرق. تدور الكاميرا ببطء نحو اليسار.",
        "es": "Una escena en azul. La cámara gira lentamente hacia la izquierda.",
        "hi": "नीले रंग में एक दृश्य। कैमरा धीरे-धीरे बाईं ओर घूमता है।",
        "zh": "一段以蓝色为主的画面。镜头缓缓向左摇动。",
    }
    for row in rows.values():
        assert (row["outcome"], row["reason"], row["status"]) == ("kept", None, "auto")
        assert row["is_demo"] is True
        assert row["model"] == "polyreel-demo-translator@3"
        assert row["n_sentences"] == 2
        assert -0.2 < row["score"] <= 0


BAD: list[tuple[dict[str, Any], str]] = [
    ({"text": None}, "empty_text"),
    ({"text": ""}, "empty_text"),
    ({"text": " \n\t "}, "empty_text"),
    ({"text": "x" * 100_000}, "text_too_large"),
    ({"text": "A man is walking. " * 6000}, "text_too_large"),
    ({"text": "A platypus is walking in the street."}, "out_of_domain"),
    ({"text": "A man is walking. A platypus is running."}, "out_of_domain"),
    ({"text": "3 dogs"}, "out_of_domain"),
    ({"text": "😀"}, "out_of_domain"),
    ({"text": "A\u200b man is walking."}, "out_of_domain"),
    ({"text": "\u202eA man is walking."}, "out_of_domain"),
    ({"text": "<2es> A man is walking."}, "out_of_domain"),
    ({"text": "Walking man a is."}, "out_of_domain"),
    ({"text": "Un homme marche.", "language": "fr"}, "unsupported_language"),
    ({"text": "A man is walking.", "language": "und"}, "unsupported_language"),
    ({"text": "A man is walking.", "language": None}, "unsupported_language"),
    ({"text": "A man is walking.", "language": "not a tag"}, "unsupported_language"),
]


@pytest.mark.parametrize(("changed", "reason"), BAD)
def test_what_cannot_be_translated_is_dropped_with_a_reason(
    tmp_path: Path, changed: dict[str, Any], reason: str
) -> None:
    rows = translated(tmp_path, [caption(1, **changed), caption(2, VISUAL)])
    bad = [row for row in rows if row["caption_id"] == "c1"]
    assert len(rows) == 8
    assert {row["reason"] for row in bad} == {reason}
    for row in bad:
        assert (row["outcome"], row["text"], row["status"]) == ("dropped", None, None)
        assert row["detail"]
    assert {row["outcome"] for row in rows if row["caption_id"] == "c2"} == {"kept"}


def test_one_row_per_chosen_caption_and_language(tmp_path: Path) -> None:
    captions = [
        caption(1, VISUAL),
        caption(2, VISUAL, selected=False),
        caption(3, None, outcome="failed", reason="internal_error", selected=False),
        caption(4, "A platypus."),
    ]
    rows = translated(tmp_path, captions, languages=["es", "zh-Hans", "ar"])
    found = sorted((row["caption_id"], row["language"]) for row in rows)
    assert found == [(c, lang) for c in ("c1", "c4") for lang in ("ar", "es", "zh-Hans")]
    assert len({row["translation_id"] for row in rows}) == len(rows)


def test_a_caption_in_the_target_language_is_copied(tmp_path: Path) -> None:
    captions = [caption(1, "Un perro duerme.", language="es-MX"), caption(2, VISUAL)]
    rows = translated(tmp_path, captions, languages=["es", "en"])
    by = {(row["caption_id"], row["language"]): row for row in rows}
    copy = by["c1", "es"]
    assert (copy["text"], copy["model"], copy["outcome"]) == ("Un perro duerme.", "copy", "kept")
    assert copy["is_demo"] is False
    assert copy["score"] is None
    assert by["c1", "en"]["reason"] == "unsupported_language"
    assert by["c2", "en"]["text"] == VISUAL


def test_spelling_of_case_and_spaces_does_not_matter(tmp_path: Path) -> None:
    rows = translated(tmp_path, [caption(1, "a MAN  is\nwalking.")], languages=["es"])
    assert rows[0]["text"] == "Un hombre está caminando."


def test_batches_do_not_change_what_is_written(tmp_path: Path) -> None:
    captions = [caption(i, VISUAL if i % 3 else "A dog is sleeping.") for i in range(9)]
    many = translated(tmp_path / "a", captions)
    again = translated(tmp_path / "b", list(reversed(captions)))
    assert many == again


def test_doubtful_translations_are_flagged_and_kept(tmp_path: Path) -> None:
    rows = translated(tmp_path, [caption(1, VISUAL)], flag_below_score=0)
    assert {row["outcome"] for row in rows} == {"kept"}
    assert {row["status"] for row in rows} == {"flagged"}
    assert all(row["flags"] == ["low_score"] for row in rows)
    assert all(row["detail"].endswith("least 0)") for row in rows)


def test_a_failing_model_call_fails_its_captions_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stages.translate.translator import Translator

    real = Translator.submit

    def sometimes(self: Translator, batch: Any, *rest: int) -> Any:
        if any("dog" in "".join(each.source) for each in batch):
            raise RuntimeError("out of luck")
        return real(self, batch, *rest)

    monkeypatch.setattr(Translator, "submit", sometimes)
    captions = [caption(1, "A dog is sleeping."), caption(2, VISUAL)]
    rows = translated(tmp_path, captions, languages=["es"], max_batch_tokens=64)
    first, second = rows
    assert (first["outcome"], first["reason"]) == ("failed", "internal_error")
    assert "out of luck" in first["detail"]
    assert second["outcome"] == "kept"


def test_a_long_sentence_is_dropped_by_its_tokens(tmp_path: Path) -> None:
    rows = translated(tmp_path, [caption(1, VISUAL)], languages=["es"], max_sentence_tokens=8)
    assert {row["reason"] for row in rows} <= {"text_too_large", None}


def test_no_target_language_needs_no_model(tmp_path: Path) -> None:
    stage = TranslateStage(TranslateConfig(languages=[], model="/nowhere"))
    assert stage.models() == []
    assert translated(tmp_path, [caption(1, VISUAL)], languages=[], model="/nowhere") == []
