"""What a source's packets say about the spans that are to be cut: is there sound, where to seek.

ffmpeg refuses to write a sound track without a frame, so a clip without sound must not ask for
one. And ffmpeg may seek to any packet in containers without an index (MPEG-TS): a decoder that
starts between two keyframes hands over broken pictures as if nothing were wrong, in the right
number. So passes seek to keyframes that are known to be there.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

from schemas.outcomes import ItemError, Reason

LEAST_SOUND_S = Fraction(1024, 48_000)
"""A rest of sound shorter than one AAC frame makes no track."""

Window = tuple[Fraction, Fraction]
Keyframe = tuple[Fraction, Fraction]
"""When it is shown, and when it is decoded, in seconds on the container's clock."""


@dataclass(frozen=True)
class SpanFacts:
    """`seek`: where on the container's clock a pass may start so that it decodes the span rightly;
    None: at the beginning."""

    has_sound: bool
    seek: Fraction | None


def survey(
    source: Path,
    video_index: int,
    audio_index: int | None,
    windows: Sequence[Window],
    margin_s: float,
) -> list[SpanFacts]:
    """Facts about each window [start, end) on the container's clock.

    Looks at packets and decodes nothing. What lies behind a place that cannot be read is not
    there; cutting it fails by itself. Runs in a guarded child: it opens a file from outside.
    Raises ItemError UNREADABLE.
    """
    import av

    sounds: list[Window] = []
    keyframes: list[Keyframe] = []
    try:
        with av.open(str(source)) as container:
            indices = [video_index] if audio_index is None else [video_index, audio_index]
            packets = container.demux([container.streams[index] for index in indices])
            for packet in readable(packets):
                unit = Fraction(packet.time_base or 0)
                shown = packet.dts if packet.pts is None else packet.pts
                if not packet.size or shown is None:
                    continue
                if packet.stream.index != video_index:
                    sounds.append((shown * unit, (shown + (packet.duration or 0)) * unit))
                elif packet.is_keyframe:
                    decoded = shown if packet.dts is None else packet.dts
                    keyframes.append((shown * unit, decoded * unit))
    except av.FFmpegError as error:
        raise ItemError(Reason.UNREADABLE, f"cannot be opened: {error}") from error
    sounds.sort()
    keyframes.sort()
    margin = Fraction(margin_s)
    return [
        SpanFacts(
            overlap(sounds, window) >= LEAST_SOUND_S, seek_time(keyframes, window[0] - margin)
        )
        for window in windows
    ]


def readable(packets: Iterator[Any]) -> Iterator[Any]:
    """The packets up to the first place that cannot be read."""
    import av

    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        yield packet


def seek_time(keyframes: Sequence[Keyframe], needed: Fraction) -> Fraction | None:
    """Where to seek so that a keyframe shown at or before `needed` is decoded; the keyframes are
    sorted. None: there is none but perhaps the first, so start at the beginning."""
    index = bisect_right(keyframes, needed, key=lambda keyframe: keyframe[0]) - 1
    return min(keyframes[index]) if index > 0 else None


def overlap(sounds: Sequence[Window], window: Window) -> Fraction:
    """How long the sorted `sounds` lie in the window, counted no further than to LEAST_SOUND_S."""
    start, end = window
    index = max(0, bisect_left(sounds, window) - 1)
    total = Fraction(0)
    for first, last in islice(sounds, index, None):
        if first >= end or total >= LEAST_SOUND_S:
            break
        total += max(Fraction(0), min(end, last) - max(start, first))
    return total
