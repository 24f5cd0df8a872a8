"""Groups of pictures that can be decoded without each other, from the packets of a source.

A group begins with a keyframe that resets the decoder and ends before the next one. Where that
keyframe is followed by pictures that are shown before it, they need the group before (an open
GOP), so both stay one group. Whatever would make separate decoding give other pictures than
decoding all in a row raises `Unfit`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

CODECS = ("h264", "hevc", "vp8", "vp9")
"""Codecs of which it is known what a keyframe resets."""

SHOWN_PACKETS = ("h264", "hevc", "vp9")
"""Those of which each packet shows a frame."""

_LONGEST = 600
"""Packets of a group; what longer ones would hold back takes too much memory."""

_H264_IDR, _H264_SPS = 5, 7
_HEVC_RANDOM_ACCESS, _HEVC_SPS = (19, 20, 21), 33
"""NAL unit types: pictures that refer to nothing before them, and their parameters."""

_H264_PICTURES, _HEVC_PICTURES = range(1, 6), range(32)
"""NAL unit types that hold a part of a picture."""
_HEVC_REFERENCES = 16
"""Of HEVC these from here on are referred to, and of those before the odd ones."""


class Unfit(Exception):
    """This way of decoding cannot be trusted with the source; the message says why."""


@dataclass
class Gop:
    """The packets of one group in the order of decoding, and the sound's packets among them."""

    video: list[Any] = field(default_factory=list)
    audio: list[Any] = field(default_factory=list)


def closed_gops(container: Any, streams: list[Any]) -> Iterator[Gop]:
    """The groups of the video stream `streams[0]`, with the packets of the audio stream behind
    it, if there is one. Raises Unfit where they cannot be told, and what the demuxer raises."""
    video = streams[0]
    starts = _Starts(video.codec_context.name, video.codec_context.extradata)
    gop, coming = Gop(), Gop()
    for packet in container.demux(streams):
        if packet.size == 0:
            continue
        into = coming if coming.video else gop
        if packet.stream_index != video.index:
            into.audio.append(packet)
            continue
        _demand_whole(packet)
        if len(coming.video) == 1:  # the packet after a keyframe tells whether any is shown before
            if packet.pts > coming.video[0].pts:
                yield _checked(gop)
                gop = coming
            else:
                gop.video += coming.video
                gop.audio += coming.audio
            into, coming = gop, Gop()
        if not gop.video and not starts.at(packet):
            raise Unfit("it does not begin with a keyframe that needs nothing before it")
        if gop.video and starts.at(packet) and packet.pts > max(p.pts for p in gop.video):
            into = coming
        into.video.append(packet)
        if len(gop.video) > _LONGEST:
            raise Unfit(f"a group of more than {_LONGEST} pictures")
    for last in (gop, coming):
        if last.video or last.audio:
            yield _checked(last)


def _demand_whole(packet: Any) -> None:
    if packet.is_corrupt:
        raise Unfit("a packet arrived incomplete")
    if packet.pts is None:
        raise Unfit("packets without a time")
    if packet.has_sidedata("new_extradata"):
        raise Unfit("the stream changes its parameters")


def _checked(gop: Gop) -> Gop:
    if len({packet.pts for packet in gop.video}) < len(gop.video):
        raise Unfit("several packets with one time")
    return gop


class _Starts:
    """Tells the packets at which a fresh decoder can begin."""

    def __init__(self, codec: str, extradata: bytes | None) -> None:
        self._codec = codec
        self._length_bytes = length_bytes(codec, extradata or b"")
        self._has_sets: bool | None = None
        """Whether the stream's first keyframe carries its parameters; then all have to."""

    def at(self, packet: Any) -> bool:
        if not packet.is_keyframe:
            return False
        if self._codec not in ("h264", "hevc"):
            return True
        types = nal_types(bytes(packet), self._codec, self._length_bytes)
        has_sets = (_H264_SPS if self._codec == "h264" else _HEVC_SPS) in types
        if self._has_sets is None:
            self._has_sets = has_sets
        if self._has_sets and not has_sets:
            return False
        wanted = (_H264_IDR,) if self._codec == "h264" else _HEVC_RANDOM_ACCESS
        return not types.isdisjoint(wanted)


def length_bytes(codec: str, extradata: bytes) -> int:
    """Bytes of the length before each NAL unit; 0: start codes stand between them (Annex B)."""
    place = {"h264": 4, "hevc": 21}.get(codec)
    if place is None or len(extradata) <= place or extradata[0] != 1:
        return 0
    return (extradata[place] & 3) + 1


def nal_types(data: bytes, codec: str, length_bytes: int) -> set[int]:
    """Types of the NAL units in a packet."""
    heads = nal_heads(data, length_bytes)
    if codec == "h264":
        return {data[head] & 31 for head in heads}
    return {data[head] >> 1 & 63 for head in heads}


def referred_to(packets: Sequence[Any], codec: str, extradata: bytes | None) -> list[Any]:
    """The packets of a group whose pictures others refer to. Without the rest these are decoded
    as they are with it. Of codecs that do not say so in few bits, all count as referred to."""
    if codec not in ("h264", "hevc"):
        return list(packets)
    length = length_bytes(codec, extradata or b"")
    ranks = [rank(bytes(packet), codec, length) for packet in packets]
    top = max((layer for _, layer in ranks), default=0)
    return [
        packet
        for packet, (is_reference, layer) in zip(packets, ranks, strict=True)
        if is_reference or layer < top or packet.is_keyframe
    ]


def rank(data: bytes, codec: str, length_bytes: int) -> tuple[bool, int]:
    """Whether pictures of its own temporal layer refer to that of a packet, and the layer: by
    nal_ref_idc of H.264, and by the types of sub-layer non-reference pictures of HEVC, to which
    those of higher layers still may refer."""
    heads = nal_heads(data, length_bytes)
    if codec == "h264":
        return any(data[h] >> 5 & 3 for h in heads if data[h] & 31 in _H264_PICTURES), 0
    pictures = [h for h in heads if data[h] >> 1 & 63 in _HEVC_PICTURES]
    types = [data[h] >> 1 & 63 for h in pictures]
    layer = max((data[h + 1] & 7 for h in pictures), default=0)
    return any(t % 2 or t >= _HEVC_REFERENCES for t in types), layer


def nal_heads(data: bytes, length_bytes: int) -> Sequence[int]:
    """Where the NAL units of a packet begin."""
    return _heads_by_length(data, length_bytes) if length_bytes else _heads_by_code(data)


def _heads_by_length(data: bytes, length_bytes: int) -> Sequence[int]:
    heads, at = [], 0
    while at + length_bytes < len(data):
        heads.append(at + length_bytes)
        at += length_bytes + int.from_bytes(data[at : at + length_bytes], "big")
    return heads


def _heads_by_code(data: bytes) -> Sequence[int]:
    heads, at = [], 0
    while (at := data.find(b"\x00\x00\x01", at) + 3) > 2 and at < len(data):
        heads.append(at)
    return heads
