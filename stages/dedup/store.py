"""The files of the index: slices in one file, so that a worker reads only what it needs.

Layout: the number of slices as 8 bytes, their n + 1 offsets from the start of the data as 8 bytes
each (little endian), the data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stages.base import Worker

FOLDER = "dedup_index"
_HEAD_BYTES = 1 << 15
_AT_ONCE = 128
"""Slices that are written at once."""
_GAP_BYTES = 1 << 15
"""Bytes that are read and thrown away rather than asking once more."""

Offsets = NDArray[np.int64]


def write_slices(
    worker: Worker, name: str, slices: Sequence[bytes | memoryview], folder: str = FOLDER
) -> None:
    """Write a file of the index."""
    offsets = np.concatenate([[0], np.cumsum([len(data) for data in slices])]).astype("<i8")
    with worker.create(f"{folder}/{name}") as file:
        file.write(np.array([len(slices)], "<i8").tobytes())
        file.write(offsets.tobytes())
        for first in range(0, len(slices), _AT_ONCE):
            file.write(b"".join(slices[first : first + _AT_ONCE]))


class SliceFile:
    """A file of the index, open for reading; its offsets are read once."""

    def __init__(self, worker: Worker, name: str, folder: str = FOLDER) -> None:
        self._worker, self._path = worker, f"{folder}/{name}"
        head = self._bytes(0, _HEAD_BYTES)
        self.count = int(np.frombuffer(head[:8], "<i8")[0])
        size = 8 * (self.count + 2)
        if size > len(head):
            head += self._bytes(len(head), size - len(head))
        self._offsets: Offsets = np.frombuffer(head[8:size], "<i8")

    def read(self, first: int, after: int) -> bytes:
        """The data of the slices [first, after), one after the other."""
        start, end = int(self._offsets[first]), int(self._offsets[after])
        return self._bytes(8 * (self.count + 2) + start, end - start) if end > start else b""

    def read_some(self, slices: Sequence[int]) -> list[bytes]:
        """The data of each of these slices, in rising order; those that lie near each other are
        read at once."""
        wanted = np.asarray(slices, np.int64)
        starts, ends = self._offsets[wanted].tolist(), self._offsets[wanted + 1].tolist()
        found: list[bytes] = []
        first = 0
        for after in range(1, len(starts) + 1):
            if after < len(starts) and starts[after] - ends[after - 1] <= _GAP_BYTES:
                continue
            base, size = starts[first], ends[after - 1] - starts[first]
            data = self._bytes(8 * (self.count + 2) + base, size) if size else b""
            some = zip(starts[first:after], ends[first:after], strict=True)
            found += [data[start - base : end - base] for start, end in some]
            first = after
        return found

    def _bytes(self, offset: int, size: int) -> bytes:
        return self._worker.read_packed({"pack": self._path, "offset": offset, "size_bytes": size})
