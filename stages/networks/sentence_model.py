"""Texts as vectors, by any sentence-transformers model: the port of everything that asks whether
two texts mean the same (Reimers and Gurevych 2020; MiniLM, LaBSE, BGE-M3 and like)."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.base import StageError

_BATCH = 32


def check_sentence_model(folder: Path, setting: str) -> None:
    """Look, without loading anything, whether a model can be loaded. Raises StageError."""
    if importlib.util.find_spec("sentence_transformers") is None:
        raise _not_installed(setting)
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        raise StageError(
            f"{setting}: {folder} has neither modules.json nor config.json, so it is no model that "
            "sentence-transformers reads"
        )


class SentenceModel:
    """A model in a local folder; nothing is fetched."""

    def __init__(self, folder: Path, setting: str, device: str = "cpu") -> None:
        """`setting`: the config key that names the model, for messages. Raises StageError when
        the package or the model is missing."""
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise _not_installed(setting) from error
        try:
            self._model: Any = SentenceTransformer(
                str(folder), device=device, local_files_only=True
            )
        except (OSError, ValueError, KeyError) as error:
            raise StageError(f"{setting}: {folder} cannot be loaded: {error}") from error

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts, dimensions), each of length 1, so that a product of two is their cosine."""
        if not texts:
            return np.zeros((0, 0), np.float32)
        found = self._model.encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(found, np.float32)


def _not_installed(setting: str) -> StageError:
    return StageError(
        f"{setting} needs sentence-transformers: pip install 'polyreel[embeddings]', or name no "
        "model"
    )
