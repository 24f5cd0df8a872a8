"""What native code writes to the error output, past Python's own streams."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stderr_without(words: str) -> Iterator[None]:
    """Hold back what this process writes to its error output inside the block, and pass it on
    afterwards, also when the block raises, but for lines that hold `words`."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        kept = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            for line in held:
                if words.encode() not in line:
                    os.write(2, line)
