"""Clips of several scales overlap: the whole run keeps them apart and accounts for each."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from e2e_support import SETTINGS, Polyreel, account

from schemas.table import Row

KINDS = ("testsrc2", "mandelbrot", "rgbtestsrc", "cellauto", "testsrc", "smptebars")
SCALED = [
    *SETTINGS,
    "engine.kind=local",
    "split.scales=[4, 9]",
    "caption.teachers=[visual]",
    "translate.languages=[es]",
]


@pytest.fixture(scope="module")
def run(models: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over a video of six shots of two seconds, and its copy in another container."""
    import imageio_ffmpeg

    folder = tmp_path_factory.mktemp("scaled")
    (folder / "in").mkdir()
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"]
    inputs = []
    for kind in KINDS:
        inputs += ["-f", "lavfi", "-i", f"{kind}=s=256x192:r=25,trim=0:2"]
    labels = "".join(f"[{i}:v]" for i in range(len(KINDS)))
    graph = f"{labels}concat=n={len(KINDS)}[v]"
    encoder = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-threads", "1"]
    first, copy = folder / "in" / "a.mp4", folder / "in" / "b.mkv"
    subprocess.run(
        [*ffmpeg, *inputs, "-filter_complex", graph, "-map", "[v]", *encoder, str(first)],
        check=True,
    )
    subprocess.run([*ffmpeg, "-i", str(first), "-c", "copy", str(copy)], check=True)
    settings = [part for setting in SCALED for part in ("--set", setting)]
    command = [sys.executable, "-m", "pipeline", "run", "--input", str(folder / "in")]
    done = subprocess.run(
        [*command, "--output", str(folder / "run"), *settings], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder / "run"


def rows_of(run: Path, table: str) -> list[Row]:
    rows: list[Row] = pq.read_table(run / table).to_pylist()
    return rows


def test_every_scale_reaches_the_dataset_with_its_parents(run: Path) -> None:
    samples = rows_of(run, "dataset/manifest.parquet")
    assert {row["scale"] for row in samples} == {0, 1, 2}
    by_key = {row["key"]: row for row in samples}
    for row in samples:
        parent = by_key.get(row["parent_id"])
        if parent is not None:
            assert parent["scale"] > row["scale"]
            assert parent["start_s"] <= row["start_s"] < row["end_s"] <= parent["end_s"]
            assert parent["n_frames"] > row["n_frames"]
    assert any(row["parent_id"] in by_key for row in samples)


def test_covers_of_each_scale_tile_each_source(run: Path) -> None:
    shots = rows_of(run, "shots")
    for source in {row["source_id"] for row in shots}:
        for scale in range(3):
            rows = [r for r in shots if r["source_id"] == source and r["scale"] == scale]
            rows.sort(key=lambda row: row["cover_start_s"])
            assert rows[0]["cover_start_s"] == 0
            assert all(a["cover_end_s"] == b["cover_start_s"] for a, b in pairwise(rows))
            assert rows[-1]["cover_end_s"] == pytest.approx(12.0, abs=0.05)


def test_parents_and_children_are_no_copies_but_copied_footage_is(run: Path) -> None:
    shots = {row["shot_id"]: row for row in rows_of(run, "shots")}
    for row in rows_of(run, "dedup"):
        shot, other = shots[row["shot_id"]], shots[row["representative_id"]]
        if shot["shot_id"] != other["shot_id"] and shot["source_id"] == other["source_id"]:
            assert shot["end_s"] <= other["start_s"] or other["end_s"] <= shot["start_s"]
    kept = {row["shot_id"] for row in rows_of(run, "dedup") if row["outcome"] == "kept"}
    sources = {shots[shot_id]["source_id"] for shot_id in kept if shots[shot_id]["scale"]}
    assert len(sources) == 1, "the joined clips of the copy fall with its shots"


def test_accounts_and_stories_are_right(run: Path, polyreel: Polyreel) -> None:
    told = account(polyreel, run)
    assert told["problems"] == []
    assert told["reconciled"] is True
    long = next(row for row in rows_of(run, "dataset/manifest.parquet") if row["scale"] == 2)
    story = polyreel("why", str(run), long["key"])
    assert story.returncode == 0, story.stderr
    assert "of scale 2" in story.stdout
    assert "in the set" in story.stdout
