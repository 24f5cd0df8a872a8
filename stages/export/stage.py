"""The export stage: the second barrier, where the whole corpus becomes one shuffled dataset.

No sample is held in memory by the coordinating process. Each sample's JSON is written to a
staging file as its unit is read; what stays is its key, its size and where its parts lie. Shards
are then written in parallel from those references.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.clips import samples_table
from schemas.outcomes import Outcome
from schemas.table import Row
from stages.base import Corpus, CorpusStage, Unit
from stages.export.card import dataset_card
from stages.export.config import ExportConfig
from stages.export.croissant import croissant
from stages.export.hashed import HashedFile
from stages.export.records import (
    Tables,
    plain_text,
    sample_json,
    sample_languages,
    to_bytes,
)
from stages.export.shards import Item, assign, shard_name
from stages.export.summary import Summary
from stages.export.write_shard import FOLDER, SampleRef, ShardSpec, tar_bytes, write_shard
from stages.select.joined import with_choices

_STAGING_FOLDER = "state/export-staging"
_STAGING = f"{_STAGING_FOLDER}/records.jsonl"


@dataclass(frozen=True)
class _Overview:
    """What has to be known of all units before the first sample can be described."""

    languages: tuple[str, ...]
    clusters: dict[str, list[str]]
    """cluster_id -> its shots, for clusters of more than one."""


class ExportStage(CorpusStage[ExportConfig]):
    """Write the kept clips and their kept texts as a WebDataset with manifests."""

    name = "export"
    version = 5
    summary = "Shuffle the clips into WebDataset shards, with Parquet manifests and a card."
    item = "samples"
    owns_folder = FOLDER
    reads = {
        "sources": (
            "source_id", "uri", "key", "content_sha256", "title", "licence", "extra_json",
        ),
        "shots": (
            "shot_id", "source_id", "start_frame", "end_frame", "start_pts", "end_pts",
            "time_base", "scale", "parent_id",
        ),
        "dedup": ("shot_id", "source_id", "cluster_id", "cluster_size"),
        "captions": (
            "caption_id", "shot_id", "source_id", "teacher", "style", "language", "text",
            "model", "confidence", "is_demo", "outcome", "reason",
        ),
        "choices": ("caption_id", "shot_id", "selected", "rank", "caption_scores", "flags"),
        "selections": ("shot_id", "source_id", "caption_id", "policy", "why"),
        "translations": (
            "translation_id", "caption_id", "shot_id", "source_id", "language", "text",
            "status", "model", "is_demo", "score",
        ),
        "verdicts": ("shot_id", "source_id", "scope", "text_id", "text", "scores"),
        "balance_texts": ("shot_id", "source_id", "text_id", "outcome"),
        "clips": (
            "shot_id", "source_id", "video", "thumbnail", "sha256", "mode", "width", "height",
            "crop_px", "n_frames", "hidden_frames", "start_s", "end_s", "duration_s", "has_audio",
        ),
    }  # fmt: skip
    reads_packs = ("clips", "frames")

    def process(self, corpus: Corpus) -> None:
        config = self.config
        overview = look_over(corpus)
        summary = Summary()
        refs, items = self._stage_records(corpus, overview, summary)
        shards = assign(
            items, config.shuffle_seed, config.target_shard_bytes, config.max_samples_per_shard
        )
        specs = [
            ShardSpec(
                shard_name(index), tuple(refs[item.key] for item in shard), overview.languages
            )
            for index, shard in enumerate(shards)
        ]
        # An earlier export goes first: its manifest must never describe the new shards.
        corpus.remove_except(FOLDER, [])
        written = list(corpus.map(write_shard, specs))
        self._describe(corpus, overview.languages, summary, written)
        corpus.remove_except(_STAGING_FOLDER, [])

    def _stage_records(
        self, corpus: Corpus, overview: _Overview, summary: Summary
    ) -> tuple[dict[str, SampleRef], list[Item]]:
        """Write every sample's JSON to the staging file; give where all its parts lie."""
        refs: dict[str, SampleRef] = {}
        items: list[Item] = []
        offset = 0
        with corpus.create(_STAGING) as staging:
            for unit_id in corpus.units:
                for clip, record in _records(corpus.unit(unit_id), overview):
                    data = to_bytes(record)
                    staging.write(data)
                    ref = {"pack": _STAGING, "offset": offset, "size_bytes": len(data)}
                    offset += len(data)
                    refs[record["key"]] = SampleRef(
                        record["key"], ref, clip["video"], clip["thumbnail"]
                    )
                    size_bytes = _sample_bytes(clip, data, record)
                    items.append(Item(record["key"], size_bytes))
                    summary.add(record, size_bytes)
        return refs, items

    def _describe(
        self,
        corpus: Corpus,
        languages: Sequence[str],
        summary: Summary,
        written: Sequence[dict[str, Any]],
    ) -> None:
        """Manifest, index, Croissant and card."""
        name = self.config.name
        table = samples_table(languages)
        sha256 = _write_manifest(corpus, table.schema(), written)
        shards = [entry["tar"] for entry in written]
        index = {"wids_version": 1, "name": name, "shardlist": shards}
        _write_json(corpus, "wids.json", index)
        described = croissant(name, summary.n_samples, table, sha256, shards)
        _write_json(corpus, "croissant.json", described)
        card = dataset_card(name, summary, languages, [shard["url"] for shard in shards])
        with corpus.create(f"{FOLDER}/README.md") as file:
            file.write(card.encode())


