"""What a media file says of itself, read in the guarded child process.

A file is opened twice. The first time FFmpeg may use no decoder and only its container's headers
are read: absurd claims are refused there, before anything is decoded or memory is set aside for
it. The second time the first frame is decoded. Every way in which a file can be no usable video
has its own reason, because "could not be read" is what users cannot act on.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from schemas.outcomes import ItemError, Reason
from schemas.table import Row
from stages.ingest.languages import language_tag
from stages.ingest.metadata import clean_text
from stages.ingest.subtitles import finish_cues, plain_cue

NOT_VIDEO_FORMATS = frozenset(
    (
        "concat",
        "concatf",
        "dash",
        "hls",
        "image2",
        "image2pipe",
        "lavfi",
        "rtp",
        "rtsp",
        "sdp",
        "tty",
    )
)
"""Formats that are pictures or text, or that pull in other files: a list can name any file of
this machine."""

_MAX_PACKETS_TO_FIRST_FRAME = 400

_HEADERS_ONLY = {
    "codec_whitelist": "none",
    "fflags": "noparse+nofillin",
    "analyzeduration": "1",
    "fpsprobesize": "0",
}
"""Options with which FFmpeg opens no decoder and does not look into the streams."""


@dataclass(frozen=True)
class ProbeLimits:
    """Bounds on headers; see IngestConfig."""

    min_duration_s: float
    max_duration_s: float
    max_side_px: int
    max_pixels: int
    max_fps: float
    max_streams: int
    max_cues: int
    embedded_subtitles: bool


def probe_media(path: str, limits: ProbeLimits) -> dict[str, Any]:
    """Facts about the file at `path`.

    Returns {"source": columns of `sources`, "title", "description", "tracks": list of embedded
    subtitle tracks {"sidecar", "language", "cues", "problem"}}. Raises ItemError NOT_A_VIDEO,
    NO_VIDEO_STREAM, UNSUPPORTED_CODEC, ABSURD_HEADER, UNREADABLE, and SOURCE_TOO_SHORT or
    SOURCE_TOO_LONG (which its caller turns into drops).
    """
    with _opened(path, **_HEADERS_ONLY) as container:
        _check_container(container, limits)
        for stream in container.streams.video:
            _check_claims(stream, stream.average_rate, limits)
        _check_not_longer(container, limits)
    # From here on libavcodec itself refuses what the streams, against the headers, turn out to be.
    with _opened(path, max_pixels=str(limits.max_pixels)) as container:
        _check_container(container, limits)
        video = choose_video(container)
        source = _video_columns(container, video)
        _check_claims(video, video.average_rate or video.base_rate, limits)
        _check_not_longer(container, limits)
        _check_not_shorter(source["duration_s"], limits)
        _first_frame(container, video, source, limits)
        source |= _audio_columns(choose_audio(container))
        source["chapters"] = _chapters(container)
        metadata = {key.lower(): value for key, value in container.metadata.items()}
    tracks = _subtitle_tracks(path, source, limits) if limits.embedded_subtitles else []
    return {
        "source": source,
        "title": clean_text(metadata.get("title")),
        "description": clean_text(metadata.get("description") or metadata.get("comment")),
        "tracks": tracks,
    }


def _opened(path: str, **options: str) -> Any:
    """An open container. Raises ItemError NOT_A_VIDEO or UNREADABLE."""
    import av

    try:
        return av.open(path, options={"protocol_whitelist": "file", **options})
    except MemoryError:
        raise
    except av.error.InvalidDataError as error:
        raise ItemError(Reason.NOT_A_VIDEO, "FFmpeg knows no media in this file") from error
    except av.error.FFmpegError as error:
        raise ItemError(Reason.UNREADABLE, f"cannot be opened: {error}") from error


def choose_video(container: Any) -> Any:
    """The video stream to use: no cover picture; marked as default before others; then the one
    with most pixels; then the first. Raises ItemError NO_VIDEO_STREAM."""
    from av.stream import Disposition

    covers = Disposition.attached_pic | Disposition.timed_thumbnails
    streams = [stream for stream in container.streams.video if not stream.disposition & covers]
    if not streams:
        kinds = sorted({stream.type for stream in container.streams})
        held = ", ".join(kinds) or "no stream at all"
        raise ItemError(Reason.NO_VIDEO_STREAM, f"{container.format.name} with {held}")

    def rank(stream: Any) -> tuple[bool, int, int]:
        context = stream.codec_context
        pixels = context.width * context.height if context is not None else 0
        return (not stream.disposition & Disposition.default, -pixels, stream.index)

    return min(streams, key=rank)


def choose_audio(container: Any) -> Any | None:
    """The audio stream to use: decodable; marked as default before others; then the first."""
    from av.stream import Disposition

    streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
    return min(
        streams,
        key=lambda stream: (not stream.disposition & Disposition.default, stream.index),
        default=None,
    )


def _check_container(container: Any, limits: ProbeLimits) -> None:
    names = set(container.format.name.split(","))
    if names & NOT_VIDEO_FORMATS or any(name.endswith("_pipe") for name in names):
        raise ItemError(Reason.NOT_A_VIDEO, f"it is {container.format.name}")
    n_streams = len(container.streams)
    if n_streams > limits.max_streams:
        raise ItemError(
            Reason.ABSURD_HEADER, f"{n_streams} streams, more than {limits.max_streams}"
        )


def _video_columns(container: Any, video: Any) -> Row:
    context = video.codec_context
    if context is None:
        raise ItemError(Reason.UNSUPPORTED_CODEC, f"stream {video.index} has no known decoder")
    aspect = video.sample_aspect_ratio
    fps = video.average_rate or video.base_rate
    return {
        "container": container.format.name,
        "video_stream": video.index,
        "codec": context.codec.canonical_name,
        "pix_fmt": context.pix_fmt,
        "width": context.width,
        "height": context.height,
        "rotation_deg": 0,
        "sample_aspect": f"{aspect.numerator}/{aspect.denominator}" if aspect else None,
        "fps": float(fps) if fps else None,
        "time_base": f"{video.time_base.numerator}/{video.time_base.denominator}",
        "start_pts": video.start_time,
        "duration_s": header_duration_s(
            video.duration, Fraction(video.time_base), container.duration
        ),
    }


def header_duration_s(
    stream: int | None, time_base: Fraction, container_us: int | None
) -> float | None:
    """Length by the headers: the video stream's own, else the container's; None: not stated."""
    if stream and stream > 0:
        return float(stream * time_base)
    return container_us / 1e6 if container_us and container_us > 0 else None


def _check_claims(video: Any, fps: Fraction | None, limits: ProbeLimits) -> None:
    """Raises ItemError ABSURD_HEADER where a stream says that it is larger or faster than any
    video is."""
    if video.codec_context is not None:
        _check_size(video.codec_context.width, video.codec_context.height, limits)
    if fps is not None and not 0 < fps <= limits.max_fps:
        raise ItemError(
            Reason.ABSURD_HEADER,
            f"{float(fps):g} frames/s, more than ingest.max_fps = {limits.max_fps:g}",
        )


def _check_size(width: int, height: int, limits: ProbeLimits) -> None:
    if max(width, height) > limits.max_side_px:
        raise ItemError(
            Reason.ABSURD_HEADER,
            f"{width}x{height} pixels; ingest.max_side_px = {limits.max_side_px}",
        )
    if width * height > limits.max_pixels:
        raise ItemError(
            Reason.ABSURD_HEADER,
            f"{width}x{height} pixels, more than ingest.max_pixels = {limits.max_pixels}",
        )


def _check_not_longer(container: Any, limits: ProbeLimits) -> None:
    """Raises ItemError SOURCE_TOO_LONG where the file as a whole or any stream is: all of them
    are read, and the time that the pass over them may take grows with what they claim."""
    lengths = [container.duration / 1e6 if container.duration else 0.0]
    for stream in (*container.streams.video, *container.streams.audio):
        if stream.duration and stream.time_base:
            lengths.append(float(stream.duration * stream.time_base))
    if max(lengths) > limits.max_duration_s:
        detail = f"{max(lengths):.0f} s; ingest.max_duration_s = {limits.max_duration_s:g}"
        raise ItemError(Reason.SOURCE_TOO_LONG, detail)


def _check_not_shorter(duration_s: float | None, limits: ProbeLimits) -> None:
    if duration_s is not None and duration_s < limits.min_duration_s:
        detail = f"{duration_s:.3f} s; ingest.min_duration_s = {limits.min_duration_s:g}"
        raise ItemError(Reason.SOURCE_TOO_SHORT, detail)


def _first_frame(container: Any, video: Any, source: Row, limits: ProbeLimits) -> None:
    """Complete `source` from the first frame that decodes: size, pixel format, rotation.

    A stream of which nothing decodes here is left to the split stage, which reads all of it.
    """
    import av

    video.codec_context.options = {"max_pixels": str(limits.max_pixels)}
    packets = container.demux(video)
    for _ in range(_MAX_PACKETS_TO_FIRST_FRAME):
        try:
            frames = next(packets).decode()
        except (StopIteration, av.error.EOFError):
            return
        except MemoryError:
            raise
        except av.error.InvalidDataError:
            continue
        except av.error.FFmpegError as error:
            if isinstance(error, NotImplementedError):
                raise ItemError(Reason.UNSUPPORTED_CODEC, f"{source['codec']}: {error}") from error
            return
        if frames:
            frame = frames[0]
            _check_size(frame.width, frame.height, limits)
            source["width"], source["height"] = frame.width, frame.height
            source["pix_fmt"] = frame.format.name
            source["rotation_deg"] = clockwise(frame.rotation)
            return


def clockwise(rotation: float) -> int:
    """FFmpeg's counter-clockwise display rotation as a clockwise multiple of 90 in [0, 360)."""
    return round(-rotation / 90) * 90 % 360


