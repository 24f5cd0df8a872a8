"""Looks: alike within a shot, unlike between shots, from pictures or from an image model."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from split_media import X264, joined, request_for

from pipeline.models.catalog import EFFICIENTNET_LITE0
from pipeline.testing import run_corpus_stage, run_unit_stage
from schemas.outcomes import Reason
from stages.base import StageError
from stages.ingest.config import IngestConfig
from stages.ingest.stage import IngestStage
from stages.networks import efficientnet_lite0
from stages.networks.onnx_graph import GraphWriter
from stages.networks.picture_model import PictureModel
from stages.split.config import SplitConfig
from stages.split.decode import decode_source
from stages.split.embedding import make_looker, packed, unpacked
from stages.split.look import EMBEDDING_LIMITS, PICTURE_LIMITS, distance, look_of, mean_look
from stages.split.stage import SplitStage
from stages.split.view import FrameView, ViewMaker

PLAIN = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
"""Mean and deviation that leave the picture as it is."""


def world(seed: int) -> NDArray[np.uint8]:
    """A soft random picture, larger than a view."""
    noise = np.random.default_rng(seed).normal(size=(120, 260))
    soft = cv2.GaussianBlur(noise, (0, 0), 9)
    return np.asarray(cv2.normalize(soft, None, 0, 255, cv2.NORM_MINMAX), np.uint8)


def view(seed: int, shift: int = 0) -> FrameView:
    u, v = (np.full((45, 80), 128 + 7 * ((seed * k) % 9 - 4), np.uint8) for k in (1, 3))
    return FrameView(world(seed)[:90, shift : shift + 160].copy(), u, v)


@settings(max_examples=30)
@given(st.integers(0, 300), st.integers(0, 300))
def test_a_distance_is_one(first: int, second: int) -> None:
    a, b = look_of(view(first)), look_of(view(second))
    assert np.linalg.norm(a) == pytest.approx(1.0, abs=1e-5)
    assert distance(a, a) == 0
    assert distance(a, b) == distance(b, a) <= 2
    assert np.linalg.norm(mean_look([a, b])) == pytest.approx(1.0, abs=1e-5)


def test_a_moving_camera_is_one_shot_and_another_scene_is_not() -> None:
    for seed in range(1, 8):
        here = look_of(view(seed))
        assert distance(here, look_of(view(seed, shift=8))) < PICTURE_LIMITS.stitch
        assert distance(here, look_of(view(seed + 1))) > PICTURE_LIMITS.stitch


def test_flat_pictures_are_told_apart_by_their_colour() -> None:
    grey = np.full((45, 80), 128, np.uint8)
    black, white = (
        FrameView(np.full((90, 160), level, np.uint8), grey, grey) for level in (0, 255)
    )
    assert distance(look_of(black), look_of(black)) == 0
    assert distance(look_of(black), look_of(white)) > 1


@pytest.fixture(scope="module")
def real_looks(corpus: Path) -> list[list[NDArray[np.float32]]]:
    """Looks of some single-shot clips, five per second."""
    import av

    looks = []
    for path in sorted((corpus / "clips").glob("*.mp4"))[::6]:
        maker = ViewMaker(160, 0, Fraction(1), is_quick=True)
        with av.open(str(path)) as container:
            frames = container.decode(container.streams.video[0])
            views = [maker.make(frame) for n, frame in enumerate(frames) if n % 6 == 0]
        looks.append([look_of(view) for view in views])
    return looks


def test_the_stated_limits_hold_on_real_footage(
    real_looks: list[list[NDArray[np.float32]]],
) -> None:
    same = [distance(a, b) for clip in real_looks for a, b in zip(clip, clip[3:], strict=False)]
    other = [distance(a[-1], b[0]) for i, a in enumerate(real_looks) for b in real_looks[i + 1 :]]
    assert np.mean(np.array(same) <= PICTURE_LIMITS.stitch) >= 0.95
    assert min(other) > PICTURE_LIMITS.stitch


def model(path: Path, side: int = 8) -> Path:
    """A tiny embedding: the mean of each channel, and one half."""
    graph = GraphWriter()
    picture = graph.input("picture", "float32", [1, 3, side, side])
    means = graph.node("GlobalAveragePool", picture)
    flat = graph.node("Flatten", means)
    half = graph.constant(np.array([[0.5]], np.float32))
    vector = graph.node("Concat", flat, half, axis=1)
    path.write_bytes(graph.model([(vector, [1, 4])]))
    return path


def test_an_embedding_is_the_models_answer_at_length_one(tmp_path: Path) -> None:
    embedder = PictureModel(model(tmp_path / "m.onnx"), "test", *PLAIN)
    shown = view(3)
    blue, green, red = shown.picture[:, 35:125].reshape(-1, 3).mean(axis=0) / 255
    wanted = np.array([red, green, blue, 0.5])
    assert embedder.features([shown.picture])[0] == pytest.approx(
        wanted / np.linalg.norm(wanted), abs=0.02
    )


def test_mean_and_deviation_are_applied(tmp_path: Path) -> None:
    path = model(tmp_path / "m.onnx")
    plain = PictureModel(path, "test", *PLAIN).features([view(3).picture])[0]
    moved = PictureModel(path, "test", (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    shifted = moved.features([view(3).picture])[0]
    raw = plain[:3] * 0.5 / plain[3]
    assert shifted[:3] * 0.5 / shifted[3] == pytest.approx((raw - 0.5) / 0.25, abs=1e-3)


def test_limits_follow_the_kind_of_look_unless_they_are_set(tmp_path: Path) -> None:
    path = model(tmp_path / "m.onnx")
    config = SplitConfig(still_distance=0.2)
    assert make_looker(config, None).limits.stitch == PICTURE_LIMITS.stitch
    assert make_looker(config, path).limits.stitch == EMBEDDING_LIMITS.stitch
    assert make_looker(config, path).limits.still == 0.2


def test_a_file_that_is_no_image_model_ends_the_run_before_it_starts(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    graph = GraphWriter()
    vector = graph.node("Relu", graph.input("x", "float32", [1, 7]))
    other = tmp_path / "other.onnx"
    other.write_bytes(graph.model([(vector, [1, 7])]))
    for path, words in ((broken, "no ONNX model"), (other, r"\[1, 7\]")):
        stage = SplitStage(SplitConfig(embedder=str(path)))
        assert stage.models() == [str(path)]
        with pytest.raises(StageError, match=words):
            stage.check(Path)


def test_a_model_decides_where_it_is_configured(tmp_path: Path) -> None:
    """To the tiny model all mid-grey scenes are alike, so the third scene repeats the first."""
    video = joined(tmp_path / "v.mp4", ["test", "black", "test"], 2.0, *X264)
    path = model(tmp_path / "m.onnx")
    options = {"drop_redundant": True, "embedder": str(path), "detector": "content"}
    request = request_for(video, tmp_path / "out", embedder_mean=PLAIN[0], **options)
    shots = decode_source(replace(request, embedder=path)).shots
    reasons = [draft.row["reason"] for draft in shots]
    assert reasons == [None, None, Reason.REDUNDANT_IN_SOURCE]


def test_keyframes_get_the_embedders_vectors_and_none_without_one(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    video = joined(tmp_path / "in" / "v.mp4", ["test", "bars"], 2.0, *X264)
    sources = run_corpus_stage(
        IngestStage(IngestConfig(input=str(video.parent))), tmp_path / "ingest", {}
    ).tables["sources"]
    path = model(tmp_path / "m.onnx")
    found = {}
    for embedder in (None, str(path)):
        config = SplitConfig(embedder=embedder, detector="content", scales=[4], keyframes=2)
        root = tmp_path / str(embedder is None)
        run = run_unit_stage(SplitStage(config), root, {"sources": sources})
        found[embedder] = run.tables["shots"]
    assert [shot["embeddings"] for shot in found[None]] == [None] * len(found[None])
    shots = found[str(path)]
    assert sorted({shot["scale"] for shot in shots}) == [0, 1]
    embedder_model = PictureModel(path, "test")
    for shot in shots:
        assert len(shot["embeddings"]) == len(shot["keyframes"]) == 2
        jpegs = [np.frombuffer(run.read_packed(shown), np.uint8) for shown in shot["keyframes"]]
        wanted = embedder_model.features([cv2.imdecode(jpeg, cv2.IMREAD_COLOR) for jpeg in jpegs])
        stored = [unpacked(data) for data in shot["embeddings"]]
        assert np.abs(np.stack(stored) - wanted).max() < 1e-3
        assert packed(wanted[0]) == shot["embeddings"][0]


def test_one_division_into_batches_gives_the_bits_of_another(tmp_path: Path) -> None:
    graph = GraphWriter()
    kernel = np.random.default_rng(5).normal(size=(7, 3, 3, 3)).astype(np.float32)
    x = graph.node("Conv", graph.input("x", "float32", ["n", 3, 32, 32]), graph.constant(kernel))
    flat = graph.node("Flatten", graph.node("GlobalAveragePool", x))
    path = tmp_path / "m.onnx"
    path.write_bytes(graph.model([(flat, ["n", 7])]))
    embedder = PictureModel(path, "test")
    pictures = [view(number).picture for number in range(20)]
    together = embedder.features(pictures)
    one_by_one = np.concatenate([embedder.features([picture]) for picture in pictures])
    np.testing.assert_array_equal(together, one_by_one)


def test_an_embedder_with_a_name_has_a_reference_and_limits_of_its_own() -> None:
    config = SplitConfig(embedder="efficientnet_lite0")
    assert SplitStage(config).models() == [efficientnet_lite0.REFERENCE]
    assert config.embedder_reference == EFFICIENTNET_LITE0
