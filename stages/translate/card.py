"""`card.json`: what a translation model is, and what it can be asked.

A folder without a readable card is refused, with words that say what is wrong: a model that is
driven with the wrong language tokens gives fluent nonsense and no error.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stages.base import StageError
from stages.translate.domain import Domain
from stages.translate.languages import serving_tag

CARD = "card.json"
PIECES = "sentencepiece.model"
WEIGHTS = "model.bin"
FAMILIES = ("plain",)
"""Ways of tokenising and of naming languages that the stage knows."""


class ModelFolderError(StageError):
    """A model folder cannot be used; the message says which, why, and what to do."""


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
    source_language: str
    target_languages: list[str] = Field(min_length=1)
    target_tokens: dict[str, str] = {}
    sentence_case: bool = False
    domain: DomainCard | None = None

    @property
    def label(self) -> str:
        """Name and version as rows hold them."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Route:
    """A wanted target language and the model's own name for it."""

    language: str
    model_language: str
    token: str | None


def read_card(folder: Path) -> ModelCard:
    """The card of a complete model folder. Raises ModelFolderError."""
    if not folder.is_dir():
        raise ModelFolderError(f"translation model {folder}: there is no such folder")
    missing = [name for name in (CARD, PIECES, WEIGHTS) if not (folder / name).is_file()]
    if missing:
        raise ModelFolderError(f"translation model {folder}: missing {', '.join(missing)}")
    try:
        card = ModelCard.model_validate(json.loads((folder / CARD).read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the card"
        raise ModelFolderError(f"{folder / CARD}: {where}: {first['msg']}") from error
    except ValueError as error:
        raise ModelFolderError(f"{folder / CARD}: not readable as JSON: {error}") from error
    if card.family not in FAMILIES:
        raise ModelFolderError(
            f"{folder / CARD}: family {card.family!r} is not known; known: {', '.join(FAMILIES)}"
        )
    return card


def routes(card: ModelCard, languages: list[str]) -> list[Route]:
    """How each wanted language is asked of the model.

    The source language needs no model. Raises ModelFolderError for one that the model lacks.
    """
    found: list[Route] = []
    lacking: list[str] = []
    for language in languages:
        own = serving_tag(language, card.target_languages)
        if own is not None:
            found.append(Route(language, own, card.target_tokens.get(own)))
        elif serving_tag(language, [card.source_language]) is None:
            lacking.append(language)
    if lacking:
        raise ModelFolderError(
            f"model {card.label} does not translate into {', '.join(lacking)}; it translates "
            f"{card.source_language} into {', '.join(card.target_languages)}"
        )
    return found


def domain_of(card: ModelCard) -> Domain | None:
    """The domain test of a card, where it limits the model."""
    return None if card.domain is None else Domain.of(card.domain.words, card.domain.pairs)
