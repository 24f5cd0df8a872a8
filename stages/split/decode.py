"""The decode pass over a source, run in the guarded child process.

Reads the video, writes `keyframes.bin` and `audio.flac` into the request's folder, and answers
with the shots. Nothing here keeps more of the source than what is still open: see `shots`.

Damage does not end the pass: packets that a decoder refuses are counted and skipped, as players
do. Where reading stops before the header's end, what came before is kept and marked partial.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from stages.split.ahead import ahead
from stages.split.closed_gops import Unfit
from stages.split.decode_gops import decode_gops
from stages.split.one_pass import (
    KEYFRAMES_FILE,
    Damage,
    DecodeRequest,
    DecodeResult,
    finish,
    frames_ahead,
    make_pass,
    open_source,
    open_streams,
    take_frame,
)


def decode_source(request: DecodeRequest) -> DecodeResult:
    """The pass of the configured mode. Raises ItemError NO_FRAMES, DECODE_FAILED or UNREADABLE.

    Where the fast mode does not fit a source, the full one is used, and the result says why.
    """
    import cv2

    cv2.setNumThreads(1)  # the decoder's threads already fill the cores
    try:
        return _decode_in_mode(request)
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise MemoryError(str(error)) from error
        raise


def _decode_in_mode(request: DecodeRequest) -> DecodeResult:
    not_fast_because = None
    if request.config.mode == "fast":
        try:
            return decode_gops(request)
        except Unfit as unfit:
            not_fast_because = str(unfit)
    try:
        return decode_gops(request, not_fast_because)
    except Unfit:
        return decode_in_a_row(request, not_fast_because)


def decode_in_a_row(request: DecodeRequest, not_fast_because: str | None = None) -> DecodeResult:
    """Decode and look at every frame, one after the other: whatever the source is like."""
    spool_path = Path(request.folder) / KEYFRAMES_FILE
    with open_source(request) as container, spool_path.open("wb") as spool:
        streams = open_streams(container, request, request.config.decode_threads)
        work = make_pass(request, streams[0], spool)
        frames = ahead(_frames(container, streams, work.damage), frames_ahead(streams[0]))
        with closing(frames):
            for stream, frame in frames:
                if stream.type == "audio":
                    work.audio.add(frame)
                    continue
                take_frame(work, work.timeline.add(frame.pts, frame.duration, frame.dts), frame)
                if work.has_too_many_shots:
                    break
        return finish(work, streams[0], container.duration, "full", not_fast_because)


def _frames(container: Any, streams: list[Any], damage: Damage) -> Iterator[tuple[Any, Any]]:
    """(stream, frame) in the order in which the decoders give them, to the end or the damage."""
    import av

    packets = container.demux(streams)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except MemoryError:
            raise
        except av.error.FFmpegError as error:
            damage.note(error)
            damage.stopped_reading = True
            break
        if packet.is_corrupt:
            damage.note("a packet arrived incomplete")
        yield from _decoded(packet.stream, packet, damage)
    for stream in streams:
        yield from _decoded(stream, None, damage)


def _decoded(stream: Any, packet: Any, damage: Damage) -> Iterator[tuple[Any, Any]]:
    """The frames that one packet (None: the flush at the end) lets out of its decoder."""
    import av

    try:
        frames = stream.codec_context.decode(packet)
    except MemoryError:
        raise
    except av.error.EOFError:
        return
    except av.error.FFmpegError as error:
        damage.note(error)
        return
    for frame in frames:
        yield stream, frame
