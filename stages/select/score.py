"""All scores of all candidates of a unit's clips."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from schemas.outcomes import CaptionFlag
from schemas.table import Row
from stages.caption.teacher import Candidate
from stages.select.config import SelectConfig
from stages.select.consensus import Voice, consensus, semantic_consensus
from stages.select.flags import READERS, Said, flags_of, script_share
from stages.select.quantiles import Quantiles
from stages.select.specificity import Rarity, content_of
from stages.select.usable import too_little

FUSION = "fusion"
"""The teacher that merges the others' candidates. It is no witness for what it was made from."""


@dataclass(frozen=True)
class Scores:
    """What was measured of one candidate; see `schemas.captions.SCORES`."""

    consensus: float | None = None
    semantic_consensus: float | None = None
    specificity: float | None = None
    content_share: float | None = None
    rarity: float | None = None
    n_words: float | None = None
    script_share: float | None = None
    alignment: float | None = None
    alignment_quantile: float | None = None
    confidence_quantile: float | None = None

    @property
    def agreement(self) -> float | None:
        """How much it is like the other candidates: in meaning where a model measures it, else
        in letters."""
        return self.consensus if self.semantic_consensus is None else self.semantic_consensus

    def row(self, total: float | None) -> Row:
        """The value of the column `caption_scores`."""
        return {**vars(self), "total": total}


@dataclass(frozen=True)
class Scored:
    """A candidate with its scores. `quantiles`: those of consensus and specificity, by name,
    for the weighted policies; they are not stored, being known from the stored scores."""

    candidate: Candidate
    scores: Scores
    flags: tuple[CaptionFlag, ...] = ()
    quantiles: Mapping[str, float | None] | None = None

    @property
    def label(self) -> str:
        return f"{self.candidate.teacher}/{self.candidate.style}"


@dataclass(frozen=True)
class ClipTexts:
    """One clip's candidates, what its source's metadata says, and the alignment and sentence
    embedding of candidates where they were measured, by caption_id."""

    shot_id: str
    candidates: Sequence[Candidate]
    metadata: str = ""
    alignments: Mapping[str, float] | None = None
    vectors: Mapping[str, NDArray[np.float32]] | None = None


def score_unit(
    clips: Sequence[ClipTexts], config: SelectConfig, calibration: Quantiles | None = None
) -> dict[str, list[Scored]]:
    """Scored candidates by shot_id, each clip's in the order of (teacher, style, language).
    Candidates with too little text have no scores. Quantiles are over these clips, or of
    `calibration`."""
    in_order = {
        clip.shot_id: sorted(clip.candidates, key=lambda c: (c.teacher, c.style, c.language))
        for clip in clips
    }
    texts = {
        shot_id: [said for said in candidates if not too_little(said, config)]
        for shot_id, candidates in in_order.items()
    }
    rarity = Rarity([[said.text or "" for said in found] for found in texts.values()])
    scored: dict[str, list[Scored]] = {}
    for clip in clips:
        known = _measured(clip, texts[clip.shot_id], rarity, config)
        scored[clip.shot_id] = [
            known.get(said.caption_id) or Scored(said, Scores()) for said in in_order[clip.shot_id]
        ]
    among = calibration or unit_quantiles(scored.values(), config)
    return {
        shot_id: [_placed(each, among, config) for each in found]
        for shot_id, found in scored.items()
    }


def unit_quantiles(clips: Collection[Sequence[Scored]], config: SelectConfig) -> Quantiles:
    """Of all scores of these clips. Measures of the text are one kind for all teachers, so that
    a teacher whose texts are better ranks higher; what a model gave is kept apart by model."""
    every = [each for found in clips for each in found]
    pairs = [(key, value) for each in every for key, value in keyed(each, config).items()]
    return Quantiles.over(pairs)


def keyed(scored: Scored, config: SelectConfig) -> dict[str, float | None]:
    """Scores by their keys in `Quantiles`."""
    said, scores = scored.candidate, scored.scores
    has_text = scores.n_words is not None
    return {
        "consensus": scores.consensus,
        semantic_key(config.embedding.model): scores.semantic_consensus,
        "specificity": scores.specificity,
        alignment_key(config.alignment.model): scores.alignment,
        confidence_key(said.model): said.confidence if has_text else None,
    }


def alignment_key(model: str) -> str:
    return f"alignment {model}"


def semantic_key(model: str) -> str:
    return f"semantic consensus {model}"


def confidence_key(model: str | None) -> str:
    return f"confidence {model or ''}"


def _measured(
    clip: ClipTexts, said: list[Candidate], rarity: Rarity, config: SelectConfig
) -> dict[str, Scored]:
    voices = [Voice(c.text or "", c.language, c.teacher != FUSION) for c in said]
    likeness = consensus(voices)
    meaning: list[float | None] = [None] * len(said)
    if clip.vectors is not None and said:
        vectors = np.stack([clip.vectors[c.caption_id] for c in said])
        meaning = semantic_consensus(voices, vectors, config.embedding.is_multilingual)
    found = {}
    for at, candidate in enumerate(said):
        text = candidate.text or ""
        others = [c for c in said[:at] + said[at + 1 :] if c.teacher != FUSION]
        readers = [c for c in clip.candidates if c.teacher in READERS]
        evidence = "\n".join([clip.metadata, *(c.text or "" for c in [*others, *readers])])
        content = content_of(text, candidate.language, rarity)
        scores = Scores(
            consensus=likeness[at],
            semantic_consensus=meaning[at],
            specificity=content.specificity,
            content_share=content.content_share,
            rarity=content.rarity,
            n_words=content.n_words,
            script_share=script_share(text, candidate.language),
            alignment=(clip.alignments or {}).get(candidate.caption_id),
        )
        about = Said(candidate.teacher, candidate.language, text, evidence, config.languages)
        found[candidate.caption_id] = Scored(candidate, scores, flags_of(about))
    return found


def _placed(scored: Scored, among: Quantiles, config: SelectConfig) -> Scored:
    found = {key: among.of(key, value) for key, value in keyed(scored, config).items()}
    scores = replace(
        scored.scores,
        alignment_quantile=found[alignment_key(config.alignment.model)],
        confidence_quantile=found[confidence_key(scored.candidate.model)],
    )
    agreement = semantic_key(config.embedding.model) if config.embedding.model else "consensus"
    quantiles = {
        "consensus": found[agreement],
        "specificity": found["specificity"],
        "alignment": scores.alignment_quantile,
        "confidence": scores.confidence_quantile,
    }
    return replace(scored, scores=scores, quantiles=quantiles)
