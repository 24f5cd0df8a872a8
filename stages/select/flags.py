"""What is visibly wrong with a text: each check is a function that says yes or no."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from schemas.outcomes import CaptionFlag
from stages.filter.scripts_unicode import script_shares, scripts_of_tag, units, visible
from stages.select.function_words import FUNCTION_WORDS, LEADING
from stages.select.specificity import vocabulary
from stages.translate.languages import same_language

READERS = frozenset({"metadata", "subtitle", "asr", "ocr"})
"""Teachers that hand on what people wrote or said. What they say is evidence for others."""

MAX_LOOP_WORDS = 8
MIN_LOOP_SHARE = 0.3
_MIN_REPEATS = {1: 5, 2: 4}
"""Repeats in a row that make a loop, by its length in words; longer ones: 3. People say "no, no,
no", and a chorus comes twice."""

_ASSISTANT = re.compile(
    r"\bas an? (?:ai|artificial intelligence|(?:large )?language model)\b"
    r"|\b(?:ai|large) language model\b",
    re.IGNORECASE,
)
_ASSISTANT_TALK = re.compile(
    r"\bi(?:['’]?| a)m (?:sorry|unable|not able)\b"
    r"|\bi (?:cannot|can['’]t|do not|don['’]t) "
    r"(?:see|view|help|assist|provide|determine|have (?:access|the ability))\b"
    r"|\b(?:image|video|frame|caption|text)s? (?:you(?: have|'ve)? )?(?:provided|uploaded|shared)\b"
    r"|^(?:sure|certainly|of course)[,!.]|\bhere(?: is|['’]s) (?:a|the|your) "
    r"(?:\w+ ){0,2}(?:caption|description|summary)\b|\blet me know if\b",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"\bsubscribe\b|\blink in (?:the )?(?:bio|description)\b|\bclick (?:here|the link)\b"
    r"|\ball rights reserved\b|©|https?://|\bwww\.|\bfollow (?:me|us) on\b|\bbuy now\b"
    r"|\b(?:royalty[- ]free|stock) (?:footage|video|clip)\b|\bwatch (?:in|full) (?:hd|4k|video)\b"
    r"|(?:#\w+\s*){3}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_BRACKETS = {")": "(", "]": "[", "}": "{", "）": "（", "】": "【", "」": "「", "》": "《"}
MIN_SCRIPT_SHARE = 0.5


@dataclass(frozen=True)
class Said:
    """A text and what is needed to judge it. `evidence`: what other candidates, the source's
    metadata and the readers say of the clip; `languages`: those that are expected, none: any."""

    teacher: str
    language: str
    text: str
    evidence: str = ""
    languages: Collection[str] = ()


def flags_of(said: Said) -> tuple[CaptionFlag, ...]:
    """Everything that is wrong with a text, in the order of `CaptionFlag`."""
    checks = {
        CaptionFlag.ASSISTANT: talks_as_assistant(said),
        CaptionFlag.BOILERPLATE: bool(_BOILERPLATE.search(said.text)),
        CaptionFlag.GRAMMAR: is_broken(said.text, said.language),
        CaptionFlag.LOOP: loops(vocabulary(said.text)),
        CaptionFlag.OTHER_LANGUAGE: is_unexpected(said.language, said.languages),
        CaptionFlag.UNSUPPORTED_NUMBER: bool(unsupported_numbers(said)),
        CaptionFlag.WRONG_SCRIPT: is_wrong_script(said.text, said.language),
    }
    return tuple(flag for flag in CaptionFlag if checks[flag])


def loops(words: Sequence[str]) -> bool:
    """Whether a run of words comes again and again, over much of the text: how decoders fail."""
    looped = 0
    at = 0
    while at < len(words):
        covered = max(_loop_at(words, at, size) for size in range(1, MAX_LOOP_WORDS + 1))
        looped += covered
        at += covered or 1
    return looped > 0 and looped >= MIN_LOOP_SHARE * len(words)


def _loop_at(words: Sequence[str], at: int, size: int) -> int:
    """How many words from `at` on are one run of `size` words over and over; 0: too few."""
    end = at + size
    while end < len(words) and words[end] == words[end - size]:
        end += 1
    repeats = (end - at) // size
    return end - at if repeats >= _MIN_REPEATS.get(size, 3) else 0


def talks_as_assistant(said: Said) -> bool:
    """Whether a model speaks of itself or to its user. People who speak in a video may say that
    they are sorry, so of readers only what no person says of themselves counts."""
    if _ASSISTANT.search(said.text):
        return True
    return said.teacher not in READERS and bool(_ASSISTANT_TALK.search(said.text))


def numbers(text: str) -> set[str]:
    """Numbers written in digits of any script, in plain form: 1,000 and ١٠٠٠ are "1000"."""
    plain = "".join(
        str(unicodedata.decimal(char)) if unicodedata.category(char) == "Nd" else char
        for char in text
    )
    found = (match[0] for match in _NUMBER.finditer(plain))
    return {re.sub(r"[,.](?=\d{3}(?!\d))", "", number) for number in found}


def unsupported_numbers(said: Said) -> set[str]:
    """Numbers of a model's own text that neither another candidate nor the metadata has."""
    if said.teacher in READERS:
        return set()
    return numbers(said.text) - numbers(said.evidence)


def is_broken(text: str, language: str) -> bool:
    """Signs of a text that is no whole sentence: a function word twice in a row, an end that
    waits for another word, brackets that do not close."""
    primary = language.partition("-")[0].lower()
    words = vocabulary(text)
    if words and words[-1] in LEADING.get(primary, ()):
        return True
    doubled = FUNCTION_WORDS.get(primary, frozenset()) - {"that", "had", "very", "no", "so"}
    if primary == "en" and any(a == b and a in doubled for a, b in pairwise(words)):
        return True
    return not _brackets_close(text)


def _brackets_close(text: str) -> bool:
    waiting: list[str] = []
    for at, char in enumerate(text):
        if char in _BRACKETS.values():
            waiting.append(char)
        elif char in _BRACKETS:
            if waiting and waiting[-1] == _BRACKETS[char]:
                waiting.pop()
            elif not _is_mark(text, at):
                return False
    return not waiting


def _is_mark(text: str, at: int) -> bool:
    """A closing bracket that opens nothing: of a list, "1)", or of a face, ":)"."""
    return at > 0 and (text[at - 1].isalnum() or text[at - 1] in ":;-=")


def is_unexpected(language: str, expected: Collection[str]) -> bool:
    """Whether a text claims a language that nobody asked for. Without a claim it does not."""
    if not expected or language in ("", "und"):
        return False
    return not any(same_language(language, tag) for tag in expected)


def script_share(text: str, language: str) -> float | None:
    """Share of the words that are in a script of the language; null without letters, or where
    the language, and so its script, is not known."""
    wanted = scripts_of_tag(language)
    shares = script_shares(units(visible(text)))
    if not wanted or not shares:
        return None
    return sum(share for script, share in shares.items() if script in wanted)


def is_wrong_script(text: str, language: str) -> bool:
    """Whether a text cannot be in the language that its teacher claims."""
    share = script_share(text, language)
    return share is not None and share < MIN_SCRIPT_SHARE
