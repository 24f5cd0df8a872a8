"""Arrays that grow behind and shrink in front, as what is held of a stream of frames does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ROOM = 3
"""Times what is held that there is room for: rows are moved only when it runs out, so that each
is copied about once in place of once per batch."""


class Shelf:
    """Named arrays with one row per frame. What `arrays` gives are views of what is held, valid
    until the next `add`; they may be written to."""

    def __init__(self) -> None:
        self._store: dict[str, NDArray[Any]] = {}
        self._start = self._end = 0

    def __len__(self) -> int:
        return self._end - self._start

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {name: store[self._start : self._end] for name, store in self._store.items()}

    def add(self, rows: Mapping[str, NDArray[Any]]) -> None:
        """Put rows behind those that are held; the names are the same every time."""
        n_new = len(next(iter(rows.values())))
        n_held = len(self)
        if not self._store or self._end + n_new > len(next(iter(self._store.values()))):
            for name, values in rows.items():
                grown = np.empty((_ROOM * (n_held + n_new), *values.shape[1:]), values.dtype)
                if n_held:
                    grown[:n_held] = self._store[name][self._start : self._end]
                self._store[name] = grown
            self._start, self._end = 0, n_held
        for name, values in rows.items():
            self._store[name][self._end : self._end + n_new] = values
        self._end += n_new

    def drop(self, n: int) -> None:
        """Let go of the first `n` rows."""
        self._start += n
