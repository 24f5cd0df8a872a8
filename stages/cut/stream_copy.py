"""Cut without encoding: the packets of each span as they are, all spans of a source in one pass.

In mode `copy` a clip shows everything from the keyframe before its span on. In mode `edit_list`
what lies outside of the span is in the file too, as far as decoding needs it, but hidden by an
edit list. The muxer writes one that begins where times are not negative; where the clip ends is
put in afterwards (see edit_list.py).

Done with PyAV and not with `ffmpeg -c copy`, because here every packet is known: the row can
say exactly what the clip holds. A source is read twice, but never decoded: once for the list of
its packets, once to copy them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from schemas.outcomes import ItemError, Reason
from stages.cut.clip_file import ClipFile, not_copied
from stages.cut.copy_range import CopyRange, PacketInfo, Pictures, Sounds
from stages.cut.gradual import packet_is_gradual
from stages.cut.spans import Job
from stages.cut.survey import readable

CopyMode = Literal["copy", "edit_list"]

NO_INVENTED_PTS = {"fflags": "-genpts"}
"""PyAV has FFmpeg make up the PTS that a container lacks, and not always the right ones."""

_SETTLING_S = Fraction(1, 10)
"""Sound from before a clip that is copied and hidden, so that its decoder has settled when the
clip begins: AAC needs the packet before, Opus 80 ms, MP3 what its reservoir refers to."""


def copy_jobs(
    source: Path,
    video_index: int,
    audio_index: int | None,
    jobs: Sequence[Job],
    mode: CopyMode,
) -> list[CopyRange | ItemError]:
    """Write each job's file; returns what each holds, in the order of `jobs`, or why there is
    none: SPAN_MISMATCH when the source does not have the span's packets, ENCODE_FAILED when its
    streams cannot be put into MP4.

    What lies behind a place that cannot be read is not there. Runs in a guarded child: it opens
    a file from outside. Raises ItemError ENCODE_FAILED when it cannot be opened or does not say
    when each frame is shown.
    """
    import av

    indices = [video_index] if audio_index is None else [video_index, audio_index]
    try:
        with av.open(str(source), options=NO_INVENTED_PTS) as container:
            listed = _list_packets(container, indices)
            pictures, sounds = Pictures(listed[video_index]), Sounds()
            if audio_index is not None:
                sounds = _sounds(listed[audio_index], container.streams[audio_index])
        clips = [_planned(job, mode, pictures, sounds) for job in jobs]
        with av.open(str(source), options=NO_INVENTED_PTS) as container:
            _copy_packets(
                container, indices, [clip for clip in clips if isinstance(clip, ClipFile)]
            )
    except av.FFmpegError as error:
        raise not_copied(error) from error
    return [clip if isinstance(clip, ItemError) else clip.error or clip.found for clip in clips]


def _sounds(packets: Sequence[PacketInfo], stream: Any) -> Sounds:
    """Lossless codecs have nothing to settle; FFmpeg's threads for them would lose sound."""
    codec = stream.codec_context and stream.codec_context.codec
    settling_s = _SETTLING_S if codec and codec.lossy else Fraction(0)
    return Sounds(packets, stream.time_base, settling_s)


def _planned(job: Job, mode: CopyMode, pictures: Pictures, sounds: Sounds) -> ClipFile | ItemError:
    span = job.span
    try:
        if mode == "copy":
            found = pictures.covering(span.start_pts, span.end_pts)
        else:
            found = pictures.exactly(span.start_pts, span.end_pts, span.n_frames)
    except ItemError as error:
        return error
    start, end = found.start_pts * span.time_base, found.end_pts * span.time_base
    return ClipFile(job, found, sounds.heard(start, end) if job.has_sound else range(0))


def _packets(container: Any, indices: Sequence[int]) -> Iterator[tuple[int, int, Any]]:
    """(stream, number in the stream, packet) of all packets that can be read and have content
    and a time. Raises ItemError ENCODE_FAILED where it is not said when a frame is shown."""
    counts = dict.fromkeys(indices, 0)
    for packet in readable(container.demux([container.streams[index] for index in indices])):
        index = packet.stream_index
        if packet.size and packet.pts is not None:
            yield index, counts[index], packet
            counts[index] += 1
        elif packet.size and index == indices[0]:
            raise ItemError(
                Reason.ENCODE_FAILED,
                f"{container.format.name} does not say when frame {counts[index]} is shown",
                "use cut.mode=encode",
            )


def _list_packets(container: Any, indices: Sequence[int]) -> dict[int, list[PacketInfo]]:
    listed: dict[int, list[PacketInfo]] = {index: [] for index in indices}
    for index, _, packet in _packets(container, indices):
        is_gradual = packet.is_keyframe and packet_is_gradual(packet)
        info = PacketInfo(packet.pts, packet.duration or 0, packet.is_keyframe, is_gradual)
        listed[index].append(info)
    return listed


def _copy_packets(container: Any, indices: Sequence[int], clips: Sequence[ClipFile]) -> None:
    """Give each packet to the clips that want it. Only the files of clips that overlap, or whose
    sound has not come yet, are open at once."""
    streams = [container.streams[index] for index in indices]
    queues = {index: _Queue(place, clips) for place, index in enumerate(indices)}
    n_open = len(clips)
    for index, number, packet in _packets(container, indices):
        queue = queues[index]
        for clip in queue.wanting(number):
            clip.write(packet, queue.place, streams)
            n_open -= clip.is_done
        if not n_open:
            return
    for clip in clips:
        clip.give_up("the source could not be read as far a second time")


class _Queue:
    """The clips in the order in which they want packets of the stream at this place."""

    def __init__(self, place: int, clips: Sequence[ClipFile]) -> None:
        self.place = place
        wanting = [clip for clip in clips if clip.wanted[place]]
        self._waiting = sorted(wanting, key=lambda clip: clip.wanted[place].start, reverse=True)
        self._begun: list[ClipFile] = []

    def wanting(self, number: int) -> list[ClipFile]:
        """The clips that want packet `number`; to be asked in rising order."""
        while self._waiting and self._waiting[-1].wanted[self.place].start <= number:
            self._begun.append(self._waiting.pop())
        self._begun = [
            clip
            for clip in self._begun
            if number < clip.wanted[self.place].stop and not clip.is_done
        ]
        return self._begun
