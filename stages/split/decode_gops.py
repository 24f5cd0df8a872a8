"""The full mode's pass with several groups of pictures decoded at once, one thread each.

Threads that share the frames of one stream spend a tenth of their time on waiting for each other.
Groups that need nothing from each other do not have to: each is decoded by a thread with a
decoder of its own, which also makes the views, while the picture is in its cache. Everything else
sees the views in order, so the result does not depend on the number of threads, and is that of
decoding all in a row. A source that is damaged, or whose groups cannot be told, raises `Unfit`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from stages.split.closed_gops import CODECS, Gop, Unfit, closed_gops
from stages.split.one_pass import (
    KEYFRAMES_FILE,
    DecodeRequest,
    DecodeResult,
    Pass,
    finish,
    frame_bytes,
    make_pass,
    make_views,
    open_source,
    open_streams,
    take_view,
)
from stages.split.view import FrameView, ViewMaker

_MOST_WAITING = 2
"""Groups beyond one per thread that may wait, decoded or not, to be looked at."""

_MOST_AT_ONCE = 8
_BYTES_AT_ONCE = 12_000_000


@dataclass(frozen=True)
class Seen:
    """What is left of a decoded frame. `large` is there where a grid of times asks for it."""

    pts: int
    duration: int
    view: FrameView
    large: FrameView | None

    def large_view(self) -> FrameView:
        if self.large is None:
            raise RuntimeError(f"no large view was made of the frame at {self.pts}")
        return self.large


@dataclass(frozen=True)
class Decoder:
    """One thread's own decoder and makers of views."""

    context: Any
    size: tuple[int, int]
    batch: int
    """Frames that are looked at together: after each change of work, code is cold."""
    views: ViewMaker
    large: ViewMaker


@dataclass(frozen=True)
class Grid:
    """Of the frames in each cell of these time grids the first may be wanted large; `seconds`
    gives the time of a PTS."""

    seconds: Callable[[int], float]
    steps_s: Sequence[float]

    def cells(self, pts: int) -> list[int]:
        time_s = self.seconds(pts)
        return [int(time_s / step_s) for step_s in self.steps_s]


def decode_gops(request: DecodeRequest, not_fast_because: str | None = None) -> DecodeResult:
    """The pass. Raises Unfit, or ItemError UNREADABLE."""
    import av

    try:
        with ExitStack() as stack:
            return _decode_gops(request, stack, not_fast_because)
    except MemoryError:
        raise
    except av.error.FFmpegError as error:
        raise Unfit(f"damage: {error}") from error


def _decode_gops(
    request: DecodeRequest, stack: ExitStack, not_fast_because: str | None
) -> DecodeResult:
    container = stack.enter_context(open_source(request))
    streams = open_streams(container, request, threads=1)
    video = streams[0]
    if video.codec_context.name not in CODECS:
        raise Unfit(f"the codec {video.codec_context.name}")
    groups = closed_gops(container, streams)
    first = [gop for _, gop in zip(range(2), groups, strict=False)]
    if len(first) < 2:
        raise Unfit("one group of pictures")
    spool = stack.enter_context((Path(request.folder) / KEYFRAMES_FILE).open("wb"))
    work = make_pass(request, video, spool)
    first_pts = min((p.pts for p in first[0].video if not p.is_discard), default=None)
    if first_pts is None:
        raise Unfit("the first group is not shown")
    work.timeline.first_pts = first_pts
    grid = Grid(work.timeline.seconds, work.builder.large_steps_s)
    decoders: SimpleQueue[Decoder] = SimpleQueue()
    for _ in range(request.config.decode_threads):
        decoders.put(_make_decoder(request, stack))

    def look(gop: Gop) -> list[Seen]:
        decoder = decoders.get()
        try:
            return _seen(decoder, gop, grid)
        finally:
            decoders.put(decoder)

    pool = ThreadPoolExecutor(request.config.decode_threads, thread_name_prefix="decode")
    stack.callback(pool.shutdown, cancel_futures=True)
    waiting: deque[tuple[Gop, Future[list[Seen]]]] = deque()
    coming = _chained(first, groups)
    while True:
        while len(waiting) < request.config.decode_threads + _MOST_WAITING:
            gop = next(coming, None)
            if gop is None:
                break
            waiting.append((gop, pool.submit(look, gop)))
        if not waiting or work.has_too_many_shots:
            break
        gop, future = waiting.popleft()
        _hear(work, streams, gop.audio)
        _take(work, future.result(), first_pts)
    _hear(work, streams, [None])
    return finish(work, video, container.duration, "full", not_fast_because)


def _make_decoder(request: DecodeRequest, stack: ExitStack) -> Decoder:
    """A decoder of a container of its own: only there it gets the stream's parameters."""
    video = open_streams(stack.enter_context(open_source(request)), request, threads=1)[0]
    width, height = video.codec_context.width, video.codec_context.height
    batch = min(_MOST_AT_ONCE, max(1, _BYTES_AT_ONCE // frame_bytes(width, height)))
    return Decoder(video.codec_context, (width, height), batch, *make_views(request))


def _seen(decoder: Decoder, gop: Gop, grid: Grid) -> list[Seen]:
    """Decode one group and look at its frames. The decoder is as new afterwards."""
    frames: list[Any] = []
    seen: list[Seen] = []
    cells: list[int] | None = None
    for packet in [*gop.video, None]:
        frames += decoder.context.decode(packet)
        if packet is not None and len(frames) < decoder.batch:
            continue
        for frame in frames:
            _demand_sound(frame, decoder.size)
            before, cells = cells, grid.cells(frame.pts)
            large = decoder.large.make(frame) if cells != before else None
            view = decoder.views.make(frame)
            seen.append(Seen(frame.pts, frame.duration or 0, view, large))
        frames = []
    decoder.context.flush_buffers()
    return seen


def _demand_sound(frame: Any, size: tuple[int, int]) -> None:
    if frame.is_corrupt or frame.pts is None:
        raise Unfit("a frame is damaged")
    if (frame.width, frame.height) != size:
        raise Unfit("the picture's size changes")


def _take(work: Pass, frames: Sequence[Seen], first_pts: int) -> None:
    for seen in frames:
        pts = work.timeline.add(seen.pts, seen.duration)
        if work.timeline.first_pts != first_pts or work.timeline.n_repaired:
            raise Unfit("the frames' times are not those of the packets")
        take_view(work, pts, seen.view, seen.large_view)
        if work.has_too_many_shots:
            return


def _hear(work: Pass, streams: list[Any], packets: Sequence[Any]) -> None:
    """Decode packets of the sound; what its decoder refuses is counted and left out."""
    import av

    for packet in packets if len(streams) > 1 else ():
        if packet is not None and packet.is_corrupt:
            work.damage.note("a packet arrived incomplete")
        try:
            frames = streams[1].codec_context.decode(packet)
        except MemoryError:
            raise
        except av.error.EOFError:
            continue
        except av.error.FFmpegError as error:
            work.damage.note(error)
            continue
        for frame in frames:
            work.audio.add(frame)


def _chained(first: list[Gop], rest: Iterator[Gop]) -> Iterator[Gop]:
    yield from first
    yield from rest
