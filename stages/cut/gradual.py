"""Keyframes of H.264 that restore the picture only gradually. Pure.

Some encoders (x264's `intra-refresh`, live streams) have no intra pictures but a strip of intra
blocks that wanders over the picture. Their streams say where one may begin, and demuxers call
these pictures keyframes; but what is decoded from there is whole only some pictures later.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from stages.split.closed_gops import length_bytes, nal_heads

_IDR, _SEI = 5, 6
"""NAL unit types."""
_RECOVERY_POINT = 6
"""Type of the SEI message that says after how many pictures the picture is whole."""


def packet_is_gradual(packet: Any) -> bool:
    """Whether a decoder that begins with this packet shows a whole picture only later."""
    context = packet.stream.codec_context
    if context is None or context.name != "h264":
        return False
    return is_gradual(bytes(packet), length_bytes("h264", context.extradata or b""))


def is_gradual(data: bytes, n_length_bytes: int) -> bool:
    """The same for the bytes of an H.264 packet; `n_length_bytes`: of the length before each NAL
    unit, 0 where start codes stand between them."""
    heads = [*nal_heads(data, n_length_bytes), len(data)]
    if any(data[head] & 31 == _IDR for head in heads[:-1]):
        return False
    return any(
        _recovery_frames(data[head + 1 : end].replace(b"\0\0\3", b"\0\0")) > 0
        for head, end in pairwise(heads)
        if data[head] & 31 == _SEI
    )


def _recovery_frames(messages: bytes) -> int:
    """recovery_frame_cnt of ITU-T H.264, D.1.8, among the messages of an SEI NAL unit; 0 without.

    A message is its type and its size, each a number of bytes 255 that count as such and one
    more, and then the payload.
    """
    at = 0
    while at + 2 < len(messages):
        kind, at = _number(messages, at)
        size, at = _number(messages, at)
        if kind == _RECOVERY_POINT:
            return _exp_golomb(messages[at : at + size])
        at += size
    return 0


def _number(messages: bytes, at: int) -> tuple[int, int]:
    """A number that starts at `at`, and where what follows it starts."""
    end = at
    while messages[end : end + 1] == b"\xff":
        end += 1
    return 255 * (end - at) + int.from_bytes(messages[end : end + 1], "big"), end + 1


def _exp_golomb(data: bytes) -> int:
    """The first ue(v) of some bits: as many zeros as bits follow the first one."""
    bits = f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}"
    n_zeros = bits.find("1")
    return int(bits[n_zeros : 2 * n_zeros + 1], 2) - 1 if n_zeros >= 0 else 0
