"""Which frames the fast mode decodes, and how. See `fast`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.split.closed_gops import Unfit
from stages.split.packets import Gop, PacketIndex
from stages.split.view import ViewMaker

_BURST = 6
_BURST_EVERY = 48
"""Of that many packets of a group of pictures the first few are all decoded, so that motion
between neighbouring frames is known there."""

EVERYTHING = "DEFAULT"
REFERENCES = "NONREF"
"""Leaves out frames on which no other depends: always right."""

ANCHORS = "BIDIR"
"""Leaves out all B-frames. Right where no P-frame depends on one, which has to be tried."""

_TRIED_FRAMES = 40
_TRIED_GOPS = 3
_MAX_DIFFERENCE = 1.5
"""Mean difference of luma, 0-255, up to which a frame was decoded rightly."""


@dataclass(frozen=True)
class Scan:
    """What reading the packets and decoding the keyframes gave; one flag per GOP."""

    index: PacketIndex
    is_quiet: list[bool]
    skipping: str = REFERENCES
    """What the coarse look leaves out: REFERENCES or ANCHORS."""


@dataclass(frozen=True)
class Seen:
    """One decoded frame of the coarse look."""

    number: int
    frame: Any


def coarse_frames(container: Any, stream: Any, scan: Scan) -> Iterator[Seen]:
    """The frames of the coarse look, in presentation order."""
    decoder, index = stream.codec_context, scan.index
    gop = -1
    n_in_gop = 0
    before_is_whole = True
    for packet in container.demux(stream):
        if packet.size == 0 or packet.is_discard:
            continue
        number = index.number_of(packet.pts)
        if packet.is_keyframe and number is not None:
            before_is_whole = gop < 0 or not scan.is_quiet[gop]
            gop, n_in_gop = gop + 1, 0
        is_burst = n_in_gop % _BURST_EVERY < _BURST
        n_in_gop += 1
        if scan.is_quiet[gop] and n_in_gop > _BURST:
            continue
        if number is None:
            continue  # it leads the very first keyframe: no decoder can show it
        if number < index.gops[gop].first and not before_is_whole:
            continue  # it leads its keyframe, and needs the group before
        decoder.skip_frame = EVERYTHING if is_burst else scan.skipping
        yield from numbered(decoder.decode(packet), index)
    yield from numbered(decoder.decode(None), index)


def close_frames(
    container: Any, stream: Any, index: PacketIndex, first: int, last: int
) -> Iterator[Seen]:
    """Every frame from `first` to `last` (both included), decoded anew."""
    for seen in _stretch(container, stream, index, first, last, EVERYTHING):
        if seen.number >= first:
            yield seen


def _stretch(
    container: Any, stream: Any, index: PacketIndex, first: int, last: int, skipping: str
) -> Iterator[Seen]:
    """Frames from the keyframe before `first` to `last`, from `first` on with `skipping`."""
    decoder = stream.codec_context
    decoder.flush_buffers()
    start = index.gops[index.gop_of(first)].first
    container.seek(int(index.pts[start]), stream=stream, backward=True, any_frame=False)
    is_on = False
    for packet in container.demux(stream):
        number = index.number_of(packet.pts) if packet.size else None
        if number is None:
            continue
        is_on = is_on or number == start
        if not is_on or number < start:
            continue
        decoder.skip_frame = skipping if number >= first else REFERENCES
        for seen in numbered(decoder.decode(packet), index):
            if seen.number > last:
                return
            yield seen
    for seen in numbered(decoder.decode(None), index):
        if seen.number <= last:
            yield seen


def numbered(frames: list[Any], index: PacketIndex) -> Iterator[Seen]:
    for frame in frames:
        number = index.number_of(frame.pts)
        if number is None:
            raise Unfit(f"a frame at {frame.pts}, where no packet is")
        yield Seen(number, frame)


def tried_skipping(container: Any, stream: Any, scan: Scan, views: ViewMaker) -> str:
    """ANCHORS where leaving out all B-frames gives the pictures that leaving out less gives, on
    a few groups of pictures; else REFERENCES."""
    busy = [gop for gop, quiet in zip(scan.index.gops, scan.is_quiet, strict=True) if not quiet]
    long = [gop for gop in busy if gop.end - gop.first >= _TRIED_FRAMES]
    if len(long) < _TRIED_GOPS:
        return REFERENCES  # too short a source to gain what trying costs
    for part in range(_TRIED_GOPS):
        gop = long[part * (len(long) - 1) // (_TRIED_GOPS - 1)]
        right, tried = (
            {seen.number: views.make(seen.frame).luma.astype(np.int16) for seen in frames}
            for frames in (
                _head(container, stream, scan.index, gop, skipping)
                for skipping in (REFERENCES, ANCHORS)
            )
        )
        differences = [np.abs(right[n] - tried[n]).mean() for n in sorted(right.keys() & tried)]
        if not differences or max(differences) > _MAX_DIFFERENCE:
            return REFERENCES
    return ANCHORS


def _head(
    container: Any, stream: Any, index: PacketIndex, gop: Gop, skipping: str
) -> Iterator[Seen]:
    """The first frames of a group of pictures."""
    last = gop.first + _TRIED_FRAMES
    return _stretch(container, stream, index, gop.first, last, skipping)
