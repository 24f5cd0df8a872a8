"""Memory of arrays that live for a moment."""

from __future__ import annotations

from functools import cache

import numpy as np

_LARGEST = 31 << 20
"""Bytes; what glibc learns from is less than 32 MiB."""


@cache
def keep_freed_memory() -> None:
    """Have the process keep what it frees, up to some 60 MiB, for its next arrays.

    The C library asks the system for every large array and gives it back at once, and touching new
    pages takes longer than most sums over them: keys of clips cost twice as much. glibc raises the
    size from which it does so to that of what was freed last (mallopt(3), M_MMAP_THRESHOLD), so
    one large array that nobody touches is enough. Elsewhere this changes nothing.
    """
    np.empty(_LARGEST, np.uint8)
