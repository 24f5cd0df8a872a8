"""Words of a list in a text. The list that Polyreel brings is short; a run can name its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.resources import files

from stages.filter.language.tags import family
from stages.filter.scripts_unicode import Unit, visible

Lists = Mapping[str, frozenset[str]]
"""Family -> words or phrases, case-folded; the key "" is for every language."""


def read_lists(text: str) -> dict[str, frozenset[str]]:
    """Lists from lines `tag: word, word, two words`; a line without a tag is for every language.
    Lines that start with # are comments."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        tag, separator, words = line.partition(":")
        key, words = (family(tag.strip()), words) if separator else ("", line)
        found.setdefault(key, set()).update(
            word for raw in words.split(",") if (word := visible(raw).casefold())
        )
    return {key: frozenset(words) for key, words in found.items()}


@cache
def own_lists() -> dict[str, frozenset[str]]:
    """The lists that come with Polyreel."""
    text = files("stages.filter").joinpath("profanity.txt").read_text("utf-8")
    return read_lists(text)


def profanity(parts: Sequence[Unit], language: str, lists: Lists) -> list[str]:
    """Listed words among the units of a text of this language: whole words, or in scripts
    without spaces parts of the text."""
    words: Collection[str] = lists.get("", frozenset()) | lists.get(family(language), frozenset())
    if not words:
        return []
    plain = f" {' '.join(unit.text for unit in parts)} "
    joined = "".join(unit.text for unit in parts)
    return sorted(
        word
        for word in words
        if f" {word} " in plain or (family(language) in ("zh", "ja") and word in joined)
    )
