"""All frames in one picture, for models that take one (IG-VLM; ShareCaptioner's fast mode)."""

from __future__ import annotations

from collections.abc import Sequence

from stages.caption.strategies.plan import Ask, ClipFacts, Frame, Plan, clock, grid, spread


def grid_plan(facts: ClipFacts, frames: Sequence[Frame], ask: Ask) -> Plan:
    """One request with one picture."""
    shown = spread(frames, ask.n_grid_frames)
    times = ", ".join(clock(frame.time_s) for frame in shown)
    request = ask.final("grid", facts, [grid(shown)], n_frames=len(shown), times=times)
    (text,) = yield (request,)
    return text
