"""Two scales merged (InternVid, VidLA): the middle frame for the whole, every frame for details.
A longer clip whose parts have captions is summarised from those, and not looked at again."""

from __future__ import annotations

from collections.abc import Sequence

from stages.caption.strategies.frames import frames_plan
from stages.caption.strategies.plan import (
    Ask,
    ClipFacts,
    Frame,
    Picture,
    Plan,
    captioned,
    clock,
    notes,
    spread,
)


def multiscale_plan(facts: ClipFacts, frames: Sequence[Frame], ask: Ask) -> Plan:
    """From parts: one request without pictures. From frames: one for the middle frame and one
    for each frame, all at once, then one without pictures."""
    if facts.parts:
        lines = "\n".join(
            f"{part.start_s:.1f}-{part.end_s:.1f} s: {part.text}" for part in facts.parts
        )
        (text,) = yield (ask.final("multiscale-parts", facts, notes=lines),)
        return text
    shown = spread(frames, ask.n_frames)
    if len(shown) == 1:
        return (yield from frames_plan(facts, shown, ask))
    middle = min(frames, key=lambda frame: (abs(frame.time_s - facts.duration_s / 2), frame.time_s))
    coarse, *fine = yield (
        ask.request("multiscale-coarse", [Picture((middle,))]),
        *(
            ask.request("multiscale-fine", captioned([frame]), time=clock(frame.time_s))
            for frame in shown
        ),
    )
    details = notes([(frame.time_s, said) for frame, said in zip(shown, fine, strict=True)])
    (text,) = yield (ask.final("multiscale-merge", facts, coarse=coarse, notes=details),)
    return text
