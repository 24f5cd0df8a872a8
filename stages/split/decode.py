"""The one decode pass over a source, run in the guarded child process.

Reads the video, writes `keyframes.bin` and `audio.flac` into the request's folder, and answers
with the shots. Nothing here keeps more of the source than what is still open: see `shots`.

Damage does not end the pass: packets that a decoder refuses are counted and skipped, as players
do. Where reading stops before the header's end, what came before is kept and marked partial.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from schemas.outcomes import BoundaryKind, ItemError, Reason
from stages.split.audio import RATE_HZ, AudioTrack
from stages.split.config import SplitConfig
from stages.split.detectors.make import make_detector
from stages.split.detectors.port import Detector
from stages.split.figure_loudness import rms_db
from stages.split.pictures import parse_aspect
from stages.split.shots import ShotBuilder, ShotDraft
from stages.split.timeline import Timeline
from stages.split.view import ViewMaker

KEYFRAMES_FILE = "keyframes.bin"
AUDIO_FILE = "audio.flac"


@dataclass(frozen=True)
class DecodeRequest:
    """What the child has to know about one source; see the columns of `sources`."""

    path: str
    folder: str
    config: SplitConfig
    video_stream: int
    audio_stream: int | None
    rotation_deg: int
    sample_aspect: str | None
    fps: float | None
    duration_s: float | None


@dataclass(frozen=True)
class DecodeResult:
    """What one pass gave. Times count from the first frame; files lie in the request's folder."""

    n_frames: int
    duration_s: float
    is_vfr: bool
    is_partial: bool
    n_decode_errors: int
    has_too_many_shots: bool
    shots: list[ShotDraft]
    audio_start_s: float | None
    audio_duration_s: float | None


@dataclass
class Damage:
    """What went wrong on the way."""

    n_errors: int = 0
    stopped_reading: bool = False
    first_error: str = ""

    def note(self, error: object) -> None:
        self.n_errors += 1
        self.first_error = self.first_error or str(error)


@dataclass
class _Pass:
    """The parts of one pass."""

    request: DecodeRequest
    timeline: Timeline
    detector: Detector
    builder: ShotBuilder
    views: ViewMaker
    large: ViewMaker
    audio: AudioTrack
    damage: Damage = field(default_factory=Damage)
    has_too_many_shots: bool = False


def decode_source(request: DecodeRequest) -> DecodeResult:
    """Decode a source once. Raises ItemError NO_FRAMES, DECODE_FAILED or UNREADABLE."""
    import av
    import cv2

    cv2.setNumThreads(1)  # the decoder's threads already fill the cores
    folder = Path(request.folder)
    try:
        container = av.open(request.path, options={"protocol_whitelist": "file"})
    except av.error.FFmpegError as error:
        raise ItemError(Reason.UNREADABLE, f"cannot be opened: {error}") from error
    with container, (folder / KEYFRAMES_FILE).open("wb") as spool:
        streams = _open_streams(container, request)
        work = _make_pass(request, streams[0], spool)
        for stream, frame in _frames(container, streams, work.damage):
            if stream.type == "audio":
                work.audio.add(frame)
            else:
                _take_frame(work, frame)
                if work.has_too_many_shots:
                    break
        return _finish(work, streams[0], container.duration)


def ended_early(
    decoded_s: float,
    stream_s: float | None,
    container_s: float | None,
    n_errors: int,
    stopped_reading: bool,
) -> bool:
    """Whether damage ended the decoding before the video's end.

    Headers are only roughly right, so without an error a second and a twentieth must be missing.
    `stream_s` is the video stream's own length, which may ignore an edit list, `container_s` that
    of the longest stream after edits; the shorter one is the promise.
    """
    if stopped_reading:
        return True
    promises = [length for length in (stream_s, container_s) if length]
    if not promises or (stream_s is None and n_errors == 0):
        return False
    promised_s = min(promises)
    slack_s = max(0.5, 0.02 * promised_s) if n_errors else max(1.0, 0.05 * promised_s)
    return promised_s - decoded_s > slack_s


