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

Offsets = NDArray[np.int64]


def write_slices(worker: Worker, name: str, slices: Sequence[bytes], folder: str = FOLDER) -> None:
    """Write a file of the index."""
    offsets = np.concatenate([[0], np.cumsum([len(data) for data in slices])]).astype("<i8")
    with worker.create(f"{folder}/{name}") as file:
        file.write(np.array([len(slices)], "<i8").tobytes())
        file.write(offsets.tobytes())
        for data in slices:
            file.write(data)


class SliceFile:
    """A file of the index, open for reading; its offsets are read once."""

    def __init__(self, worker: Worker, name: str, folder: str = FOLDER) -> None:
        self._worker, self._path = worker, f"{folder}/{name}"
        self.count = int(np.frombuffer(self._bytes(0, 8), "<i8")[0])
        self._offsets: Offsets = np.frombuffer(self._bytes(8, 8 * (self.count + 1)), "<i8")

    def read(self, first: int, after: int) -> bytes:
        """The data of the slices [first, after), one after the other."""
        start, end = int(self._offsets[first]), int(self._offsets[after])
        return self._bytes(8 * (self.count + 2) + start, end - start) if end > start else b""

    def sizes(self, first: int, after: int) -> Offsets:
        """Bytes of each of these slices."""
        return np.diff(self._offsets[first : after + 1])

    def _bytes(self, offset: int, size: int) -> bytes:
        return self._worker.read_packed({"pack": self._path, "offset": offset, "size_bytes": size})
