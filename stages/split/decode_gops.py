"""The pass over a source with several groups of pictures decoded at once, one thread each.

Threads that share the frames of one stream spend a tenth of their time on waiting for each other.
Groups that need nothing from each other do not have to: each is decoded by a thread with a
decoder of its own, which also makes the views, while the picture is in its cache. Everything else
sees the views in order, so the result does not depend on the number of threads, and is that of
decoding all in a row. A source that is damaged, or whose groups cannot be told, raises `Unfit`.

The fast mode decodes a part of each group (see `fewer`) and passes over the other frames; their
times are those of their packets.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from stages.split.closed_gops import (
    CODECS,
    SHOWN_PACKETS,
    Gop,
    Unfit,
    closed_gops,
)
from stages.split.detectors.make import LEAVING_OUT
from stages.split.exact_cuts import ExactCuts
from stages.split.fewer import Look, Part, fewer, needed_of, whole
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
    pass_over,
    take_view,
)
from stages.split.view import FrameView, ViewMaker

_MOST_WAITING = 2
"""Groups beyond one per thread that may wait, decoded or not, to be looked at."""

_MIN_DURATION_S = 3.0
"""Shorter sources are mostly one group, and opening them twice costs more than it gains."""

_FRAMES_PER_DECODER = 16
_DECODERS_BYTES = 420_000_000
"""Memory that the pictures inside all decoders may take: two decoders of 4K video."""

_HANDED_OVER = 48
"""Frames that are measured in a stretch: with a few at a time the threads wake each other all the
time, and with whole groups all of the last one is left when decoding is over."""

_OTHER_TIMES = "the frames' times are not those of the packets"

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


Batches = SimpleQueue[list[Seen] | None]
"""Frames of one part on their way, in order; None: no more."""


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
    """The pass in the configured mode, or in the full one where a reason against the fast one is
    given. Raises Unfit, or ItemError UNREADABLE."""
    import av

    is_fast = request.config.mode == "fast" and not_fast_because is None
    try:
        with ExitStack() as stack:
            groups, work, streams = _open(request, stack, is_fast)
            parts: Iterator[Part] = map(whole, groups)
            cuts = None
            idle = [_decoder_of(streams[0], request)]
            if is_fast:
                look = _looks(request, stack)
                parts = fewer(groups, look, _needed(streams[0], request.fps))
                cuts = ExactCuts(look)
                work.place = cuts.place
            while len(idle) < n_decoders(streams[0], request):
                idle.append(_new_decoder(request, stack))
            _pass_over_source(idle, stack, parts, work, streams, cuts)
            mode = "fast" if is_fast else "full"
            return finish(work, streams[0], streams[0].container.duration, mode, not_fast_because)
    except MemoryError:
        raise
    except av.error.FFmpegError as error:
        raise Unfit(f"damage: {error}") from error


def _open(
    request: DecodeRequest, stack: ExitStack, is_fast: bool
) -> tuple[Iterator[Gop], Pass, list[Any]]:
    """The source's groups, the pass over them, and its streams."""
    if is_fast and (sighted := set(request.config.detectors) - LEAVING_OUT):
        raise Unfit(f"detector {', '.join(sorted(sighted))} has to see every frame")
    is_short = request.duration_s is not None and request.duration_s < _MIN_DURATION_S
    if is_short and not is_fast:
        raise Unfit("too short to gain anything")
    container = stack.enter_context(open_source(request))
    streams = open_streams(container, request, threads=1)
    video = streams[0]
    n_decoders(video, request)
    codec = video.codec_context.name
    if codec not in (SHOWN_PACKETS if is_fast else CODECS):
        raise Unfit(f"groups of pictures are not known of the codec {codec}")
    groups = closed_gops(container, streams)
    first = list(islice(groups, 2))
    seen_share = _share_needed(first, video, request.fps) if is_fast else 1.0
    if len(first) < 2 and seen_share == 1.0:
        raise Unfit("one group of pictures")
    spool = stack.enter_context((Path(request.folder) / KEYFRAMES_FILE).open("wb"))
    work = make_pass(request, video, spool, seen_share)
    shown = [packet.pts for packet in first[0].video if not packet.is_discard]
    if not shown:
        raise Unfit("the first group is not shown")
    work.timeline.first_pts = min(shown)
    return chain(first, groups), work, streams


