"""The choice: explained, deterministic, and blind to the order in which candidates come."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from select_rows import said, selected, unsaid

from schemas.outcomes import CaptionFlag, Outcome, Reason
from stages.caption.teacher import Candidate
from stages.select.choose import select
from stages.select.config import SelectConfig
from stages.select.policies import POLICIES
from stages.select.ranker import FEATURES, Ranker
from stages.select.score import ClipTexts, Scored, Scores, score_unit
from stages.select.usable import unusable

CONFIG = SelectConfig()
TEACHERS = ["metadata", "visual", "subtitle", "asr", "ocr", "fusion", "unheard_of"]
RANKER = Ranker(
    means=dict.fromkeys(FEATURES, 0.0),
    scales=dict.fromkeys(FEATURES, 1.0),
    weights=dict.fromkeys(FEATURES, 0.0),
    biases={"asr/x": 2.0, "ocr/x": 1.0},
    all_bad=0.5,
)

candidates = st.lists(
    st.builds(
        Candidate,
        st.just("shot"),
        st.sampled_from(TEACHERS),
        st.sampled_from(["x", "y"]),
        st.sampled_from(["en", "zh"]),
        st.sampled_from(
            ["a dog runs", "the dog ran off", "dog", "", "狗在跑", "a a a a a a a", None]
        ),
        outcome=st.sampled_from(list(Outcome)),
    ),
    max_size=6,
    unique_by=lambda candidate: (candidate.teacher, candidate.style),
)
configs = st.builds(
    SelectConfig,
    policy=st.sampled_from(list(POLICIES)),
    fallback=st.sampled_from(["priority", "best", "consensus", "learned"]),
    model=st.just("model.json"),
    keep_most=st.integers(1, 3),
)


@given(candidates, configs, st.randoms())
def test_the_order_of_candidates_changes_nothing(
    found: list[Candidate], config: SelectConfig, random: Any
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert selected(shuffled, config, RANKER) == selected(found, config, RANKER)


@given(candidates, configs)
def test_what_is_chosen_is_usable_and_nothing_usable_or_lost_is_missed(
    found: list[Candidate], config: SelectConfig
) -> None:
    selection = selected(found, config, RANKER)
    usable = [each.candidate for each in selection.scored if not unusable(each, config)]
    row = selection.row("shot", "source")
    rows = selection.choice_rows("shot", "source")
    assert row["n_candidates"] == len(usable)
    assert len(rows) == len(found)
    assert sorted(r["rank"] for r in rows if r["rank"]) == list(range(1, len(usable) + 1))
    chosen = [r["caption_id"] for r in sorted(rows, key=lambda r: r["rank"] or 0) if r["selected"]]
    assert chosen == [each.caption_id for each in selection.chosen]
    assert (row["caption_id"] == chosen[0]) if usable else (row["reason"] == Reason.NO_CAPTION)
    assert len(chosen) <= (config.keep_most if config.policy == "all" else 1)
    for each in found:
        if each not in usable:
            assert f"{each.teacher}/{each.style} (" in row["why"]


@given(candidates, configs)
def test_a_margin_is_the_distance_to_the_runner_up(
    found: list[Candidate], config: SelectConfig
) -> None:
    selection = selected(found, config, RANKER)
    row = selection.row("shot", "source")
    rows = {r["caption_id"]: r for r in selection.choice_rows("shot", "source")}
    if row["runner_up_id"] is None:
        assert row["margin"] is None
        return
    runner_up, last = rows[row["runner_up_id"]], rows[selection.chosen[-1].caption_id]
    assert not runner_up["selected"]
    assert runner_up["rank"] == last["rank"] + 1
    if row["margin"] is not None:
        assert (
            row["margin"] == last["caption_scores"]["total"] - runner_up["caption_scores"]["total"]
        )
        assert row["margin"] >= -1e-9 or row["policy"] == "all"


def test_the_first_teacher_of_the_list_wins_and_the_row_says_over_whom() -> None:
    selection = selected(
        [said("ocr"), said("visual"), unsaid("asr"), said("metadata", "Hi")], CONFIG
    )
    assert selection.chosen == (said("visual"),)
    assert selection.why == (
        "visual/x comes first in select.priority, before ocr/x; passed over: "
        "asr/x (no_speech: silence all along); "
        "metadata/x (1 words, select.min_words is 2)"
    )
    assert selection.row("shot", "source")["margin"] is None


def test_teachers_that_nobody_ranked_come_last() -> None:
    assert selected([said("aardvark"), said("ocr")], CONFIG).chosen == (said("ocr"),)


def test_without_a_usable_candidate_the_row_is_dropped_with_everyones_reason() -> None:
    found = [unsaid("asr"), unsaid("ocr", Reason.NO_TEXT_FOUND), said("vlm", "no " * 30)]
    row = selected(found, CONFIG).row("shot", "source")
    assert (row["outcome"], row["reason"]) == (Outcome.DROPPED, Reason.NO_CAPTION)
    assert row["caption_id"] is None
    assert row["n_candidates"] == 0
    for reason in ("no_speech", "no_text_found", "loop: The same words"):
        assert reason in row["detail"]


def test_consensus_takes_the_candidate_most_like_the_others() -> None:
    texts = {"a": "a man rides a horse", "b": "a man rides a brown horse", "c": "two cars crash"}
    found = [said(name, text) for name, text in texts.items()]
    selection = selected(found, SelectConfig(policy="consensus"))
    assert selection.chosen[0].teacher in "ab"
    assert selection.row("shot", "source")["policy"] == "consensus"
    ranks = {r["caption_id"]: r["rank"] for r in selection.choice_rows("shot", "source")}
    assert ranks[said("c").caption_id] == 3


def scored(teacher: str, quantiles: dict[str, float | None], *flags: CaptionFlag) -> Scored:
    return Scored(said(teacher), Scores(n_words=3.0), flags, quantiles)


def test_best_weighs_quantiles_and_takes_off_for_flags() -> None:
    config = SelectConfig.model_validate(
        {"policy": "best", "weights": {"consensus": 1, "specificity": 3, "alignment": 0}}
    )
    good, dull = {"consensus": 0.0, "specificity": 1.0}, {"consensus": 1.0, "specificity": 0.5}
    row = select([scored("a", good), scored("b", dull)], config).row("shot", "source")
    assert row["caption_id"] == said("a").caption_id
    assert row["margin"] == pytest.approx(0.75 - 0.625)
    flagged = select([scored("a", good, CaptionFlag.GRAMMAR), scored("b", dull)], config)
    assert flagged.chosen[0].teacher == "b"
    unknown = select([scored("a", {}), scored("b", {"specificity": 0.4})], config)
    assert unknown.chosen[0].teacher == "a"


def test_all_keeps_several_but_not_twice_the_same() -> None:
    texts = {
        "a": "a man in a red coat rides a horse",
        "b": "a man in a red coat rides a horse.",
        "c": "waves break on a beach at sunset",
        "d": "the camera pans slowly to the left",
    }
    found = [said(name, text) for name, text in texts.items()]
    chosen = selected(found, SelectConfig(policy="all")).chosen
    assert len(chosen) == 3
    assert not {"a", "b"} <= {each.teacher for each in chosen}
    two = selected(found, SelectConfig(policy="all", keep_most=2))
    assert len(two.chosen) == 2
    rows = sorted(two.choice_rows("shot", "s"), key=lambda r: r["rank"])
    assert [row["selected"] for row in rows] == [True, True, False, False]


def test_fusion_takes_the_fusion_teachers_text_or_says_who_chose_instead() -> None:
    config = SelectConfig(policy="fusion", fallback="priority")
    merged = selected([said("fusion", "a dog runs on a beach"), said("visual")], config)
    assert (merged.chosen[0].teacher, merged.row("s", "v")["policy"]) == ("fusion", "fusion")
    assert merged.row("s", "v")["runner_up_id"] == said("visual").caption_id
    alone = selected([unsaid("fusion"), said("visual"), said("ocr")], config)
    row = alone.row("s", "v")
    assert (alone.chosen[0].teacher, row["policy"]) == ("visual", "priority")
    assert "no usable candidate of fusion, so by priority" in row["why"]


def test_learned_takes_the_likeliest_pick_and_its_margin_is_a_probability() -> None:
    config = SelectConfig(policy="learned", model="model.json")
    selection = selected([said("ocr"), said("asr"), said("visual")], config, RANKER)
    row = selection.row("shot", "source")
    assert selection.chosen == (said("asr"),)
    probabilities = RANKER.probabilities(
        [RANKER_OPTION(name) for name in ("asr/x", "ocr/x", "visual/x")]
    )
    assert row["margin"] == pytest.approx(probabilities[0] - probabilities[1])
    assert sum(probabilities) < 1


def RANKER_OPTION(label: str) -> Any:
    from stages.select.ranker import Option

    return Option(label, {})


def test_a_limit_on_alignment_is_a_quantile_of_the_models_own_scores() -> None:
    config = SelectConfig.model_validate(
        {"min_alignment_quantile": 0.4, "alignment": {"model": "m"}}
    )
    clips = [
        ClipTexts(f"shot{at}", [Candidate(f"shot{at}", "vlm", "x", "en", "a dog runs")], "", {})
        for at in range(4)
    ]
    cosines = [0.021, 0.024, 0.019, 0.031]
    aligned = [
        ClipTexts(c.shot_id, c.candidates, "", {c.candidates[0].caption_id: cosine})
        for c, cosine in zip(clips, cosines, strict=True)
    ]
    found = score_unit(aligned, config)
    chosen = [select(found[clip.shot_id], config).chosen for clip in aligned]
    assert [bool(each) for each in chosen] == [False, True, False, True]
    row = select(found["shot2"], config).row("shot2", "s")
    assert "alignment 0.019 is at quantile 0.12" in row["detail"]
    without = score_unit(clips, config)
    assert select(without["shot0"], config).chosen


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
    assert bool(selected([said("ocr", text, language="und")], CONFIG).chosen) == usable


def test_settings_of_other_policies_stay_out_of_the_fingerprint() -> None:
    def semantic(**select: Any) -> dict[str, Any]:
        return SelectConfig.model_validate(select).semantic()

    assert semantic() == semantic(keep_most=7, weights={"flag": 9.0}, fallback="consensus")
    assert semantic() != semantic(min_words=3)
    assert semantic() != semantic(priority=["asr"])
    assert semantic(policy="best") == semantic(policy="best", priority=["asr"])
    assert semantic(policy="best") != semantic(policy="best", weights={"flag": 9.0})
    fused = {"policy": "fusion", "fallback": "priority"}
    assert semantic(**fused) != semantic(**fused, priority=["asr"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"policy": "learned"}, "needs select.model"),
        ({"policy": "fusion", "fallback": "learned"}, "needs select.model"),
        ({"min_alignment_quantile": 0.5}, "needs alignment.model"),
        ({"languages": ["english!"]}, "BCP-47"),
        (
            {"weights": dict.fromkeys(("consensus", "specificity", "alignment"), 0)},
            "every weight is 0",
        ),
    ],
)
def test_settings_that_cannot_work_together_are_refused(
    wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        SelectConfig.model_validate(wrong)
