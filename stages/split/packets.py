"""What the packets of a video stream tell before any is decoded. Pure.

A demuxer gives, at next to no cost, each packet's time, size and whether it is a keyframe. From
that follow the number and the exact time of every frame, and the groups of pictures (GOPs) that
can be decoded on their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_MIN_FRAMES_PER_GOP = 12
"""With more keyframes than one in this many, leaving frames out gains nothing."""

_WINDOW = 5
"""Frames over which a size is the largest: between two B-frames there is then a P-frame."""

_SURGE = 2.5
"""Packets this much larger than usual, for some frames, may hold new content."""


@dataclass(frozen=True)
class Packet:
    """One packet as the demuxer gave it; times in the stream's time base."""

    pts: int | None
    dts: int | None
    duration: int
    size_bytes: int
    is_key: bool


@dataclass(frozen=True)
class Gop:
    """A keyframe and the packets up to the next, as frame numbers: frames [first, end) in
    presentation order are shown from this keyframe to the next."""

    first: int
    end: int


class PacketIndex:
    """The frames of one stream in presentation order, known from its packets alone."""

    def __init__(self, packets: Sequence[Packet]) -> None:
        """`packets` must be `fit` and in the order of decoding."""
        first = packets[0].pts or 0
        shown = sorted(
            (p for p in packets if p.pts is not None and p.pts >= first), key=lambda p: p.pts or 0
        )
        self.pts: NDArray[np.int64] = np.array([p.pts for p in shown], np.int64)
        self.durations = [p.duration for p in shown]
        self.size_bytes = np.array([p.size_bytes for p in shown], np.float64)
        keys = [number for number, p in enumerate(shown) if p.is_key]
        self.gops = [Gop(a, b) for a, b in pairwise([*keys, len(shown)])]

    @property
    def n_frames(self) -> int:
        return len(self.pts)

    def number_of(self, pts: int | None) -> int | None:
        """The frame that is shown at `pts`; None: none is."""
        if pts is None:
            return None
        number = int(np.searchsorted(self.pts, pts))
        return number if number < len(self.pts) and self.pts[number] == pts else None

    def gop_of(self, frame: int) -> int:
        """Index of the GOP that shows the frame."""
        return int(np.searchsorted([gop.first for gop in self.gops], frame, side="right")) - 1


def unfit_reason(packets: Sequence[Packet]) -> str | None:
    """Why the frames cannot be known from the packets; None where they can.

    Leading pictures of the first keyframe are no frames; they are allowed.
    """
    if not packets:
        return "the stream holds no packet"
    if not packets[0].is_key:
        return "it does not begin with a keyframe"
    if any(p.pts is None for p in packets):
        return "packets without a time"
    if len({p.pts for p in packets}) < len(packets):
        return "several packets with one time"
    known = [p.dts for p in packets if p.dts is not None]
    if any(b <= a for a, b in pairwise(known)):
        return "decoding times go backwards"
    key_pts = [p.pts or 0 for p in packets if p.is_key]
    if any(b <= a for a, b in pairwise(key_pts)):
        return "keyframes out of order"
    if len(key_pts) * _MIN_FRAMES_PER_GOP > len(packets):
        return "too many keyframes to gain anything"
    return None


def surges(size_bytes: NDArray[np.float64], gop: Gop) -> bool:
    """Whether some frames inside the GOP are much larger than the GOP's usual ones: what a shot
    that comes and goes between two keyframes looks like."""
    sizes = size_bytes[gop.first + 1 : gop.end]
    if len(sizes) < 4 * _WINDOW:
        return True
    padded = np.pad(sizes, _WINDOW // 2, mode="edge")
    envelope = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW).max(axis=1)
    return bool(envelope.max() > _SURGE * max(1.0, float(np.median(envelope))))
