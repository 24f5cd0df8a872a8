"""What the fast mode decodes of each group of pictures.

Of every group the pictures to which others refer, which are decoded as they are in the full mode;
at the encoders' usual settings they are half of the frames and half of the work. Of a group that
hides no boundary (see `quiet`), only its first frames, but all of these, so that motion between
neighbours is known there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stages.split.closed_gops import Gop, Unfit
from stages.split.quiet import hides_nothing
from stages.split.view import FrameView

_BURST = 6
_BURST_BEHIND = 16
"""Packets of a quiet group that are decoded; more behind a group of which all is seen, so that a
cut between the two is seen from both sides."""

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


def whole(gop: Gop) -> Part:
    return Part(gop, gop.video)


def fewer(
    groups: Iterator[Gop], look: Look, needed: Callable[[Sequence[Any]], Sequence[Any]]
) -> Iterator[Part]:
    """The parts that are decoded. `needed`: which packets of a group are, where it may hide a
    boundary. Raises Unfit."""
    before: tuple[Gop, FrameView] | None = None
    is_behind, longest = True, 0
    for gop in groups:
        key = look(gop.video[:1])
        if len(key) != 1:
            raise Unfit("a keyframe that shows no picture")
        longest = max(longest, len(gop.video))
        if before is not None:
            group, own = before
            sizes = [p.size for p in sorted(group.video, key=lambda packet: packet.pts)]
            is_quiet = hides_nothing(own, key[0][1], sizes, longest)
            if is_quiet:
                yield Part(group, _unbroken(group, _BURST_BEHIND if is_behind else _BURST))
            else:
                yield Part(group, needed(group.video))
            is_behind = not is_quiet
        before = gop, key[0][1]
    if before is not None:
        yield Part(before[0], needed(before[0].video))


def _unbroken(gop: Gop, n_packets: int) -> list[Any]:
    """The first packets in the order of decoding, without those at the end of which frames that
    are shown before are missing."""
    first = gop.video[:n_packets]
    rest_pts = min((packet.pts for packet in gop.video[n_packets:]), default=None)
    if rest_pts is None:
        return first
    while first[-1].pts > rest_pts:
        first.pop()
    return first
