"""One clip that is cut without encoding: an MP4 that packets of its source are put into."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from schemas.outcomes import ItemError, Reason
from stages.cut.copy_range import CopyRange
from stages.cut.edit_list import boxes, ended
from stages.cut.gradual import packet_is_gradual
from stages.cut.spans import Job

VIDEO, AUDIO = range(2)
"""Places of the streams among those of a source that are copied, and in a clip."""


def not_copied(error: Exception) -> ItemError:
    """Why packets could not be put into an MP4."""
    return ItemError(
        Reason.ENCODE_FAILED,
        f"stream copy into MP4: {error}",
        "cut.mode=encode takes every codec that can be decoded",
    )


class ClipFile:
    """Opened with its first packet, finished with its last. What goes wrong stands in `error`."""

    def __init__(self, job: Job, found: CopyRange, heard: range) -> None:
        self.found = found
        self.wanted = (found.indices, heard)
        """Numbers of the packets that it is to hold, by the place of their stream."""
        self.error: ItemError | None = None
        self._n_missing = len(found.indices) + len(heard)
        self._target = job.target
        self._start = found.start_pts * job.span.time_base
        self._length = (found.end_pts - found.start_pts) * job.span.time_base
        self._has_pictures = False
        self._container: Any = None
        self._streams: list[Any] = []
        self._offsets: list[int] = []
        """The clip's start by the clock of each of the source's streams."""

    @property
    def is_done(self) -> bool:
        return not self._n_missing or self.error is not None

    def write(self, packet: Any, place: int, streams: Sequence[Any]) -> None:
        """Add the next packet that is wanted of the stream at `place` of the source's `streams`."""
        import av

        try:
            if self._container is None:
                self._open(streams)
            if place == AUDIO or packet.pts >= self.found.key_pts:
                self._mux(packet, place)
            self._n_missing -= 1
            if not self._n_missing:
                self._container.close()
                _end_file(self._target, self._length)
        except (av.FFmpegError, ValueError) as error:
            self.error = not_copied(error)

    def give_up(self, why: str) -> None:
        """Say that no more packets will come."""
        if not self.is_done:
            self.error = ItemError(Reason.SPAN_MISMATCH, why)

    def _open(self, streams: Sequence[Any]) -> None:
        """The file counts in the ticks of the source's pictures, so that no time is rounded."""
        import av

        ticks = str(streams[VIDEO].time_base.denominator)
        options = {
            "movflags": "+faststart",
            "fflags": "+bitexact",
            "video_track_timescale": ticks,
            "movie_timescale": ticks,
        }
        self._container = av.open(str(self._target), "w", format="mp4", options=options)
        self._offsets = [round(self._start / stream.time_base) for stream in streams]
        self._streams = [
            self._container.add_stream_from_template(stream, opaque=True)
            for stream, wanted in zip(streams, self.wanted, strict=False)
            if wanted
        ]

    def _mux(self, packet: Any, place: int) -> None:
        """Write one packet shifted so that the clip starts at 0, and leave it as it was: spans
        may overlap."""
        kept = (packet.pts, packet.dts, packet.duration, packet.time_base, packet.stream)
        is_keyframe = packet.is_keyframe
        offset = self._offsets[place]
        try:
            if place == VIDEO:
                self._unmark_gradual(packet)
            packet.pts -= offset
            if packet.dts is not None:
                packet.dts -= offset
            packet.stream = self._streams[place]
            self._container.mux(packet)
        finally:
            packet.pts, packet.dts, packet.duration, packet.time_base, packet.stream = kept
            packet.is_keyframe = is_keyframe

    def _unmark_gradual(self, packet: Any) -> None:
        """Readers begin at the last keyframe before what is shown. Where that restores the
        picture only gradually, it must not be called one."""
        if self._has_pictures and packet.is_keyframe and packet_is_gradual(packet):
            packet.is_keyframe = False
        self._has_pictures = True


def _end_file(path: Path, length: Fraction) -> None:
    """End what a finished MP4 shows after `length` seconds."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        for kind, start, stop in boxes(data, 0, len(data)):
            if kind == b"moov":
                data[start:stop] = ended(data[start:stop], length)
