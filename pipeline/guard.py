"""Work on hostile media happens in a child process that can be ended.

FFmpeg's libraries meet every malformed file of the internet in this child: a crash, a hang or a
flood of memory ends the child and becomes one item's failed row, never a lost worker. The child
is started once and serves call after call, so thousands of short files pay no start-up each.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import IO, Any, ParamSpec, TypeVar

from schemas.outcomes import ItemError, Reason
from stages.base import Limits

P = ParamSpec("P")
T = TypeVar("T")

_HEADER = struct.Struct("<Q")
_STDERR_TAIL_BYTES = 600
_START_S = 120.0


class GuardedProcess:
    """One child that runs module-level functions for its owner."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None

    def call(self, limits: Limits, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in the child. Raises ItemError TIMEOUT, OUT_OF_MEMORY or CRASHED, or what
        `work` raised."""
        request = pickle.dumps((limits.memory_bytes, work, args, kwargs))
        try:
            child = self._started()
            write_message(_pipe(child.stdin), request)
            reply = self._reply(child, time.monotonic() + limits.timeout_s)
        except TimeoutError:
            self.close()
            raise ItemError(
                Reason.TIMEOUT, f"took longer than its limit of {limits.timeout_s:g} s"
            ) from None
        except (EOFError, BrokenPipeError):
            raise self._crash() from None
        succeeded, value = pickle.loads(reply)
        if succeeded:
            return value  # type: ignore[no-any-return]
        if isinstance(value, MemoryError):
            self.close()
            raise ItemError(
                Reason.OUT_OF_MEMORY,
                f"needed more memory than its limit of {(limits.memory_bytes or 0) / 1e6:.0f} MB",
            )
        raise value

    def close(self) -> None:
        """End the child, whatever it is doing, and everything that it started."""
        child, self._child = self._child, None
        if child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
            self._child = subprocess.Popen(
                [sys.executable, "-m", "pipeline.guard_child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                start_new_session=True,
                bufsize=0,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            # Its first word: the time that a start takes is nobody's limit.
            self._reply(self._child, time.monotonic() + _START_S)
        return self._child

    @staticmethod
    def _reply(child: subprocess.Popen[bytes], deadline: float) -> bytes:
        pipe = _pipe(child.stdout)
        header = read_exactly(pipe, _HEADER.size, deadline)
        return read_exactly(pipe, _HEADER.unpack(header)[0], deadline)

    def _crash(self) -> ItemError:
        child, stderr = self._child, self._stderr
        tail = ""
        code = child.wait() if child is not None else 0
        if stderr is not None:
            size = stderr.seek(0, os.SEEK_END)
            stderr.seek(max(0, size - _STDERR_TAIL_BYTES))
            tail = stderr.read().decode(errors="replace").strip()
        self.close()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return ItemError(
            Reason.CRASHED, f"the media process died ({how})" + (f": {tail}" if tail else "")
        )


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EOFError
    return pipe


def write_message(pipe: IO[bytes], data: bytes) -> None:
    view = memoryview(_HEADER.pack(len(data)) + data)
    while view:
        view = view[pipe.write(view) :]


def read_exactly(pipe: IO[bytes], size: int, deadline: float | None = None) -> bytes:
    """Read `size` bytes; TimeoutError past the monotonic `deadline`, EOFError at the end."""
    data = bytearray()
    while len(data) < size:
        if deadline is not None:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
        part = pipe.read(size - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def read_message(pipe: IO[bytes]) -> Any:
    return pickle.loads(read_exactly(pipe, _HEADER.unpack(read_exactly(pipe, _HEADER.size))[0]))
