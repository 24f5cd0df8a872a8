"""Text lines found on pictures: reading order, and one line for what several pictures show."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import median

from stages.caption.words import plain

MIN_COLUMN_SHAPE = 1.5
"""Height to width from which a box of several letters is a column."""


@dataclass(frozen=True)
class TextBox:
    """A recognised piece of text and the rectangle around it, in pixels."""

    text: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle_y(self) -> float:
        return (self.top + self.bottom) / 2


def reading_order(boxes: Sequence[TextBox]) -> list[TextBox]:
    """Rows from top to bottom, each in the direction of its script; columns of vertical writing
    from the right, as one block where the highest of them begins.

    A box joins a row when its middle lies within half the row's usual height of the row's.
    """
    columns = sorted(filter(is_column, boxes), key=lambda box: (-box.right, box.top, box.text))
    rows: list[list[TextBox]] = []
    for box in sorted(boxes, key=lambda box: (box.middle_y, box.left, box.text)):
        if is_column(box):
            continue
        row = rows[-1] if rows else []
        height = median(other.height for other in row) if row else 0.0
        if row and box.middle_y - median(other.middle_y for other in row) <= height / 2:
            row.append(box)
        else:
            rows.append([box])
    blocks = [_in_direction(row) for row in rows]
    if columns:
        top = min(box.top for box in columns)
        below = [n for n, row in enumerate(blocks) if min(box.top for box in row) >= top]
        blocks.insert(below[0] if below else len(blocks), columns)
    return [box for block in blocks for box in block]


def is_column(box: TextBox) -> bool:
    """Whether a box is vertical writing: several Han, kana or Hangul, one above the other."""
    letters = [char for char in box.text if char.isalpha()]
    stacked = sum(unicodedata.east_asian_width(char) == "W" for char in letters)
    is_high = box.height > MIN_COLUMN_SHAPE * (box.right - box.left)
    return is_high and len(letters) > 1 and 2 * stacked > len(letters)


def is_right_to_left(text: str) -> bool:
    """Whether most letters with a direction are of Hebrew, Arabic and their relatives."""
    directions = [unicodedata.bidirectional(char) for char in text]
    leftward = sum(direction in ("R", "AL") for direction in directions)
    return leftward > directions.count("L")


def _in_direction(row: Sequence[TextBox]) -> list[TextBox]:
    if is_right_to_left(" ".join(box.text for box in row)):
        return sorted(row, key=lambda box: (-box.right, box.text))
    return sorted(row, key=lambda box: (box.left, box.text))


def text_share(boxes: Sequence[TextBox], width: int, height: int) -> float:
    """Share of a picture's area that boxes cover, 0-1; where two overlap it counts twice."""
    area = sum((box.right - box.left) * box.height for box in boxes)
    return min(1.0, area / (width * height))


def is_text(box: TextBox, min_confidence: float, min_chars: int) -> bool:
    """Whether a box is worth reading: sure enough, and enough letters and digits."""
    return box.confidence > min_confidence and sum(char.isalnum() for char in box.text) >= min_chars


def distinct_lines(pictures: Sequence[Sequence[TextBox]], similarity: float) -> list[TextBox]:
    """The lines of several pictures in order, each once, in the reading that is surest.

    Lines are the same when their letters are at least `similarity` (0-1) alike.
    """
    kept: list[TextBox] = []
    for boxes in pictures:
        for box in reading_order(boxes):
            at = _index_alike(kept, box, similarity)
            if at is None:
                kept.append(box)
            elif box.confidence > kept[at].confidence:
                kept[at] = box
    return kept


def _index_alike(lines: Sequence[TextBox], box: TextBox, similarity: float) -> int | None:
    letters = plain(box.text)
    for index, line in enumerate(lines):
        other = plain(line.text)
        if letters == other:
            return index
        matcher = SequenceMatcher(None, min(letters, other), max(letters, other), autojunk=False)
        if matcher.real_quick_ratio() >= similarity and matcher.ratio() >= similarity:
            return index
    return None


def mean_confidence(lines: Sequence[TextBox]) -> float:
    """Mean confidence, weighted by length."""
    weights = [len(line.text) for line in lines]
    return sum(line.confidence * weight for line, weight in zip(lines, weights, strict=True)) / sum(
        weights
    )
