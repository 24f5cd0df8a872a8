"""Rules on a clip's picture, all from figures that the split stage measured."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.outcomes import Reason
from stages.filter.config import FilterConfig
from stages.filter.verdict import Measure, Verdict


@dataclass(frozen=True)
class ClipFacts:
    """What is known of a clip; None: not measured. Borders are shares of width and height."""

    duration_s: float
    short_side_px: int | None
    motion: float | None
    brightness: float | None
    sharpness: float | None
    borders: tuple[float | None, float | None, float | None, float | None]
    """Left, right, top, bottom."""


def border_share(
    left: float | None, right: float | None, top: float | None, bottom: float | None
) -> float | None:
    """Share of the picture's area that black borders take; None when none was measured."""
    if left is None and right is None and top is None and bottom is None:
        return None
    across = max(0.0, 1.0 - (left or 0.0) - (right or 0.0))
    down = max(0.0, 1.0 - (top or 0.0) - (bottom or 0.0))
    return 1.0 - across * down


def judge_clip(facts: ClipFacts, config: FilterConfig) -> Verdict:
    """Every clip rule, in the order in which reasons are named."""
    return Verdict(
        (
            Measure(
                "min_duration_s",
                Reason.CLIP_TOO_SHORT,
                facts.duration_s,
                least=config.min_duration_s,
            ),
            Measure(
                "max_duration_s", Reason.CLIP_TOO_LONG, facts.duration_s, most=config.max_duration_s
            ),
            Measure(
                "min_short_side_px",
                Reason.LOW_RESOLUTION,
                facts.short_side_px,
                least=config.min_short_side_px,
            ),
            Measure("min_motion", Reason.STILL, facts.motion, least=config.min_motion),
            Measure(
                "min_brightness", Reason.TOO_DARK, facts.brightness, least=config.min_brightness
            ),
            Measure(
                "max_brightness", Reason.TOO_BRIGHT, facts.brightness, most=config.max_brightness
            ),
            Measure("min_sharpness", Reason.BLURRED, facts.sharpness, least=config.min_sharpness),
            Measure(
                "max_border_share",
                Reason.BLACK_BORDER,
                border_share(*facts.borders),
                most=config.max_border_share,
            ),
        )
    )
