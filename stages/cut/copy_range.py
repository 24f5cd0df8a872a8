"""Which packets of a source make a clip that is cut without encoding. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest
from typing import NamedTuple

from schemas.outcomes import ItemError, Reason


class PacketInfo(NamedTuple):
    """One packet; times in units of its stream."""

    pts: int
    duration: int
    is_keyframe: bool
    is_gradual: bool = False
    """Whether decoding may start here, but the picture is whole only by the next keyframe."""


@dataclass(frozen=True)
class CopyRange:
    """Packets `indices` of a source's video, from a keyframe on; what is to be shown of them are
    the frames of [start_pts, end_pts).

    Pictures that lead the keyframe, so that they are shown before `key_pts`, stay out: they cannot
    be decoded without what is before it. There are players that stop at them.
    """

    indices: range
    key_pts: int
    start_pts: int
    end_pts: int
    n_frames: int
    n_hidden: int


class Pictures:
    """The video packets of a source, in the order of the file (which is decoding order)."""

    def __init__(self, packets: Sequence[PacketInfo]) -> None:
        self._packets = packets
        self._keys = [i for i, packet in enumerate(packets) if packet.is_keyframe]
        self._whole = sorted(_whole_from(packets, self._keys))

    def covering(self, start_pts: int, end_pts: int) -> CopyRange:
        """The packets that show everything in [start_pts, end_pts), without a gap, from the
        keyframe before on, and hide nothing.

        They end with the last packet in decoding order that is shown before `end_pts`. B-frames
        need packets that are shown later than themselves, so the clip may run past `end_pts`;
        what lies between is then taken too.
        Raises ItemError SPAN_MISMATCH when there is no such keyframe, or nothing in the span.
        """
        first = self._first(start_pts)
        near = self._near(first, end_pts)
        start, latest = self._packets[first].pts, end_pts - 1
        while True:
            last = self._last(near, start, latest)
            shown = self._taken(first, last)
            if max(packet.pts for packet in shown) <= latest:
                break
            latest = max(packet.pts for packet in shown)
        if not any(start_pts <= packet.pts < end_pts for packet in shown):
            raise _mismatch("no packet is shown in the span")
        following = [self._packets[i].pts for i in near if self._packets[i].pts > latest]
        end = min(following) if following else _end_of(max(shown), end_pts)
        return CopyRange(range(first, last + 1), start, start, end, len(shown), 0)

    def exactly(self, start_pts: int, end_pts: int, n_frames: int) -> CopyRange:
        """The packets that decoding the `n_frames` frames of [start_pts, end_pts) takes, from the
        keyframe before on; only these frames are to be shown.

        Raises ItemError SPAN_MISMATCH when there is no such keyframe, or another number of frames.
        """
        first = self._first(start_pts)
        last = self._last(self._near(first, end_pts), start_pts, end_pts - 1)
        taken = self._taken(first, last)
        n_found = sum(start_pts <= packet.pts < end_pts for packet in taken)
        if n_found != n_frames:
            raise _mismatch(f"its packets show {n_found} frames there, the span has {n_frames}")
        n_hidden = len(taken) - n_frames
        indices = range(first, last + 1)
        return CopyRange(indices, taken[0].pts, start_pts, end_pts, n_frames, n_hidden)

    def _first(self, start_pts: int) -> int:
        """The last keyframe from which on decoding gives whole pictures by `start_pts`."""
        n_before = bisect_right(self._whole, start_pts, key=lambda key: key[0])
        if not n_before:
            raise _mismatch(f"no keyframe at or before PTS {start_pts}")
        return self._whole[n_before - 1][1]

    def _near(self, first: int, end_pts: int) -> range:
        """The packets from `first` on among which lies all that can be shown before or right at
        the end: pictures may be decoded after one later keyframe that they lead, but not after
        two."""
        n_beyond = 0
        for key in self._keys[bisect_right(self._keys, first) :]:
            n_beyond += self._packets[key].pts >= end_pts
            if n_beyond > 2:
                return range(first, key)
        return range(first, len(self._packets))

    def _taken(self, first: int, last: int) -> list[PacketInfo]:
        """The packets from keyframe `first` to `last`, without those that lead it."""
        key_pts = self._packets[first].pts
        return [packet for packet in self._packets[first : last + 1] if packet.pts >= key_pts]

    def _last(self, near: range, start: int, latest: int) -> int:
        """The last packet in decoding order that is shown within [start, latest]."""
        shown = (i for i in reversed(near) if start <= self._packets[i].pts <= latest)
        return next(shown, near[0])


class Sounds:
    """The packets of a source's sound, in the order of the file; none where there is none.

    `settling_s`: how long before a clip its decoder has to begin, to have settled by then.
    """

    def __init__(
        self,
        packets: Sequence[PacketInfo] = (),
        time_base: Fraction = Fraction(1),
        settling_s: Fraction = Fraction(0),
    ) -> None:
        self._starts = [packet.pts * time_base for packet in packets]
        self._ends = [(packet.pts + packet.duration) * time_base for packet in packets]
        self._settling_s = settling_s

    def heard(self, start: Fraction, end: Fraction) -> range:
        """The packets that are heard in [start, end), on the container's clock in seconds, and
        those that settle the decoder; none when nothing is heard."""
        first, stop = bisect_right(self._ends, start), bisect_left(self._starts, end)
        settling = bisect_left(self._starts, start - self._settling_s)
        return range(min(first, settling), stop) if first < stop else range(0)


def _mismatch(why: str) -> ItemError:
    return ItemError(Reason.SPAN_MISMATCH, why, "use cut.mode=encode")


def _whole_from(packets: Sequence[PacketInfo], keys: Sequence[int]) -> Iterator[tuple[int, int]]:
    """For each keyframe, the PTS from which on decoding that began with it gives whole pictures,
    and its index."""
    for key, following in zip_longest(keys, keys[1:]):
        if not packets[key].is_gradual:
            yield packets[key].pts, key
        elif following is not None:
            yield packets[following].pts, key


def _end_of(final: PacketInfo, end_pts: int) -> int:
    """Where the source's last picture ends; not every container says how long it is shown."""
    return final.pts + final.duration if final.duration else max(end_pts, final.pts + 1)
