"""A file that knows the checksums of what went through it."""

from __future__ import annotations

import hashlib
from typing import IO


class HashedFile:
    """Write-only view of a file, written once from start to end."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.size_bytes = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        self.md5.update(data)
        self._file.write(data)
        self.size_bytes += memoryview(data).nbytes
        return memoryview(data).nbytes

    def tell(self) -> int:
        return self.size_bytes

    def flush(self) -> None:
        """The file below is flushed when it is closed."""

    def close(self) -> None:
        """Whoever opened the file below closes it."""

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False