def look_over(corpus: Corpus) -> _Overview:
    """First pass over all units: languages of the dataset, and clusters of like shots."""
    languages: set[str] = set()
    clusters: dict[str, list[str]] = defaultdict(list)
    for unit_id in corpus.units:
        tables = unit_tables(corpus.unit(unit_id))
        for clip in tables.clips:
            languages |= sample_languages(tables, clip["shot_id"])
        for shot_id, row in tables.dedup.items():
            if row["cluster_size"] > 1:
                clusters[row["cluster_id"]].append(shot_id)
    return _Overview(
        tuple(sorted(languages)), {name: sorted(shots) for name, shots in clusters.items()}
    )


def unit_tables(unit: Unit) -> Tables:
    """One unit's rows by their ids; of the clips only the kept ones."""

    def grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            groups[row["shot_id"]].append(row)
        return groups

    return Tables(
        sources={row["source_id"]: row for row in unit.rows("sources")},
        shots={row["shot_id"]: row for row in unit.rows("shots")},
        clips=unit.rows("clips", Outcome.KEPT),
        captions=grouped(with_choices(unit.rows("captions"), unit.rows("choices"))),
        selections={row["shot_id"]: row for row in unit.rows("selections")},
        translations=grouped(unit.rows("translations")),
        verdicts=grouped(unit.rows("verdicts")),
        kept_texts={row["text_id"] for row in unit.rows("balance_texts", Outcome.KEPT)},
        dedup={row["shot_id"]: row for row in unit.rows("dedup")},
    )


def _records(unit: Unit, overview: _Overview) -> Iterator[tuple[Row, dict[str, Any]]]:
    tables = unit_tables(unit)
    for clip in tables.clips:
        shot_id = clip["shot_id"]
        row = tables.dedup.get(shot_id)
        cluster = overview.clusters.get(row["cluster_id"]) if row else None
        yield clip, sample_json(tables, clip, overview.languages, cluster or [shot_id])


def _sample_bytes(clip: Row, data: bytes, record: dict[str, Any]) -> int:
    """What the sample takes in its tar. A missing thumbnail is counted as nothing."""
    thumbnail = clip["thumbnail"]["size_bytes"] if clip["thumbnail"] else 0
    text = plain_text(record).encode()
    return tar_bytes([clip["video"]["size_bytes"], len(data), len(text), thumbnail])


def _write_manifest(corpus: Corpus, schema: pa.Schema, written: Sequence[dict[str, Any]]) -> str:
    """One row group per shard, so that no more than one shard's rows are in memory."""
    with corpus.create(f"{FOLDER}/manifest.parquet") as file:
        hashed = HashedFile(file)
        with pq.ParquetWriter(hashed, schema, compression="zstd") as writer:
            for entry in written:
                part = corpus.read_packed(entry["parquet"])
                writer.write_table(pq.read_table(pa.BufferReader(part)))
        return hashed.sha256.hexdigest()


def _write_json(corpus: Corpus, name: str, value: Any) -> None:
    with corpus.create(f"{FOLDER}/{name}") as file:
        text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True)
        file.write((text + "\n").encode())
