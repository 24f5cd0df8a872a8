"""configs/panda70m.yaml from a video to the shards: what it cuts, joins, drops and trims."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from schemas.outcomes import Reason

PRESET = Path(__file__).parents[2] / "configs" / "panda70m.yaml"
SCENES = ("testsrc2", "smptebars", "testsrc2", "mandelbrot", "cellauto")
SCENE_S = (6.0, 3.0, 6.0, 4.0, 1.2)
"""A moving scene longer than the forced cut, still bars, the first scene again, another one, and
one that is too short."""


@pytest.fixture(scope="module")
def run(models: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import imageio_ffmpeg

    folder = tmp_path_factory.mktemp("panda")
    (folder / "in").mkdir()
    inputs = []
    for scene, length_s in zip(SCENES, SCENE_S, strict=True):
        inputs += ["-f", "lavfi", "-i", f"{scene}=s=256x192:r=25,trim=0:{length_s}"]
    labels = "".join(f"[{number}:v]" for number in range(len(SCENES)))
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *inputs),
            *("-filter_complex", f"{labels}concat=n={len(SCENES)}[v]", "-map", "[v]"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1"),
            str(folder / "in" / "scenes.mp4"),
        ],
        check=True,
    )
    options = ["engine.kind=local", "caption.teachers=[visual]"]
    options += ["translate.languages=[es]", "translate.cache="]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pipeline", "run", "--config", str(PRESET)),
            *("--input", str(folder / "in"), "--output", str(folder / "run")),
            *(part for option in options for part in ("--set", option)),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / "run"


def test_every_scene_ends_as_the_preset_says(run: Path) -> None:
    shots = sorted(pq.read_table(run / "shots").to_pylist(), key=lambda row: row["start_s"])
    assert [(row["outcome"], row["reason"]) for row in shots] == [
        ("kept", None),  # the forced cut at 5 s was joined again
        ("dropped", Reason.STILL),
        ("dropped", Reason.REDUNDANT_IN_SOURCE),
        ("kept", None),
        ("dropped", Reason.TOO_SHORT),
    ]


def test_a_tenth_is_trimmed_at_each_end_and_the_clips_reach_the_shards(run: Path) -> None:
    samples = pq.read_table(run / "dataset" / "manifest.parquet").to_pylist()
    spans = sorted((row["start_s"], row["end_s"]) for row in samples)
    assert spans == [pytest.approx((0.6, 5.4), abs=0.05), pytest.approx((15.4, 18.6), abs=0.05)]
    assert (run / "dataset" / "shard-000000.tar").exists()
