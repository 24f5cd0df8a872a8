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


def run(videos: Path, folder: Path, *settings: str) -> None:
    sets = [part for setting in settings for part in ("--set", setting)]
    done = subprocess.run(command(videos, folder, *sets), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def run_again(finished_run: Path, videos: Path, folder: Path, *settings: str) -> None:
    if not folder.exists():
        shutil.copytree(finished_run, folder)
    run(videos, folder, *settings)


@pytest.fixture(scope="module")
def balanced(finished_run: Path, videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("balanced") / "run"
    run_again(finished_run, videos, folder, "engine.kind=local", *ON)
    return folder


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
def test_ray_with_one_worker_gives_the_bytes_of_one_process(
    balanced: Path, videos: Path, tmp_path: Path
) -> None:
    """All stages and all barriers; `test_same_bytes` has more workers."""
    run(videos, tmp_path / "run", "engine.workers=1", *ON)
    assert digests(tmp_path / "run" / "dataset") == digests(balanced / "dataset")
    assert digests(tmp_path / "run" / "balance") == digests(balanced / "balance")


def test_off_and_on_again_gives_what_was_there(
    balanced: Path, finished_run: Path, videos: Path, tmp_path: Path
) -> None:
    """The barrier's commit of the first time must not pass for that of units written since."""
    folder = tmp_path / "run"
    shutil.copytree(balanced, folder)
    run(videos, folder, "engine.kind=local")
    assert digests(folder / "dataset") == digests(finished_run / "dataset")
    run(videos, folder, "engine.kind=local", *ON)
    assert digests(folder / "dataset") == digests(balanced / "dataset")