def _open_streams(container: Any, request: DecodeRequest) -> list[Any]:
    """The video stream and, where it is wanted, the audio stream."""
    streams = [container.streams[request.video_stream]]
    streams[0].thread_type = "AUTO"
    streams[0].codec_context.thread_count = request.config.decode_threads
    if not request.config.deblock:
        streams[0].codec_context.options = {"skip_loop_filter": "all"}
    if request.audio_stream is not None and request.config.audio:
        streams.append(container.streams[request.audio_stream])
    return streams


def _make_pass(request: DecodeRequest, video: Any, spool: Any) -> _Pass:
    config, aspect = request.config, parse_aspect(request.sample_aspect)
    time_base = Fraction(video.time_base)
    return _Pass(
        request,
        Timeline(time_base, video.start_time),
        make_detector(config, request.fps),
        ShotBuilder(config, time_base, spool),
        ViewMaker(config.analysis_long_side_px, request.rotation_deg, aspect, is_quick=True),
        ViewMaker(config.keyframe_long_side_px, request.rotation_deg, aspect, is_quick=False),
        AudioTrack(Path(request.folder) / AUDIO_FILE),
    )


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


def _take_frame(work: _Pass, frame: Any) -> None:
    timeline, builder = work.timeline, work.builder
    number = timeline.n_frames
    pts = timeline.add(frame.pts, frame.duration)
    time_s = timeline.seconds(pts)
    view = work.views.make(frame)
    builder.seen.add(number, pts, time_s, view, lambda: work.large.make(frame))
    for boundary in work.detector.process(number, time_s, view):
        builder.close(boundary)
    builder.relieve(work.detector.settled)
    work.has_too_many_shots = len(builder.shots) > work.request.config.max_shots_per_source


def _finish(work: _Pass, video: Any, container_duration: int | None) -> DecodeResult:
    timeline, damage, audio = work.timeline, work.damage, work.audio
    if timeline.n_frames == 0:
        if damage.n_errors:
            raise ItemError(
                Reason.DECODE_FAILED,
                f"no frame could be decoded; {damage.n_errors} errors, first: {damage.first_error}",
            )
        raise ItemError(Reason.NO_FRAMES, "the video stream holds no frame")
    end_pts = timeline.end_pts
    duration_s = timeline.seconds(end_pts)
    stream_s = float(video.duration * video.time_base) if video.duration else None
    container_s = container_duration / 1e6 if container_duration else None
    is_partial = ended_early(
        duration_s, stream_s, container_s, damage.n_errors, damage.stopped_reading
    )
    last = BoundaryKind.DAMAGE if is_partial else BoundaryKind.END
    if not work.has_too_many_shots:
        for boundary in work.detector.finish():
            work.builder.close(boundary)
        work.builder.finish(timeline.n_frames, end_pts, duration_s, last)
    has_audio = audio.close()
    audio_start_s = None
    if has_audio and audio.start_s is not None:
        audio_start_s = audio.start_s - float(timeline.first_pts * timeline.time_base)
        _add_loudness(work.builder.shots, audio, audio_start_s)
    return DecodeResult(
        n_frames=timeline.n_frames,
        duration_s=duration_s,
        is_vfr=timeline.is_vfr,
        is_partial=is_partial,
        n_decode_errors=damage.n_errors,
        has_too_many_shots=work.has_too_many_shots,
        shots=work.builder.shots,
        audio_start_s=audio_start_s,
        audio_duration_s=audio.duration_s if has_audio else None,
    )


def _add_loudness(shots: list[ShotDraft], audio: AudioTrack, audio_start_s: float) -> None:
    for shot in shots:
        row = shot.row
        start_s, end_s = row["start_s"] - audio_start_s, row["end_s"] - audio_start_s
        row["audio_rms_db"] = rms_db(audio.energies, RATE_HZ, start_s, end_s)
