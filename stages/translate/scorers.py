"""Models that rate a translation, for those who have them: null columns where none is configured.

Both are heavy and optional. They are loaded from a local folder or file (a model reference) and
run on the CPU; nothing is fetched while a run works.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from stages.base import StageError
from stages.networks.quality_model import QualityModel
from stages.networks.sentence_model import SentenceModel

Texts = Sequence[tuple[str, str]]
"""(source, translation) pairs."""


class PairScorer(Protocol):
    """Rates translations; one figure per pair, in order."""

    def score(self, texts: Texts) -> list[float]: ...


class EmbeddingScorer:
    """Cosine of the sentence embeddings of source and translation, -1 to 1, by a multilingual
    sentence-transformers model."""

    def __init__(self, folder: Path) -> None:
        """Raises StageError when the package or the model is missing."""
        self._model = SentenceModel(folder, "translate.checks.embedding_model")

    def score(self, texts: Texts) -> list[float]:
        vectors = self._model.vectors([text for pair in texts for text in pair])
        return [float(a @ b) for a, b in zip(vectors[::2], vectors[1::2], strict=True)]


class QualityScorer:
    """Reference-free quality estimation by a COMET-Kiwi checkpoint (Rei et al. 2022)."""

    def __init__(self, path: Path) -> None:
        """`path`: a checkpoint, or a model folder with checkpoints/model.ckpt. Raises
        StageError when a package or the model is missing."""
        self._model = QualityModel(path, "translate.checks.quality_model")

    def score(self, texts: Texts) -> list[float]:
        return self._model.scores(texts)


class BackTranslationScorer:
    """chrF (Popovic 2015, by sacrebleu) of a back-translation and the source, 0 to 100. Pairs are
    (source, back-translation)."""

    def __init__(self) -> None:
        """Raises StageError when sacrebleu is missing."""
        try:
            from sacrebleu.metrics.chrf import CHRF
        except ImportError as error:
            raise StageError(
                "translate.checks.back_translation_model needs sacrebleu: pip install "
                "'polyreel[chrf]', or set it to null"
            ) from error
        self._metric: Any = CHRF()

    def score(self, texts: Texts) -> list[float]:
        return [float(self._metric.sentence_score(back, [source]).score) for source, back in texts]
