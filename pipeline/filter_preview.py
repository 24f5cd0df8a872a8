"""What other thresholds of the filter would keep, from the scores that a run stored.

Nothing upstream is run again, nor the filter itself: every verdict holds the value of every rule,
so a threshold can be applied to them afterwards. A share of the best becomes the threshold for
each language that `balance.keep_top` would come to, and stands in the answer as
`limits_by_language`: what later runs are to apply to other texts too, say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.errors import ConfigError
from pipeline.query import fetch, open_run
from pipeline.storage import Storage
from schemas.outcomes import Outcome, TextScope
from schemas.table import Row
from stages.balance.shares import limit_of_share
from stages.filter.config import CLIP_RULES, TEXT_RULES, FilterConfig
from stages.filter.verdict import within

_NOT_TOLD = "und"


def read_verdicts(storage: Storage) -> list[Row]:
    """The verdicts of a run that its filter measured, in key order."""
    connection = open_run(storage)
    try:
        return fetch(
            connection,
            "SELECT shot_id, scope, text_id, language, outcome, scores FROM verdicts "
            "WHERE outcome <> 'failed' ORDER BY source_id, shot_id, scope, text_id",
        )
    finally:
        connection.close()


def limits_for_shares(
    verdicts: Sequence[Row], shares: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """For each language the limits that keep these shares of its kept texts, best first."""
    if wrong := sorted(set(shares) - set(TEXT_RULES)):
        raise ConfigError(
            f"no text rules: {', '.join(wrong)}", f"the text rules are: {', '.join(TEXT_RULES)}"
        )
    if wrong := sorted(rule for rule, share in shares.items() if not 0 < share <= 1):
        raise ConfigError(f"shares lie above 0 and up to 1: {', '.join(wrong)}")
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in verdicts:
        is_counted = row["scope"] == TextScope.TEXT and row["outcome"] == Outcome.KEPT
        for score in row["scores"] if is_counted else ():
            if score["rule"] in shares and score["value"] is not None:
                values[row["language"] or _NOT_TOLD, score["rule"]].append(score["value"])
    limits: dict[str, dict[str, float]] = defaultdict(dict)
    for (language, rule), found in sorted(values.items()):
        is_least = rule.startswith("min_")
        limits[language][rule] = limit_of_share(np.array(found), shares[rule], is_least)
    return dict(limits)


def count_kept(
    verdicts: Sequence[Row], before: FilterConfig, after: FilterConfig
) -> dict[str, Any]:
    """Counts of what was kept under the config `before` and would be under `after`: clips, and
    texts by language; and how often each rule would say no (`drops`, or `tags`).

    Rules that are no thresholds of the config (no text at all, the best share of a source) say
    what they said."""
    clips: dict[str, bool] = {}
    texts: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    all_texts: Counter[str] = Counter()
    kept_texts: Counter[str] = Counter()
    said_no: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for row in verdicts:
        language = row["language"] or ""
        failed = [
            score["rule"] for score in row["scores"] if not _passes(score, language, before, after)
        ]
        for rule in failed:
            said_no[rule in after.tag_only][rule] += 1
        passes = all(rule in after.tag_only for rule in failed)
        if row["scope"] == TextScope.CLIP:
            clips[row["shot_id"]] = passes
        else:
            all_texts[language] += 1
            kept_texts[language] += row["outcome"] == Outcome.KEPT
            texts[row["shot_id"]].append((language, passes))
    left = {
        shot: [language for language, passes in texts[shot] if passes]
        for shot, passes in clips.items()
        if passes
    }
    would_keep = Counter(language for languages in left.values() for language in languages)
    kept_clips = [r for r in verdicts if r["scope"] == TextScope.CLIP and r["outcome"] == "kept"]
    return {
        "clips": {
            "all": len(clips),
            "before": len(kept_clips),
            "after": sum(bool(languages) for languages in left.values()),
        },
        "texts": {
            language: {
                "all": total,
                "before": kept_texts[language],
                "after": would_keep[language],
            }
            for language, total in sorted(all_texts.items())
        },
        "drops": dict(sorted(said_no[False].items(), key=lambda item: (-item[1], item[0]))),
        "tags": dict(sorted(said_no[True].items(), key=lambda item: (-item[1], item[0]))),
    }


def _passes(score: Row, language: str, before: FilterConfig, after: FilterConfig) -> bool:
    """Whether a rule's stored value passes under the config `after`."""
    rule, value = score["rule"], score["value"]
    if rule not in (*CLIP_RULES, *TEXT_RULES):
        return bool(score["passed"])
    # Without a limit although the config had one, the rule did not apply to this text.
    if score["limit"] is None and before.limit(rule, language) is not None:
        return True
    return within(rule, value, after.limit(rule, language))
