"""The parts of a pass over a source, which both modes share. See `decode`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from schemas.outcomes import BoundaryKind, ItemError, Reason
from stages.split.audio import RATE_HZ, AudioTrack
from stages.split.config import SplitConfig
from stages.split.detectors.make import make_detector
from stages.split.detectors.port import Detector
from stages.split.embedding import make_looker
from stages.split.figure_loudness import rms_db
from stages.split.pauses import find_pauses
from stages.split.pictures import parse_aspect
from stages.split.scales import FrameTimes, larger_clips
from stages.split.shots import ShotBuilder, ShotDraft
from stages.split.spans import Boundary
from stages.split.timeline import Timeline
from stages.split.view import NOTHING, FrameView, ViewMaker

KEYFRAMES_FILE = "keyframes.bin"
AUDIO_FILE = "audio.flac"

_MOST_AHEAD = 16
_AHEAD_BYTES = 50_000_000

_DURATION_TAG = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


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
    embedder: Path | None = None
    """File of the model of `config.embedder`."""
    transnetv2: Path | None = None
    """File of the model of `config.transnetv2_model`, where that detector is used."""


@dataclass(frozen=True)
class DecodeResult:
    """What one pass gave. Times count from the first frame; files lie in the request's folder."""

    mode: str
    """The mode that was used: fast or full."""
    not_fast_because: str | None
    n_frames: int
    n_decoded: int
    """Frames that were decoded; in the fast mode fewer than there are."""
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
class Pass:
    """What one pass works with."""

    request: DecodeRequest
    timeline: Timeline
    detector: Detector
    builder: ShotBuilder
    views: ViewMaker
    large: ViewMaker
    audio: AudioTrack
    damage: Damage = field(default_factory=Damage)
    place: Callable[[Boundary], Boundary] | None = None
    """Moves what the detector found to its exact frame, where it did not see every frame."""
    n_decoded: int = 0
    has_too_many_shots: bool = False

    def placed(self, found: list[Boundary]) -> list[Boundary]:
        return found if self.place is None else [self.place(boundary) for boundary in found]


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


def stated_length_s(
    duration: int | None, time_base: Fraction, tags: Mapping[str, str], first_s: float = 0.0
) -> float | None:
    """A stream's own length by its header: where the container has no field for it, as Matroska,
    by the tag DURATION (hours:minutes:seconds) that its writers add, which is the time at which
    the last frame ends; `first_s` is that of the first frame. None: not stated."""
    if duration:
        return float(duration * time_base)
    found = _DURATION_TAG.fullmatch(tags.get("DURATION", ""))
    if found is None:
        return None
    return max(0.0, 3600 * int(found[1]) + 60 * int(found[2]) + float(found[3]) - first_s)


@contextmanager
def open_source(request: DecodeRequest) -> Iterator[Any]:
    """The source's container. Raises ItemError UNREADABLE."""
    import av

    try:
        # PyAV has FFmpeg make up the PTS that a container lacks, which goes wrong where a packet
        # holds two frames; the ffmpeg program that cuts does not. See timeline.BestEffort.
        options = {"protocol_whitelist": "file", "fflags": "-genpts"}
        container = av.open(request.path, options=options)
    except av.error.FFmpegError as error:
        raise ItemError(Reason.UNREADABLE, f"cannot be opened: {error}") from error
    with container:
        yield container


def open_streams(container: Any, request: DecodeRequest, threads: int) -> list[Any]:
    """The video stream, whose decoder has `threads`, and, where it is wanted, the audio stream."""
    streams = [container.streams[request.video_stream]]
    streams[0].thread_type = "AUTO"
    streams[0].codec_context.thread_count = threads
    if not request.config.deblock:
        streams[0].codec_context.options = {"skip_loop_filter": "all"}
    if request.audio_stream is not None and request.config.audio:
        streams.append(container.streams[request.audio_stream])
    return streams


