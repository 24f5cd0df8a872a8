"""Cut without encoding: the packets from the keyframe before each span, in one pass.

Done with PyAV and not with `ffmpeg -c copy`, because here every packet is known: the row can
say exactly what the clip holds. A source is read twice, but never decoded: once for the list of
its packets, once to copy them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.outcomes import ItemError, Reason
from stages.cut.spans import Job

NO_INVENTED_PTS = {"fflags": "-genpts"}
"""PyAV has FFmpeg make up the PTS that a container lacks, and not always the right ones."""


@dataclass(frozen=True)
class PacketInfo:
    """One video packet, in the order of the file (which is decoding order)."""

    pts: int
    duration: int
    is_keyframe: bool


@dataclass(frozen=True)
class CopyRange:
    """Packets `first`..`last` of a source; the ones shown before `start_pts` are left out."""

    first: int
    last: int
    start_pts: int
    """PTS of the keyframe: what the clip really starts with."""
    end_pts: int
    """Where the last shown frame ends."""
    n_frames: int


def copy_range(packets: Sequence[PacketInfo], start_pts: int, end_pts: int) -> CopyRange:
    """The packets that show everything in [start_pts, end_pts), without a gap.

    Starts at the last keyframe shown at or before `start_pts`; ends with the last packet in
    decoding order that is shown before `end_pts`. B-frames need packets that are shown later
    than themselves, so the clip may run past `end_pts`; what lies between is then taken too.
    Pictures that lead the keyframe cannot be decoded and stay out.
    Raises ItemError SPAN_MISMATCH when there is no such keyframe.
    """
    keys = [i for i, packet in enumerate(packets) if packet.is_keyframe]
    before = [i for i in keys if packets[i].pts <= start_pts]
    if not before:
        raise ItemError(
            Reason.SPAN_MISMATCH, f"no keyframe at or before PTS {start_pts}", "use cut.mode=encode"
        )
    first = max(before, key=lambda i: (packets[i].pts, i))
    near = range(first, _settled(packets, keys, first, end_pts))
    start, latest = packets[first].pts, end_pts - 1
    while True:
        last = max((i for i in near if start <= packets[i].pts <= latest), default=first)
        shown = [packet for packet in packets[first : last + 1] if packet.pts >= start]
        if max(packet.pts for packet in shown) <= latest:
            break
        latest = max(packet.pts for packet in shown)
    following = [packets[i].pts for i in near if packets[i].pts > latest]
    end = min(following) if following else _end_of(max(shown, key=lambda p: p.pts), end_pts)
    return CopyRange(first, last, start, end, len(shown))


def _settled(packets: Sequence[PacketInfo], keys: Sequence[int], first: int, end_pts: int) -> int:
    """An index in `packets` before which lies all that can be shown before or right at the end:
    pictures may be decoded after one later keyframe that they lead, but not after two."""
    beyond = [i for i in keys if i > first and packets[i].pts >= end_pts]
    return beyond[2] if len(beyond) > 2 else len(packets)


def _end_of(final: PacketInfo, end_pts: int) -> int:
    """Where the source's last picture ends; not every container says how long it is shown."""
    return final.pts + final.duration if final.duration else max(end_pts, final.pts + 1)


def copy_jobs(
    source: Path, video_index: int, audio_index: int | None, jobs: Sequence[Job]
) -> list[CopyRange]:
    """Write each job's file; returns what each holds, in the order of `jobs`.

    Runs in a guarded child: it opens a file from outside. Raises ItemError ENCODE_FAILED when
    the streams cannot be put into MP4 or the container does not say when each frame is shown,
    SPAN_MISMATCH as `copy_range`.
    """
    import av

    try:
        packets = _list_packets(source, video_index)
        ranges = [copy_range(packets, job.span.start_pts, job.span.end_pts) for job in jobs]
        writers = [_SpanWriter(job, found) for job, found in zip(jobs, ranges, strict=True)]
        _copy_packets(source, video_index, audio_index, writers)
    except (av.FFmpegError, ValueError) as error:
        raise ItemError(
            Reason.ENCODE_FAILED,
            f"stream copy into MP4: {error}",
            "cut.mode=encode takes every codec that can be decoded",
        ) from error
    return ranges


