"""Decoding runs ahead of what is done with the frames.

Decoder threads work only while somebody waits for a frame. When the same thread then measures
the frame, cores idle; with a thread that keeps asking for the next frame, and a few frames of
room between, all are busy all the time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    """The items in order, produced by a thread that is at most `depth` items ahead.

    What `items` raises is raised here, in its place. A consumer that stops early has to close
    this generator; the thread then ends after the item at hand.
    """
    iterator, end = iter(items), object()
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="decode") as thread:
        try:
            waiting += [thread.submit(next, iterator, end) for _ in range(max(1, depth))]
            while (item := waiting.popleft().result()) is not end:
                waiting.append(thread.submit(next, iterator, end))
                yield item
        finally:
            for future in waiting:
                future.cancel()
