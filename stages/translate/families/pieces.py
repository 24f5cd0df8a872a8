"""SentencePiece models and Hugging Face `tokenizer.json` files behind the same two calls.

Both are read without torch or transformers, whose newer versions save `tokenizer.json` alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from stages.translate.errors import ModelFolderError


class Pieces(Protocol):
    """Text to subword tokens and back."""

    def encode(self, text: str) -> list[str]: ...

    def decode(self, tokens: Sequence[str]) -> str: ...

    def n_unknown(self, text: str) -> int: ...


def open_pieces(folder: Path, names: Sequence[str]) -> Pieces:
    """The tokeniser in the first of the files `names` that is there. Raises ModelFolderError."""
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise ModelFolderError(f"translation model {folder}: missing {' or '.join(names)}")
    return JsonPieces(path) if path.suffix == ".json" else SentencePieces(path)


class SentencePieces:
    """A SentencePiece model file."""

    def __init__(self, path: Path) -> None:
        import sentencepiece

        try:
            self._model: Any = sentencepiece.SentencePieceProcessor(model_file=str(path))
        except (RuntimeError, OSError) as error:
            raise ModelFolderError(f"{path} is damaged: {error}") from error

    def encode(self, text: str) -> list[str]:
        found: list[str] = self._model.encode(text, out_type=str)
        return found

    def decode(self, tokens: Sequence[str]) -> str:
        return str(self._model.decode(list(tokens)))

    def n_unknown(self, text: str) -> int:
        ids: list[int] = self._model.encode(text)
        return ids.count(self._model.unk_id())


class JsonPieces:
    """A `tokenizer.json` of the `tokenizers` library."""

    def __init__(self, path: Path) -> None:
        import tokenizers

        try:
            text = path.read_text(encoding="utf-8")
            if not json.loads(text)["model"]["vocab"]:
                raise ValueError("it has no vocabulary")
        except (ValueError, LookupError, TypeError, OSError) as error:
            raise ModelFolderError(f"{path} is damaged: {error!r}") from error
        self._model: Any = tokenizers.Tokenizer.from_str(text)
        self._unknown: Any = self._model.token_to_id("<unk>")

    def encode(self, text: str) -> list[str]:
        return list(self._model.encode(text, add_special_tokens=False).tokens)

    def decode(self, tokens: Sequence[str]) -> str:
        ids = [self._model.token_to_id(token) for token in tokens]
        return str(self._model.decode([i for i in ids if i is not None]))

    def n_unknown(self, text: str) -> int:
        ids: list[int] = self._model.encode(text, add_special_tokens=False).ids
        return ids.count(self._unknown)
