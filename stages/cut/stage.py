"""The cut stage: each source once more, for the clips that are worth encoding.

The clips of a source come from passes over disjoint stretches of it, as few as memory allows,
and several passes run at once, of one source or of neighbours: an encoder on one thread, which
gives the same bytes everywhere, leaves the other cores idle. Each clip has an encoder of its own,
so its bytes do not depend on which pass it was in, nor on what ran beside it.

When a pass fails, or one of its clips is not what its row says, that clip is tried alone from the
source's beginning before it is given up: one bad stretch of a source costs only the clips in it.

Where packets are copied (see stream_copy.py), a pass is one call in the guarded child, and each of
its clips fails by itself.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import astuple, dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path

from schemas.outcomes import ItemError, Outcome, Reason
from schemas.table import Row
from stages.base import Failure, Limits, PackRef, Unit, UnitStage, kept
from stages.cut.config import CutConfig
from stages.cut.copy_range import CopyRange
from stages.cut.encode import ffmpeg_path, run_ffmpeg
from stages.cut.geometry import NO_BORDERS, NO_CROP, Crop, Geometry, clip_geometry, parse_aspect
from stages.cut.graph import Encoding, encode_command
from stages.cut.spans import Job, Span, passes, spans_per_pass
from stages.cut.stream_copy import copy_jobs
from stages.cut.survey import SpanFacts, survey
from stages.cut.verify import ClipFacts, check_exact, read_facts

_COPIES_PER_PASS = 256
"""Clips of one copying pass. Copying takes next to no memory, but the files of a pass lie in the
scratch folder until its end."""


@dataclass(frozen=True)
class Cut:
    """One finished clip, still in the scratch folder."""

    path: Path
    facts: ClipFacts
    start_s: float
    end_s: float
    crop: Crop = NO_CROP
    n_hidden: int = 0


Copied = CopyRange | ItemError
"""What a copied clip holds, or why there is none."""


@dataclass(frozen=True)
class Pass:
    """One pass over a source; `result` waits for its end, and raises what went wrong. It gives
    None for each clip that was encoded."""

    jobs: list[Job]
    seek: Fraction | None
    result: Callable[[], Sequence[Copied | None]]


@dataclass
class Begun:
    """A source whose passes wait or run; `files` holds its local copy."""

    source: Row
    shots: Sequence[Row]
    files: ExitStack = field(default_factory=ExitStack)
    path: Path = Path()
    passes: list[Pass] = field(default_factory=list)


class CutStage(UnitStage[CutConfig]):
    """Encode (or copy) the kept clips out of their sources."""

    name = "cut"
    version = 4
    summary = "Cut the surviving clips out of their sources: exact frames, synchronous sound."
    item = "clips"
    reads = {
        "sources": (
            "source_id", "uri", "content_sha256", "video_stream", "audio_stream",
            "width", "height", "rotation_deg", "sample_aspect",
        ),
        "shots": (
            "shot_id", "source_id", "start_frame", "end_frame", "start_pts", "end_pts",
            "time_base", "start_s", "end_s", "keyframes",
            "border_left", "border_right", "border_top", "border_bottom",
        ),
        "balance": ("shot_id", "source_id", "outcome"),
    }  # fmt: skip
    places = {"sources": ("uri",)}
    writes = ("clips",)
    reads_packs = ("frames",)
    writes_packs = ("clips",)

    def process(self, unit: Unit) -> None:
        wanted = {row["shot_id"] for row in unit.rows("balance", Outcome.KEPT)}
        by_source: dict[str, list[Row]] = defaultdict(list)
        for shot in unit.rows("shots"):
            if shot["shot_id"] in wanted:
                by_source[shot["source_id"]].append(shot)
        sources = {source["source_id"]: source for source in unit.rows("sources")}
        rows: list[Row] = []
        begun: deque[Begun] = deque()
        n_lanes = self.config.parallel_passes
        with ThreadPoolExecutor(n_lanes) as lanes:
            try:
                for source_id in sorted(by_source):
                    source = Begun(sources[source_id], by_source[source_id])
                    begun.append(source)
                    rows += self._begin(unit, lanes, source)
                    if len(begun) > n_lanes:
                        rows += self._finish(unit, begun.popleft())
                while begun:
                    rows += self._finish(unit, begun.popleft())
            finally:
                lanes.shutdown(cancel_futures=True)
                for source in begun:
                    source.files.close()
        unit.write("clips", rows)

    def _begin(self, unit: Unit, lanes: Executor, begun: Begun) -> list[Row]:
        """Check a source and line up its passes; its failed rows when that goes wrong."""
        ended = unit.attempt(begun.source["source_id"], self._plan, unit, lanes, begun)
        if isinstance(ended, Failure):
            return [_keys(shot) | ended.ending() for shot in begun.shots]
        return []

    def _plan(self, unit: Unit, lanes: Executor, begun: Begun) -> None:
        config, source = self.config, begun.source
        begun.path = begun.files.enter_context(unit.local_copy(source["uri"]))
        check_unchanged(begun.path, source)
        spans = [Span.of_shot(shot) for shot in begun.shots]
        facts = self._survey(unit, source, begun.path, spans)
        for group in self._groups(source, spans):
            jobs = [
                Job(
                    span,
                    unit.scratch / f"{span.shot_id}.mp4",
                    facts[span].has_sound,
                    self._geometry(source, span),
                )
                for span in group
            ]
            seek = facts[group[0]].seek
            work = partial(self._pass, unit, source, begun.path, jobs, seek)
            # Copying is done in the guarded child, which does one thing at a time.
            result = lanes.submit(work).result if config.mode == "encode" else work
            begun.passes.append(Pass(jobs, seek, result))

    def _finish(self, unit: Unit, begun: Begun) -> list[Row]:
        """Wait for a source's passes; the rows of its clips, which lie in the pack then."""
        by_id = {shot["shot_id"]: shot for shot in begun.shots}
        with begun.files:
            return [
                self._row(unit, by_id[span.shot_id], result)
                for one in begun.passes
                for span, result in self._results(unit, begun, one)
            ]

    def _survey(
        self, unit: Unit, source: Row, path: Path, spans: Sequence[Span]
    ) -> dict[Span, SpanFacts]:
        """Where sound lies, as far as clips are to have it, and where passes may start."""
        config = self.config
        audio_stream = source["audio_stream"] if config.audio else None
        windows = [(span.start_time, span.end_time) for span in spans]
        found = unit.guarded(
            Limits(config.timeout_s),
            survey,
            path,
            source["video_stream"],
            audio_stream,
            windows,
            config.seek_margin_s,
        )
        return dict(zip(spans, found, strict=True))

    def _groups(self, source: Row, spans: Sequence[Span]) -> list[list[Span]]:
        """The spans of each pass."""
        config = self.config
        if config.mode != "encode":
            return passes(spans, _COPIES_PER_PASS)
        geometry = self._geometry(source)
        memory_bytes = config.pass_memory_mb * 1_000_000 // config.parallel_passes
        most = spans_per_pass(geometry.width, geometry.height, config.preset, memory_bytes)
        return passes(spans, most, config.parallel_passes)

    def _results(self, unit: Unit, begun: Begun, one: Pass) -> Iterable[tuple[Span, Cut | Failure]]:
        """Each span of one pass with its clip or its failure; a clip's file goes when the next
        is asked for."""
        source = begun.source
        joint = unit.attempt(source["source_id"], one.result)
        for index, job in enumerate(one.jobs):
            result: Cut | Failure
            if isinstance(joint, Failure):
                result = joint
            else:
                result = unit.attempt(job.span.shot_id, self._check, source, job, joint[index])
            if isinstance(result, Failure) and self._worth_a_retry(result, one.jobs, one.seek):
                result = unit.attempt(
                    job.span.shot_id, self._cut_alone, unit, source, begun.path, job
                )
            yield job.span, result
            job.target.unlink(missing_ok=True)

    def _worth_a_retry(self, result: Failure, jobs: Sequence[Job], seek: Fraction | None) -> bool:
        """Not after a timeout: the same source would take the same time again for every clip.
        Not when the pass was this span alone from the beginning already. Not where it was copied:
        each clip of such a pass fails by itself."""
        alone = len(jobs) == 1 and seek is None
        return self.config.mode == "encode" and result.reason != Reason.TIMEOUT and not alone

    def _cut_alone(self, unit: Unit, source: Row, path: Path, job: Job) -> Cut:
        (found,) = self._pass(unit, source, path, [job], None)
        return self._check(source, job, found)

    def _pass(
        self, unit: Unit, source: Row, path: Path, jobs: Sequence[Job], seek: Fraction | None
    ) -> Sequence[Copied | None]:
        """Write the files of `jobs`; gives what each holds where it was copied."""
        config = self.config
        if config.mode != "encode":
            return unit.guarded(
                Limits(config.timeout_s),
                copy_jobs,
                path,
                source["video_stream"],
                source["audio_stream"] if config.audio else None,
                list(jobs),
                config.mode,
            )
        command = encode_command(
            ffmpeg_path(),
            path,
            source["video_stream"],
            jobs,
            self._encoding(source),
            seek,
            config.decode_threads,
        )
        run_ffmpeg(command, config.timeout_s)
        return [None] * len(jobs)

    def _geometry(self, source: Row, span: Span | None = None) -> Geometry:
        """What happens to the pictures of a span; without one, to whole pictures."""
        config = self.config
        aspect = parse_aspect(source["sample_aspect"]) if config.square_pixels else None
        return clip_geometry(
            source["width"],
            source["height"],
            source["rotation_deg"] or 0,
            aspect,
            config.max_short_side_px,
            span.borders if span is not None and config.crop_borders else NO_BORDERS,
        )

    def _encoding(self, source: Row) -> Encoding:
        config = self.config
        return Encoding(
            config.square_pixels,
            config.preset,
            config.crf,
            source["audio_stream"],
            config.audio_bitrate_kbps,
            config.max_audio_channels,
        )

    def _check(self, source: Row, job: Job, copied: Copied | None) -> Cut:
        """Read the clip back. Raises ItemError when it is not what its row will say."""
        if isinstance(copied, ItemError):
            raise copied
        span, target = job.span, job.target
        facts = read_facts(target)
        if self.config.mode != "copy":
            check_exact(span, facts)
        if copied is None:
            return Cut(target, facts, span.start_s, span.end_s, job.geometry.crop)
        if (source["rotation_deg"] or 0) % 180:
            facts = facts.turned()
        start_s = span.start_s + float((copied.start_pts - span.start_pts) * span.time_base)
        end_s = span.end_s + float((copied.end_pts - span.end_pts) * span.time_base)
        return Cut(target, facts, start_s, end_s, n_hidden=copied.n_hidden)

    def _row(self, unit: Unit, shot: Row, result: Cut | Failure) -> Row:
        row = _keys(shot) | {"mode": self.config.mode, "thumbnail": thumbnail_ref(shot)}
        if isinstance(result, Failure):
            return row | result.ending()
        with result.path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return row | {
            "video": unit.pack("clips").add_file(f"{shot['shot_id']}.mp4", result.path),
            "sha256": sha256,
            "width": result.facts.width,
            "height": result.facts.height,
            "crop_px": None if result.crop == NO_CROP else list(astuple(result.crop)),
            "n_frames": result.facts.n_frames,
            "hidden_frames": result.n_hidden,
            "start_s": result.start_s,
            "end_s": result.end_s,
            "duration_s": result.end_s - result.start_s,
            "has_audio": result.facts.has_audio,
            **kept(),
        }


def check_unchanged(path: Path, source: Row) -> None:
    """Raise ItemError SOURCE_GONE when the file is not the one that was ingested."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != source["content_sha256"]:
        raise ItemError(
            Reason.SOURCE_GONE,
            f"{source['uri']} has changed since it was ingested "
            f"(SHA-256 {found[:12]}…, was {str(source['content_sha256'])[:12]}…)",
            "run again, so that it is ingested anew",
        )


def thumbnail_ref(shot: Row) -> PackRef | None:
    """Where the shot's first keyframe lies; None when it has none."""
    keyframes = shot["keyframes"] or []
    if not keyframes:
        return None
    return {name: keyframes[0][name] for name in ("pack", "offset", "size_bytes")}


def _keys(shot: Row) -> Row:
    return {"shot_id": shot["shot_id"], "source_id": shot["source_id"]}
