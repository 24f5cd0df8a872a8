"""The balance in whole runs: what it drops is in no shard, on Ray as in one process, and switching
it off gives back what was there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from e2e_support import Polyreel, account, command, digests

ON = [
    "balance.max_same_caption=1",
    "balance.same_caption_similarity=0.3",
    "balance.keep_top_by_language={es: {max_repeat_share: 1.0}}",
    "balance.keep_top={min_sharpness: 0.7}",
]


def run_again(finished_run: Path, videos: Path, run: Path, *settings: str) -> None:
    if not run.exists():
        shutil.copytree(finished_run, run)
    sets = [part for setting in settings for part in ("--set", setting)]
    done = subprocess.run(command(videos, run, *sets), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def balanced(finished_run: Path, videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("balanced") / "run"
    run_again(finished_run, videos, run, "engine.kind=local", *ON)
    return run


def rows(run: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(run / table).to_pylist()
    return found


def test_what_it_drops_is_in_no_shard_and_everything_adds_up(
    balanced: Path, finished_run: Path, polyreel: Polyreel
) -> None:
    told = account(polyreel, balanced)
    assert told["reconciled"], told["problems"]
    stage = told["stages"]["balance"]
    assert stage["dropped"] > 0
    assert stage["kept"] > 0
    assert stage["inputs"] == account(polyreel, finished_run)["samples"]
    kept = {row["shot_id"] for row in rows(balanced, "balance") if row["outcome"] == "kept"}
    samples = pq.read_table(balanced / "dataset" / "manifest.parquet").to_pylist()
    assert {row["key"] for row in samples} == kept
    assert {row["shot_id"] for row in rows(balanced, "clips")} == kept
    gone = next(row for row in rows(balanced, "balance") if row["outcome"] == "dropped")
    why = polyreel("why", str(balanced), gone["shot_id"])
    assert f"balance: dropped ({gone['reason']})" in why.stdout
    assert "not in the set" in why.stdout


@pytest.mark.ray
def test_ray_gives_the_bytes_of_one_process(
    balanced: Path, finished_run: Path, videos: Path, tmp_path: Path
) -> None:
    run_again(finished_run, videos, tmp_path / "run", "engine.workers=2", *ON)
    assert digests(tmp_path / "run" / "dataset") == digests(balanced / "dataset")
    assert digests(tmp_path / "run" / "balance") == digests(balanced / "balance")


def test_off_and_on_again_gives_what_was_there(
    balanced: Path, finished_run: Path, videos: Path, tmp_path: Path
) -> None:
    """The barrier's commit of the first time must not pass for that of units written since."""
    run = tmp_path / "run"
    shutil.copytree(balanced, run)
    run_again(finished_run, videos, run, "engine.kind=local")
    assert digests(run / "dataset") == digests(finished_run / "dataset")
    run_again(finished_run, videos, run, "engine.kind=local", *ON)
    assert digests(run / "dataset") == digests(balanced / "dataset")
