"""Edit lists end where they are told to, and nothing else in the file changes."""

from __future__ import annotations

import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.cut.edit_list import boxes, ended

TIMESCALE = 90_000
Track = tuple[list[int], bool]
"""Lengths of its edits, and whether its numbers have 64 bits."""


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def header(n_zeros: int, duration: int, is_wide: bool, *between: int) -> bytes:
    """Version and flags, `n_zeros` times of creation and change, numbers, a duration, more."""
    number = "Q" if is_wide else "I"
    times = struct.pack(f">{n_zeros}{number}", *[7] * n_zeros)
    numbers = struct.pack(f">{len(between)}I", *between)
    return bytes([is_wide, 0, 0, 1]) + times + numbers + struct.pack(f">{number}", duration) + b"xy"


def movie(tracks: list[Track], is_wide: bool) -> bytes:
    """The content of a `moov` box."""
    longest = max(sum(edits) for edits, _ in tracks)
    parts = [box(b"mvhd", header(2, longest, is_wide, TIMESCALE))]
    for number, (edits, wide) in enumerate(tracks):
        listed = b"".join(
            struct.pack(">QqI" if wide else ">IiI", length, -1 if i + 1 < len(edits) else 5, 1)
            for i, length in enumerate(edits)
        )
        elst = box(b"elst", bytes([wide, 0, 0, 0]) + struct.pack(">I", len(edits)) + listed)
        track = box(b"tkhd", header(2, sum(edits), wide, number, 0)) + box(b"edts", elst)
        parts.append(box(b"trak", track + box(b"mdia", b"what it holds")))
    return b"".join(parts)


TRACKS = st.lists(
    st.tuples(st.lists(st.integers(1, 2**31), min_size=1, max_size=3), st.booleans()),
    min_size=1,
    max_size=3,
)


@given(TRACKS, st.booleans(), st.integers(1, 2**32))
def test_every_track_ends_at_the_end_or_before(
    tracks: list[Track], is_wide: bool, end: int
) -> None:
    kept = []
    for edits, wide in tracks:
        left = end
        lengths = []
        for edit in edits:
            lengths.append(min(edit, left))
            left -= lengths[-1]
        kept.append((lengths, wide))
    is_wide = is_wide or any(sum(edits) >= 2**32 for edits, _ in tracks)
    tracks = [(edits, wide or sum(edits) >= 2**32) for edits, wide in tracks]
    kept = [(edits, wide) for (edits, _), (_, wide) in zip(kept, tracks, strict=True)]
    found = ended(movie(tracks, is_wide), Fraction(end, TIMESCALE))
    assert found == movie(kept, is_wide)
    assert ended(found, Fraction(end, TIMESCALE)) == found


def test_boxes_may_have_long_sizes_and_must_fit() -> None:
    long = struct.pack(">I4sQ", 1, b"mdat", 20) + b"four"
    assert list(boxes(long + box(b"free", b""), 0, 28)) == [(b"mdat", 16, 20), (b"free", 28, 28)]
    with pytest.raises(ValueError, match="does not fit"):
        list(boxes(struct.pack(">I4s", 9, b"free"), 0, 8))


@pytest.mark.parametrize("content", [b"", box(b"mvhd", header(2, 5, False, 1)) + box(b"trak", b"")])
def test_what_is_no_movie_or_has_no_edit_list_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="0 boxes of type"):
        ended(content, Fraction(1))
