"""The same input gives the same dataset: in one process, on Ray, and after being killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from e2e_support import command, digests


def _wait_for(path: Path, process: subprocess.Popen[Any]) -> None:
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if path.is_dir() and any(path.iterdir()):
            return
        time.sleep(0.02)


@pytest.mark.faults
@pytest.mark.parametrize("stage", ["split", "caption", "cut"])
def test_a_killed_run_goes_on_to_the_same_bytes(
    finished_run: Path, videos: Path, tmp_path: Path, stage: str
) -> None:
    run, extra = tmp_path / "run", ("--set", "engine.kind=local")
    process = subprocess.Popen(command(videos, run, *extra), start_new_session=True)
    _wait_for(run / "state" / stage, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (run / "dataset" / "manifest.parquet").exists()
    done = subprocess.run(command(videos, run, *extra), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "reused" in done.stderr or stage == "split"
    assert digests(run / "dataset") == digests(finished_run / "dataset")
    assert not (run / "tmp").exists()


@pytest.mark.ray
@pytest.mark.faults
def test_a_killed_ray_run_goes_on_to_the_same_bytes(
    finished_run: Path, videos: Path, tmp_path: Path
) -> None:
    """With as many workers as there are CPUs."""
    run = tmp_path / "run"
    process = subprocess.Popen(command(videos, run), start_new_session=True)
    _wait_for(run / "state" / "split", process)
    process.kill()
    process.wait()
    done = subprocess.run(command(videos, run), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert digests(run / "dataset") == digests(finished_run / "dataset")


def _listen_to_interrupts() -> None:
    """A shell's background jobs ignore SIGINT, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.faults
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_so(
    videos: Path, models: None, tmp_path: Path, how: signal.Signals
) -> None:
    run = tmp_path / "run"
    process = subprocess.Popen(
        command(videos, run, "--set", "engine.kind=local"),
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_listen_to_interrupts,
    )
    _wait_for(run / "state" / "ingest", process)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "interrupted" in said
