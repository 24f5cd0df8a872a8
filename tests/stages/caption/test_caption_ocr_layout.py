"""On-screen text: the order in which people read, and each line once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stages.caption.ocr_layout import (
    TextBox,
    distinct_lines,
    is_text,
    mean_confidence,
    reading_order,
)


def box(text: str, left: float = 0, top: float = 0, confidence: float = 0.9) -> TextBox:
    return TextBox(text, confidence, left, top, left + 10 * len(text), top + 20)


def texts(boxes: list[TextBox]) -> list[str]:
    return [found.text for found in boxes]


PAGE = [
    box("SALE", 10, 10),
    box("today", 120, 14),
    box("50 %", 10, 60),
    box("off", 120, 55),
    box("shop.example", 10, 300),
]


@given(st.permutations(PAGE))
def test_rows_from_the_top_each_from_the_left(boxes: list[TextBox]) -> None:
    assert texts(reading_order(boxes)) == texts(PAGE)


def test_a_line_on_several_pictures_is_read_once_in_its_surest_reading() -> None:
    lines = distinct_lines(
        [[box("BREAK1NG NEWS", confidence=0.7)], [box("BREAKING NEWS", confidence=0.95)]], 0.8
    )
    assert texts(lines) == ["BREAKING NEWS"]


def test_different_lines_stay_apart() -> None:
    assert texts(distinct_lines([[box("12:30")], [box("Goal!")]], 0.8)) == ["12:30", "Goal!"]


def test_noise_is_no_text() -> None:
    assert is_text(box("OK"), 0.5, 2)
    assert not is_text(box("OK", confidence=0.5), 0.5, 2)
    assert not is_text(box("N"), 0.5, 2)
    assert not is_text(box("(—)"), 0.5, 2)
    assert is_text(box("新闻"), 0.5, 2)


def test_long_lines_weigh_more_in_the_confidence() -> None:
    assert mean_confidence([box("x" * 9, confidence=1.0), box("y", confidence=0.0)]) == 0.9
