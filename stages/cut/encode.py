"""Run ffmpeg on one source, under a time limit, and say what it said when it fails."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from typing import IO

from schemas.outcomes import ItemError, Reason

_TAIL_BYTES = 800


@cache
def ffmpeg_path() -> str:
    """The ffmpeg that the package imageio-ffmpeg ships, so that none has to be installed."""
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def run_ffmpeg(command: Sequence[str], timeout_s: float) -> None:
    """Run one ffmpeg command. Raises ItemError TIMEOUT or ENCODE_FAILED with its last words.

    Its messages go to a file: a damaged source can bring megabytes of them.
    """
    with tempfile.TemporaryFile() as messages:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=messages,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ItemError(
                Reason.TIMEOUT,
                f"ffmpeg took longer than {timeout_s:g} s",
                "raise cut.timeout_s, or lower cut.pass_memory_mb",
            ) from None
        if done.returncode != 0:
            raise ItemError(
                Reason.ENCODE_FAILED, f"ffmpeg ended with {done.returncode}: {_tail(messages)}"
            )


def _tail(messages: IO[bytes]) -> str:
    size = messages.seek(0, 2)
    messages.seek(max(0, size - _TAIL_BYTES))
    return " | ".join(messages.read().decode(errors="replace").strip().splitlines()) or "no message"
