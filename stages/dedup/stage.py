"""The dedup stage: which kept shots show the same footage, and which of them stands for it.

It is a barrier: the copy of a shot may be in any unit. Only ids, sizes and signatures are held in
memory, about 1 KB per shot.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from schemas.outcomes import Outcome, Reason, Relation
from schemas.table import Row
from stages.base import Corpus, CorpusStage, Failure, dropped, kept
from stages.dedup.cluster import Match, stars
from stages.dedup.config import DedupConfig
from stages.dedup.index import IndexReport, candidate_pairs
from stages.dedup.quality import Quality, best_first, picture_pixels
from stages.dedup.similarity import Alignment, Matches, Thresholds, verify
from stages.split.signature import N_BITS, N_POSITIONS, Hashes, unpack

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Shot:
    shot_id: str
    source_id: str
    span: tuple[str, int, int] | None
    """(content, first frame, end frame): equal for exact copies; None: content not known."""
    duration_s: float
    quality: Quality
    hashes: Hashes | Failure | None


@dataclass
class _Verdict:
    """How one shot ends."""

    representative: _Shot
    relation: Relation
    score: float | None = None
    offset_s: float | None = None
    ending: Row = field(default_factory=kept)


class DedupStage(CorpusStage[DedupConfig]):
    name = "dedup"
    version = 1
    summary = "Finds shots that show the same footage and keeps the best of each."
    item = "shots"
    reads = {
        "sources": ("source_id", "content_sha256", "size_bytes", "width", "height", "duration_s"),
        "shots": (
            "shot_id",
            "source_id",
            "start_frame",
            "end_frame",
            "start_s",
            "end_s",
            "signature",
            "sharpness",
            "border_left",
            "border_right",
            "border_top",
            "border_bottom",
            "outcome",
        ),
    }
    writes = ("dedup",)

    def process(self, corpus: Corpus) -> None:
        by_unit = {unit_id: self._load(corpus, unit_id) for unit_id in corpus.units}
        shots = [shot for members in by_unit.values() for shot in members]
        verdicts = self._judge(shots)
        sizes = Counter(verdict.representative.shot_id for verdict in verdicts.values())
        for unit_id, members in by_unit.items():
            rows = [_row(shot, verdicts[shot.shot_id], sizes) for shot in members]
            corpus.unit(unit_id).write("dedup", rows)

    def _load(self, corpus: Corpus, unit_id: str) -> list[_Shot]:
        unit = corpus.unit(unit_id)
        sources = {row["source_id"]: row for row in unit.rows("sources")}
        shots = []
        for row in unit.rows("shots", Outcome.KEPT):
            hashes = corpus.attempt(row["shot_id"], _hashes, row["signature"])
            shots.append(_shot(row, sources[row["source_id"]], hashes))
        return shots

    def _judge(self, shots: Sequence[_Shot]) -> dict[str, _Verdict]:
        verdicts: dict[str, _Verdict] = {}
        leaders, copies = self._exact_groups(shots)
        signed = []
        for shot in leaders:
            if isinstance(shot.hashes, Failure):
                verdicts[shot.shot_id] = _Verdict(
                    shot, Relation.UNSIGNABLE, ending=shot.hashes.ending()
                )
            elif shot.hashes is None:
                verdicts[shot.shot_id] = self._unsignable(shot)
            elif self.config.near:
                signed.append(shot)
            else:
                verdicts[shot.shot_id] = _Verdict(shot, Relation.UNIQUE)
        verdicts |= self._near(signed)
        for shot, leader in copies:
            verdicts[shot.shot_id] = _copy_verdict(shot, leader, verdicts[leader.shot_id])
        followed = {
            v.representative.shot_id
            for key, v in verdicts.items()
            if v.representative.shot_id != key
        }
        for key in followed:
            if verdicts[key].relation == Relation.UNIQUE:
                verdicts[key].relation = Relation.REPRESENTATIVE
        return verdicts

    def _exact_groups(
        self, shots: Sequence[_Shot]
    ) -> tuple[list[_Shot], list[tuple[_Shot, _Shot]]]:
        """(one shot per content, [(copy, its leader)]). Copies are equal in everything but
        their ids, so the smallest leads: the source first, so that one file is kept whole."""
        leaders: dict[object, _Shot] = {}
        copies = []
        for shot in sorted(shots, key=lambda s: (s.source_id, s.shot_id)):
            searched = self.config.exact and shot.span is not None
            leader = leaders.setdefault(shot.span if searched else shot.shot_id, shot)
            if leader is not shot:
                copies.append((shot, leader))
        return list(leaders.values()), copies

    def _unsignable(self, shot: _Shot) -> _Verdict:
        verdict = _Verdict(shot, Relation.UNSIGNABLE)
        if not self.config.keep_unsignable:
            verdict.ending = dropped(
                Reason.UNSIGNABLE,
                "too flat or too short for a signature, and dedup.keep_unsignable is false",
            )
        return verdict

    def _near(self, shots: Sequence[_Shot]) -> dict[str, _Verdict]:
        if not shots:
            return {}
        ranked = [shots[index] for index in best_first([shot.quality for shot in shots])]
        matches = self._search(ranked)
        if not self.config.within_source:
            sources = np.unique([shot.source_id for shot in ranked], return_inverse=True)[1]
            other = sources[matches.first] != sources[matches.second]
            matches = Matches(
                matches.first[other],
                matches.second[other],
                matches.distance[other],
                matches.alignment[other],
            )
        found = [
            Match(int(better), int(worse), float(distance))
            for better, worse, distance in zip(
                matches.first, matches.second, matches.distance, strict=True
            )
        ]
        alignments = {
            (match.better, match.worse): Alignment(int(value))
            for match, value in zip(found, matches.alignment, strict=True)
        }
        verdicts = {}
        for shot, member in zip(ranked, stars(len(ranked), found), strict=True):
            best = ranked[member.representative]
            if member.match is None:
                verdicts[shot.shot_id] = _Verdict(shot, Relation.UNIQUE)
            else:
                alignment = alignments[member.match.better, member.match.worse]
                verdicts[shot.shot_id] = _near_verdict(shot, best, member.match.distance, alignment)
        return verdicts

    def _search(self, ranked: Sequence[_Shot]) -> Matches:
        config, report = self.config, IndexReport()
        hashes = np.array([shot.hashes for shot in ranked], dtype=np.uint64)
        durations_s = np.array([shot.duration_s for shot in ranked])
        candidates = candidate_pairs(
            hashes, config.index_tables, config.index_bits, config.max_bucket, report
        )
        limits = Thresholds(
            config.max_distance,
            config.min_contrast,
            config.min_contrast_trimmed,
            config.max_speed_change,
            config.min_length_ratio,
        )
        matches = verify(hashes, durations_s, candidates, limits)
        if report.capped_buckets:
            _LOG.warning(
                "dedup: %d buckets of the index hold more than dedup.max_bucket=%d shots (the "
                "largest %d); their shots were compared with the best of each bucket only",
                report.capped_buckets,
                config.max_bucket,
                report.largest_bucket,
            )
        return matches


def _hashes(signature: bytes | None) -> Hashes | None:
    if signature is None:
        return None
    hashes = unpack(signature)
    if len(hashes) != N_POSITIONS:
        raise ValueError(f"a signature of {len(hashes)} hashes; this version has {N_POSITIONS}")
    return hashes


def _shot(row: Row, source: Row, hashes: Hashes | Failure | None) -> _Shot:
    duration_s = row["end_s"] - row["start_s"]
    pixels = picture_pixels(
        source["width"] or 0,
        source["height"] or 0,
        *(row[f"border_{side}"] or 0.0 for side in ("left", "right", "top", "bottom")),
    )
    rate = (source["size_bytes"] or 0) / source["duration_s"] if source["duration_s"] else 0.0
    content = source["content_sha256"]
    return _Shot(
        row["shot_id"],
        row["source_id"],
        (content, row["start_frame"], row["end_frame"]) if content else None,
        duration_s,
        Quality(
            row["source_id"], row["shot_id"], pixels, rate, duration_s, row["sharpness"] or 0.0
        ),
        hashes,
    )


def _near_verdict(shot: _Shot, best: _Shot, distance: float, alignment: Alignment) -> _Verdict:
    score = 1.0 - distance / N_BITS
    at_end = alignment == Alignment.TAIL
    offset_s = best.duration_s - shot.duration_s if at_end else 0.0
    detail = (
        f"shows the same footage as {best.shot_id}, which is kept: similarity {score:.3f} "
        f"({distance:.1f} of {N_BITS} bits differ; {alignment.name.lower()})"
    )
    return _Verdict(best, Relation.NEAR, score, offset_s, dropped(Reason.NEAR_DUPLICATE, detail))


def _copy_verdict(shot: _Shot, leader: _Shot, verdict: _Verdict) -> _Verdict:
    """How an exact copy ends, given how the shot that it copies ended."""
    best = verdict.representative
    if verdict.relation == Relation.UNSIGNABLE and verdict.ending["outcome"] != Outcome.KEPT:
        return _Verdict(shot, Relation.UNSIGNABLE, ending=dict(verdict.ending))
    if best is not leader:
        return _Verdict(
            best, verdict.relation, verdict.score, verdict.offset_s, dict(verdict.ending)
        )
    detail = f"the same frames of the same bytes are kept as {best.shot_id}: similarity 1.000"
    return _Verdict(best, Relation.EXACT, 1.0, 0.0, dropped(Reason.EXACT_DUPLICATE, detail))


def _row(shot: _Shot, verdict: _Verdict, sizes: Counter[str]) -> Row:
    representative = verdict.representative.shot_id
    return {
        "shot_id": shot.shot_id,
        "source_id": shot.source_id,
        "cluster_id": representative,
        "representative_id": representative,
        "relation": verdict.relation,
        "score": verdict.score,
        "offset_s": verdict.offset_s,
        "cluster_size": sizes[representative],
        **verdict.ending,
    }
