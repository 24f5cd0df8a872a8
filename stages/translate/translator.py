"""CTranslate2 and SentencePiece behind a few lines: tokens in, texts and scores out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.translate.card import PIECES, ModelCard, ModelFolderError, Route, read_card


@dataclass(frozen=True)
class Translated:
    """One sentence's translation. `score` is the mean log-probability of `n_tokens` tokens."""

    text: str
    score: float
    n_tokens: int
    truncated: bool


class Translator:
    """A model folder, loaded on the CPU. Build it with `open_model`."""

    def __init__(self, card: ModelCard, engine: Any, pieces: Any) -> None:
        self.card = card
        self._engine = engine
        self._pieces = pieces

    def tokens(self, sentence: str, route: Route) -> list[str]:
        """Source tokens, the target-language token first where the model wants one."""
        found: list[str] = self._pieces.encode(sentence, out_type=str)
        return found if route.token is None else [route.token, *found]

    def translate(
        self, batch: Sequence[Sequence[str]], beam_size: int, max_tokens: int
    ) -> list[Translated]:
        """Translate one batch in one model call; results in the order of `batch`."""
        results = self._engine.translate_batch(
            [list(tokens) for tokens in batch],
            max_batch_size=0,
            beam_size=beam_size,
            max_input_length=0,
            max_decoding_length=max_tokens,
            return_scores=True,
        )
        return [self._translated(result, max_tokens) for result in results]

    def _translated(self, result: Any, max_tokens: int) -> Translated:
        tokens: list[str] = result.hypotheses[0]
        text = self._pieces.decode(tokens).strip()
        return Translated(text, result.scores[0], len(tokens), len(tokens) >= max_tokens)


def open_model(folder: Path, compute_type: str, threads: int) -> Translator:
    """Load a model folder. Raises ModelFolderError when it is incomplete or damaged."""
    card = read_card(folder)
    import ctranslate2
    import sentencepiece

    try:
        pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / PIECES))
    except (RuntimeError, OSError) as error:
        raise ModelFolderError(f"{folder / PIECES} is damaged: {error}") from error
    try:
        engine = ctranslate2.Translator(
            str(folder),
            device="cpu",
            compute_type=compute_type,
            inter_threads=1,
            intra_threads=threads,
        )
    except (RuntimeError, ValueError) as error:
        raise ModelFolderError(f"translation model {folder} cannot be loaded: {error}") from error
    return Translator(card, engine, pieces)
