"""Numbers, names in quotes, URLs, time stamps and emoji come out as they went in, or are told."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.translate.protect import SpanKind, find_spans, guard, lost, masked, restored

ALL = list(SpanKind)
PROSE = st.lists(
    st.sampled_from(
        ["A man", " ", "3", "1,234.5", "“Golden Gate”", "https://x.org/a?b=1", "12:30", "😀", ".",
         "👨‍👩‍👧", "50%", "me@x.org", "“he said so”", "是", "🇸🇪", "\n", "[0]", "7"]
    )
).map("".join)  # fmt: skip


def spans(text: str) -> list[tuple[str, str]]:
    return [(span.kind.value, text[span.start : span.end]) for span in find_spans(text, ALL)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Three dogs.", []),
        ("3 dogs and 1,234.5 cats.", [("number", "3"), ("number", "1,234.5")]),
        ("See https://x.org/a?b=1, now!", [("url", "https://x.org/a?b=1")]),
        ("Write to me@x.org or @ana #fun", [("url", "me@x.org"), ("url", "@ana"), ("url", "#fun")]),
        ("At 12:30 and 1:02:03.500", [("timestamp", "12:30"), ("timestamp", "1:02:03.500")]),
        ('The "Golden Gate" bridge', [("quoted_name", "Golden Gate")]),
        ('He said "where are you going"', []),
        ("《红楼梦》是一本书", [("quoted_name", "红楼梦")]),
        ("A dog 😀👍🏽 runs", [("emoji", "😀👍🏽")]),
        ("A family 👨‍👩‍👧 eats", [("emoji", "👨‍👩‍👧")]),
        ("From 🇸🇪 to 1️⃣", [("emoji", "🇸🇪"), ("emoji", "1️⃣")]),
        ("50% of 1/2 in 2024-25", [("number", "50%"), ("number", "1/2"), ("number", "2024"),
                                   ("number", "25")]),
        ("٣ كلاب", [("number", "٣")]),
    ],
)  # fmt: skip
def test_what_is_protected(text: str, found: list[tuple[str, str]]) -> None:
    assert spans(text) == found


def test_kinds_can_be_switched_off() -> None:
    assert find_spans("3 dogs 😀", [SpanKind.EMOJI])[0].kind is SpanKind.EMOJI
    assert find_spans("3 dogs 😀", []) == []


@settings(max_examples=60)
@given(st.one_of(PROSE, st.text()))
def test_nothing_is_lost_by_guarding(text: str) -> None:
    held = guard(text, ALL)
    assert held.head + held.core + held.tail == text
    assert held.core == held.core.strip()
    assert lost(held.core, held.protected) == []


@settings(max_examples=40)
@given(PROSE)
def test_spans_are_in_order_and_apart(text: str) -> None:
    found = find_spans(text, ALL)
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize("spelling", ["⟦{}⟧", "X{}", "[{}]"])
@settings(max_examples=40)
@given(text=PROSE)
def test_masks_come_back_exactly(spelling: str, text: str) -> None:
    held = guard(text.replace("[0]", "").replace("X", ""), ALL)
    assert restored(masked(held, spelling), held, spelling) == held.core
    loose = masked(held, spelling).replace("[", "[ ").replace("⟦", "⟦ ")
    assert lost(restored(loose, held, spelling), held.protected) == []


def test_loose_spans_at_the_ends_never_reach_a_model() -> None:
    held = guard("00:12 😀 A dog runs 3 times. https://x.org 🎉", ALL)
    assert (held.head, held.core, held.tail) == (
        "00:12 😀 ",
        "A dog runs 3 times.",
        " https://x.org 🎉",
    )
    assert held.protected == ["3"]


def test_a_number_at_the_head_is_part_of_the_sentence() -> None:
    assert guard("3 dogs", ALL).core == "3 dogs"


def test_placeholders_that_a_model_repeats_or_invents_go_away() -> None:
    held = guard("Now 3 dogs and 4 cats.", ALL)
    assert restored("[0] Hunde [0] und [7] [1] Katzen", held, "[{}]") == "3 Hunde  und  4 Katzen"


@pytest.mark.parametrize(
    ("translated", "missing"),
    [
        ("3 Hunde", []),
        ("13 Hunde", ["3"]),
        ("3,5 Hunde", ["3"]),
        ("drei Hunde", ["3"]),
        ("Um 3, nicht 3.", []),
        ("Nr. 3.", []),
    ],
)
def test_a_number_inside_another_is_lost(translated: str, missing: list[str]) -> None:
    assert lost(translated, ["3"]) == missing


def test_what_is_there_twice_is_wanted_twice() -> None:
    assert lost("3 Hunde", ["3", "3"]) == ["3"]
