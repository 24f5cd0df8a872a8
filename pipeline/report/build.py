"""Turn the report's data into one HTML page. Pure: same data, same page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from pipeline.accounts import Account
from pipeline.report.charts import histogram_svg, number
from pipeline.report.data import ReportData
from pipeline.selector.words import choice_in_words, scores_in_words
from schemas.outcomes import REASON_HELP, TEXT_FLAG_HELP, Outcome, Reason, TextFlag

_FOLDER = Path(__file__).parent
_RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"}
_RIGHT_TO_LEFT_SCRIPTS = {"arab", "hebr", "syrc", "thaa", "nkoo"}
_OUTCOMES = [outcome.value for outcome in Outcome]


def build_report(data: ReportData, account: Account) -> str:
    """The page. `account` as `polyreel inspect --json` prints it."""
    page = _environment().get_template("page.html.j2")
    return page.render(data=data, account=account, funnel=funnel(account), style=_read("style.css"))


def funnel(account: Account) -> list[dict[str, Any]]:
    """One line per stage and per second level inside one, with shares for the bars."""
    lines = []
    for stage, entry in account.get("stages", {}).items():
        lines.append(_funnel_line(stage, entry))
        lines += [
            _funnel_line(stage, part) | {"is_part": True}
            for part in entry.values()
            if isinstance(part, dict) and "inputs" in part
        ]
    return lines


def text_direction(language: str) -> str:
    """rtl or ltr, from a BCP-47 tag."""
    primary, *rest = language.lower().split("-")
    scripts = [part for part in rest if len(part) == 4 and part.isalpha()]
    if scripts:
        return "rtl" if scripts[0] in _RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if primary in _RIGHT_TO_LEFT else "ltr"


def reason_help(reason: str) -> str:
    """What a reason means, in words; "" for one that this version does not know."""
    return REASON_HELP[Reason(reason)] if reason in set(Reason) else ""


def flag_help(flag: str) -> str:
    """The same of what a check doubts."""
    return TEXT_FLAG_HELP[TextFlag(flag)] if flag in set(TextFlag) else ""


def seconds(value: float) -> str:
    """A length of time: 8.4 s, 3 min 05 s, 2 h 10 min."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def share(value: float | None) -> str:
    """A mean score; a dash where there is none."""
    return "–" if value is None else f"{value:.2f}"


def megabytes(value: float) -> str:
    return f"{value / 1e6:.1f} MB" if value < 1e9 else f"{value / 1e9:.2f} GB"


def _funnel_line(stage: str, entry: dict[str, Any]) -> dict[str, Any]:
    total = sum(entry[outcome] for outcome in _OUTCOMES)
    shares = {outcome: 100 * entry[outcome] / total if total else 0 for outcome in _OUTCOMES}
    reasons = sorted(entry["reasons"].items(), key=lambda pair: (-pair[1], pair[0]))
    return {"stage": stage, "shares": shares, "is_part": False, **entry, "reasons": reasons}


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(
        seconds=seconds,
        megabytes=megabytes,
        number=number,
        direction=text_direction,
        reason_help=reason_help,
        flag_help=flag_help,
        histogram=histogram_svg,
        share=share,
        scores=scores_in_words,
        choice=choice_in_words,
    )
    return environment


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
