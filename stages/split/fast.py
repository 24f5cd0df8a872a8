"""The fast mode: a coarse look at the whole source, a close one where it matters.

1. The packets are read without decoding (the audio is decoded on the way): they give the number
   and the exact time of every frame, see `packets`. Keyframes are decoded alone.
2. Of a group of pictures between two keyframes that show the same scene, only the first few
   frames are decoded; of the others all frames that other frames need, which is half of the work
   of decoding everything. What is seen is measured like in the full mode, and the configured
   detector, run on it, says where boundaries may be, see `coarse`.
3. A cut exactly at a keyframe is taken as it is. Around everything else each frame is decoded and
   a detector of its own decides.

Frame numbers, times and ids are those of the full mode. A source whose packets do not tell its
frames raises `Unfit`, and the caller uses the full mode.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from stages.split.ahead import ahead
from stages.split.closed_gops import Unfit
from stages.split.coarse import MARGIN_S, Suspect, groups, is_plain_cut, looks_quiet
from stages.split.detectors.make import make_detector
from stages.split.detectors.plain import SIGHTLESS
from stages.split.detectors.port import Detector
from stages.split.fast_frames import Scan, close_frames, coarse_frames, tried_skipping
from stages.split.one_pass import (
    KEYFRAMES_FILE,
    DecodeRequest,
    DecodeResult,
    Pass,
    finish,
    frames_ahead,
    make_pass,
    open_source,
    open_streams,
    take_frame,
)
from stages.split.packets import Packet, PacketIndex, surges, unfit_reason
from stages.split.spans import Boundary
from stages.split.view import NOTHING, FrameView, ViewMaker

_COARSE_THRESHOLD = 0.2
"""The coarse look's threshold (detector default), as a share of the configured one."""


class Scanner:
    """Collects the packets of a source and looks at its keyframes."""

    def __init__(self, stream: Any, views: ViewMaker) -> None:
        self._decoder = stream.codec_context
        self._views = views
        self._packets: list[Packet] = []
        self._previous: NDArray[np.uint8] | None = None
        self._alike: set[int] = set()
        """PTS of the keyframes that look like the one before."""

    def take(self, packet: Any) -> None:
        """The next packet of the video stream. Raises Unfit where one is damaged."""
        if packet.is_corrupt:
            raise Unfit("a packet arrived incomplete")
        if packet.size == 0 or packet.is_discard:
            return
        self._packets.append(
            Packet(packet.pts, packet.dts, packet.duration or 0, packet.size, packet.is_keyframe)
        )
        if packet.is_keyframe:
            self._look(packet)

    def finish(self) -> Scan:
        """All packets have been taken. Raises Unfit where they do not tell the frames."""
        self._look(None)
        reason = unfit_reason(self._packets)
        if reason is not None:
            raise Unfit(reason)
        index = PacketIndex(self._packets)
        # A group is quiet when the next keyframe looks like its own and nothing surges between.
        quiet = [
            int(index.pts[gop.end]) in self._alike and not surges(index.size_bytes, gop)
            for gop in index.gops[:-1]
        ]
        return Scan(index, [*quiet, False])

    def _look(self, packet: Any) -> None:
        for frame in self._decoder.decode(packet):
            luma = self._views.make(frame).luma
            before, self._previous = self._previous, luma
            if before is not None and looks_quiet(before, luma):
                self._alike.add(frame.pts)


class CloseLook:
    """Decodes stretches of the source again, with a new detector for each."""

    def __init__(
        self, open_video: Callable[[], tuple[Any, Any]], index: PacketIndex,
        views: ViewMaker, make_detector: Callable[[], Detector], seconds: Callable[[int], float],
    ) -> None:  # fmt: skip
        self._open_video = open_video
        self._index = index
        self._views = views
        self._make_detector = make_detector
        self._seconds = seconds
        self._opened: tuple[Any, Any] | None = None
        self.n_frames = 0

    def boundaries(self, first: int, last: int) -> list[Boundary]:
        """What a detector finds that sees the frames from `first` to `last`."""
        if self._opened is None:
            self._opened = self._open_video()
        container, stream = self._opened
        detector, found, expected = self._make_detector(), list[Boundary](), first
        for seen in close_frames(container, stream, self._index, first, last):
            if seen.number != expected:
                raise Unfit(f"frame {expected} could not be decoded a second time")
            time_s = self._seconds(int(self._index.pts[seen.number]))
            found += detector.process(seen.number, time_s, self._views.make(seen.frame))
            expected += 1
            self.n_frames += 1
        if expected != last + 1:
            raise Unfit(f"frame {expected} could not be decoded a second time")
        return [b for b in [*found, *detector.finish()] if first < b.frame <= last]

    def close(self) -> None:
        if self._opened is not None:
            self._opened[0].close()


