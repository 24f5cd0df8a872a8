"""Quality models on disk: Polyreel's own (.npz), or a fastText classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from stages.base import StageError
from stages.filter.quality import BUCKETS, FORMAT, ORDERS, QualityModel
from stages.filter.scripts_unicode import visible

KEEP = "__label__keep"


class Rater(Protocol):
    """What gives a text a quality and a perplexity; None: not measured."""

    def quality(self, text: str) -> float | None: ...

    def perplexity(self, text: str) -> float | None: ...


def save_model(model: QualityModel, path: Path) -> None:
    """Write a model; the same model gives the same bytes."""
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            format=np.asarray(FORMAT),
            weights=model.weights,
            bias=np.asarray(model.bias),
            follows=model.follows,
            contexts=model.contexts,
            kinds=model.kinds,
            n_characters=np.asarray(model.n_characters),
        )


def load_model(path: Path) -> Rater:
    """Read a model of either kind. Raises StageError that says what is wrong with the file."""
    if path.suffix in (".bin", ".ftz"):
        return _FastTextRater(path)
    try:
        with np.load(path, allow_pickle=False) as found:
            values = {name: found[name] for name in found.files}
        if int(values.pop("format")) != FORMAT:
            raise StageError(f"quality model {path}: another format than {FORMAT}")
        bias, n_characters = float(values.pop("bias")), int(values.pop("n_characters"))
        model = QualityModel(bias=bias, n_characters=n_characters, **values)
        if model.weights.shape != (BUCKETS,) or model.follows.shape != (ORDERS, BUCKETS):
            raise StageError(f"quality model {path}: arrays of other shapes than format {FORMAT}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, StageError):
            raise
        raise StageError(
            f"quality model {path} cannot be read: {error} (make one: polyreel quality train)"
        ) from error
    return model


class _FastTextRater:
    """Probability of the label __label__keep of a fastText classifier."""

    def __init__(self, path: Path) -> None:
        import fasttext

        try:
            self._model: Any = fasttext.load_model(str(path))
        except (ValueError, RuntimeError) as error:
            raise StageError(f"quality model {path} is no fastText model: {error}") from error
        labels, _ = self._model.predict("a", k=-1, threshold=-1.0)
        if KEEP not in labels:
            raise StageError(f"quality model {path}: its labels {sorted(labels)[:5]} lack {KEEP}")

    def quality(self, text: str) -> float | None:
        line = visible(text)
        if not line:
            return None
        labels, probabilities = self._model.predict(line, k=-1, threshold=-1.0)
        return float(dict(zip(labels, probabilities, strict=True))[KEEP])

    def perplexity(self, text: str) -> float | None:
        return None
