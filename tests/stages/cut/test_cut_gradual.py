"""Keyframes after which the picture is not whole at once are told by what the stream says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.outcomes import ItemError
from stages.cut.copy_range import PacketInfo, Pictures
from stages.cut.gradual import is_gradual

IDR_SLICE, SLICE = b"\x65\x88\x84\x00\x21\xff", b"\x41\x9a\x24\x6c\x41\x4f"


def exp_golomb(value: int) -> str:
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def message(kind: int, payload: bytes) -> bytes:
    size, rest = divmod(len(payload), 255)
    return bytes([kind]) + b"\xff" * size + bytes([rest]) + payload


def recovery_point(n_frames: int) -> bytes:
    bits = exp_golomb(n_frames) + "1000" + "1"
    bits += "0" * (-len(bits) % 8)
    return message(6, int(bits, 2).to_bytes(len(bits) // 8, "big"))


def packet(messages: bytes, n_length_bytes: int, coded: bytes = SLICE) -> bytes:
    """A delimiter, the messages, and a slice, as NAL units of a packet."""
    sei = re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", b"\x06" + messages + b"\x80")
    units = (b"\x09\xf0", sei, coded)
    if not n_length_bytes:
        return b"".join(b"\0\0\1" + unit for unit in units)
    return b"".join(len(unit).to_bytes(n_length_bytes, "big") + unit for unit in units)


@given(st.integers(0, 5000), st.binary(max_size=600), st.sampled_from([0, 2, 4]))
def test_a_keyframe_is_gradual_when_its_recovery_takes_frames(
    n_frames: int, other: bytes, n_length_bytes: int
) -> None:
    messages = message(5, other) + recovery_point(n_frames)
    assert is_gradual(packet(messages, n_length_bytes), n_length_bytes) == (n_frames > 0)
    assert not is_gradual(packet(messages, n_length_bytes, IDR_SLICE), n_length_bytes)


@given(st.binary(max_size=50), st.sampled_from([0, 4]))
def test_what_says_nothing_or_nonsense_is_not_gradual_and_does_no_harm(
    data: bytes, n_length_bytes: int
) -> None:
    assert not is_gradual(packet(message(5, data), n_length_bytes), n_length_bytes)
    is_gradual(data, n_length_bytes)


def test_a_clip_begins_so_early_that_its_first_picture_is_whole() -> None:
    """Keyframes at 0, 10, 20 and 30, of which the last three restore the picture gradually."""
    pictures = Pictures(
        [PacketInfo(pts, 1, pts % 10 == 0, pts % 10 == 0 and pts > 0) for pts in range(40)]
    )
    starts = (5, 10, 19, 20, 30, 38)
    firsts = [pictures.exactly(start, start + 2, 2).indices.start for start in starts]
    assert firsts == [0, 0, 0, 10, 20, 20]


def test_a_source_without_a_whole_picture_cannot_be_copied() -> None:
    pictures = Pictures([PacketInfo(pts, 1, pts == 0, pts == 0) for pts in range(9)])
    with pytest.raises(ItemError, match="no keyframe"):
        pictures.exactly(3, 5, 2)
