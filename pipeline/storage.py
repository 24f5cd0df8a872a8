"""The run folder: any fsspec URL, files that appear whole or not at all.

Every file is first written below `tmp/` (or in the local temporary folder when the run lies in
a bucket) and then moved into place, so a reader never sees half a file and a killed run leaves
nothing but `tmp/`, which the next run empties.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq


class Storage:
    """Files below one run folder, named by paths relative to it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.fs, self.root = fsspec.core.url_to_fs(url)
        self.is_local = "file" in _protocols(self.fs)

    def __reduce__(self) -> tuple[type[Storage], tuple[str]]:
        return (Storage, (self.url,))

    def full(self, path: str) -> str:
        return f"{self.root.rstrip('/')}/{path}" if path else self.root

    def local_path(self, path: str) -> Path | None:
        """The file on this machine's disk, where the run folder is on it."""
        return Path(self.full(path)) if self.is_local else None

    def exists(self, path: str) -> bool:
        return bool(self.fs.exists(self.full(path)))

    def size(self, path: str) -> int | None:
        """Size in bytes; None when there is no such file."""
        try:
            return int(self.fs.size(self.full(path)))
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> list[str]:
        """Names of the files right below a folder, sorted; none when it does not exist."""
        try:
            entries = self.fs.ls(self.full(folder), detail=True)
        except FileNotFoundError:
            return []
        return sorted(Path(e["name"]).name for e in entries if e["type"] == "file")

    def read_bytes(self, path: str) -> bytes:
        return bytes(self.fs.cat_file(self.full(path)))

    def read_range(self, path: str, offset: int, size_bytes: int) -> bytes:
        if self.is_local:
            return _read_range(self.full(path), offset, size_bytes)
        return bytes(self.fs.cat_file(self.full(path), start=offset, end=offset + size_bytes))

    def read_json(self, path: str) -> Any:
        return json.loads(self.read_bytes(path))

    def read_table(
        self,
        path: str,
        columns: list[str] | None = None,
        check: Callable[[pa.Schema], None] | None = None,
    ) -> pa.Table:
        """`check` sees the file's schema first and raises where it will not do. The parts of a run
        are small: opened once and read in this thread they take half the time. Reading ahead
        is for files that are far away; here it would only wake other threads."""
        with self._opened(path) as file:
            parquet = pq.ParquetFile(file, pre_buffer=not self.is_local)
            schema = parquet.schema_arrow
            if check is not None:
                check(schema)
            if columns and (missing := set(columns) - set(schema.names)):
                raise KeyError(f"{path} has no columns {sorted(missing)}")
            return parquet.read(columns=columns, use_threads=False)

    def _opened(self, path: str) -> Any:
        """A file as Arrow reads it: by itself where it is local, which is faster."""
        return pa.OSFile(self.full(path)) if self.is_local else self.fs.open(self.full(path), "rb")

    def read_schema(self, path: str) -> pa.Schema:
        with self.fs.open(self.full(path), "rb") as file:
            return pq.read_schema(file)

    def write_bytes(self, path: str, data: bytes) -> None:
        with self.create(path) as file:
            file.write(data)

    def write_json(self, path: str, value: Any) -> None:
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
        self.write_bytes(path, text.encode() + b"\n")

    def write_table(self, path: str, table: pa.Table) -> None:
        with self.create(path) as file:
            pq.write_table(table, file, compression="zstd")

    @contextmanager
    def create(self, path: str) -> Iterator[IO[bytes]]:
        """A new file; it takes its place at `path` only when the block ends well."""
        part = self.temporary_file()
        try:
            with part.open("wb") as file:
                yield file
            self.move_in(part, path)
        finally:
            part.unlink(missing_ok=True)

    def temporary_file(self) -> Path:
        """An unused local path from which `move_in` is atomic."""
        return self._temporary_root() / uuid4().hex

    def temporary_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._temporary_root()))

    def move_in(self, part: Path, path: str) -> None:
        """Put a finished local file at its place in the run."""
        if self.is_local:
            target = Path(self.full(path))
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(part, target)
        else:
            self.fs.put_file(str(part), self.full(path))

    def remove(self, path: str) -> None:
        if self.exists(path):
            self.fs.rm(self.full(path))

    def clear_temporary(self) -> None:
        """Throw away what a killed run left half done."""
        if self.is_local:
            shutil.rmtree(self.full("tmp"), ignore_errors=True)

    def _temporary_root(self) -> Path:
        root = Path(self.full("tmp")) if self.is_local else Path(tempfile.gettempdir())
        root.mkdir(parents=True, exist_ok=True)
        return root


def _read_range(path: str, offset: int, size_bytes: int) -> bytes:
    """Some bytes of a local file, fewer at its end. A third of the time that a file object takes:
    dedup reads hundreds of thousands of signatures so."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        data = os.pread(descriptor, size_bytes, offset)
        while len(data) < size_bytes:  # the system reads at most two gigabytes at once
            more = os.pread(descriptor, size_bytes - len(data), offset + len(data))
            if not more:
                break
            data += more
        return data
    finally:
        os.close(descriptor)


def _protocols(filesystem: Any) -> tuple[str, ...]:
    protocol = filesystem.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)
