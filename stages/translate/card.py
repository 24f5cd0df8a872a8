"""`card.json`: what a translation model is, and what it can be asked.

A folder without a readable card is refused, with words that say what is wrong: a model that is
driven with the wrong language tokens gives fluent nonsense and no error.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stages.translate.domain import Domain
from stages.translate.errors import ModelFolderError
from stages.translate.families import FAMILIES
from stages.translate.languages import serving_tag

CARD = "card.json"
WEIGHTS = "model.bin"
ENGINE_CONFIG = "config.json"


class DomainCard(BaseModel):
    """Words, and neighbours, that a small model knows."""

    model_config = ConfigDict(extra="ignore")
    words: list[str] = Field(min_length=1)
    pairs: list[str] = []


class ModelCard(BaseModel):
    """The fields of a card that the stage uses; a card may hold more."""

    model_config = ConfigDict(extra="ignore")
    name: str = Field(min_length=1)
    version: int | str
    family: str
    is_demo: bool
    source_language: str = ""
    source_languages: list[str] = []
    target_languages: list[str] = Field(min_length=1)
    language_codes: dict[str, str] = {}
    """The model's own code of each language, where its family names languages."""
    target_tokens: dict[str, str] = {}
    """The same for targets that are named by a token before the source text."""
    sentence_case: bool = False
    placeholder: str = ""
    """How a protected span is spelled in a sentence, {} for its number; empty: found out."""
    domain: DomainCard | None = None
    files: dict[str, str] = {}
    """SHA-256 of the model's files, where the card was written by `polyreel models convert`."""
    licence: str = ""
    origin: str = ""
    """Where the model was converted from, with its revision."""
    quantisation: str = ""

    @model_validator(mode="after")
    def _has_a_source(self) -> ModelCard:
        if not self.sources:
            raise ValueError("source_language or source_languages is missing")
        return self

    @property
    def label(self) -> str:
        """Name and version as rows hold them."""
        return f"{self.name}@{self.version}"

    @property
    def sources(self) -> list[str]:
        """Languages that the model reads."""
        return self.source_languages or ([self.source_language] if self.source_language else [])

    def code(self, language: str) -> str | None:
        """The model's own name of one of its languages; None where it has none."""
        return self.target_tokens.get(language, self.language_codes.get(language))


@dataclass(frozen=True)
class Route:
    """One pair of languages as a model is asked for it. `token` and `source_token` are the
    model's own codes; None: it is not told."""

    language: str
    model_language: str
    token: str | None
    source_token: str | None = None


def read_card(folder: Path) -> ModelCard:
    """The card of a complete model folder. Raises ModelFolderError."""
    if not folder.is_dir():
        raise ModelFolderError(f"translation model {folder}: there is no such folder")
    if not (folder / CARD).is_file():
        raise ModelFolderError(
            f"translation model {folder}: missing {CARD}; `polyreel models convert` writes one"
        )
    card = _parsed(folder / CARD)
    if card.family not in FAMILIES:
        raise ModelFolderError(
            f"{folder / CARD}: family {card.family!r} is not known; known: {', '.join(FAMILIES)}"
        )
    family = FAMILIES[card.family]
    sides = [family.source_files, *([family.target_files] if family.target_files else [])]
    wanted = [(CARD,), (WEIGHTS,), (ENGINE_CONFIG,), *sides]
    missing = [
        " or ".join(names)
        for names in wanted
        if not any((folder / name).is_file() for name in names)
    ]
    if missing:
        raise ModelFolderError(f"translation model {folder}: missing {', '.join(missing)}")
    return card


def _parsed(path: Path) -> ModelCard:
    try:
        return ModelCard.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the card"
        raise ModelFolderError(f"{path}: {where}: {first['msg']}") from error
    except (ValueError, OSError) as error:
        raise ModelFolderError(f"{path}: not readable as JSON: {error}") from error


def route(card: ModelCard, source: str, target: str) -> Route | None:
    """How the model is asked for a pair; None when it does not read or write one of the two."""
    reads, writes = serving_tag(source, card.sources), serving_tag(target, card.target_languages)
    if reads is None or writes is None:
        return None
    needs_source = FAMILIES[card.family].needs_source
    return Route(target, writes, card.code(writes), card.code(reads) if needs_source else None)


def routes(card: ModelCard, languages: list[str]) -> list[Route]:
    """How each wanted language is asked of a model with one source language, but for that one.

    Raises ModelFolderError for one that the model lacks.
    """
    source = card.sources[0]
    found = {language: route(card, source, language) for language in languages}
    lacking = [tag for tag, way in found.items() if not way and not serving_tag(tag, [source])]
    if lacking:
        raise ModelFolderError(f"{lacks(card, lacking)}")
    return [way for way in found.values() if way is not None]


def target_tokens(card: ModelCard) -> dict[str, str | None]:
    """The token that names each target language to the model; None where it is not told."""
    family = FAMILIES[card.family]
    codes = {tag: card.code(tag) for tag in card.target_languages}
    return {tag: code and family.language_token(code) for tag, code in codes.items()}


def lacks(card: ModelCard, languages: list[str]) -> str:
    """In words, that a model does not write some languages."""
    return (
        f"model {card.label} does not translate into {', '.join(languages)}; it translates "
        f"{', '.join(card.sources)} into {', '.join(card.target_languages)}"
    )


def domain_of(card: ModelCard) -> Domain | None:
    """The domain test of a card, where it limits the model."""
    return None if card.domain is None else Domain.of(card.domain.words, card.domain.pairs)
