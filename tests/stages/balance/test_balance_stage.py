"""What the balance keeps of a corpus, and what it says of the rest."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from balance_rows import (
    Made,
    balanced,
    caption_id,
    clip_id,
    outcomes,
    passed_through,
    text_outcomes,
)
from pydantic import ValidationError

import stages.balance.captions as captions_module
import stages.balance.stage as stage_module
from pipeline.registry import StageSpec, segments
from stages.balance.config import BalanceConfig
from stages.balance.files import FOLDER
from stages.balance.stage import BalanceStage, BalanceUnits

HORSE = "A man rides a brown horse along the wide sandy beach at sunset, slowly."


def mixed_corpus() -> list[Made]:
    """Clips of which some share a caption, some nearly, and some a concept."""
    rng = random.Random(3)
    words = [f"word{number}" for number in range(400)]
    clips = []
    for number in range(120):
        caption = " ".join(rng.sample(words, 12))
        if number % 4 == 1:
            caption = HORSE
        elif number % 4 == 2:
            caption = HORSE.replace("slowly", rng.choice(["slowly!", "calmly", "alone"]))
        value = rng.random()
        clips.append(
            Made(
                number,
                caption,
                source=f"s{number // 10}",
                width=rng.choice([320, 640]),
                concept=number % 3 if number % 5 else None,
                values={"min_sharpness": value},
                texts={"en": {"min_quality": value}, "ta": {"min_quality": 1 - value}},
            )
        )
    return clips


EVERYTHING: dict[str, Any] = {
    "keep_top": {"min_quality": 0.9},
    "keep_top_of_source": {"min_sharpness": 0.7},
    "max_same_caption": 7,
    "max_per_concept": 15,
}


def test_the_result_depends_on_neither_order_nor_units_nor_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = mixed_corpus()
    whole = balanced(tmp_path / "whole", [clips], **EVERYTHING)
    # Sources stay whole: a unit is a group of sources.
    by_source = [clips[start : start + 10] for start in range(0, 120, 10)]
    random.Random(1).shuffle(by_source)
    many = balanced(tmp_path / "many", by_source, **EVERYTHING)
    monkeypatch.setattr(stage_module, "_UNITS_PER_BLOCK", 1)
    monkeypatch.setattr(captions_module, "_KEYS_PER_PART", 100)
    monkeypatch.setattr(stage_module, "_CLIPS_PER_PART", 10)
    blocks = balanced(tmp_path / "blocks", by_source, **EVERYTHING)
    assert whole.tables == many.tables == blocks.tables
    reasons = Counter(outcomes(whole).values())
    assert {"not_in_top", "same_caption_elsewhere", "concept_full", "kept"} <= set(reasons)


def test_every_clip_and_text_of_the_filter_has_one_row(tmp_path: Path) -> None:
    clips = [*mixed_corpus(), Made(500, outcome="dropped")]
    run = balanced(tmp_path, [clips[:50], clips[50:]], **EVERYTHING)
    assert sorted(outcomes(run)) == list(range(120))
    assert len(run.tables["balance_texts"]) == 240
    kept = {n for n, outcome in outcomes(run).items() if outcome == "kept"}
    for number in range(120):
        texts = [text_outcomes(run)[caption_id(number) + end] for end in ("", "-ta")]
        assert ("kept" in texts) == (number in kept)
    assert not list((tmp_path / FOLDER).glob("*"))


def test_at_most_so_many_clips_have_nearly_the_same_caption_and_they_are_the_best(
    tmp_path: Path,
) -> None:
    clips = [
        Made(number, HORSE if number % 2 else HORSE.upper() + "!", width=320 + number)
        for number in range(20)
    ]
    clips.append(Made(20, "Two dogs sleep under a tree in the garden.", width=100))
    run = balanced(tmp_path, [clips[:7], clips[7:]], max_same_caption=3)
    kept = [number for number, outcome in outcomes(run).items() if outcome == "kept"]
    assert sorted(kept) == [17, 18, 19, 20]
    rows = {row["shot_id"]: row for row in run.tables["balance"]}
    first = rows[clip_id(0)]
    assert first["reason"] == "same_caption_elsewhere"
    assert first["same_caption_id"] == clip_id(19)
    assert first["same_caption_count"] == 20
    assert first["same_caption_similarity"] == 1.0
    assert clip_id(19) in first["detail"]
    assert rows[clip_id(20)]["same_caption_id"] is None


def test_a_sentence_with_one_changing_word_is_capped_though_its_key_is_heavy(
    tmp_path: Path,
) -> None:
    """Each text meets two others under a key; the best one has to meet all."""
    clips = [
        Made(n, f"A man in a dark suit talks to the camera about topic{n} in a very bright room")
        for n in range(60)
    ]
    run = balanced(tmp_path, [clips[::2], clips[1::2]], max_same_caption=2, max_bucket=2)
    assert Counter(outcomes(run).values()) == {"kept": 2, "same_caption_elsewhere": 58}
    assert {row["same_caption_count"] for row in run.tables["balance"]} == {60}


def test_equal_clips_are_told_apart_by_id(tmp_path: Path) -> None:
    run = balanced(tmp_path, [[Made(number) for number in (3, 1, 2)]], max_same_caption=1)
    assert outcomes(run) == {
        1: "kept",
        2: "same_caption_elsewhere",
        3: "same_caption_elsewhere",
    }


def test_captions_without_words_never_resemble_each_other(tmp_path: Path) -> None:
    texts = ["", "…", "🐶🐶", "", "!?"]
    clips = [Made(number, text) for number, text in enumerate(texts)]
    assert set(outcomes(balanced(tmp_path, [clips], max_same_caption=1)).values()) == {"kept"}


@pytest.mark.parametrize(
    ("first", "near", "other"),
    [
        (
            "一个男人在日落时分骑着一匹棕色的马沿着宽阔的海滩慢慢走。",
            "一个男人在日落时分骑着一匹棕色的马沿着宽阔的海滩快走",
            "两只狗在花园里的一棵大树下睡觉,旁边有一个红色的球。",
        ),
        (
            "夕暮れの広い砂浜を、男性が茶色の馬に乗ってゆっくり進んでいる。",
            "夕暮れの広い砂浜を男性が茶色の馬に乗ってゆっくり進んでいた",
            "庭の大きな木の下で、二匹の犬が赤いボールのそばで眠っている。",
        ),
        (
            "ชายคนหนึ่งขี่ม้าสีน้ำตาลไปตามชายหาดกว้างตอนพระอาทิตย์ตก",
            "ชายคนหนึ่งขี่ม้าสีน้ำตาลไปตามชายหาดกว้าง ตอนพระอาทิตย์ตกดิน",
            "สุนัขสองตัวนอนหลับอยู่ใต้ต้นไม้ใหญ่ในสวนข้างลูกบอลสีแดง",
        ),
    ],
)
def test_scripts_without_spaces_are_compared_by_characters(
    tmp_path: Path, first: str, near: str, other: str
) -> None:
    clips = [Made(0, first, width=640), Made(1, near, width=320), Made(2, other, width=320)]
    run = balanced(tmp_path, [clips], max_same_caption=1)
    assert outcomes(run) == {0: "kept", 1: "same_caption_elsewhere", 2: "kept"}


def test_a_share_is_of_each_languages_texts_and_ties_stay(tmp_path: Path) -> None:
    """The shares are of the corpus: each unit alone would keep others."""
    good = [
        Made(n, texts={"en": {"min_quality": 0.9}, "ta": {"min_quality": 0.1 * n}})
        for n in range(5)
    ]
    bad = [
        Made(n, texts={"en": {"min_quality": 0.2}, "ta": {"min_quality": 0.1 * n}})
        for n in range(5, 10)
    ]
    run = balanced(tmp_path, [good, bad], keep_top={"min_quality": 0.3})
    texts = text_outcomes(run)
    english = [n for n in range(10) if texts[caption_id(n)] == "kept"]
    tamil = [n for n in range(10) if texts[caption_id(n) + "-ta"] == "kept"]
    assert english == [0, 1, 2, 3, 4]  # three would do, but all five are equal
    assert tamil == [7, 8, 9]
    assert outcomes(run) == {
        n: "kept" if n in (0, 1, 2, 3, 4, 7, 8, 9) else "no_text_left" for n in range(10)
    }


def test_a_clip_may_lose_one_language_and_keep_the_others(tmp_path: Path) -> None:
    clips = [
        Made(n, texts={"en": {"max_perplexity": 1.0}, "ta": {"max_perplexity": float(n)}})
        for n in range(4)
    ]
    run = balanced(tmp_path, [clips], keep_top_by_language={"ta": {"max_perplexity": 0.5}})
    assert set(outcomes(run).values()) == {"kept"}
    texts = text_outcomes(run)
    assert [texts[caption_id(n) + "-ta"] for n in range(4)] == [
        *("kept", "kept"),
        *("not_in_top", "not_in_top"),
    ]
    row = next(r for r in run.tables["balance_texts"] if r["text_id"] == "cap3-ta")
    assert row["scores"] == [
        {"rule": "max_keep_top.max_perplexity", "value": 3.0, "limit": 1.0, "passed": False}
    ]


def test_a_dropped_clip_takes_its_texts_along_and_no_value_passes(tmp_path: Path) -> None:
    clips = [Made(n, values={"min_aesthetic": float(n)}) for n in range(4)] + [Made(4)]
    run = balanced(tmp_path, [clips], keep_top={"min_aesthetic": 0.5})
    assert outcomes(run) == {0: "not_in_top", 1: "not_in_top", 2: "kept", 3: "kept", 4: "kept"}
    assert text_outcomes(run)["cap0"] == "clip_dropped"


def test_a_share_of_each_source_needs_no_barrier(tmp_path: Path) -> None:
    clips = [
        Made(number, source=f"s{number // 3}", values={"min_sharpness": float(number)})
        for number in range(6)
    ]
    options = {"keep_top_of_source": {"min_sharpness": 0.66}}
    expected = {n: "not_in_top" if n in (0, 3) else "kept" for n in range(6)}
    assert outcomes(passed_through(tmp_path / "unit", clips, **options)) == expected
    both = balanced(tmp_path / "corpus", [clips], **options, max_same_caption=100)
    assert outcomes(both) == expected


def test_a_concept_keeps_its_best_clips(tmp_path: Path) -> None:
    clips = [
        Made(n, f"caption number {n}", width=300 + n, concept=n % 2 if n < 8 else None)
        for n in range(10)
    ]
    run = balanced(tmp_path, [clips[:3], clips[3:]], max_per_concept=2)
    kept = sorted(n for n, outcome in outcomes(run).items() if outcome == "kept")
    assert kept == [4, 5, 6, 7, 8, 9]
    assert [row["concept_id"] for row in run.tables["balance"]] == [0, 1] * 4 + [None] * 2


def test_what_an_earlier_rule_drops_takes_no_place_in_a_later_one(tmp_path: Path) -> None:
    """The three best of the concept say the same: one of them stays, and makes room."""
    clips = [
        Made(n, HORSE if n > 2 else f"number {n} of the others", width=300 + n, concept=0)
        for n in range(6)
    ]
    run = balanced(tmp_path, [clips], max_same_caption=1, max_per_concept=3)
    assert outcomes(run) == {
        0: "concept_full",
        1: "kept",
        2: "kept",
        3: "same_caption_elsewhere",
        4: "same_caption_elsewhere",
        5: "kept",
    }


def test_without_a_rule_units_stream_through_and_all_is_kept(tmp_path: Path) -> None:
    run = passed_through(tmp_path, mixed_corpus())
    assert set(outcomes(run).values()) == {"kept"}
    assert set(text_outcomes(run).values()) == {"kept"}


@pytest.mark.parametrize(
    ("options", "is_barrier"),
    [
        ({}, False),
        ({"keep_top_of_source": {"min_motion": 0.5}}, False),
        ({"keep_top": {"min_motion": 0.5}}, True),
        ({"keep_top_by_language": {"ta": {"min_quality": 0.5}}}, True),
        ({"max_same_caption": 3}, True),
        ({"max_per_concept": 3}, True),
    ],
)
def test_it_is_a_barrier_only_where_a_rule_needs_one(
    options: dict[str, Any], is_barrier: bool
) -> None:
    spec = StageSpec("balance", BalanceConfig(**options))
    assert isinstance(spec.build(), BalanceStage if is_barrier else BalanceUnits)
    assert len(segments([spec, spec])) == (2 if is_barrier else 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"keep_top": {"min_wurds": 0.5}}, "no rules of the filter"),
        ({"keep_top": {"min_motion": 0.0}}, "shares lie above 0"),
        ({"keep_top_of_source": {"min_words": 0.5}}, "no clip rules"),
        ({"keep_top_by_language": {"ta": {"min_motion": 0.5}}}, "no text rules"),
        ({"max_same_caption": -1}, "greater than or equal to 0"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        BalanceConfig.model_validate(wrong)
