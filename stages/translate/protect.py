"""Spans that must come out of a translation as they went in: numbers, names in quotes, URLs ...

Models keep most of them by themselves and translate worse around placeholders, so a sentence is
tried as it is first; only where a span is not found in the answer, it is asked again with
placeholders. Spans at the ends of a sentence that are no part of its grammar (URLs, emoji, a time
stamp before it) never reach the model. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class SpanKind(StrEnum):
    """What is protected."""

    NUMBER = "number"
    QUOTED_NAME = "quoted_name"
    URL = "url"
    TIMESTAMP = "timestamp"
    EMOJI = "emoji"


@dataclass(frozen=True)
class Span:
    """`text[start:end]` is protected."""

    start: int
    end: int
    kind: SpanKind


@dataclass(frozen=True)
class Guarded:
    """A sentence as `head + core + tail`; `spans` of the core are protected, places within it."""

    head: str
    core: str
    tail: str
    spans: tuple[Span, ...]

    @property
    def protected(self) -> list[str]:
        """The protected texts of the core, in order."""
        return [self.core[span.start : span.end] for span in self.spans]


_PICTURE = (
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2190-\u21ff\u2300-\u23ff\u2b00-\u2bff\u3030\u303d"
    "\xa9\xae]"
)
_MODIFIER = "[\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
_PATTERNS: tuple[tuple[SpanKind, re.Pattern[str]], ...] = (
    (
        SpanKind.URL,
        re.compile(
            r"(?:https?://|www\.)[^\s<>\"“”«»]*[^\s<>\"“”«».,;:!?)\]'。，]"
            r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<!\w)[@#][^\W\d]\w*"
        ),
    ),
    (
        SpanKind.QUOTED_NAME,
        re.compile(
            r"(?<=\")[^\"\n]{1,60}(?=\")|(?<=“)[^“”\n]{1,60}(?=”)|(?<=„)[^„“”\n]{1,60}(?=[“”])"
            r"|(?<=«)[^«»\n]{1,60}(?=»)|(?<=《)[^《》\n]{1,40}(?=》)|(?<=‘)[^‘’\n]{1,60}(?=’)"
        ),
    ),
    (
        SpanKind.TIMESTAMP,
        re.compile(r"(?<![\d:])\d{1,2}:[0-5]\d(?::[0-5]\d)?(?:[.,]\d{1,3})?(?![\d:])"),
    ),
    (
        SpanKind.EMOJI,
        re.compile(
            rf"(?:[0-9#*]\ufe0f?\u20e3|{_PICTURE}{_MODIFIER}*(?:\u200d{_PICTURE}{_MODIFIER}*)*)+"
        ),
    ),
    (SpanKind.NUMBER, re.compile(r"(?<!\d)\d+(?:[.,:/]\d+)*%?")),
)
_FIGURES = re.compile(r"\d[\d.,:/%]*")
_LOOSE = {SpanKind.URL, SpanKind.EMOJI}
"""What may stand at the end of a sentence without being a part of it."""


def find_spans(text: str, kinds: Collection[SpanKind]) -> list[Span]:
    """Protected spans of `text` in order, none inside another; earlier kinds win."""
    found: list[Span] = []
    for kind, pattern in _PATTERNS:
        if kind not in kinds:
            continue
        for match in pattern.finditer(text):
            if kind is SpanKind.QUOTED_NAME and not _is_name(match.group()):
                continue
            if all(match.end() <= span.start or match.start() >= span.end for span in found):
                found.append(Span(match.start(), match.end(), kind))
    return sorted(found, key=lambda span: span.start)


def guard(sentence: str, kinds: Collection[SpanKind]) -> Guarded:
    """Take the loose spans off both ends and mark the others."""
    spans = find_spans(sentence, kinds)
    start, end = 0, len(sentence)
    while spans and (spans[0].kind in _LOOSE or spans[0].kind is SpanKind.TIMESTAMP):
        if sentence[start : spans[0].start].strip():
            break
        start = spans.pop(0).end
    while spans and spans[-1].kind in _LOOSE and not sentence[spans[-1].end : end].strip():
        end = spans.pop().start
    core = sentence[start:end]
    left = len(core) - len(core.lstrip())
    start, core = start + left, core.strip()
    inner = tuple(Span(s.start - start, s.end - start, s.kind) for s in spans)
    return Guarded(sentence[:start], core, sentence[start + len(core) :], inner)


def masked(guarded: Guarded, spelling: str) -> str:
    """The core with a placeholder for each span; `spelling` has {} for the number."""
    parts: list[str] = []
    position = 0
    for number, span in enumerate(guarded.spans):
        parts += [guarded.core[position : span.start], spelling.format(number)]
        position = span.end
    return "".join([*parts, guarded.core[position:]])


def restored(translated: str, guarded: Guarded, spelling: str) -> str:
    """Placeholders back to what they stand for; spaces inside them do not matter. Ones that the
    model made up or repeated go away, so that what was protected is there once or is lost."""
    wanted = guarded.protected
    before, _, after = spelling.partition("{}")
    pattern = re.escape(before) + r"\s*(\d+)" + (r"\s*" + re.escape(after) if after else "")
    seen: set[int] = set()

    def put(match: re.Match[str]) -> str:
        number = int(match.group(1))
        if number in seen or number >= len(wanted):
            return ""
        seen.add(number)
        return wanted[number]

    return re.sub(pattern, put, translated)


def lost(translated: str, protected: Sequence[str]) -> list[str]:
    """Which of the protected texts are not in `translated`, as often as they have to be."""
    missing: list[str] = []
    for text, times in sorted(Counter(protected).items()):
        missing += [text] * max(0, times - sum(1 for _ in _occurrences(text, translated)))
    return missing


def _occurrences(text: str, translated: str) -> Iterator[re.Match[str]]:
    """A number is found where it is not a part of another."""
    is_number = _FIGURES.fullmatch(text) is not None
    before = r"(?<!\d)(?<!\d[.,:/])" if is_number else ""
    after = r"(?![.,:/]?\d)" if is_number and text[-1:].isdigit() else ""
    return re.finditer(before + re.escape(text) + after, translated)


def _is_name(text: str) -> bool:
    """Few words, the longer ones with a capital or without case: a name, not speech."""
    words = re.findall(r"\w+", text)
    return 0 < len(words) <= 6 and not any(word[:1].islower() and len(word) > 3 for word in words)
