"""End what an MP4 shows before its media ends, by its edit lists. Pure.

An edit list (ISO/IEC 14496-12, `elst`) says which stretch of a track's media is shown. FFmpeg's
muxer writes one for each track, and leaves out what has negative times, so the start is hidden
by itself. The end is not: a picture that is only there because shown ones refer to it would be
shown too. Durations are numbers of fixed width, so nothing moves when they change.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from fractions import Fraction

Box = tuple[bytes, int, int]
"""A box's type, and where its content begins and ends."""

_HEADER_BYTES = 8


def ended(moov: bytes, end: Fraction) -> bytes:
    """The content of a `moov` box whose tracks are shown up to `end` at the latest, in seconds.

    Tracks that end earlier stay as they are. Raises ValueError when it is not such a box, or when
    a track has no edit list.
    """
    found = bytearray(moov)
    movie, _ = _only(b"mvhd", moov, 0, len(moov))
    is_wide = moov[movie] == 1
    (timescale,) = struct.unpack_from(">I", moov, movie + (20 if is_wide else 12))
    longest = 0
    for kind, start, stop in boxes(moov, 0, len(moov)):
        if kind == b"trak":
            edits, _ = _only(b"elst", moov, *_only(b"edts", moov, start, stop))
            length = _end_edits(found, edits, round(end * timescale))
            header, _ = _only(b"tkhd", moov, start, stop)
            _put(found, header + (28 if moov[header] == 1 else 20), length, moov[header] == 1)
            longest = max(longest, length)
    _put(found, movie + (24 if is_wide else 16), longest, is_wide)
    return bytes(found)


def boxes(data: bytes | mmap.mmap, start: int, stop: int) -> Iterator[Box]:
    """The boxes that lie one after the other in data[start:stop]."""
    while start + _HEADER_BYTES <= stop:
        size, kind = struct.unpack_from(">I4s", data, start)
        content = start + _HEADER_BYTES
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        if not content - start <= size <= stop - start:
            raise ValueError(f"a box of type {kind!r} does not fit where it lies")
        yield kind, content, start + size
        start += size


def _only(kind: bytes, data: bytes, start: int, stop: int) -> tuple[int, int]:
    """Where the content of the one box of this kind among those in data[start:stop] lies."""
    found = [(first, last) for name, first, last in boxes(data, start, stop) if name == kind]
    if len(found) != 1:
        raise ValueError(f"{len(found)} boxes of type {kind.decode()} where one is expected")
    return found[0]


def _end_edits(data: bytearray, place: int, length: int) -> int:
    """Shorten an `elst` to at most `length`, in the movie's units; gives how long it is."""
    is_wide = data[place] == 1
    (n_edits,) = struct.unpack_from(">I", data, place + 4)
    total = 0
    for index in range(n_edits):
        at = place + 8 + index * (20 if is_wide else 12)
        (own,) = struct.unpack_from(">Q" if is_wide else ">I", data, at)
        kept = min(own, length - total)
        _put(data, at, kept, is_wide)
        total += kept
    return total


def _put(data: bytearray, at: int, value: int, is_wide: bool) -> None:
    struct.pack_into(">Q" if is_wide else ">I", data, at, value)
