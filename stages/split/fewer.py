"""What the fast mode decodes of each group of pictures.

The pictures to which others refer: they are decoded as they are in the full mode, and at the
encoders' usual settings they are half of the frames and half of the work. Where they are too far
apart for transitions to be told from motion, some of those between. Of a group that shows nothing
but its keyframe (see `quiet`), the first frames only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from stages.split.closed_gops import Gop, Unfit, referred_to
from stages.split.quiet import has_little_news, looks_quiet
from stages.split.view import FrameView

_LEAST_FPS = 15.0
"""Decoded pictures in a second of video. Of 39 gradual transitions the detector finds 38 in all of
30 frames, 37 with 15, 35 with 12."""

_FIRST = 6
"""Packets of a quiet group that are decoded, so that its motion is known."""

Look = Callable[[Sequence[Any]], list[tuple[int, FrameView]]]
"""Decodes packets that begin with a keyframe: (PTS, view) of their frames."""


@dataclass(frozen=True)
class Part:
    """One group, and which packets of it are decoded, in that order."""

    gop: Gop
    packets: Sequence[Any]

    @property
    def decoded_pts(self) -> frozenset[int]:
        """PTS of the frames that are decoded."""
        return frozenset(packet.pts for packet in self.packets if not packet.is_discard)

    @property
    def shown(self) -> list[Any]:
        """The packets of the frames that the group shows, in order."""
        shown = [packet for packet in self.gop.video if not packet.is_discard]
        return sorted(shown, key=lambda packet: packet.pts)

    @property
    def missing(self) -> list[Any]:
        """Those of them that are not decoded."""
        decoded = self.decoded_pts
        return [packet for packet in self.shown if packet.pts not in decoded]


def needed_of(
    packets: Sequence[Any], codec: str, extradata: bytes | None, fps: float | None
) -> list[Any]:
    """The packets that are decoded of a group that is not quiet, in the order of decoding."""
    wanted = {packet.pts for packet in referred_to(packets, codec, extradata)}
    most = math.ceil((fps or 25.0) / _LEAST_FPS)
    shown = sorted(packet.pts for packet in packets)
    places = [place for place, pts in enumerate(shown) if pts in wanted]
    for start, end in pairwise([*places, len(shown)]):
        parts = math.ceil((end - start) / most)
        wanted |= {shown[start + (end - start) * part // parts] for part in range(1, parts)}
    return [packet for packet in packets if packet.pts in wanted]


def whole(gop: Gop) -> Part:
    return Part(gop, gop.video)


def fewer(
    groups: Iterable[Gop], look: Look, needed: Callable[[Sequence[Any]], Sequence[Any]]
) -> Iterator[Part]:
    """The parts that are decoded. `needed`: which packets of a group are, where it is not quiet.
    Raises Unfit."""
    before: Gop | None = None
    for gop in groups:
        if before is not None:
            is_quiet = _is_quiet(before, gop, look)
            yield Part(before, before.video[:_FIRST] if is_quiet else needed(before.video))
        before = gop
    if before is not None:
        yield Part(before, needed(before.video))


def _is_quiet(gop: Gop, following: Gop, look: Look) -> bool:
    if len(gop.video) <= _FIRST or not has_little_news([packet.size for packet in gop.video]):
        return False
    return looks_quiet(_keyframe(gop, look).luma, _keyframe(following, look).luma)


def _keyframe(gop: Gop, look: Look) -> FrameView:
    seen = look(gop.video[:1])
    if len(seen) != 1:
        raise Unfit("a keyframe that shows no picture")
    return seen[0][1]
