"""Which of a model's languages serves a BCP-47 tag."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import langcodes
from langcodes.tag_parser import LanguageTagError

NEAR = 5
"""Largest distance at which two tags count as one language: en-GB for en, es-MX for es."""


def same_language(left: str, right: str) -> bool:
    """Whether a text in `left` needs no translation to pass as `right`."""
    return serving_tag(left, [right]) is not None


def base_language(tag: str) -> str:
    """The language of a tag without script and region; und when the tag is none."""
    try:
        return langcodes.Language.get(tag).language or "und"
    except LanguageTagError:
        return "und"


def serving_tag(tag: str, offered: Iterable[str]) -> str | None:
    """The closest of `offered`, or None when none is the same language and script."""
    return _serving_tag(tag, tuple(offered))


@lru_cache(maxsize=10_000)
def _serving_tag(tag: str, offered: tuple[str, ...]) -> str | None:
    if base_language(tag) == "und":
        return None
    same_script = [each for each in offered if _script(each) == _script(tag)]
    found = langcodes.closest_supported_match(tag, same_script, max_distance=NEAR)
    return None if found is None else str(found)


@lru_cache(maxsize=10_000)
def _script(tag: str) -> str | None:
    """The script that a tag names or means."""
    try:
        script: str | None = langcodes.Language.get(tag).maximize().script
    except LanguageTagError:
        return None
    return script
