"""The differential sliding window of ShareGPT4Video: the first frame, then what changed between
neighbours, then a summary of these notes with their times."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from stages.caption.strategies.frames import frames_plan
from stages.caption.strategies.plan import (
    Ask,
    ClipFacts,
    Frame,
    Plan,
    captioned,
    clock,
    notes,
    spread,
)


def differential_plan(facts: ClipFacts, frames: Sequence[Frame], ask: Ask) -> Plan:
    """One request for each frame, each with the last answer in it, and one without pictures.
    A clip with a single frame is asked about at once."""
    shown = spread(frames, ask.n_frames)
    if len(shown) == 1:
        return (yield from frames_plan(facts, shown, ask))
    first = shown[0]
    request = ask.request("differential-first", captioned([first]), time=clock(first.time_s))
    (said,) = yield (request,)
    found = [(first.time_s, said)]
    for before, after in pairwise(shown):
        request = ask.request(
            "differential-change",
            captioned([before, after]),
            before=clock(before.time_s),
            after=clock(after.time_s),
            said=said,
        )
        (said,) = yield (request,)
        found.append((after.time_s, said))
    (text,) = yield (ask.final("differential-summary", facts, notes=notes(found)),)
    return text