def _list_packets(source: Path, video_index: int) -> list[PacketInfo]:
    import av

    listed: list[PacketInfo] = []
    with av.open(str(source), options=NO_INVENTED_PTS) as container:
        stream = container.streams[video_index]
        for packet in container.demux(stream):
            if not packet.size:
                continue
            if packet.pts is None:
                raise ItemError(
                    Reason.ENCODE_FAILED,
                    f"{container.format.name} does not say when frame {len(listed)} is shown",
                    "use cut.mode=encode",
                )
            listed.append(PacketInfo(packet.pts, packet.duration or 0, packet.is_keyframe))
    return listed


def _copy_packets(
    source: Path, video_index: int, audio_index: int | None, writers: Sequence[_SpanWriter]
) -> None:
    import av

    with av.open(str(source)) as container:
        video = container.streams[video_index]
        audio = None if audio_index is None else container.streams[audio_index]
        n_video = 0
        try:
            for packet in container.demux([video] if audio is None else [video, audio]):
                if not packet.size or packet.pts is None:
                    continue
                if packet.stream is video:
                    for writer in writers:
                        writer.video(packet, n_video, video, audio)
                    n_video += 1
                else:
                    for writer in writers:
                        writer.sound(packet, video, audio)
        finally:
            for writer in writers:
                writer.close()


class _SpanWriter:
    """One clip's file. Opened with its first packet, closed when nothing more can come."""

    def __init__(self, job: Job, found: CopyRange) -> None:
        self._job = job
        self._range = found
        self._start = found.start_pts * job.span.time_base
        self._end = found.end_pts * job.span.time_base
        self._container: Any = None
        self._closed = False
        self._streams: dict[str, Any] = {}
        self._video_done = False
        self._audio_done = not job.has_sound

    def video(self, packet: Any, index: int, video: Any, audio: Any) -> None:
        if not self._range.first <= index <= self._range.last:
            return
        if packet.pts >= self._range.start_pts:
            self._mux(packet, "video", self._range.start_pts, video, audio)
        self._video_done = index == self._range.last
        self._close_when_done()

    def sound(self, packet: Any, video: Any, audio: Any) -> None:
        if not self._job.has_sound or self._closed:
            return
        time = packet.pts * packet.time_base
        if time >= self._end:
            self._audio_done = True
            self._close_when_done()
        elif time >= self._start:
            self._mux(packet, "audio", round(self._start / packet.time_base), video, audio)

    def close(self) -> None:
        self._closed = True
        if self._container is not None:
            container, self._container = self._container, None
            container.close()

    def _close_when_done(self) -> None:
        if self._video_done and self._audio_done:
            self.close()

    def _mux(self, packet: Any, kind: str, offset: int, video: Any, audio: Any) -> None:
        """Write one packet shifted by `offset`, and leave it as it was: spans may overlap."""
        if not self._streams:
            self._open(video, audio)
        kept = (packet.pts, packet.dts, packet.duration, packet.time_base, packet.stream)
        packet.pts -= offset
        if packet.dts is not None:
            packet.dts -= offset
        packet.stream = self._streams[kind]
        self._container.mux(packet)
        packet.pts, packet.dts, packet.duration, packet.time_base, packet.stream = kept

    def _open(self, video: Any, audio: Any) -> None:
        import av

        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        self._container = av.open(str(self._job.target), "w", format="mp4", options=options)
        self._streams["video"] = self._container.add_stream_from_template(video, opaque=True)
        if self._job.has_sound:
            self._streams["audio"] = self._container.add_stream_from_template(audio, opaque=True)
