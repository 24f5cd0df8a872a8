"""Write one shard: the tar and its Parquet manifest. Runs in parallel, one call per shard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from schemas.clips import samples_table
from schemas.table import Row
from stages.base import PackRef, Worker
from stages.export.hashed import HashedFile
from stages.export.poster import first_frame_jpeg
from stages.export.records import manifest_row, plain_text, to_bytes

_BLOCK_BYTES = 512
FOLDER = "dataset"


@dataclass(frozen=True)
class SampleRef:
    """Where the parts of one sample lie in the run."""

    key: str
    record: PackRef
    """Its JSON in the export's own staging file."""
    video: PackRef
    thumbnail: PackRef | None


@dataclass(frozen=True)
class ShardSpec:
    """Everything that a shard is made of."""

    name: str
    samples: tuple[SampleRef, ...]
    languages: tuple[str, ...]


def write_shard(worker: Worker, spec: ShardSpec) -> dict[str, Any]:
    """Write dataset/NAME.tar and dataset/NAME.parquet.

    Returns {"tar": its entry of the wids index, "parquet": where the manifest's bytes are}.
    Only one sample at a time is in memory, besides the manifest rows.
    """
    rows: list[Row] = []
    with worker.create(f"{FOLDER}/{spec.name}.tar") as file:
        hashed = HashedFile(file)
        with _tar_writer(hashed) as tar:
            for index, (members, record) in enumerate(_samples(worker, spec)):
                offset = tar.tarstream.offset + member_offset(members, "mp4")
                tar.write({"__key__": record["key"], **members})
                rows.append(
                    manifest_row(record)
                    | {
                        "shard": f"{spec.name}.tar",
                        "index": index,
                        "mp4_offset": offset,
                        "mp4_size_bytes": len(members["mp4"]),
                    }
                )
    path = f"{FOLDER}/{spec.name}.parquet"
    with worker.create(path) as file:
        manifest = HashedFile(file)
        table = samples_table(spec.languages).to_arrow(rows)
        pq.write_table(table.sort_by("index"), manifest, compression="zstd")
    entry = {
        "url": f"{spec.name}.tar",
        "nsamples": len(rows),
        "filesize": hashed.size_bytes,
        "md5sum": hashed.md5.hexdigest(),
        "sha256": hashed.sha256.hexdigest(),
    }
    return {"tar": entry, "parquet": {"pack": path, "offset": 0, "size_bytes": manifest.size_bytes}}


def member_offset(members: dict[str, bytes], wanted: str) -> int:
    """Where a member's data starts, counted from its sample's first header: webdataset writes a
    sample's members in the order of their names, each after one header block."""
    offset = 0
    for name in sorted(members):
        offset += _BLOCK_BYTES
        if name == wanted:
            return offset
        offset += -(-len(members[name]) // _BLOCK_BYTES) * _BLOCK_BYTES
    raise KeyError(wanted)


def tar_bytes(sizes: list[int]) -> int:
    """Bytes that members of these sizes take in a tar, without the tar's end."""
    return sum(_BLOCK_BYTES + -(-size // _BLOCK_BYTES) * _BLOCK_BYTES for size in sizes)


def _samples(worker: Worker, spec: ShardSpec) -> Iterator[tuple[dict[str, bytes], dict[str, Any]]]:
    for sample in spec.samples:
        data = worker.read_packed(sample.record)
        record: dict[str, Any] = json.loads(data)
        mp4, thumbnail = worker.read_packed(sample.video), sample.thumbnail
        members = {
            "jpg": worker.read_packed(thumbnail) if thumbnail else first_frame_jpeg(mp4),
            "json": to_bytes(record),
            "mp4": mp4,
            "txt": plain_text(record).encode(),
        }
        yield members, record


def _tar_writer(file: Any) -> Any:
    """webdataset's own writer, with nothing of this machine or this moment in its headers."""
    from webdataset import TarWriter

    return TarWriter(file, encoder=False, mtime=0, user="", group="", mode=0o644)