def _needed(video: Any, fps: float | None) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Which packets of a group the fast mode decodes."""
    context = video.codec_context
    return partial(needed_of, codec=context.name, extradata=context.extradata, fps=fps)


def _share_needed(groups: list[Gop], video: Any, fps: float | None) -> float:
    needed, n_frames = _needed(video, fps), sum(len(gop.video) for gop in groups)
    return sum(len(needed(gop.video)) for gop in groups) / max(1, n_frames)


def _pass_over_source(
    idle: list[Decoder],
    stack: ExitStack,
    parts: Iterator[Part],
    work: Pass,
    streams: list[Any],
    cuts: ExactCuts | None,
) -> None:
    """Decode the parts side by side, one by each decoder, and take them in order."""
    first_pts = work.timeline.first_pts
    grid = Grid(work.timeline.seconds, work.builder.large_steps_s)
    decoders: SimpleQueue[Decoder] = SimpleQueue()
    for decoder in idle:
        decoders.put(decoder)

    def look(part: Part, batches: Batches) -> None:
        decoder = decoders.get()
        try:
            for batch in _seen(decoder, part.packets, grid):
                batches.put(batch)
        finally:
            batches.put(None)
            decoders.put(decoder)

    pool = ThreadPoolExecutor(len(idle), thread_name_prefix="decode")
    stack.callback(pool.shutdown, cancel_futures=True)
    waiting: deque[tuple[Part, Batches, Future[None]]] = deque()
    while not work.has_too_many_shots:
        for part in islice(parts, len(idle) + _MOST_WAITING - len(waiting)):
            batches: Batches = SimpleQueue()
            waiting.append((part, batches, pool.submit(look, part, batches)))
        if not waiting:
            break
        part, batches, looking = waiting.popleft()
        _hear(work, streams, part.gop.audio)
        _take(work, part, _frames(batches, looking), cuts)
        if work.timeline.first_pts != first_pts:
            raise Unfit(_OTHER_TIMES)
    _hear(work, streams, [None])


def n_decoders(video: Any, request: DecodeRequest) -> int:
    """How many decoders there is memory for, up to the threads that are wanted. Raises Unfit where
    one stream decoded by all threads is faster."""
    threads = request.config.decode_threads
    size_bytes = frame_bytes(video.codec_context.width, video.codec_context.height)
    most = _DECODERS_BYTES // (_FRAMES_PER_DECODER * size_bytes)
    if most < min(2, threads):
        raise Unfit("pictures so large that several decoders would take too much memory")
    return min(threads, most)


def _new_decoder(request: DecodeRequest, stack: ExitStack) -> Decoder:
    """One more decoder; it gets the stream's parameters from a container of its own."""
    container = stack.enter_context(open_source(request))
    return _decoder_of(open_streams(container, request, threads=1)[0], request)


def _looks(request: DecodeRequest, stack: ExitStack) -> Look:
    """Looks at packets with a decoder that is made when it is first wanted."""
    made: list[Decoder] = []

    def look(packets: Sequence[Any]) -> list[tuple[int, FrameView]]:
        if not made:
            made.append(_new_decoder(request, stack))
        batches = _seen(made[0], packets, Grid(float, ()))
        return [(seen.pts, seen.view) for batch in batches for seen in batch]

    return look


def _decoder_of(video: Any, request: DecodeRequest) -> Decoder:
    width, height = video.codec_context.width, video.codec_context.height
    batch = min(_MOST_AT_ONCE, max(1, _BYTES_AT_ONCE // frame_bytes(width, height)))
    return Decoder(video.codec_context, (width, height), batch, *make_views(request))


def _seen(decoder: Decoder, packets: Sequence[Any], grid: Grid) -> Iterator[list[Seen]]:
    """Decode the beginning of a group and look at its frames; they come in batches. The decoder is
    as new afterwards."""
    frames: list[Any] = []
    seen: list[Seen] = []
    cells: list[int] | None = None
    for packet in [*packets, None]:
        frames += decoder.context.decode(packet)
        if packet is not None and len(frames) < decoder.batch:
            continue
        for frame in frames:
            _demand_sound(frame, decoder.size)
        for frame, view in zip(frames, decoder.views.make_many(frames), strict=True):
            before, cells = cells, grid.cells(frame.pts)
            large = decoder.large.make(frame) if cells != before else None
            seen.append(Seen(frame.pts, frame.duration or 0, view, large))
        frames = []
        if len(seen) >= _HANDED_OVER or packet is None:
            yield seen
            seen = []
    decoder.context.flush_buffers()


def _frames(batches: Batches, looking: Future[None]) -> Iterator[Seen]:
    """The frames of a part while they are decoded. Raises what decoding raised."""
    while (batch := batches.get()) is not None:
        yield from batch
    looking.result()


def _demand_sound(frame: Any, size: tuple[int, int]) -> None:
    if frame.is_corrupt or frame.pts is None:
        raise Unfit("a frame is damaged")
    if (frame.width, frame.height) != size:
        raise Unfit("the picture's size changes")


def _take(work: Pass, part: Part, frames: Iterator[Seen], cuts: ExactCuts | None) -> None:
    """Take the frames of one group. With `cuts`, those that were not decoded are passed over."""
    missing: deque[Any] = deque()
    if cuts is not None:
        cuts.add(work.timeline.n_frames, part)
        cuts.forget_before(work.detector.settled)
        missing += part.missing
    n_taken = 0
    for seen in frames:
        _pass_over(work, missing, seen.pts)
        pts = work.timeline.add(seen.pts, seen.duration)
        if pts != seen.pts:  # before anything is asked of a frame by its time
            raise Unfit(_OTHER_TIMES)
        take_view(work, pts, seen.view, seen.large_view)
        n_taken += 1
        if work.has_too_many_shots:
            return
    _pass_over(work, missing, None)
    if cuts is not None and n_taken != len(part.decoded_pts):
        raise Unfit("packets that do not show one frame each")


def _pass_over(work: Pass, missing: deque[Any], before: int | None) -> None:
    """Pass over frames that were not decoded: those shown before a PTS, or all."""
    while missing and (before is None or missing[0].pts < before):
        packet = missing.popleft()
        pass_over(work, work.timeline.add(packet.pts, packet.duration))


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
