"""Detectors behind the port say what PySceneDetect says, and are honest about their delay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scenedetect import AdaptiveDetector, ContentDetector, FrameTimecode, HistogramDetector

from schemas.outcomes import BoundaryKind
from stages.split.config import SplitConfig
from stages.split.detectors.make import make_detector
from stages.split.detectors.port import Detector
from stages.split.spans import Boundary
from stages.split.view import FrameView

Picture = NDArray[np.uint8]


def shot(seed: int, frames: int) -> list[Picture]:
    """A drifting soft colour picture."""
    rng = np.random.default_rng(seed)
    world = cv2.GaussianBlur(rng.normal(size=(120, 260, 3)), (0, 0), 6)
    world = cv2.normalize(world, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    return [world[10:100, i % 90 : i % 90 + 160] for i in range(frames)]


def view_of(picture: Picture) -> FrameView:
    """The view of a BGR picture."""
    luma, v, u = cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2YCrCb))
    half = (picture.shape[1] + 1) // 2, (picture.shape[0] + 1) // 2
    u, v = (cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (u, v))
    return FrameView(luma, u, v)


def run(detector: Detector, pictures: list[Picture]) -> list[Boundary]:
    """All boundaries; checks the promise of `settled` on the way."""
    found: list[Boundary] = []
    settled = 0
    for frame, picture in enumerate(pictures):
        for boundary in detector.process(frame, frame / 25, view_of(picture)):
            assert settled <= boundary.clip_end
            assert boundary.frame <= frame
            found.append(boundary)
        assert settled <= detector.settled <= frame + 1
        settled = detector.settled
    for boundary in detector.finish():
        assert settled <= boundary.clip_end
        found.append(boundary)
    return found


FILM = shot(1, 40) + shot(2, 40) + shot(3, 5) + shot(4, 60)


@pytest.mark.parametrize("name", ["content", "adaptive", "histogram"])
def test_same_cuts_as_scenedetect(name: str) -> None:
    config = SplitConfig(detector=name, min_shot_s=0.6)  # type: ignore[arg-type]
    stock = {
        "content": ContentDetector(threshold=27.0, min_scene_len=15),
        "adaptive": AdaptiveDetector(adaptive_threshold=3.0, min_scene_len=15),
        "histogram": HistogramDetector(threshold=0.2, min_scene_len=15),
    }[name]
    expected = [
        cut.frame_num
        for frame, picture in enumerate(FILM)
        for cut in stock.process_frame(FrameTimecode(frame, 25.0), view_of(picture).picture)
    ]
    found = run(make_detector(config, 25.0), FILM)
    assert [boundary.frame for boundary in found] == expected
    assert expected
    assert all(boundary.kind == BoundaryKind.CUT for boundary in found)
    if name != "histogram":
        assert all(boundary.score is not None and boundary.score > 15 for boundary in found)


def test_a_late_content_boundary_keeps_the_score_of_its_own_frame() -> None:
    stock = ContentDetector()
    scores = [
        stock._calculate_frame_score(FrameTimecode(frame, 25.0), view_of(picture).picture)
        for frame, picture in enumerate(FILM)
    ]
    config = SplitConfig(detector="content", min_shot_s=0.6)
    found = run(make_detector(config, 25.0), FILM)
    assert found
    for boundary in found:
        assert boundary.score == pytest.approx(scores[boundary.frame], abs=1e-6)


def test_fade_leaves_its_dark_frames_to_no_one() -> None:
    dark = [np.zeros((90, 160, 3), np.uint8)] * 10
    film = shot(1, 40) + dark + shot(2, 40)
    (boundary,) = run(make_detector(SplitConfig(detector="threshold"), 25.0), film)
    assert boundary.kind == BoundaryKind.GRADUAL
    assert (boundary.first_mixed, boundary.first_clean) == (40, 50)
    assert 40 <= boundary.frame <= 50


def test_fixed_and_none() -> None:
    film = shot(1, 60)
    fixed = run(make_detector(SplitConfig(detector="fixed", fixed_length_s=0.8), 25.0), film)
    assert [boundary.frame for boundary in fixed] == [20, 40]
    assert run(make_detector(SplitConfig(detector="none"), 25.0), film) == []


@pytest.mark.parametrize("name", ["content", "default"])
@pytest.mark.parametrize("fps", [None, 1.0, 29.97, 1000.0])
def test_any_frame_rate_is_accepted(fps: float | None, name: str) -> None:
    config = SplitConfig(detector=name)  # type: ignore[arg-type]
    found = run(make_detector(config, fps), shot(1, 30) + shot(2, 30))
    assert [boundary.frame for boundary in found] in ([30], [])
