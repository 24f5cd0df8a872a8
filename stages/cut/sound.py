"""Which clips of a source have sound at all: ffmpeg refuses to write a track without a frame."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path

from schemas.outcomes import ItemError, Reason

LEAST_SOUND_S = Fraction(1024, 48_000)
"""A rest of sound shorter than one AAC frame makes no track."""

Window = tuple[Fraction, Fraction]


def windows_with_sound(source: Path, audio_index: int, windows: Sequence[Window]) -> list[bool]:
    """For each window [start, end) on the container's clock, whether sound lies in it.

    Looks at packets and decodes nothing. Runs in a guarded child: it opens a file from outside.
    Raises ItemError UNREADABLE.
    """
    import av

    sounds: list[Window] = []
    try:
        with av.open(str(source)) as container:
            for packet in container.demux(container.streams[audio_index]):
                if packet.pts is not None and packet.size:
                    unit = Fraction(packet.time_base or 0)
                    sounds.append((packet.pts * unit, (packet.pts + (packet.duration or 0)) * unit))
    except av.FFmpegError as error:
        raise ItemError(Reason.UNREADABLE, f"reading the audio stream: {error}") from error
    sounds.sort()
    return [_overlap(sounds, window) >= LEAST_SOUND_S for window in windows]


def _overlap(sounds: Sequence[Window], window: Window) -> Fraction:
    """How long the sorted `sounds` lie in the window, counted no further than to LEAST_SOUND_S."""
    start, end = window
    index = max(0, bisect_left(sounds, window) - 1)
    total = Fraction(0)
    for first, last in islice(sounds, index, None):
        if first >= end or total >= LEAST_SOUND_S:
            break
        total += max(Fraction(0), min(end, last) - max(start, first))
    return total
