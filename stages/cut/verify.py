"""What a finished clip really holds, read back from its file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from schemas.outcomes import ItemError, Reason
from stages.cut.spans import Span


@dataclass(frozen=True)
class ClipFacts:
    """A clip as its file has it. `width` and `height` as displayed."""

    width: int
    height: int
    n_frames: int
    first_time: Fraction
    """PTS of the first frame, in seconds."""
    end_time: Fraction
    """Where the last frame ends, in seconds."""
    has_audio: bool

    def turned(self) -> ClipFacts:
        """The same for a file whose rotation flag turns it by 90 or 270 degrees."""
        return replace(self, width=self.height, height=self.width)


def read_facts(clip: Path) -> ClipFacts:
    """Demux a clip: one packet is one frame. Raises ItemError ENCODE_FAILED when it is no clip."""
    import av

    try:
        with av.open(str(clip)) as container:
            video = container.streams.video[0]
            times: list[tuple[int, int]] = []
            n_audio = 0
            for packet in container.demux():
                if packet.size == 0 or packet.pts is None or packet.is_discard:
                    continue
                if packet.stream is video:
                    times.append((packet.pts, packet.duration or 0))
                elif packet.stream.type == "audio":
                    n_audio += 1
            if not times:
                raise ItemError(Reason.SPAN_MISMATCH, "the clip holds no frame")
            last_pts, last_duration = max(times)
            time_base = Fraction(video.time_base or 0)
            return ClipFacts(
                video.width,
                video.height,
                len(times),
                min(times)[0] * time_base,
                (last_pts + last_duration) * time_base,
                n_audio > 0,
            )
    except (av.FFmpegError, IndexError) as error:
        raise ItemError(Reason.ENCODE_FAILED, f"the clip cannot be read back: {error}") from error


def check_exact(span: Span, facts: ClipFacts) -> None:
    """Raise ItemError SPAN_MISMATCH unless the clip has the span's frames and begins at 0."""
    if facts.n_frames != span.n_frames or facts.first_time != 0:
        raise ItemError(
            Reason.SPAN_MISMATCH,
            f"the clip has {facts.n_frames} frames from {float(facts.first_time):g} s, "
            f"the span has {span.n_frames} from 0 s",
            "the source decodes differently than when it was split",
        )
