"""How a vision-language model is shown a clip: one pure function for each way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stages.caption.strategies.differential import differential_plan
from stages.caption.strategies.frames import frames_plan
from stages.caption.strategies.grid import grid_plan
from stages.caption.strategies.multiscale import multiscale_plan
from stages.caption.strategies.plan import Ask, ClipFacts, Frame, Plan
from stages.caption.strategies.thumbnail import thumbnail_plan

Strategy = Callable[[ClipFacts, Sequence[Frame], Ask], Plan]

STRATEGIES: dict[str, Strategy] = {
    "frames": frames_plan,
    "grid": grid_plan,
    "thumbnail": thumbnail_plan,
    "differential": differential_plan,
    "multiscale": multiscale_plan,
}
