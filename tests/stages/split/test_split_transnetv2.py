"""TransNetV2: windows, stretches, the ONNX that is written, and the network on real cuts."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from split_media import joined, request_for

from pipeline.errors import ModelError
from pipeline.models.cache import ModelCache
from schemas.outcomes import BoundaryKind
from stages.base import StageError
from stages.networks.onnx_graph import GraphWriter
from stages.networks.torch_file import read_weights
from stages.split.config import SplitConfig
from stages.split.decode import decode_source
from stages.split.detectors import transnetv2_network as network
from stages.split.detectors.transnetv2 import Frame, TransNetDetector, stretches
from stages.split.detectors.windows import CONTEXT, STEP, WindowFeed
from stages.split.spans import Boundary
from stages.split.stage import SplitStage
from stages.split.view import FrameView

Floats = NDArray[np.float32]


@given(st.integers(0, 330))
def test_windows_decide_every_frame_once_with_its_neighbours_around(n_frames: int) -> None:
    feed: WindowFeed[int] = WindowFeed()
    windows = [w for frame in range(n_frames) if (w := feed.add(frame)) is not None]
    assert all(w.first + w.n_decided + CONTEXT <= n_frames for w in windows)
    windows += feed.rest()
    decided = [w.first + i for w in windows for i in range(w.n_decided)]
    assert decided == list(range(n_frames))
    for window in windows:
        wanted = range(window.first - CONTEXT, window.first + STEP + CONTEXT)
        assert window.frames == [min(max(frame, 0), n_frames - 1) for frame in wanted]


SPIKES = st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.4, 0.6, 0.9]), min_size=1, max_size=60)


@given(SPIKES, st.data())
def test_stretches_do_not_depend_on_where_the_stream_is_cut(
    middle: list[float], data: st.DataObject
) -> None:
    anywhere = [max(value, data.draw(st.sampled_from([0.0, 0.7]))) for value in middle]
    whole, n_done = stretches(middle, anywhere, 0.5, is_last=True)
    assert n_done == len(middle)
    at = data.draw(st.integers(0, len(middle)))
    head, n_done = stretches(middle[:at], anywhere[:at], 0.5, is_last=False)
    tail, _ = stretches(middle[n_done:], anywhere[n_done:], 0.5, is_last=True)
    assert head + [(a + n_done, b + n_done, score) for a, b, score in tail] == whole


def test_a_stretch_needs_a_middle() -> None:
    assert stretches([0.1, 0.1, 0.1], [0.1, 0.9, 0.1], 0.5, is_last=True)[0] == []
    assert stretches([0.1, 0.8, 0.1], [0.9, 0.9, 0.1], 0.5, is_last=True)[0] == [(0, 2, 0.8)]


def luma_says(frames: list[Frame]) -> tuple[Floats, Floats]:
    """A network that reads its answer off the picture: 200 is a middle, 100 any frame."""
    bright = np.array([int(frame[0, 0, 1]) for frame in frames])
    return (bright > 150).astype(np.float32) * 0.8, (bright > 50).astype(np.float32) * 0.8


def detect(shades: list[int], first: int = 0) -> list[Boundary]:
    """Boundaries of a stream of grey pictures; checks the promise of `settled` on the way."""
    detector = TransNetDetector(luma_says, 0.5)
    found: list[Boundary] = []
    settled = first
    grey = np.full((14, 24), 128, np.uint8)
    for frame, shade in enumerate(shades, first):
        view = FrameView(np.full((27, 48), shade, np.uint8), grey, grey)
        for boundary in detector.process(frame, frame / 25, view):
            assert settled <= boundary.clip_end
            assert boundary.frame <= frame
            found.append(boundary)
        assert settled <= detector.settled <= frame + 1
        settled = detector.settled
    return found + detector.finish()


@pytest.mark.parametrize("first", [0, 1234])
def test_cuts_and_gradual_transitions_stand_where_the_network_sees_them(first: int) -> None:
    shades = [0] * 300
    shades[49] = 200  # the last frame of a shot
    shades[140:160] = [100] * 20  # over the end of a window
    shades[150] = 200
    shades[220] = 100  # no middle
    cut, gradual = detect(shades, first)
    assert (cut.frame, cut.kind, cut.clip_end) == (first + 50, BoundaryKind.CUT, first + 50)
    assert cut.score == pytest.approx(0.8)
    assert gradual.kind == BoundaryKind.GRADUAL
    assert (gradual.first_mixed, gradual.first_clean) == (first + 140, first + 160)


def test_a_mark_on_the_last_frame_is_no_boundary() -> None:
    assert detect([0] * 59 + [200]) == []
    assert detect([]) == []


def test_written_onnx_computes_what_it_says() -> None:
    rng = np.random.default_rng(3)
    kernel = rng.normal(size=(2, 3, 3, 3)).astype(np.float32)
    graph = GraphWriter()
    x = graph.node("Cast", graph.input("x", "uint8", (1, 3, 5, 6)), to=1)
    y = graph.node("Conv", x, graph.constant(kernel), kernel_shape=(3, 3), pads=(1, 1, 1, 1))
    y = graph.node("LeakyRelu", y, alpha=0.25)
    session = onnxruntime.InferenceSession(graph.model([(y, (1, 2, 5, 6))]))
    picture = rng.integers(0, 256, (1, 3, 5, 6)).astype(np.uint8)
    (found,) = session.run(None, {"x": picture})
    padded = np.pad(picture[0].astype(np.float64), ((0, 0), (1, 1), (1, 1)))
    expected = np.zeros((2, 5, 6))
    for row in range(5):
        for column in range(6):
            patch = padded[:, row : row + 3, column : column + 3]
            expected[:, row, column] = (kernel * patch).sum(axis=(1, 2, 3))
    expected = np.where(expected < 0, 0.25 * expected, expected)
    np.testing.assert_allclose(found[0], expected, rtol=1e-4, atol=1e-3)


def test_a_histogram_counts_colours() -> None:
    frame = np.zeros((27, 48, 3), np.uint8)
    frame[:, 24:] = (255, 32, 0)
    found = network.histogram(frame)
    assert np.flatnonzero(found).tolist() == [0, (7 << 6) + (1 << 3)]
    assert np.linalg.norm(found) == pytest.approx(1.0)


@pytest.mark.parametrize("content", [b"", b"no archive", "empty archive"])
def test_a_file_that_holds_no_weights_is_refused_before_the_run(
    tmp_path: Path, content: bytes | str
) -> None:
    path = tmp_path / "weights.pth"
    if isinstance(content, str):
        archive = io.BytesIO()
        zipfile.ZipFile(archive, "w").close()
        content = archive.getvalue()
    path.write_bytes(content)
    config = SplitConfig(detector="transnetv2", transnetv2_model=str(path))
    with pytest.raises(StageError, match=r"transnetv2_model.*weights\.pth"):
        SplitStage(config).check(lambda reference: Path(reference))


@pytest.fixture(scope="module")
def weights() -> Path:
    reference = SplitConfig().transnetv2_model
    try:
        return ModelCache(may_fetch=False).ensure(reference)
    except ModelError as error:
        pytest.skip(str(error))


@pytest.mark.models
def test_real_cuts_are_found_by_the_stage_and_by_a_union(weights: Path, tmp_path: Path) -> None:
    path = joined(tmp_path / "three.mp4", ["test", "mandel", "bars"], 2.0)
    for number, detector in enumerate(["transnetv2", ["transnetv2", "content"]]):
        folder = tmp_path / str(number)
        request = request_for(path, folder, detector=detector)
        result = decode_source(type(request)(**{**vars(request), "transnetv2": weights}))
        starts = [shot.row["cover_start_s"] for shot in result.shots]
        assert starts == pytest.approx([0.0, 2.0, 4.0])


@pytest.mark.models
def test_the_network_says_what_the_original_says(weights: Path) -> None:
    """Three shots of noise with a dissolve between the second and third; the figures are those of
    the wheel's own code under torch 2.13."""
    model = network.build_model(read_weights(weights))
    session = network.open_session(model, 1)
    frames = noise_film()
    histograms = np.stack([network.histogram(frame) for frame in frames])
    middle, anywhere = session.run(None, {"frames": frames, "histograms": histograms})
    reference = np.load(Path(__file__).parent / "data" / "transnetv2_noise.npy")
    np.testing.assert_allclose(np.stack([middle[0], anywhere[0]]), reference, atol=1e-4)


def noise_film() -> NDArray[np.uint8]:
    rng = np.random.default_rng(11)
    shots = [cv2.resize(rng.integers(0, 256, (6, 12, 3), np.uint8), (60, 27)) for _ in range(3)]
    film = []
    for frame in range(network.WINDOW):
        side = frame * 12 // 100
        views = [shot[:, side : side + 48].astype(np.float64) for shot in shots]
        mix = float(np.clip((frame - 60) / 12, 0, 1))
        film.append(views[0] if frame < 35 else (1 - mix) * views[1] + mix * views[2])
    return np.stack(film).astype(np.uint8)
