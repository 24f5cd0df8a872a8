"""Each strategy's exact requests: which frames, in which order and layout, with which words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.caption.prompts import prompts_with
from stages.caption.strategies import STRATEGIES
from stages.caption.strategies.distinct import distinct
from stages.caption.strategies.plan import (
    Ask,
    ClipFacts,
    Frame,
    Part,
    Picture,
    Plan,
    Request,
    TimedText,
    grid,
    spread,
)

# Wordings that show their fields and nothing else, so that a request can be written out in full.
WORDS = {
    "frames": "FRAMES n={n_frames} of {duration_s}",
    "grid": "GRID n={n_frames} of {duration_s} at {times}",
    "thumbnail": "THUMB n={n_frames} grid={n_grid} of {duration_s} at {times}",
    "differential-first": "FIRST {time} in {language}",
    "differential-change": "CHANGE {before} to {after} after [{said}] in {language}",
    "differential-summary": "SUMMARY {duration_s}\n{notes}",
    "multiscale-coarse": "COARSE in {language}",
    "multiscale-fine": "FINE {time} in {language}",
    "multiscale-merge": "MERGE {duration_s}\n{coarse}\n{notes}",
    "multiscale-parts": "PARTS {duration_s}\n{notes}",
    "context": "CONTEXT {context}",
    "sound": "SOUND {sound}",
    **{f"style-{name}": f"{name.upper()} in {{language}}" for name in ("short", "medium", "dense")},
    "style-camera": "CAMERA in {language}",
    "style-audible": "AUDIBLE in {language}",
}
FACTS = ClipFacts(12.0)


def ask(style: str = "dense", language: str = "en", n_frames: int = 8, n_grid: int = 6) -> Ask:
    return Ask(prompts_with(WORDS), style, language, n_frames, n_grid)


def frames(*times_s: float) -> list[Frame]:
    return [Frame(time_s, f"jpeg {time_s}".encode()) for time_s in times_s]


def played(plan: Plan, answers: Sequence[str]) -> tuple[list[tuple[Request, ...]], str]:
    """The rounds of requests of a plan that is answered with `answers` in turn, and its text."""
    rounds, left = [], list(answers)
    try:
        requests = next(plan)
        while True:
            rounds.append(requests)
            given_, left = left[: len(requests)], left[len(requests) :]
            assert len(given_) == len(requests), "the plan asks more than expected"
            requests = plan.send(tuple(given_))
    except StopIteration as end:
        assert not left, "the plan asks less than expected"
        return rounds, end.value


def sent(name: str, answers: Sequence[str], shown: Sequence[Frame], facts: ClipFacts = FACTS,
         **how: object) -> tuple[list[list[tuple[Part, ...]]], str]:  # fmt: skip
    rounds, text = played(STRATEGIES[name](facts, shown, ask(**how)), answers)  # type: ignore[arg-type]
    return [[request.parts for request in requests] for requests in rounds], text


def test_frames_come_one_by_one_after_their_times() -> None:
    a, b, c = frames(0.4, 6.0, 11.5)
    rounds, text = sent("frames", ["a dog runs"], [a, b, c])
    words = "FRAMES n=3 of 12.0\n\nDENSE in English (en)"
    parts = ("0.4 s:", Picture((a,)), "6.0 s:", Picture((b,)), "11.5 s:", Picture((c,)), words)
    assert rounds == [[parts]]
    assert text == "a dog runs"


def test_no_more_frames_than_asked_for_spread_over_the_clip() -> None:
    shown = frames(*range(10))
    ((parts,),), _ = sent("frames", ["x"], shown, n_frames=3)
    assert [part.frames[0].time_s for part in parts if isinstance(part, Picture)] == [1, 5, 8]


@pytest.mark.parametrize(
    ("n", "rows", "columns"), [(1, 1, 1), (4, 2, 2), (6, 3, 2), (9, 3, 3), (30, 6, 5), (7, 3, 3)]
)
def test_a_grid_is_laid_out_as_ig_vlm_and_sharecaptioner_do(
    n: int, rows: int, columns: int
) -> None:
    picture = grid(frames(*range(n)))
    assert (picture.rows, picture.columns) == (rows, columns)
    assert [frame.time_s for frame in picture.frames] == list(range(n))


def test_the_grid_strategy_sends_one_picture_and_names_its_times() -> None:
    shown = frames(0, 1, 2, 3, 4, 5)
    rounds, _ = sent("grid", ["x"], shown, style="short")
    times = "0.0 s, 1.0 s, 2.0 s, 3.0 s, 4.0 s, 5.0 s"
    words = f"GRID n=6 of 12.0 at {times}\n\nSHORT in English (en)"
    assert rounds == [[(Picture(tuple(shown), columns=2), words)]]


def test_thumbnail_sends_frames_in_full_and_then_a_grid_of_more() -> None:
    shown = frames(0, 2, 4, 6, 8, 10)
    rounds, _ = sent("thumbnail", ["x"], shown, n_frames=2, n_grid=4)
    full, small = [shown[1], shown[4]], [shown[0], shown[2], shown[3], shown[5]]
    words = "THUMB n=2 grid=4 of 12.0 at 0.0 s, 4.0 s, 6.0 s, 10.0 s\n\nDENSE in English (en)"
    assert rounds == [
        [
            (
                *("2.0 s:", Picture((full[0],)), "8.0 s:", Picture((full[1],))),
                *("Overview:", Picture(tuple(small), columns=2), words),
            )
        ]
    ]


def test_differential_tells_the_first_frame_then_changes_and_sums_up_with_real_times() -> None:
    a, b, c = frames(0.5, 4.0, 11.0)
    rounds, text = sent(
        "differential", ["a man stands", "he sits down", "he stands up", "all of it"], [a, b, c]
    )
    assert rounds == [
        [("0.5 s:", Picture((a,)), "FIRST 0.5 s in English (en)")],
        [
            (
                *("0.5 s:", Picture((a,)), "4.0 s:", Picture((b,))),
                "CHANGE 0.5 s to 4.0 s after [a man stands] in English (en)",
            )
        ],
        [
            (
                *("4.0 s:", Picture((b,)), "11.0 s:", Picture((c,))),
                "CHANGE 4.0 s to 11.0 s after [he sits down] in English (en)",
            )
        ],
        [
            (
                "SUMMARY 12.0\n0.5 s: a man stands\n4.0 s: he sits down\n11.0 s: he stands up\n\n"
                "DENSE in English (en)",
            )
        ],
    ]
    assert text == "all of it"


def test_multiscale_asks_the_middle_and_every_frame_at_once_and_merges() -> None:
    a, b, c = frames(1.0, 5.0, 9.0)
    rounds, text = sent("multiscale", ["a kitchen", "an onion", "a knife", "a pan", "m"], [a, b, c])
    assert rounds == [
        [
            (Picture((b,)), "COARSE in English (en)"),
            ("1.0 s:", Picture((a,)), "FINE 1.0 s in English (en)"),
            ("5.0 s:", Picture((b,)), "FINE 5.0 s in English (en)"),
            ("9.0 s:", Picture((c,)), "FINE 9.0 s in English (en)"),
        ],
        [
            (
                "MERGE 12.0\na kitchen\n1.0 s: an onion\n5.0 s: a knife\n9.0 s: a pan\n\n"
                "DENSE in English (en)",
            )
        ],
    ]
    assert text == "m"


def test_multiscale_sums_a_longer_clip_up_from_its_parts_without_pictures() -> None:
    parts = (TimedText(0.0, 4.5, "he cuts"), TimedText(4.5, 12.0, "he fries"))
    rounds, _ = sent("multiscale", ["x"], frames(1, 2), ClipFacts(12.0, parts=parts))
    words = "PARTS 12.0\n0.0-4.5 s: he cuts\n4.5-12.0 s: he fries\n\nDENSE in English (en)"
    assert rounds == [[(words,)]]


@pytest.mark.parametrize("name", ["differential", "multiscale"])
def test_a_clip_with_a_single_frame_is_asked_about_at_once(name: str) -> None:
    rounds, _ = sent(name, ["x"], frames(3.0))
    assert rounds == sent("frames", ["x"], frames(3.0))[0]


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_context_stands_before_the_style_and_only_where_the_caption_is_asked_for(name: str) -> None:
    facts = ClipFacts(12.0, context=(("title and description", "Rye {bread}"), ("speech", "mix")))
    rounds, _ = sent(name, ["x"] * {"differential": 3, "multiscale": 4}.get(name, 1),
                     frames(1, 2), facts)  # fmt: skip
    *steps, (final,) = rounds
    end = "\n\nCONTEXT title and description: Rye {bread}\nspeech: mix\n\nDENSE in English (en)"
    assert str(final[-1]).endswith(end)
    assert not any("CONTEXT" in str(part) for step in steps for parts in step for part in parts)


@pytest.mark.parametrize("style", ["short", "medium", "dense", "camera", "audible"])
def test_the_style_closes_the_request_in_its_language_and_audible_brings_the_sound(
    style: str,
) -> None:
    facts = ClipFacts(12.0, sound="silence")
    rounds, _ = sent("grid", ["x"], frames(1), facts, style=style, language="sv")
    last = str(rounds[0][0][-1])
    assert last.endswith(f"\n\n{style.upper()} in Swedish (sv)")
    assert ("SOUND silence" in last) == (style == "audible")


def test_a_request_names_the_prompts_behind_it_with_their_versions() -> None:
    plain = Ask(prompts_with({"style-dense": "Short, please. {language}"}), "dense", "en")
    request = next(
        STRATEGIES["frames"](ClipFacts(2.0, context=(("speech", "a"),)), frames(1), plain)
    )
    first, second, third = request[0].prompts
    assert (first, second) == ("frames/1", "context/1")
    assert third.startswith("style-dense/")
    assert third != "style-dense/1"


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40))
def test_spreading_keeps_order_and_distance(n_frames: int, n: int) -> None:
    chosen = [frame.time_s for frame in spread(frames(*range(n_frames)), n)]
    assert len(chosen) == min(n, n_frames)
    assert chosen == sorted(set(chosen))
    if n < n_frames:
        gaps = np.diff([-0.5 * n_frames / n, *chosen])
        assert max(gaps) <= n_frames / n + 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.004, 0.5, 1.0]), min_size=1, max_size=9))
def test_near_duplicates_are_skipped_and_a_beginning_and_an_end_are_left(
    greys: list[float],
) -> None:
    looks = [np.full((16, 16, 3), grey, np.float32) for grey in greys]
    kept = distinct(looks, 0.02)
    assert kept[0] == 0
    assert kept == sorted(set(kept))
    assert len(kept) >= min(2, len(greys))
    if len(kept) > 2:
        assert all(abs(greys[a] - greys[b]) >= 0.02 for a, b in pairwise(kept))
    for index in set(range(len(greys))) - set(kept):
        before = max(k for k in kept if k < index)
        assert abs(greys[index] - greys[before]) < 0.02
