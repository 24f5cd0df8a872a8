"""What is usable, decided in one place for all policies: they see nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.outcomes import CAPTION_FLAG_HELP, Outcome
from stages.caption.teacher import Candidate
from stages.caption.words import letters, tokens
from stages.select.config import SelectConfig

if TYPE_CHECKING:
    from stages.select.score import Scored


def too_little(candidate: Candidate, config: SelectConfig) -> str | None:
    """Why a candidate has nothing that could be scored; null when it has."""
    if candidate.outcome != Outcome.KEPT:
        said = f"{candidate.reason or candidate.outcome}"
        return f"{said}: {candidate.detail}" if candidate.detail else said
    text = candidate.text or ""
    words = sum(1 for token in tokens(text) if any(char.isalnum() for char in token))
    if words < config.min_words:
        return f"{words} words, select.min_words is {config.min_words}"
    if (found := letters(text)) < config.min_letters:
        return f"{found} letters, select.min_letters is {config.min_letters}"
    return None


def unusable(scored: Scored, config: SelectConfig) -> str | None:
    """Why a candidate cannot be chosen; null when it can."""
    if why := too_little(scored.candidate, config):
        return why
    for flag in scored.flags:
        if flag in config.refuse_flags:
            return f"{flag}: {CAPTION_FLAG_HELP[flag]}"
    quantile, least = scored.scores.alignment_quantile, config.min_alignment_quantile
    if quantile is not None and quantile < least:
        return (
            f"alignment {scored.scores.alignment:.3f} is at quantile {quantile:.2f}, "
            f"select.min_alignment_quantile is {least:g}"
        )
    return None