def _audio_columns(audio: Any | None) -> Row:
    if audio is None:
        return {}
    context = audio.codec_context
    return {
        "audio_stream": audio.index,
        "audio_codec": context.codec.canonical_name,
        "audio_channels": context.channels,
        "audio_rate_hz": context.sample_rate,
        "audio_language": language_tag(audio.language),
    }


def _chapters(container: Any) -> list[Row]:
    chapters = []
    for chapter in container.chapters():
        base = Fraction(chapter["time_base"])
        title = clean_text((chapter.get("metadata") or {}).get("title"))
        chapters.append(
            {
                "start_s": float(chapter["start"] * base),
                "end_s": float(chapter["end"] * base),
                "title": title,
            }
        )
    return sorted(chapters, key=lambda chapter: (chapter["start_s"], chapter["title"] or ""))


def _subtitle_tracks(path: str, source: Row, limits: ProbeLimits) -> list[Row]:
    """Cues of the embedded subtitle tracks, in seconds from the video stream's start."""
    import av

    start_s = float((source["start_pts"] or 0) * Fraction(source["time_base"]))
    with _opened(path, max_pixels=str(limits.max_pixels)) as container:
        streams = [stream for stream in container.streams.subtitles if stream.codec_context]
        if not streams:
            return []
        cues: dict[int, list[tuple[float, float, str]]] = {s.index: [] for s in streams}
        problems: dict[int, str] = {}
        try:
            for packet in container.demux(streams):
                index = packet.stream.index
                if packet.size and packet.pts is not None and len(cues[index]) <= limits.max_cues:
                    _read_packet(packet, start_s, cues[index], problems)
        except av.error.FFmpegError as error:
            problems |= dict.fromkeys(cues, f"reading stopped: {error}")
        return [_track(stream, cues, problems, limits) for stream in streams]


def _read_packet(
    packet: Any,
    start_s: float,
    cues: list[tuple[float, float, str]],
    problems: dict[int, str],
) -> None:
    import av

    try:
        subtitles = packet.decode()
    except av.error.FFmpegError as error:
        problems.setdefault(packet.stream.index, str(error))
        return
    begin_s = float(packet.pts * packet.time_base) - start_s
    end_s = begin_s + float((packet.duration or 0) * packet.time_base)
    for subtitle in subtitles:
        if subtitle.type == b"bitmap":
            problems.setdefault(packet.stream.index, "its subtitles are pictures")
            continue
        text = plain_cue(subtitle.dialogue.decode(errors="replace"))
        cues.append((max(0.0, begin_s), end_s, text))


def _track(
    stream: Any,
    cues: dict[int, list[tuple[float, float, str]]],
    problems: dict[int, str],
    limits: ProbeLimits,
) -> Row:
    track: Row = {
        "sidecar": f"stream:{stream.index}",
        "language": language_tag(stream.language),
        "cues": [],
        "problem": problems.get(stream.index),
    }
    try:
        track["cues"] = finish_cues(cues[stream.index], limits.max_cues)
    except ItemError as error:
        track["problem"] = str(error)
    return track
