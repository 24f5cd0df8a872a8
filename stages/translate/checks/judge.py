"""Every check on one translation, in the order in which flags are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.outcomes import TextFlag
from stages.filter.langid import LanguageScore
from stages.translate.checks.calibration import Calibration
from stages.translate.checks.copied import copied
from stages.translate.checks.language import language_margin
from stages.translate.checks.length import length_ratio
from stages.translate.checks.lexicon import Lexicon, features
from stages.translate.checks.links import links_changed
from stages.translate.checks.names import names_changed
from stages.translate.checks.numbers import numbers_changed
from stages.translate.checks.pair import TextPair
from stages.translate.checks.punctuation import truncated, unbalanced
from stages.translate.checks.repeats import repeats
from stages.translate.checks.result import Check
from stages.translate.checks.script import in_script
from stages.translate.config_checks import ChecksConfig

_NOTE = 80


@dataclass(frozen=True)
class Evidence:
    """What was seen while the text was translated, and what models say of it. None: not asked."""

    model: str = ""
    score: float | None = None
    score_limit: float | None = None
    """Limit of `score` for models without calibration."""
    limit_reached: bool = False
    """Whether a sentence ended at the model's length limit."""
    lost: tuple[str, ...] = ()
    """Protected pieces of the source that were not put back."""
    language: LanguageScore | None = None
    back_translation_chrf: float | None = None
    embedding_similarity: float | None = None
    quality_estimate: float | None = None


def judge(
    pair: TextPair,
    evidence: Evidence,
    limits: ChecksConfig,
    calibration: Calibration,
    lexicon: Lexicon | None = None,
) -> list[Check]:
    """All checks of one translation; its flags are those of the checks that did not pass."""
    letters = sum(character.isalnum() for character in pair.target_shown)
    margin = None if evidence.language is None else language_margin(pair, evidence.language)
    looks_like = f"looks like {evidence.language.language}" if evidence.language else ""
    return [
        Check(TextFlag.EMPTY, float(letters), least=1.0),
        Check(TextFlag.WRONG_LANGUAGE, margin, least=limits.min_language_margin, note=looks_like),
        Check(TextFlag.WRONG_SCRIPT, in_script(pair), least=limits.min_script_share),
        *_length_checks(pair, limits, calibration),
        Check(TextFlag.REPEATS, repeats(pair), most=limits.max_repeated_units),
        Check(TextFlag.UNTRANSLATED_COPY, copied(pair), most=limits.max_copy_similarity),
        Check(TextFlag.NUMBERS_CHANGED, numbers_changed(pair), most=limits.max_numbers_changed),
        Check(TextFlag.LINKS_CHANGED, links_changed(pair), most=limits.max_links_changed),
        Check(TextFlag.NAMES_CHANGED, names_changed(pair), most=limits.max_names_changed),
        Check(
            TextFlag.PLACEHOLDER_LOST,
            float(len(evidence.lost)),
            most=limits.max_placeholders_lost,
            note=", ".join(evidence.lost)[:_NOTE],
        ),
        Check(
            TextFlag.TRUNCATED,
            truncated(pair, evidence.limit_reached),
            most=limits.max_truncated,
        ),
        Check(TextFlag.UNBALANCED, unbalanced(pair), most=limits.max_unbalanced),
        _score_check(pair, evidence, limits, calibration),
        *_meaning_checks(pair, limits, lexicon),
        Check(
            TextFlag.BACK_TRANSLATION_DIFFERS,
            evidence.back_translation_chrf,
            least=limits.min_back_translation_chrf,
        ),
        Check(
            TextFlag.EMBEDDINGS_APART,
            evidence.embedding_similarity,
            least=limits.min_embedding_similarity,
        ),
        Check(
            TextFlag.LOW_QUALITY_ESTIMATE,
            evidence.quality_estimate,
            least=limits.min_quality_estimate,
        ),
    ]


def flags_of(checks: Sequence[Check]) -> list[TextFlag]:
    """The flags that are raised, in the order of the checks."""
    return [check.flag for check in checks if not check.passed]


def _length_checks(pair: TextPair, limits: ChecksConfig, calibration: Calibration) -> list[Check]:
    usual = calibration.length(pair.source_language, pair.target_language)
    ratio = None if usual is None else length_ratio(pair)
    least = most = None
    if usual is not None and limits.length_slack is not None:
        low, high = usual.bounds(len(pair.source_shown))
        least = max(0.0, usual.ratio - limits.length_slack * (usual.ratio - low))
        most = usual.ratio + limits.length_slack * (high - usual.ratio)
    return [
        Check(TextFlag.TOO_SHORT_FOR_SOURCE, ratio, least=least),
        Check(TextFlag.TOO_LONG_FOR_SOURCE, ratio, most=most),
    ]


def _score_check(
    pair: TextPair, evidence: Evidence, limits: ChecksConfig, calibration: Calibration
) -> Check:
    floor = calibration.score_floor(evidence.model, pair.source_language, pair.target_language)
    floor = evidence.score_limit if floor is None else floor
    least = None if floor is None or limits.score_slack is None else floor * limits.score_slack
    return Check(TextFlag.LOW_SCORE, evidence.score, least=least)


def _meaning_checks(pair: TextPair, limits: ChecksConfig, lexicon: Lexicon | None) -> list[Check]:
    values = features(pair, lexicon) if lexicon is not None else None
    checks = []
    for flag, scorer, slack in (
        (TextFlag.MEANING_MISSING, lexicon and lexicon.kept, limits.min_meaning_kept),
        (TextFlag.MEANING_OTHER, lexicon and lexicon.same, limits.min_meaning_same),
    ):
        if values is None or not scorer:
            checks.append(Check(flag, None))
        else:
            least = None if slack is None else scorer.limit + slack
            checks.append(Check(flag, scorer.log_odds(values), least=least))
    return checks
