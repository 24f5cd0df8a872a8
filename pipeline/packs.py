"""Packs: plain tars whose members are found by offset, so that no one reads a tar to get one.

Frames and audio of many sources travel in one file per unit; rows keep (pack, offset, size).
Headers carry no time, owner or mode of this machine: same members, same bytes.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from typing import IO

from pipeline.storage import Storage
from stages.base import PackRef


class TarPack:
    """Writes one pack to a temporary file; `close` gives its checksum."""

    def __init__(self, storage: Storage, path: str) -> None:
        self.path = path
        self.part = storage.temporary_file()
        self._storage = storage
        self._file: IO[bytes] = self.part.open("w+b")
        self._tar = tarfile.TarFile(fileobj=self._file, mode="w", format=tarfile.GNU_FORMAT)
        self._names: set[str] = set()

    def add(self, name: str, data: bytes) -> PackRef:
        return self._add(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, path: Path) -> PackRef:
        with path.open("rb") as file:
            return self._add(name, file, path.stat().st_size)

    def commit(self) -> tuple[str, int]:
        """Move the pack into the run; returns (sha256, size_bytes)."""
        self._tar.close()
        self._file.seek(0)
        digest = hashlib.file_digest(self._file, "sha256").hexdigest()  # type: ignore[arg-type]
        size_bytes = self._file.seek(0, io.SEEK_END)
        self._file.close()
        self._storage.move_in(self.part, self.path)
        return digest, size_bytes

    def abandon(self) -> None:
        self._file.close()
        self.part.unlink(missing_ok=True)

    def _add(self, name: str, data: IO[bytes], size_bytes: int) -> PackRef:
        if name in self._names:
            raise ValueError(f"{self.path} already has a member {name}")
        self._names.add(name)
        info = tarfile.TarInfo(name)
        info.size = size_bytes
        header = info.tobuf(tarfile.GNU_FORMAT)
        offset = self._tar.offset + len(header)
        self._tar.addfile(info, data)
        return {"pack": self.path, "offset": offset, "size_bytes": size_bytes}
