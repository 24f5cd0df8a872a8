"""N frames, each a picture of its own after its time."""

from __future__ import annotations

from collections.abc import Sequence

from stages.caption.strategies.plan import Ask, ClipFacts, Frame, Plan, captioned, spread


def frames_plan(facts: ClipFacts, frames: Sequence[Frame], ask: Ask) -> Plan:
    """One request."""
    shown = spread(frames, ask.n_frames)
    (text,) = yield (ask.final("frames", facts, captioned(shown), n_frames=len(shown)),)
    return text
