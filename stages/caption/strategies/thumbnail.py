"""Some frames in full, then a grid of more as an overview (TS-LLaVA, in its order)."""

from __future__ import annotations

from collections.abc import Sequence

from stages.caption.strategies.plan import (
    Ask,
    ClipFacts,
    Frame,
    Plan,
    captioned,
    clock,
    grid,
    spread,
)


def thumbnail_plan(facts: ClipFacts, frames: Sequence[Frame], ask: Ask) -> Plan:
    """One request."""
    shown, small = spread(frames, ask.n_frames), spread(frames, ask.n_grid_frames)
    request = ask.final(
        "thumbnail",
        facts,
        [*captioned(shown), "Overview:", grid(small)],
        n_frames=len(shown),
        n_grid=len(small),
        times=", ".join(clock(frame.time_s) for frame in small),
    )
    (text,) = yield (request,)
    return text
