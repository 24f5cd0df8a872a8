"""What a family of translation models is to the stage: how it reads and writes text.

A CTranslate2 model knows token strings only. Which tokens stand around a sentence, and where the
languages are named, differs between families; a model that is asked in another family's way gives
fluent nonsense and no error. So each family is one class that says exactly this and nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from stages.translate.families.pieces import open_pieces
from stages.translate.language_table import Scheme

END = "</s>"
SPECIAL = frozenset({"<s>", END, "<pad>", "<unk>", "<mask>"})
"""Tokens that no text may bring with it."""


class Family(ABC):
    """One model's tokeniser. Languages are the model's own codes, as its card names them."""

    name: ClassVar[str]
    source_files: ClassVar[tuple[str, ...]]
    """File with the tokeniser of the source side; the first that is there."""
    target_files: ClassVar[tuple[str, ...]] = ()
    """The same for the target side, where it has a tokeniser of its own."""
    scheme: ClassVar[Scheme | None] = None
    """Column of the language table with this family's codes; None: each model has its own."""
    needs_source: ClassVar[bool] = False
    """Whether the source language is told to the model."""

    def __init__(self, folder: Path, codes: Sequence[str] = ()) -> None:
        """Raises ModelFolderError when a file is missing or damaged. `codes`: all languages."""
        self._pieces = open_pieces(folder, self.source_files)
        self._target_pieces = (
            open_pieces(folder, self.target_files) if self.target_files else self._pieces
        )
        self._never = SPECIAL | frozenset(map(self.language_token, codes))

    @classmethod
    def language_token(cls, code: str) -> str:
        """The vocabulary's token for a language code."""
        return code

    @abstractmethod
    def source(self, sentence: str, source: str | None, target: str | None) -> list[str]:
        """The tokens that the encoder reads."""

    def prefix(self, target: str | None) -> list[str]:
        """The tokens that the decoder starts with; they come back at the head of its output."""
        return []

    def text(self, tokens: Sequence[str]) -> str:
        """What the decoder wrote after the prefix, as text."""
        written = [token for token in tokens if token not in self._never]
        return self._target_pieces.decode(written).strip()

    def pieces(self, sentence: str) -> list[str]:
        """A sentence's own tokens, never one that would steer the model."""
        return [piece for piece in self._pieces.encode(sentence) if piece not in self._never]

    def n_unknown(self, sentence: str) -> int:
        """How many of a sentence's tokens the vocabulary lacks."""
        return self._pieces.n_unknown(sentence)