def frames_ahead(video: Any) -> int:
    """How many decoded frames may wait to be measured, by their size."""
    size_bytes = frame_bytes(video.width or 0, video.height or 0)
    return min(_MOST_AHEAD, max(1, _AHEAD_BYTES // size_bytes))


def frame_bytes(width: int, height: int) -> int:
    """Memory of a decoded frame, as most are stored (8-bit 4:2:0); at least 1."""
    return max(1, 3 * width * height // 2)


def make_views(request: DecodeRequest) -> tuple[ViewMaker, ViewMaker]:
    """Makers of the view that is looked at and of the keyframe-sized one."""
    config, aspect = request.config, parse_aspect(request.sample_aspect)
    return (
        ViewMaker(config.analysis_long_side_px, request.rotation_deg, aspect, is_quick=True),
        ViewMaker(config.keyframe_long_side_px, request.rotation_deg, aspect, is_quick=False),
    )


def make_pass(request: DecodeRequest, video: Any, spool: Any, seen_share: float = 1.0) -> Pass:
    """`seen_share`: about how many of the frames will be decoded."""
    config = request.config
    time_base = Fraction(video.time_base)
    return Pass(
        request,
        Timeline(time_base, video.start_time),
        make_detector(config, request.fps, request.transnetv2, seen_share),
        ShotBuilder(config, time_base, spool, make_looker(config, request.embedder)),
        *make_views(request),
        AudioTrack(Path(request.folder) / AUDIO_FILE),
    )


def take_frame(work: Pass, pts: int, frame: Any) -> None:
    """Measure the next frame, which is shown at `pts`, and take what the detector finds."""
    take_view(work, pts, work.views.make(frame), lambda: work.large.make(frame))


def take_view(work: Pass, pts: int, view: FrameView, large: Callable[[], FrameView]) -> None:
    """The same for a frame of which the view has been made; `large` gives the larger one."""
    number, builder = work.timeline.n_frames - 1, work.builder
    time_s = work.timeline.seconds(pts)
    builder.see(number, pts, time_s, view, large)
    _detect(work, number, time_s, view)
    work.n_decoded += 1


def pass_over(work: Pass, pts: int) -> None:
    """The next frame, which is shown at `pts`, was not decoded."""
    number, time_s = work.timeline.n_frames - 1, work.timeline.seconds(pts)
    work.builder.pass_over(pts, time_s)
    _detect(work, number, time_s, NOTHING)


def _detect(work: Pass, number: int, time_s: float, view: FrameView) -> None:
    found = work.detector.process(number, time_s, view)
    work.builder.take(work.placed(found), work.detector.settled)
    work.has_too_many_shots = len(work.builder.shots) > work.request.config.max_shots_per_source


def finish(
    work: Pass,
    video: Any,
    container_duration: int | None,
    mode: str,
    not_fast_because: str | None = None,
) -> DecodeResult:
    """The source is at its end: the shots. Raises ItemError NO_FRAMES or DECODE_FAILED."""
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
    time_base, first_s = timeline.time_base, float(timeline.first_pts * timeline.time_base)
    stream_s = stated_length_s(video.duration, time_base, video.metadata, first_s)
    container_s = container_duration / 1e6 if container_duration else None
    is_partial = ended_early(
        duration_s, stream_s, container_s, damage.n_errors, damage.stopped_reading
    )
    last = BoundaryKind.DAMAGE if is_partial else BoundaryKind.END
    if not work.has_too_many_shots:
        found = work.placed(work.detector.finish())
        work.builder.finish(found, timeline.n_frames, end_pts, duration_s, last)
    has_audio = audio.close()
    audio_start_s = None
    if has_audio and audio.start_s is not None:
        audio_start_s = audio.start_s - float(timeline.first_pts * timeline.time_base)
    shots = work.builder.shots
    if work.request.config.scales and not work.has_too_many_shots:
        shots = _with_larger_scales(work, end_pts, audio_start_s)
    if audio_start_s is not None:
        _add_loudness(shots, audio, audio_start_s)
    return DecodeResult(
        mode=mode,
        not_fast_because=not_fast_because,
        n_frames=timeline.n_frames,
        n_decoded=work.n_decoded,
        duration_s=duration_s,
        is_vfr=timeline.is_vfr,
        is_partial=is_partial,
        n_decode_errors=damage.n_errors,
        has_too_many_shots=work.has_too_many_shots,
        shots=shots,
        audio_start_s=audio_start_s,
        audio_duration_s=audio.duration_s if has_audio else None,
    )


def _with_larger_scales(work: Pass, end_pts: int, audio_start_s: float | None) -> list[ShotDraft]:
    """The shots and the clips of `split.scales`."""
    config, builder, pauses = work.request.config, work.builder, []
    if audio_start_s is not None:
        pauses = find_pauses(work.audio.energies, RATE_HZ, audio_start_s)
    times = FrameTimes(builder.all_pts, end_pts, work.timeline.seconds)
    return larger_clips(builder.shots, times, pauses, config.scales, config.keyframes)


def _add_loudness(shots: list[ShotDraft], audio: AudioTrack, audio_start_s: float) -> None:
    for shot in shots:
        row = shot.row
        start_s, end_s = row["start_s"] - audio_start_s, row["end_s"] - audio_start_s
        row["audio_rms_db"] = rms_db(audio.energies, RATE_HZ, start_s, end_s)
