"""On-screen text: the order in which people read, and each line once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stages.caption.ocr_layout import (
    TextBox,
    distinct_lines,
    is_column,
    is_text,
    mean_confidence,
    reading_order,
    text_share,
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


@given(st.permutations([box("مرحبا", 200, 10), box("بالعالم", 40, 12), box("2026", 10, 14)]))
def test_a_row_of_a_right_to_left_script_begins_at_the_right(boxes: list[TextBox]) -> None:
    assert texts(reading_order(boxes)) == ["مرحبا", "بالعالم", "2026"]


def column(text: str, left: float, top: float) -> TextBox:
    return TextBox(text, 0.9, left, top, left + 20, top + 22 * len(text))


@given(
    st.permutations(
        [
            box("NEWS", 10, 5),
            column("東京の", 300, 40), column("空は青い", 270, 40), column("山", 240, 40),
            box("tomorrow", 10, 300),
        ]
    )
)  # fmt: skip
def test_columns_are_read_from_the_right_between_the_rows_around_them(
    boxes: list[TextBox],
) -> None:
    found = texts(reading_order(boxes))
    assert sorted(found) == sorted(box.text for box in boxes)
    assert [text for text in found if text != "山"] == ["NEWS", "東京の", "空は青い", "tomorrow"]


def test_high_boxes_of_other_scripts_are_rows() -> None:
    assert not is_column(TextBox("EXIT", 0.9, 0, 0, 20, 90))
    assert is_column(column("出口", 0, 0))


@given(st.lists(st.tuples(st.floats(0, 90), st.floats(0, 90)), max_size=8))
def test_the_share_of_text_is_a_share(corners: list[tuple[float, float]]) -> None:
    boxes = [TextBox("x", 0.9, x, y, x + 10, y + 10) for x, y in corners]
    share = text_share(boxes, 100, 100)
    assert share == min(1.0, len(boxes) * 0.01) or abs(share - len(boxes) * 0.01) < 1e-6


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
