"""Rules on a clip's picture, from what the split stage measured and from its keyframes."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.outcomes import Reason
from stages.filter.config import FilterConfig
from stages.filter.verdict import Verdict, limited


@dataclass(frozen=True)
class ClipFacts:
    """What is known of a clip; None: not measured. Borders are shares of width and height."""

    duration_s: float
    short_side_px: int | None
    aspect: float | None
    """The longer side to the shorter."""
    motion: float | None
    brightness: float | None
    sharpness: float | None
    borders: tuple[float | None, float | None, float | None, float | None]
    """Left, right, top, bottom."""
    overlay_share: float | None = None
    text_share: float | None = None
    screen_share: float | None = None
    aesthetic: float | None = None
    nsfw: float | None = None


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
    values = (
        ("min_duration_s", Reason.CLIP_TOO_SHORT, facts.duration_s),
        ("max_duration_s", Reason.CLIP_TOO_LONG, facts.duration_s),
        ("min_short_side_px", Reason.LOW_RESOLUTION, facts.short_side_px),
        ("max_aspect", Reason.ODD_ASPECT, facts.aspect),
        ("min_motion", Reason.STILL, facts.motion),
        ("max_motion", Reason.TOO_MUCH_MOTION, facts.motion),
        ("min_brightness", Reason.TOO_DARK, facts.brightness),
        ("max_brightness", Reason.TOO_BRIGHT, facts.brightness),
        ("min_sharpness", Reason.BLURRED, facts.sharpness),
        ("max_border_share", Reason.BLACK_BORDER, border_share(*facts.borders)),
        ("max_overlay_share", Reason.OVERLAY, facts.overlay_share),
        ("max_text_share", Reason.MUCH_TEXT, facts.text_share),
        ("max_screen_share", Reason.SCREEN_RECORDING, facts.screen_share),
        ("min_aesthetic", Reason.LOW_AESTHETIC, facts.aesthetic),
        ("max_nsfw", Reason.UNSAFE, facts.nsfw),
    )
    return Verdict(
        tuple(
            limited(rule, reason, value, config.limit(rule), tags=rule in config.tag_only)
            for rule, reason, value in values
        )
    )