class CoarseDetector:
    """Runs a detector on the frames of the coarse look, and the close look on what it finds.

    `process` and `finish` are those of a detector; frames in between are simply not shown."""

    def __init__(self, coarse: Detector, scan: Scan, close_look: CloseLook, fps: float) -> None:
        self._coarse = coarse
        self._close_look = close_look
        self._n_frames = scan.index.n_frames
        self._keys = {gop.first for gop in scan.index.gops}
        self._margin = max(8, round(MARGIN_S * fps))
        self._numbers: list[int] = []
        self._waiting: list[Suspect] = []
        self._done_to = 0

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        if self._numbers and frame - self._numbers[-1] < 2 and frame not in self._keys:
            return []  # neighbours of a burst: the coarse look keeps an even pace
        self._numbers.append(frame)
        self._suspect(self._coarse.process(len(self._numbers) - 1, time_s, view))
        return self._decide(self._number(self._coarse.settled))

    def finish(self) -> list[Boundary]:
        self._suspect(self._coarse.finish())
        return self._decide(self._n_frames + 3 * self._margin)

    @property
    def settled(self) -> int:
        settled = self._number(self._coarse.settled)
        earliest = min([settled, *(suspect.low for suspect in self._waiting)])
        return max(self._done_to, earliest - self._margin)

    def _number(self, position: int) -> int:
        """The source's number of the frame at a position of the coarse sequence."""
        if not self._numbers:
            return 0
        return self._numbers[min(position, len(self._numbers) - 1)]

    def _suspect(self, found: list[Boundary]) -> None:
        for boundary in found:
            low = self._number(max(0, boundary.clip_end - 1))
            high = self._number(max(boundary.frame, boundary.clip_start))
            told = Boundary(self._number(boundary.frame), boundary.kind, boundary.score)
            self._waiting.append(Suspect(low, high, told))

    def _decide(self, settled: int) -> list[Boundary]:
        """Boundaries of the suspects to which no neighbour can come any more."""
        found: list[Boundary] = []
        self._waiting.sort(key=lambda suspect: (suspect.low, suspect.high))
        for group in groups(self._waiting, self._margin):
            if group[-1].high + 3 * self._margin > settled:
                break
            found += self._decide_group(group)
            self._waiting = [s for s in self._waiting if s not in group]
        return found

    def _decide_group(self, group: list[Suspect]) -> list[Boundary]:
        if all(is_plain_cut(s, self._keys, group, self._margin // 2) for s in group):
            found = [suspect.boundary for suspect in group]
        else:
            first = max(self._done_to, group[0].low - self._margin, 0)
            last = min(self._n_frames - 1, group[-1].high + self._margin)
            found = self._close_look.boundaries(first, last)
        self._done_to = max([self._done_to, *(boundary.frame for boundary in found)])
        return found


def decode_fast(request: DecodeRequest) -> DecodeResult:
    """The fast mode's pass. Raises Unfit, or ItemError UNREADABLE."""
    import av

    spool_path = Path(request.folder) / KEYFRAMES_FILE
    try:
        with ExitStack() as stack:
            spool = stack.enter_context(spool_path.open("wb"))
            scan, work = _scan(request, spool)

            def open_video() -> tuple[Any, Any]:
                container = stack.enter_context(open_source(request))
                return container, open_streams(container, request, request.config.decode_threads)[0]

            container, stream = open_video()
            skipping = tried_skipping(*open_video(), scan, work.views)
            scan = replace(scan, skipping=skipping)
            if any(name not in SIGHTLESS for name in request.config.detectors):
                work.detector = _coarse_detector(request, work, scan, open_video)
            frames = ahead(coarse_frames(container, stream, scan), frames_ahead(stream))
            for seen in stack.enter_context(closing(frames)):
                _pass_over(work, scan.index, seen.number)
                pts = _next_pts(work, scan.index)
                take_frame(work, pts, seen.frame)
                if work.has_too_many_shots:
                    break
            else:
                _pass_over(work, scan.index, scan.index.n_frames)
            return finish(work, stream, container.duration, "fast")
    except MemoryError:
        raise
    except av.error.FFmpegError as error:
        raise Unfit(f"damage: {error}") from error


def _scan(request: DecodeRequest, spool: IO[bytes]) -> tuple[Scan, Pass]:
    """Read all packets; decode the audio and the keyframes."""
    with open_source(request) as container:
        streams = open_streams(container, request, request.config.decode_threads)
        work = make_pass(request, streams[0], spool)
        streams[0].codec_context.skip_frame = "NONINTRA"
        scanner = Scanner(streams[0], work.views)
        for packet in container.demux(streams):
            if packet.stream is streams[0]:
                scanner.take(packet)
                continue
            for frame in packet.decode():
                work.audio.add(frame)
        return scanner.finish(), work


def _coarse_detector(
    request: DecodeRequest,
    work: Pass,
    scan: Scan,
    open_video: Callable[[], tuple[Any, Any]],
) -> CoarseDetector:
    fps = request.fps or 25.0

    def judge() -> Detector:
        return make_detector(request.config, fps, request.transnetv2)

    # The coarse look may suspect too much, never too little, and sees about every second frame.
    threshold = _COARSE_THRESHOLD * request.config.default_threshold
    wary = request.config.model_copy(update={"default_threshold": threshold})
    coarse = make_detector(wary, fps / 2, request.transnetv2)
    close_look = CloseLook(open_video, scan.index, work.views, judge, work.timeline.seconds)
    return CoarseDetector(coarse, scan, close_look, fps)


def _next_pts(work: Pass, index: PacketIndex) -> int:
    number = work.timeline.n_frames
    return work.timeline.add(int(index.pts[number]), index.durations[number])


def _pass_over(work: Pass, index: PacketIndex, end: int) -> None:
    """Note the frames before `end` that are not decoded."""
    is_sightless = not isinstance(work.detector, CoarseDetector)
    while (number := work.timeline.n_frames) < end:
        pts = _next_pts(work, index)
        time_s = work.timeline.seconds(pts)
        work.builder.pass_over(pts, time_s)
        if is_sightless:
            found = work.detector.process(number, time_s, NOTHING)
            work.builder.take(found, work.detector.settled)
