"""The stage: one row per kept source, packs that fit the rows, failures that stay with one item."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from split_media import ffmpeg, scene, tone

from pipeline.testing import StageRun, run_corpus_stage, run_unit_stage
from schemas.ids import shot_id
from schemas.outcomes import Outcome, Reason
from schemas.table import Row
from stages.ingest.config import IngestConfig
from stages.ingest.stage import IngestStage
from stages.split.config import SplitConfig
from stages.split.detectors.shot_model import MODEL_FILE
from stages.split.signature import picture_count, unpack
from stages.split.stage import SplitStage


def split(folder: Path, root: Path, **options: object) -> tuple[StageRun, dict[str, Row]]:
    """Ingest and split a folder; the run, and the `splits` rows by key."""
    stage = IngestStage(IngestConfig(input=str(folder)))
    sources = run_corpus_stage(stage, root / "ingest", {}).tables["sources"]
    config = SplitConfig(**options)  # type: ignore[arg-type]
    run = run_unit_stage(SplitStage(config), root / "split", {"sources": sources})
    keys = {row["source_id"]: row["key"] for row in sources}
    return run, {keys[row["source_id"]]: row for row in run.tables["splits"]}


def test_rows_packs_and_ids_fit_together(media: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(media / "three.mp4", folder)
    shutil.copy(media / "late_audio.mp4", folder)
    run, splits = split(folder, tmp_path)
    assert {row["outcome"] for row in splits.values()} == {Outcome.KEPT}
    assert [splits["three.mp4"][name] for name in ("n_frames", "n_shots", "audio")] == [
        180,
        3,
        None,
    ]
    flac = run.read_packed(splits["late_audio.mp4"]["audio"])
    assert flac.startswith(b"fLaC")
    shots = run.tables["shots"]
    assert len(shots) == sum(row["n_shots"] for row in splits.values())
    for shot in shots:
        span = shot["source_id"], shot["start_pts"], shot["end_pts"], shot["time_base"]
        assert shot["shot_id"] == shot_id(*span)
        length_s = shot["end_s"] - shot["start_s"]
        assert len(unpack(shot["signature"]).film) == picture_count(length_s)
        assert len(shot["keyframes"]) == 3
        for keyframe in shot["keyframes"]:
            jpeg = np.frombuffer(run.read_packed(keyframe), np.uint8)
            picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
            assert picture.shape[:2] == (keyframe["height"], keyframe["width"])
            assert shot["start_s"] <= keyframe["time_s"] < shot["end_s"]


def test_bad_sources_end_with_a_reason(media: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(media / "vfr.mp4", folder / "good.mp4")
    ffmpeg(*scene("test", 0.4, "64x48"), *tone(0.4), "-c:v", "mpeg4", folder / "short.mp4")
    shutil.copy(media / "three.mp4", folder / "gone.mp4")
    stage = IngestStage(IngestConfig(input=str(folder)))
    sources = run_corpus_stage(stage, tmp_path / "ingest", {}).tables["sources"]
    (folder / "gone.mp4").unlink()
    failed = dict(sources[0], source_id="other", outcome=Outcome.FAILED, reason=Reason.EMPTY_FILE)
    run = run_unit_stage(
        SplitStage(SplitConfig()), tmp_path / "split", {"sources": [*sources, failed]}
    )
    keys = {row["source_id"]: row["key"] for row in sources}
    ended = {
        keys[row["source_id"]]: (row["outcome"], row["reason"]) for row in run.tables["splits"]
    }
    assert ended == {
        "good.mp4": (Outcome.KEPT, None),
        "short.mp4": (Outcome.DROPPED, Reason.NO_USABLE_SHOT),
        "gone.mp4": (Outcome.FAILED, Reason.SOURCE_GONE),
    }
    short = [shot for shot in run.tables["shots"] if keys[shot["source_id"]] == "short.mp4"]
    assert [(shot["outcome"], shot["reason"]) for shot in short] == [
        (Outcome.DROPPED, Reason.TOO_SHORT)
    ]


def test_another_network_is_another_version() -> None:
    """Else runs that were split with the old one would be taken for done. Change both."""
    digest = hashlib.sha256(MODEL_FILE.read_bytes()).hexdigest()
    assert (SplitStage.version, digest[:16]) == (10, "057fe235b26b33d6")


def test_too_many_shots_drop_the_source(media: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(media / "three.mp4", folder)
    run, splits = split(
        folder, tmp_path, detector="fixed", fixed_length_s=0.5, max_shots_per_source=3
    )
    assert splits["three.mp4"]["reason"] == Reason.TOO_MANY_SHOTS
    assert run.tables["shots"] == []


def test_a_pass_that_takes_too_long_is_ended(media: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(media / "three.mp4", folder)
    _, splits = split(folder, tmp_path, timeout_base_s=0.01, timeout_per_s=0)
    assert splits["three.mp4"]["reason"] == Reason.TIMEOUT


def test_two_runs_give_the_same_bytes(media: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("late_audio.mp4", "ten_bit.mp4"):
        shutil.copy(media / name, folder)
    runs = [split(folder, tmp_path / name)[0] for name in ("a", "b")]
    assert runs[0].tables == runs[1].tables
    for kind in ("frames", "audio"):
        packs = [run.storage.read_bytes(f"packs/{kind}-unit0.tar") for run in runs]
        assert packs[0] == packs[1]


@pytest.mark.parametrize("part", ["odd"])
def test_every_real_odd_file_ends_with_a_row(corpus: Path, tmp_path: Path, part: str) -> None:
    _, splits = split(corpus / part, tmp_path)
    assert set(splits) == {path.name for path in (corpus / part).iterdir()}
    assert {row["outcome"] for row in splits.values()} == {Outcome.KEPT, Outcome.DROPPED}
    assert splits["corrupted.mp4"]["n_decode_errors"] > 0
