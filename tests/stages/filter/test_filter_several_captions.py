"""A clip with several chosen captions: each is judged, with its own translations."""

from __future__ import annotations

from pathlib import Path

from test_filter_stage import CHINESE, ENGLISH, GERMAN, caption, run, selection, translation


def test_every_chosen_caption_and_its_translations_have_verdicts(tmp_path: Path) -> None:
    second = caption("Waves break on a beach.", teacher="vlm", caption_id="cap-2")
    other = caption("Nobody chose this one.", teacher="ocr", caption_id="cap-3", selected=False)
    texts = [
        translation("de", GERMAN),
        translation("zh", CHINESE, translation_id="tr-2", caption_id="cap-2", text_id="cap-2"),
        translation("zh", CHINESE, translation_id="tr-3", caption_id="cap-3", text_id="cap-3"),
    ]
    tables = {"captions": [caption(), second, other], "translations": texts}
    rows = run(tmp_path, {**tables, "selections": [selection()]})
    assert set(rows) == {"c1", "cap-c1", "tr-c1-de", "cap-2", "tr-2"}
    assert all(row["outcome"] == "kept" for row in rows.values())


def test_a_clip_lives_while_one_of_its_captions_does(tmp_path: Path) -> None:
    second = caption(ENGLISH, teacher="vlm", caption_id="cap-2")
    rows = run(tmp_path, {"captions": [caption("Hm."), second]})
    assert rows["cap-c1"]["reason"] == "text_too_short"
    assert rows["c1"]["outcome"] == rows["cap-2"]["outcome"] == "kept"
