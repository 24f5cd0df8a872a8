"""How the end-to-end tests run the command, and what they compare."""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SETTINGS = [
    "caption.teachers=[metadata, subtitle, visual]",
    "ingest.unit_duration_s=6",
    "split.min_duration_s=0.5",
    "cut.preset=ultrafast",
    "translate.cache=",
]
"""Quick, and several units: what these tests look at is the machinery around the stages."""

CPU_S = "cpu_s"
"""File beside the finished run."""

Polyreel = Callable[..., "subprocess.CompletedProcess[str]"]


def command(videos: Path, run: Path, *extra: str) -> list[str]:
    """The command line of a run with the settings above."""
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return [
        *(sys.executable, "-m", "pipeline", "run", "--input", str(videos), "--output", str(run)),
        *settings,
        *extra,
    ]


def timed(command: list[str]) -> float:
    """Run a command to its good end; the processor time that it took, with all its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def digests(folder: Path) -> dict[str, str]:
    """Name and checksum of every file in a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def account(polyreel: Polyreel, run: Path) -> dict[str, Any]:
    """What `polyreel inspect --json` says."""
    done = polyreel("inspect", str(run), "--json")
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    return value
