"""Whatever a source does to the decoding child is that source's row; its neighbours go on.

How the child ends a call is `tests/pipeline/test_guard.py`'s matter; here the stage sees it.
"""

from __future__ import annotations

import os
import shutil
import time
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from split_media import X264, ffmpeg, scene

from pipeline.testing import StageRun, run_corpus_stage, run_unit_stage
from schemas.outcomes import BoundaryKind, Outcome, Reason
from schemas.table import Row
from stages.ingest.config import IngestConfig
from stages.ingest.stage import IngestStage
from stages.split import decode
from stages.split import stage as split_stage
from stages.split.config import SplitConfig
from stages.split.one_pass import DecodeRequest, DecodeResult, stated_length_s
from stages.split.stage import SplitStage


def misbehave(request: DecodeRequest) -> DecodeResult:
    """A decoder that does with a file what its name says. Runs in the child."""
    name = Path(request.path).stem
    if name == "hangs":
        time.sleep(600)
    if name == "floods":
        held = [bytes(50_000_000) for _ in range(1000)]
        raise AssertionError(f"{len(held)} blocks were allowed")
    if name == "opencv":
        small = np.zeros((8, 8), np.uint8)
        decode._decode_in_mode = lambda request: cv2.resize(small, (60_000, 60_000))  # type: ignore
    if name == "crashes":
        os.write(2, b"assertion failed in the decoder\n")
        os.abort()
    return decode.decode_source(request)


def split(folder: Path, root: Path, **options: object) -> tuple[StageRun, dict[str, Row]]:
    """Ingest and split a folder; the run, and the `splits` rows by key."""
    stage = IngestStage(IngestConfig(input=str(folder)))
    sources = run_corpus_stage(stage, root / "ingest", {}).tables["sources"]
    run = run_unit_stage(
        SplitStage(SplitConfig.model_validate(options)), root / "split", {"sources": sources}
    )
    keys = {row["source_id"]: row["key"] for row in sources}
    return run, {keys[row["source_id"]]: row for row in run.tables["splits"]}


def test_a_hang_a_flood_and_a_crash_cost_only_themselves(
    media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("crashes", "floods", "fine_1", "fine_2", "opencv"):
        shutil.copy(media / "three.mp4", folder / f"{name}.mp4")
    ffmpeg(*scene("test", 0.3, "64x48"), *X264, folder / "hangs.mp4")  # its limit is short
    monkeypatch.setattr(split_stage, "decode_source", misbehave)
    _, splits = split(folder, tmp_path, timeout_base_s=1, timeout_per_s=6, memory_mb=1500)
    ended = {key: (row["outcome"], row["reason"]) for key, row in splits.items()}
    assert ended == {
        "crashes.mp4": (Outcome.FAILED, Reason.CRASHED),
        "floods.mp4": (Outcome.FAILED, Reason.OUT_OF_MEMORY),
        "opencv.mp4": (Outcome.FAILED, Reason.OUT_OF_MEMORY),
        "hangs.mp4": (Outcome.FAILED, Reason.TIMEOUT),
        "fine_1.mp4": (Outcome.KEPT, None),
        "fine_2.mp4": (Outcome.KEPT, None),
    }
    assert "SIGABRT" in splits["crashes.mp4"]["detail"]
    assert "assertion failed in the decoder" in splits["crashes.mp4"]["detail"]
    assert "1500 MB" in splits["floods.mp4"]["detail"]
    assert "2.8 s" in splits["hangs.mp4"]["detail"]


@pytest.mark.parametrize("name", ["three.mkv", "offset.ts", "three.avi"])
def test_a_truncated_file_gives_its_beginning_and_the_mark(
    media: Path, tmp_path: Path, name: str
) -> None:
    """MP4 files end the same way: see test_split_decode. Where the header states no length, as in
    MPEG-TS, nobody can know that something is missing."""
    folder = tmp_path / "in"
    folder.mkdir()
    data = (media / name).read_bytes()
    (folder / name).write_bytes(data[: int(len(data) * 0.7)])
    run, splits = split(folder, tmp_path, detector="content")
    row = splits[name]
    assert row["outcome"] == Outcome.KEPT
    assert 20 < row["n_frames"] < 180
    last = max(run.tables["shots"], key=lambda shot: int(shot["index"]))
    if name == "offset.ts":
        return
    assert row["is_partial"]
    assert last["end_kind"] == BoundaryKind.DAMAGE
    assert last["cover_end_s"] == pytest.approx(row["duration_s"])


def test_noise_in_the_middle_never_ends_the_run(media: Path, tmp_path: Path) -> None:
    """Bytes of real files overwritten at many places: every source ends with a row."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("three.mp4", "three.mkv", "three.avi", "offset.ts", "vp8.webm"):
        data = bytearray((media / name).read_bytes())
        for part in range(1, 8):
            at = len(data) * part // 8
            data[at : at + 64] = bytes((part * 37 + i * 91) % 256 for i in range(64))
        (folder / name).write_bytes(data)
    run, splits = split(folder, tmp_path)
    assert len(splits) == 5
    kept = [row for row in splits.values() if row["outcome"] == Outcome.KEPT]
    assert any(row["n_decode_errors"] > 0 for row in kept)
    assert {shot["source_id"] for shot in run.tables["shots"]} >= {r["source_id"] for r in kept}


@pytest.mark.parametrize(
    ("duration", "tags", "length_s"),
    [
        (90, {}, 3.0),
        (90, {"DURATION": "00:00:07.000000000"}, 3.0),
        (None, {"DURATION": "01:02:03.500000000"}, 3723.5),
        (None, {"DURATION": "soon"}, None),
        (None, {}, None),
    ],
)
def test_the_length_that_a_stream_states(
    duration: int | None, tags: dict[str, str], length_s: float | None
) -> None:
    assert stated_length_s(duration, Fraction(1, 30), tags) == length_s
