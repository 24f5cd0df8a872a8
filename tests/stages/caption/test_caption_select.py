"""The choice: explained, deterministic, and blind to the order in which candidates come."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import Outcome, Reason
from stages.caption.config import CaptionConfig, SelectConfig
from stages.caption.select import select, unusable
from stages.caption.teacher import Candidate

CONFIG = SelectConfig()
TEACHERS = ["metadata", "visual", "subtitle", "asr", "ocr", "unheard_of"]


def said(teacher: str, text: str = "a dog runs", style: str = "x", **more: Any) -> Candidate:
    return Candidate("shot", teacher, style, "en", text, **more)


def unsaid(teacher: str, reason: Reason = Reason.NO_SPEECH) -> Candidate:
    return Candidate(
        "shot", teacher, "x", outcome=Outcome.DROPPED, reason=reason, detail="silence all along"
    )


candidates = st.lists(
    st.builds(
        Candidate,
        st.just("shot"),
        st.sampled_from(TEACHERS),
        st.sampled_from(["x", "y"]),
        st.just("en"),
        st.sampled_from(["a dog runs", "dog", "", "狗在跑", None]),
        outcome=st.sampled_from(list(Outcome)),
    ),
    unique_by=lambda candidate: (candidate.teacher, candidate.style),
)


@given(candidates, st.randoms())
def test_the_order_of_candidates_changes_nothing(found: list[Candidate], random: Any) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert select(shuffled, CONFIG) == select(found, CONFIG)


@given(candidates)
def test_what_is_chosen_is_usable_and_nothing_usable_is_missed(found: list[Candidate]) -> None:
    selection = select(found, CONFIG)
    usable = [candidate for candidate in found if unusable(candidate, CONFIG) is None]
    assert selection.n_usable == len(usable)
    assert (selection.chosen in usable) if usable else (selection.chosen is None)


def test_the_first_teacher_of_the_list_wins_and_the_row_says_over_whom() -> None:
    selection = select([said("ocr"), said("visual"), unsaid("asr"), said("metadata", "Hi")], CONFIG)
    assert selection.chosen == said("visual")
    assert selection.why == (
        "visual/x comes first in caption.select.priority, before ocr/x; passed over: "
        "asr/x (no_speech: silence all along); "
        "metadata/x (1 words, select.min_words is 2)"
    )


def test_teachers_that_nobody_ranked_come_last() -> None:
    selection = select([said("aardvark"), said("ocr")], CONFIG)
    assert selection.chosen == said("ocr")


def test_without_a_usable_candidate_the_row_is_dropped_with_everyones_reason() -> None:
    row = select([unsaid("asr"), unsaid("ocr", Reason.NO_TEXT_FOUND)], CONFIG).row(
        "shot", "source", "priority"
    )
    assert (row["outcome"], row["reason"]) == (Outcome.DROPPED, Reason.NO_CAPTION)
    assert row["caption_id"] is None
    assert row["n_candidates"] == 0
    assert "no_speech" in row["detail"]
    assert "no_text_found" in row["detail"]


@pytest.mark.parametrize(
    ("text", "usable"),
    [
        ("a dog runs", True),
        ("dog", False),
        ("— … !!", False),
        ("", False),
        ("狗跑", True),
        ("狗", False),
        ("كلب يجري", True),
        ("1 2", False),
    ],
)
def test_usable_means_enough_words_and_letters_in_any_script(text: str, usable: bool) -> None:
    assert (unusable(said("ocr", text), CONFIG) is None) == usable


def test_a_teacher_named_twice_or_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="more than once: asr"):
        CaptionConfig(teachers=["asr", "asr"])
    with pytest.raises(ValueError, match="teachers"):
        CaptionConfig.model_validate({"teachers": ["oracle"]})


def test_settings_of_teachers_that_do_not_run_stay_out_of_the_fingerprint() -> None:
    plain = CaptionConfig(teachers=["visual", "metadata"])
    other = CaptionConfig.model_validate(
        {"teachers": ["metadata", "visual"], "ocr": {"side_px": 999}, "resources": {"workers": 3}}
    )
    assert plain.semantic() == other.semantic()
    changed = CaptionConfig.model_validate(
        {"teachers": ["metadata", "visual"], "visual": {"dark": 50}}
    )
    assert plain.semantic() != changed.semantic()
