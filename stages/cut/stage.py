"""The cut stage: each source once more, for the clips that are worth encoding.

The clips of a source come from as few passes over it as memory allows. When a pass fails, or
one of its clips is not what its row says, that clip is tried alone from the source's beginning
before it is given up: one bad stretch of a source costs only the clips in it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from schemas.outcomes import ItemError, Outcome, Reason, TextScope
from schemas.table import Row
from stages.base import Failure, Limits, PackRef, Unit, UnitStage, kept
from stages.cut.config import CutConfig
from stages.cut.encode import ffmpeg_path, run_ffmpeg
from stages.cut.geometry import clip_geometry, parse_aspect
from stages.cut.graph import Encoding, encode_command
from stages.cut.sound import windows_with_sound
from stages.cut.spans import Job, Span, passes, seek_time, spans_per_pass
from stages.cut.stream_copy import copy_jobs
from stages.cut.verify import ClipFacts, check_exact, read_facts

_COPIES_PER_PASS = 256
"""Clips of one copying pass. They hold next to nothing, but each may keep a file open."""


@dataclass(frozen=True)
class Cut:
    """One finished clip, still in the scratch folder."""

    path: Path
    facts: ClipFacts
    start_s: float
    end_s: float


class CutStage(UnitStage[CutConfig]):
    """Encode (or copy) the kept clips out of their sources."""

    name = "cut"
    version = 1
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
        ),
        "verdicts": ("shot_id", "source_id", "scope", "outcome"),
    }  # fmt: skip
    writes = ("clips",)
    reads_packs = ("frames",)
    writes_packs = ("clips",)

    def process(self, unit: Unit) -> None:
        wanted = {
            verdict["shot_id"]
            for verdict in unit.rows("verdicts", Outcome.KEPT)
            if verdict["scope"] == TextScope.CLIP
        }
        by_source: dict[str, list[Row]] = defaultdict(list)
        for shot in unit.rows("shots"):
            if shot["shot_id"] in wanted:
                by_source[shot["source_id"]].append(shot)
        sources = {source["source_id"]: source for source in unit.rows("sources")}
        rows: list[Row] = []
        for source_id in sorted(by_source):
            rows += self._cut_source(unit, sources[source_id], by_source[source_id])
        unit.write("clips", rows)

    def _cut_source(self, unit: Unit, source: Row, shots: Sequence[Row]) -> list[Row]:
        rows: list[Row] = []
        done: set[str] = set()

        def work() -> None:
            with unit.local_copy(source["uri"]) as path:
                check_unchanged(path, source)
                spans = [Span.of_shot(shot) for shot in shots]
                sounding = self._sounding(unit, source, path, spans)
                for group in passes(spans, self._spans_per_pass(source)):
                    jobs = [
                        Job(span, unit.scratch / f"{span.shot_id}.mp4", span in sounding)
                        for span in group
                    ]
                    for span, result in self._cut_group(unit, source, path, jobs):
                        rows.append(self._row(unit, by_id[span.shot_id], result))
                        done.add(span.shot_id)

        by_id = {shot["shot_id"]: shot for shot in shots}
        ended = unit.attempt(source["source_id"], work)
        if isinstance(ended, Failure):
            rows += [_keys(shot) | ended.ending() for shot in shots if shot["shot_id"] not in done]
        return rows

    def _sounding(self, unit: Unit, source: Row, path: Path, spans: Sequence[Span]) -> set[Span]:
        """The spans whose clips get a sound track."""
        if not self.config.audio or source["audio_stream"] is None:
            return set()
        windows = [(span.start_time, span.end_time) for span in spans]
        limits = Limits(self.config.timeout_s)
        flags = unit.guarded(limits, windows_with_sound, path, source["audio_stream"], windows)
        return {span for span, has_sound in zip(spans, flags, strict=True) if has_sound}

    def _spans_per_pass(self, source: Row) -> int:
        config = self.config
        if config.mode == "copy":
            return _COPIES_PER_PASS
        geometry = self._encoding(source).geometry
        memory_bytes = config.pass_memory_mb * 1_000_000
        return spans_per_pass(geometry.width, geometry.height, config.preset, memory_bytes)

    def _cut_group(
        self, unit: Unit, source: Row, path: Path, jobs: Sequence[Job]
    ) -> Iterable[tuple[Span, Cut | Failure]]:
        """Each span of one pass with its clip or its failure; a clip's file goes when the next
        is asked for."""
        seek = seek_time([job.span for job in jobs], self.config.seek_margin_s)
        joint = unit.attempt(source["source_id"], self._pass, unit, source, path, jobs, seek)
        for index, job in enumerate(jobs):
            result: Cut | Failure
            if isinstance(joint, Failure):
                result = joint
            else:
                result = unit.attempt(job.span.shot_id, self._check, source, job, joint[index])
            if isinstance(result, Failure) and self._worth_a_retry(result, jobs, seek):
                result = unit.attempt(job.span.shot_id, self._cut_alone, unit, source, path, job)
            yield job.span, result
            job.target.unlink(missing_ok=True)

    @staticmethod
    def _worth_a_retry(result: Failure, jobs: Sequence[Job], seek: Fraction | None) -> bool:
        """Not after a timeout: the same source would take the same time again for every clip.
        Not when the pass was this span alone from the beginning already."""
        return result.reason != Reason.TIMEOUT and (len(jobs) > 1 or seek is not None)

    def _cut_alone(self, unit: Unit, source: Row, path: Path, job: Job) -> Cut:
        (found,) = self._pass(unit, source, path, [job], None)
        return self._check(source, job, found)

    def _pass(
        self, unit: Unit, source: Row, path: Path, jobs: Sequence[Job], seek: Fraction | None
    ) -> list[tuple[Fraction, Fraction] | None]:
        """Write the files of `jobs`; gives what each truly spans when that is not its span."""
        config = self.config
        if config.mode == "copy":
            limits = Limits(config.timeout_s)
            ranges = unit.guarded(
                limits, copy_jobs, path, source["video_stream"], source["audio_stream"], list(jobs)
            )
            return [
                (found.start_pts * job.span.time_base, found.end_pts * job.span.time_base)
                for job, found in zip(jobs, ranges, strict=True)
            ]
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

    def _encoding(self, source: Row) -> Encoding:
        config = self.config
        aspect = parse_aspect(source["sample_aspect"]) if config.square_pixels else None
        geometry = clip_geometry(
            source["width"],
            source["height"],
            source["rotation_deg"] or 0,
            aspect,
            config.max_short_side_px,
        )
        return Encoding(
            geometry,
            config.square_pixels,
            config.preset,
            config.crf,
            source["audio_stream"],
            config.audio_bitrate_kbps,
            config.max_audio_channels,
        )

    def _check(self, source: Row, job: Job, true_span: tuple[Fraction, Fraction] | None) -> Cut:
        """Read the clip back. Raises ItemError when it is not what its row will say."""
        span, target = job.span, job.target
        facts = read_facts(target)
        if true_span is None:
            check_exact(span, facts)
            return Cut(target, facts, span.start_s, span.end_s)
        if (source["rotation_deg"] or 0) % 180:
            facts = facts.turned()
        before = true_span[0] - span.start_time
        after = true_span[1] - span.end_time
        return Cut(target, facts, span.start_s + float(before), span.end_s + float(after))

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
            "n_frames": result.facts.n_frames,
            "start_s": result.start_s,
            "end_s": result.end_s,
            "duration_s": result.end_s - result.start_s,
            "has_audio": result.facts.has_audio,
            **kept(),
        }


def check_unchanged(path: Path, source: Row) -> None:
    """Raise ItemError UNREADABLE when the file is not the one that was ingested."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != source["content_sha256"]:
        raise ItemError(
            Reason.UNREADABLE,
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
