"""One CTranslate2 model: tokens in, texts and scores out, batches side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.translate.card import ENGINE_CONFIG, ModelCard, Route, read_card, target_tokens
from stages.translate.errors import ModelFolderError
from stages.translate.families import FAMILIES, Family
from stages.translate.keyed_call import check_keys, keyed
from stages.translate.nothing_to_copy import nothing_to_copy
from stages.translate.script_map import key_of, marks_added, read_script_map, scripts_written

SPELLINGS = ("⟦{}⟧", "[[{}]]", "<{}>", "[{}]", "({})", "#{}", "X{}")
"""Ways to write a placeholder, the least like anything else first; a model gets the first whose
marks are in its vocabulary."""


SCORE_DIGITS = 4
"""Scores are rounded to this many decimals; company in a call moves them by less than 1e-6."""


@dataclass(frozen=True)
class Translated:
    """One sentence's translation. `score` is the mean log-probability of `n_tokens` tokens."""

    text: str
    score: float
    n_tokens: int
    truncated: bool


@dataclass(frozen=True, order=True)
class Request:
    """One sentence as a model is asked: what the encoder reads, how the decoder starts, and the
    key of the pieces that it chooses among (empty: all)."""

    source: tuple[str, ...]
    prefix: tuple[str, ...] = ()
    pieces_key: str = ""


class Translator:
    """A model folder, loaded on the CPU. Build it with `open_model`."""

    def __init__(
        self,
        card: ModelCard,
        engine: Any,
        family: Family,
        keys: Collection[str] = (),
        n_marks: int = 0,
    ) -> None:
        """`keys`: of the map of scripts; `n_marks`: that CTranslate2 adds to each source."""
        self.card = card
        self._keys = frozenset(keys)
        self._n_marks = n_marks
        self._engine = engine
        self._family = family
        self.placeholder = card.placeholder or next(
            (s for s in SPELLINGS if not family.n_unknown(s.format(0))), SPELLINGS[-1]
        )

    @property
    def arithmetic(self) -> str:
        """What the numbers are made with: they may differ with any of it."""
        return f"ctranslate2 {_version()} {self._engine.compute_type}"

    def tokens(self, sentence: str, route: Route) -> list[str]:
        """What the encoder reads for a sentence."""
        return self._family.source(sentence, route.source_token, route.token)

    def request(self, sentence: str, route: Route, may_narrow: bool = False) -> Request:
        """A sentence as this model is asked; with `may_narrow` it chooses among the pieces of the
        target's scripts, where there is a map of them and nothing else should come out."""
        prefix = self._family.prefix(route.token)
        key = key_of(route.model_language) if may_narrow and self._keys else None
        is_narrow = key in self._keys and nothing_to_copy(
            sentence, scripts_written(route.model_language)
        )
        pieces_key = key if key and is_narrow else ""
        return Request(tuple(self.tokens(sentence, route)), tuple(prefix), pieces_key)

    def translate(
        self, batch: Sequence[Sequence[str]], beam_size: int, max_tokens: int
    ) -> list[Translated]:
        """Translate a batch of source tokens in one model call, in the order of `batch`."""
        return self.submit([Request(tuple(tokens)) for tokens in batch], beam_size, max_tokens)()

    def submit(
        self, batch: Sequence[Request], beam_size: int, max_tokens: int
    ) -> Callable[[], list[Translated]]:
        """Start a batch of requests, all of one `pieces_key`; the answer, of at most `max_tokens`
        tokens each, waits for it.

        Up to `inter_threads` batches are worked on side by side.
        """
        prefixes = [list(request.prefix) for request in batch]
        waiting = self._engine.translate_batch(
            **keyed([r.source for r in batch], batch[0].pieces_key, self._n_marks),
            target_prefix=prefixes if any(prefixes) else None,
            max_batch_size=0,
            beam_size=beam_size,
            max_decoding_length=max_tokens,
            return_scores=True,
            asynchronous=True,
        )

        def answers() -> list[Translated]:
            return [
                self._translated(each.result(), len(prefix), max_tokens)
                for each, prefix in zip(waiting, prefixes, strict=True)
            ]

        return answers

    def _translated(self, result: Any, n_prefix: int, max_tokens: int) -> Translated:
        tokens: list[str] = result.hypotheses[0][n_prefix:]
        text = self._family.text(tokens)
        score = round(result.scores[0], SCORE_DIGITS)
        return Translated(text, score, len(tokens), len(tokens) >= max_tokens)


def open_model(folder: Path, compute_type: str, threads: int, inter_threads: int = 1) -> Translator:
    """Load a model folder. Raises ModelFolderError when it is incomplete or damaged."""
    card = read_card(folder)
    for path in [folder / ENGINE_CONFIG, *folder.glob("*vocabulary.json")]:
        _readable_json(path)
    codes = sorted({*card.language_codes.values(), *card.target_tokens.values()})
    family = FAMILIES[card.family](folder, codes)
    places = read_script_map(folder, target_tokens(card))
    import ctranslate2

    try:
        engine = ctranslate2.Translator(
            str(folder),
            device="cpu",
            compute_type=compute_type,
            inter_threads=inter_threads,
            intra_threads=threads,
        )
    except (RuntimeError, ValueError) as error:
        raise ModelFolderError(f"translation model {folder} cannot be loaded: {error}") from error
    n_marks = marks_added(folder)
    check_keys(folder, engine, places, n_marks)
    return Translator(card, engine, family, places, n_marks)


def _version() -> str:
    import ctranslate2

    return str(ctranslate2.__version__)


def _readable_json(path: Path) -> None:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ModelFolderError(f"{path} is damaged: {error}") from error
