"""Parallel text in three disjoint parts: to learn words from, to set limits on, to score on."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from scripts.demo_grammar.corpus import pairs
from scripts.demo_grammar.registry import TARGETS

Lines = list[tuple[str, str]]
CAPTION_LANGUAGES = ("de", "fr", "cs")
_CAPTION_PARTS = {"learn": "train", "limits": "val", "score": "test_2016_flickr"}


@dataclass(frozen=True)
class Parallel:
    """(source, translation) lines from English into `language`."""

    language: str
    origin: str
    learn: Lines
    limits: Lines
    score: Lines


def people(folder: Path, language: str) -> Parallel:
    """Captions that people translated: one gzip file of lines per part and language."""
    parts = {}
    for part, name in _CAPTION_PARTS.items():
        sources = _lines(folder / f"{name}.en.gz")
        parts[part] = list(zip(sources, _lines(folder / f"{name}.{language}.gz"), strict=True))
    return Parallel(language, "captions written by people", **parts)


def grammar(language: str) -> Parallel:
    """Sentences of the demo grammar: 60, 20 and 20 % of them, by hash."""
    parts: dict[str, Lines] = {"learn": [], "limits": [], "score": []}
    for pair in sorted(pairs(language)):
        place = int(hashlib.sha256(pair.english.encode()).hexdigest(), 16) % 10
        part = "learn" if place < 6 else "limits" if place < 8 else "score"
        parts[part].append((pair.english, pair.target))
    for lines in parts.values():
        lines.sort(key=lambda line: hashlib.sha256(line[0].encode()).hexdigest())
    return Parallel(language, "the demo grammar", **parts)


def grammar_languages() -> list[str]:
    return sorted(TARGETS)


def _lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.strip() for line in file]
