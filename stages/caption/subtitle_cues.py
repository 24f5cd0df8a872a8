"""Subtitle cues: which track, without what rolls over from cue to cue, and cut to a clip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemas.table import Row
from stages.caption.clean import clean_lines
from stages.caption.words import joined, tokens
from stages.filter.scripts_unicode import script_shares, scripts_of_tag, units, visible

MIN_ROLLED_WORDS = 3
"""Fewer repeated words than this are speech, unless they are a whole line of the cue."""
MAX_ROLLED_WORDS = 200
"""No rolling caption repeats more; keeps the comparison of huge cues bounded."""

_SOUND = re.compile(
    r"\[[^\[\]]*\]|\([^()]*\)|（[^（）]*）|【[^【】]*】|[♪♫♩♬]+[^♪♫♩♬]*[♪♫♩♬]+|[♪♫♩♬]"
)
_SPEAKER = re.compile(r"^(?:>>+|[-–—])\s*")


@dataclass(frozen=True)
class Cue:
    """Lines that are on screen for a time, clean and never empty."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return joined(self.lines)


def chosen_track(cues: Sequence[Row], languages: Sequence[str | None]) -> str | None:
    """Name of the track to use, from rows of `cues`; null when there is none.

    The first of `languages` that a track declares decides (the same tag before the same base
    language); without any, the first track by name.
    """
    tracks = sorted({(cue["sidecar"], (cue["language"] or "").lower()) for cue in cues})
    for wanted in (language.lower() for language in languages if language):
        base = wanted.split("-")[0]
        same = [name for name, language in tracks if language == wanted]
        alike = [name for name, language in tracks if language.split("-")[0] == base]
        if found := same or alike:
            return str(found[0])
    return str(tracks[0][0]) if tracks else None


def track_cues(
    cues: Sequence[Row], track: str, keep_sounds: bool, rolling_gap_s: float
) -> list[Cue]:
    """The cues of one track in order of time, cleaned, without empty ones and repeats."""
    rows = sorted(
        (row for row in cues if row["sidecar"] == track),
        key=lambda row: (row["start_s"], row["end_s"], row["cue"]),
    )
    read = []
    for row in rows:
        lines = tuple(line for line in _lines(row["text"], keep_sounds) if line)
        if lines:
            read.append(Cue(row["start_s"], max(row["start_s"], row["end_s"]), lines))
    return unrolled(read, rolling_gap_s)


def _lines(text: str, keep_sounds: bool) -> list[str]:
    lines = clean_lines(text)
    if keep_sounds:
        return lines
    return [_SPEAKER.sub("", _SOUND.sub(" ", line).strip()).strip() for line in lines]


def unrolled(cues: Sequence[Cue], gap_s: float) -> list[Cue]:
    """Drop from each cue what it repeats of the end of the cue before it.

    Rolling captions show the last line again above the new one. Only cues that follow each other
    within `gap_s` are compared, so that a word said twice stays.
    """
    kept: list[Cue] = []
    shown: list[str] = []
    shown_until_s = float("-inf")
    for cue in cues:
        follows = cue.start_s <= shown_until_s + gap_s
        rest = _without_repeat(shown, cue.lines) if follows else cue.lines
        if rest:
            kept.append(replace(cue, lines=rest))
        shown = [word for line in cue.lines for word in tokens(line)]
        shown_until_s = max(shown_until_s, cue.end_s)
    return kept


def _without_repeat(shown: Sequence[str], lines: Sequence[str]) -> tuple[str, ...]:
    """`lines` without the words at their start that `shown` ends with."""
    words = [tokens(line) for line in lines]
    flat = [word for line in words for word in line]
    line_ends: set[int] = set()
    for line in words:
        line_ends.add(len(line) + max(line_ends, default=0))
    for length in range(min(len(shown), len(flat), MAX_ROLLED_WORDS), 0, -1):
        if length < MIN_ROLLED_WORDS and length not in line_ends:
            continue
        if list(shown[-length:]) == flat[:length]:
            return _lines_after(lines, words, length)
    return tuple(lines)


def _lines_after(
    lines: Sequence[str], words: Sequence[Sequence[str]], dropped: int
) -> tuple[str, ...]:
    rest = []
    for line, line_words in zip(lines, words, strict=True):
        if dropped <= 0:
            rest.append(line)
        elif dropped < len(line_words):
            rest.append(joined(line_words[dropped:]))
        dropped -= len(line_words)
    return tuple(rest)


def cues_between(cues: Sequence[Cue], start_s: float, end_s: float, min_share: float) -> list[Cue]:
    """Cues that share at least `min_share` of themselves, or of the clip, with the clip
    [start_s, end_s). A cue without length belongs where it starts."""
    return [cue for cue in cues if _belongs(cue, start_s, end_s, min_share)]


def _belongs(cue: Cue, start_s: float, end_s: float, min_share: float) -> bool:
    length_s = cue.end_s - cue.start_s
    if length_s <= 0:
        return start_s <= cue.start_s < end_s
    overlap_s = min(cue.end_s, end_s) - max(cue.start_s, start_s)
    return overlap_s > 0 and overlap_s >= min_share * min(length_s, end_s - start_s) - 1e-9


def may_be_written_in(text: str, language: str) -> bool:
    """Whether most of a text is in a script of a language. A wrong language of the same script
    passes here; the filter stage identifies languages."""
    scripts = scripts_of_tag(language)
    shares = script_shares(units(visible(text)))
    return not scripts or not shares or sum(shares.get(script, 0.0) for script in scripts) >= 0.5
