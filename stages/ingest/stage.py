"""The ingest stage: from an input to sources, their sidecars and cues, grouped into units."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from schemas.table import Row
from stages.base import Corpus, CorpusStage, Worker
from stages.filter.language.model import FastTextModel
from stages.filter.language.undeclared import Undeclared
from stages.ingest.config import IngestConfig
from stages.ingest.listing import Item, digest_of, list_input
from stages.ingest.plan_units import FAILED_WEIGHT_S, Weighted, plan_units, unit_id
from stages.ingest.read_source import is_kept, read_source
from stages.ingest.text_languages import Identify, with_languages

_LATER = ("language", "language_model")
"""Settings that are applied to what was read."""


@dataclass(frozen=True)
class Chunk:
    """A few inputs that one worker reads as one piece of work."""

    items: tuple[Item, ...]
    config: IngestConfig


def read_chunk(worker: Worker, chunk: Chunk) -> list[dict[str, Any]]:
    """Rows of a chunk's inputs, in their order; JSON values."""
    return [read_source(worker, item, chunk.config) for item in chunk.items]


class IngestStage(CorpusStage[IngestConfig]):
    """Lists, probes and groups the inputs. One `sources` row per input, readable or not."""

    name: ClassVar[str] = "ingest"
    version: ClassVar[int] = 2
    summary: ClassVar[str] = "List the input, probe every video, read sidecars, plan units of work."
    item: ClassVar[str] = "videos"
    writes: ClassVar[tuple[str, ...]] = ("sources", "sidecars", "cues")

    def __init__(self, config: IngestConfig) -> None:
        super().__init__(config)
        self._items: list[Item] | None = None

    def models(self) -> list[str]:
        return [self.config.language_model] if self.config.language_model else []

    def prepare(self, corpus: Corpus) -> str:
        """List the input; returns a digest of the listing. Raises InputError."""
        self._items = list_input(self.config)
        return digest_of(self._items)

    def process(self, corpus: Corpus) -> None:
        items = list_input(self.config) if self._items is None else self._items
        size = self.config.chunk_sources
        chunks = [
            Chunk(tuple(items[start : start + size]), self.config)
            for start in range(0, len(items), size)
        ]
        results = corpus.map(read_chunk, chunks, memo_key=self._memo_key)
        ids = []
        read = self._weighted(results, self._identifier(corpus))
        units = plan_units(read, self.config.unit_duration_s, self.config.unit_max_sources)
        for members in units:
            name = unit_id(member.source_id for member in members)
            ids.append(name)
            unit = corpus.unit(name)
            unit.write("sources", [member.value["source"] for member in members])
            unit.write("sidecars", [row for m in members for row in m.value["sidecars"]])
            unit.write("cues", [row for m in members for row in m.value["cues"]])
        corpus.set_units(ids)

    def _memo_key(self, chunk: Chunk) -> str:
        """Names everything that a chunk's result depends on."""
        own = {name: value for name, value in self.config.semantic().items() if name not in _LATER}
        config = json.dumps(own, sort_keys=True)
        text = f"{self.version}\n{config}\n{digest_of(chunk.items)}"
        return hashlib.sha256(text.encode()).hexdigest()

    def _identifier(self, corpus: Corpus) -> Identify | None:
        """Language ID, where it is configured and may be needed; its model is loaded when there
        is a text to ask about."""
        reference = self.config.language_model
        if not reference or self.config.language:
            return None

        @cache
        def undeclared() -> Undeclared:
            return Undeclared(FastTextModel(corpus.model(reference)))

        return lambda texts: undeclared().languages(texts)

    def _weighted(
        self, results: Iterator[list[dict[str, Any]]], identify: Identify | None
    ) -> Iterator[Weighted[dict[str, Any]]]:
        """What was read of every input, with languages: they are told here and not where inputs
        are read, because what was read is kept, and language ID may get another model."""
        for chunk in results:
            for rows in with_languages(chunk, self.config.language, identify):
                source = rows["source"]
                yield Weighted(source["source_id"], self._weight_s(source), rows)

    def _weight_s(self, source: Row) -> float:
        if not is_kept(source):
            return FAILED_WEIGHT_S
        return float(source["duration_s"] or self.config.unknown_duration_s)
