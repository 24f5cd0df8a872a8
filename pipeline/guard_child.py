"""The child's side of `pipeline.guard`: serve calls from stdin until its owner is gone."""

from __future__ import annotations

import os
import pickle
import resource
import sys
import threading
import time
from typing import Any

from pipeline.guard import read_message, write_message


def _vanish_with_parent() -> None:
    """A killed owner cannot end us, and a long decode would not notice: watch for it."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _limit_memory(memory_bytes: int | None) -> None:
    """Bound the address space to what is in use now and `memory_bytes` more."""
    limit = resource.RLIM_INFINITY
    if memory_bytes is not None:
        with open("/proc/self/statm") as file:
            limit = int(file.read().split()[0]) * resource.getpagesize() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def _outcome(request: tuple[int | None, Any, Any, Any]) -> bytes:
    memory_bytes, work, args, kwargs = request
    _limit_memory(memory_bytes)
    try:
        reply: tuple[bool, Any] = (True, work(*args, **kwargs))
    except Exception as error:  # noqa: BLE001 - whatever the work raises belongs to its caller
        reply = (False, error)
    _limit_memory(None)
    try:
        return pickle.dumps(reply)
    except Exception as error:  # noqa: BLE001 - an error that cannot travel still has to arrive
        return pickle.dumps((False, RuntimeError(f"{reply[1]!r} ({error})")))


def main() -> None:
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print must not mix with the replies
    requests = os.fdopen(0, "rb", buffering=0)
    _vanish_with_parent()
    write_message(replies, b"ready")
    while True:
        try:
            request = read_message(requests)
        except EOFError:
            sys.exit(0)
        write_message(replies, _outcome(request))


if __name__ == "__main__":
    main()
