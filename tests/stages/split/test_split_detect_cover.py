"""What comes over a picture is told from what takes its place."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stages.split.config import SplitConfig
from stages.split.detectors.make import make_detector
from stages.split.detectors.shot_cover import MOST_GOING_ON, cells_of, going_on
from stages.split.detectors.shot_looks import HEIGHT, WIDTH
from stages.split.view import FrameView

Lumas = NDArray[np.uint8]


def scene(seed: int, n: int, speed: float = 0.5) -> Lumas:
    """A textured scene past which a camera drifts, (n, HEIGHT, WIDTH)."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(HEIGHT, 4 * WIDTH))
    soft = sum(cv2.GaussianBlur(noise, (0, 0), s) * s for s in (1, 2, 4))
    world = np.asarray(cv2.normalize(soft, None, 10, 245, cv2.NORM_MINMAX), np.uint8)
    steps = [np.array([[1, 0, -speed * k], [0, 1, 0]], np.float64) for k in range(n)]
    return np.stack([cv2.warpAffine(world, step, (WIDTH, HEIGHT)) for step in steps])


def covered(film: Lumas, share: float, first: int, last: int, level: int = 230) -> Lumas:
    """With a card over the middle, of a share of both sides, in the frames [first, last)."""
    shown = film.copy()
    top, left = (round(side * (1 - share) / 2) for side in (HEIGHT, WIDTH))
    shown[first:last, top : HEIGHT - top, left : WIDTH - left] = level
    return shown


def shares(film: Lumas) -> NDArray[np.float32]:
    return going_on(cells_of(film, None))


@given(st.integers(0, 99), st.integers(100, 199), st.sampled_from([0.0, 0.2, 0.5]))
def test_nothing_goes_on_at_a_cut(old: int, new: int, speed: float) -> None:
    found = shares(np.concatenate([scene(old, 12, speed), scene(new, 12, speed)]))
    assert found[12] <= MOST_GOING_ON
    assert found[4:10].min() > 0.8


@given(st.integers(0, 99), st.sampled_from([0.3, 0.5, 0.7]), st.sampled_from([0.0, 0.2, 0.5]))
def test_around_a_card_the_scene_goes_on(seed: int, share: float, speed: float) -> None:
    found = shares(covered(scene(seed, 36, speed), share, 12, 24))
    assert found[12] > MOST_GOING_ON
    assert found[24] > MOST_GOING_ON


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_a_cut_through_a_mixed_frame_is_one(share: float) -> None:
    old, new = scene(1, 12), scene(2, 12)
    mixed = cv2.addWeighted(old[-1], share, new[0], 1 - share, 0)
    found = shares(np.concatenate([old, mixed[None], new]))
    assert max(found[12:14]) <= MOST_GOING_ON


@given(st.integers(0, 99), st.integers(1, 8), st.booleans())
def test_near_the_ends_one_side_is_enough(seed: int, n_left: int, is_start: bool) -> None:
    at = n_left if is_start else 30 - n_left
    film, other = scene(seed, 30), scene(seed + 1000, 30)
    shown = covered(film, 0.5, *((0, at) if is_start else (at, 30)))
    assert shares(shown)[at] > MOST_GOING_ON
    assert shares(np.concatenate([other[:at], film[at:]]))[at] <= MOST_GOING_ON


def test_a_frame_beside_a_cut_is_no_exception() -> None:
    found = shares(np.concatenate([scene(1, 12), scene(2, 12)]))
    assert max(found[11:14]) <= MOST_GOING_ON


@given(st.integers(0, 99))
def test_a_ticker_that_stays_hides_no_cut_between_plain_scenes(seed: int) -> None:
    """It has nearly all the texture that there is."""
    film = np.concatenate([np.full((12, HEIGHT, WIDTH), k, np.uint8) for k in (90, 130)])
    film[:, -5:] = scene(seed, 24)[:, -5:]
    assert shares(film)[12] <= MOST_GOING_ON


def test_flat_pictures_say_nothing() -> None:
    flat = np.full((20, HEIGHT, WIDTH), 90, np.uint8)
    flat[10:] = 180
    assert not shares(flat).any()


def test_a_scene_between_black_frames_begins_with_a_cut() -> None:
    black = np.full((12, HEIGHT, WIDTH), 16, np.uint8)
    assert shares(np.concatenate([black, scene(3, 12)]))[12] <= MOST_GOING_ON


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_batches_do_not_matter(sizes: list[int]) -> None:
    film = scene(5, sum(sizes))
    whole = cells_of(film, None)
    parts, before = [], None
    for part in np.split(film, np.cumsum(sizes)[:-1]):
        parts.append(cells_of(part, before))
        before = part[-1:]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.then(part)
    np.testing.assert_array_equal(joined.changes, whole.changes)
    np.testing.assert_array_equal(joined.contrast, whole.contrast)


def big(film: Lumas) -> list[FrameView]:
    """Views of 160 pixels; colour follows light, so that it changes with it."""
    views = []
    for luma in film:
        large = cv2.resize(luma, (160, 80), interpolation=cv2.INTER_CUBIC)
        half = cv2.resize(large, (80, 40), interpolation=cv2.INTER_AREA)
        views.append(FrameView(large, half, 255 - half))
    return views


@pytest.mark.parametrize("share", [0.5, 0.6, 0.7])
def test_the_detector_takes_no_card_for_a_shot(share: float) -> None:
    film = covered(np.concatenate([scene(1, 200, 0.1), scene(2, 90, 0.1)]), share, 60, 130)
    detector = make_detector(SplitConfig(detector="default"), 30.0)
    found = []
    for frame, view in enumerate(big(film)):
        found += detector.process(frame, frame / 30, view)
    found += detector.finish()
    assert [boundary.frame for boundary in found] == [200]
