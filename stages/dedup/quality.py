"""Which of two copies is the better one.

In this order: pixels of real picture (black borders do not count), bytes per second of the file
(the more there are, the less its encoder threw away), length, sharpness; then the ids of source
and shot, so that no two shots are equal, the choice never depends on the order of rows, and of
two identical files one is kept whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.table import Row


@dataclass(frozen=True)
class Quality:
    """What the choice looks at. Figures that are unknown are 0."""

    source_id: str
    shot_id: str
    picture_px: float
    bytes_per_s: float
    duration_s: float
    sharpness: float

    def sort_key(self) -> tuple[float, float, float, float, str, str]:
        """Sorts the best shot first."""
        return (
            -self.picture_px,
            -self.bytes_per_s,
            -self.duration_s,
            -self.sharpness,
            self.source_id,
            self.shot_id,
        )


def quality_of(shot: Row, source: Row) -> Quality:
    """The quality of a shot, from its row and its source's."""
    borders = (shot[f"border_{side}"] or 0.0 for side in ("left", "right", "top", "bottom"))
    length_s = source["duration_s"]
    return Quality(
        shot["source_id"],
        shot["shot_id"],
        picture_pixels(source["width"] or 0, source["height"] or 0, *borders),
        (source["size_bytes"] or 0) / length_s if length_s else 0.0,
        shot["end_s"] - shot["start_s"],
        shot["sharpness"] or 0.0,
    )


def picture_pixels(
    width: int, height: int, left: float, right: float, top: float, bottom: float
) -> float:
    """Pixels of a frame without its black borders; borders are shares of width and height."""
    across = max(0.0, 1.0 - left - right)
    down = max(0.0, 1.0 - top - bottom)
    return round(width * across) * round(height * down)


def best_first(qualities: Sequence[Quality]) -> list[int]:
    """Indexes of `qualities`, the best first. The same set gives the same ranking."""
    return sorted(range(len(qualities)), key=lambda index: qualities[index].sort_key())
