"""Figures are right on pictures of which the truth is known."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stages.split import (
    figure_border,
    figure_colours,
    figure_light,
    figure_loudness,
    figure_motion,
    figure_sharpness,
)
from stages.split.figure_camera import Camera, CameraStep, camera_steps, clip_camera, follow

Luma = NDArray[np.uint8]
WIDTH, HEIGHT, FPS = 160, 90, 12.5


@cache
def scenery(seed: int = 3, size: int = 800) -> Luma:
    """A large textured picture through which a camera can move."""
    rng = np.random.default_rng(seed)
    fine = cv2.GaussianBlur(rng.normal(size=(size, size)), (0, 0), 2.0)
    coarse = cv2.GaussianBlur(rng.normal(size=(size, size)), (0, 0), 8.0)
    return cv2.normalize(fine + 4 * coarse, None, 10, 245, cv2.NORM_MINMAX).astype(np.uint8)


def view(world: Luma, x: float, y: float, scale: float = 1.0) -> Luma:
    """What a camera looking at (x, y) of the world sees; `scale` > 1 is nearer."""
    matrix = np.array(
        [[scale, 0, WIDTH / 2 - scale * x], [0, scale, HEIGHT / 2 - scale * y]], dtype=np.float64
    )
    return cv2.warpAffine(world, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)


def measure(views: list[Luma]) -> Camera | None:
    tracks = [follow(a, b, 1 / FPS) for a, b in pairwise(views)]
    return clip_camera(camera_steps([track for track in tracks if track is not None]))


@given(st.floats(-0.8, 0.8), st.floats(-0.8, 0.8))
@settings(max_examples=15)
def test_pan_and_tilt_have_the_cameras_rate_and_sign(pan_x: float, pan_y: float) -> None:
    world = scenery()
    views = [
        view(world, 400 + i * pan_x * WIDTH / FPS, 400 + i * pan_y * HEIGHT / FPS)
        for i in range(-6, 7)
    ]
    camera = measure(views)
    assert camera is not None
    assert camera.pan_x == pytest.approx(pan_x, abs=0.02)
    assert camera.pan_y == pytest.approx(pan_y, abs=0.02)
    assert camera.zoom == pytest.approx(0.0, abs=0.02)
    assert camera.shake < 0.002


@pytest.mark.parametrize("rate", [-0.4, -0.1, 0.1, 0.4])
def test_zoom_is_scale_change_per_second(rate: float) -> None:
    world = scenery()
    camera = measure([view(world, 400, 400, np.exp(rate * i / FPS)) for i in range(12)])
    assert camera is not None
    assert camera.zoom == pytest.approx(rate, rel=0.12)
    assert abs(camera.pan_x) < 0.02


def test_a_moving_object_is_not_the_camera() -> None:
    world, views = scenery(), []
    for i in range(12):
        picture = view(world, 400, 400)
        picture[20:60, 10 + 6 * i : 50 + 6 * i] = scenery(9)[:40, :40]
        views.append(picture)
    camera = measure(views)
    assert camera is not None
    assert abs(camera.pan_x) < 0.02
    assert camera.shake < 0.002


def test_shake_is_jitter_and_not_a_steady_pan() -> None:
    world, rng = scenery(), np.random.default_rng(1)
    jitter = rng.normal(0, 2.0, size=(20, 2))
    steady = measure([view(world, 300 + 5 * i, 400) for i in range(20)])
    shaken = measure([view(world, 400 + dx, 400 + dy) for dx, dy in jitter])
    assert steady is not None
    assert shaken is not None
    assert steady.shake < 0.002
    assert shaken.shake > 0.01


def test_steps_do_not_depend_on_what_is_fitted_beside_them() -> None:
    world, rng = scenery(), np.random.default_rng(4)
    views = [view(world, 400 + dx, 400 + dy) for dx, dy in rng.normal(0, 6.0, size=(8, 2))]
    views[5] = rng.integers(0, 255, (HEIGHT, WIDTH)).astype(np.uint8)
    tracks = [track for a, b in pairwise(views) if (track := follow(a, b, 1 / FPS)) is not None]
    together = camera_steps(tracks)
    alone = [step for track in tracks for step in camera_steps([track])]
    assert 3 <= len(together) == len(alone)
    for one, other in zip(together, alone, strict=True):
        assert one.shift_x == pytest.approx(other.shift_x, abs=1e-9)
        assert one.zoom == pytest.approx(other.zoom, abs=1e-9)
    assert camera_steps([]) == []


def test_camera_is_unknown_without_texture_or_agreement() -> None:
    flat = np.full((HEIGHT, WIDTH), 90, np.uint8)
    noise = np.random.default_rng(2).integers(0, 255, (2, HEIGHT, WIDTH)).astype(np.uint8)
    assert follow(flat, flat, 0.1) is None
    track = follow(noise[0], noise[1], 0.1)
    assert track is None or camera_steps([track]) == []
    assert clip_camera([CameraStep(0.1, 0.0, 0.0, 0.0)] * 2) is None


@pytest.mark.parametrize(
    ("bgr", "name"),
    [
        ((0, 0, 220), "red"),
        ((0, 130, 255), "orange"),
        ((0, 230, 240), "yellow"),
        ((40, 160, 40), "green"),
        ((30, 80, 20), "green"),
        ((220, 220, 0), "cyan"),
        ((200, 60, 20), "blue"),
        ((180, 30, 120), "purple"),
        ((190, 150, 255), "pink"),
        ((40, 80, 130), "brown"),
        ((128, 128, 128), "gray"),
        ((5, 5, 8), "black"),
        ((250, 250, 250), "white"),
    ],
)
def test_colours_have_the_names_that_people_use(bgr: tuple[int, int, int], name: str) -> None:
    picture = np.full((90, 160, 3), bgr, np.uint8)
    assert figure_colours.dominant_colours([figure_colours.count_colours(picture)]) == [name]


def test_dominant_colours_are_ordered_by_area() -> None:
    picture = np.zeros((90, 160, 3), np.uint8)
    picture[:, :90] = (200, 60, 20)
    picture[:10, 100:] = (0, 0, 220)
    counts = [figure_colours.count_colours(picture)]
    assert figure_colours.dominant_colours(counts) == ["blue", "black"]
    assert figure_colours.dominant_colours([]) == []


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 20), st.integers(0, 20))
def test_borders_are_found_on_each_side(left: int, right: int, top: int, bottom: int) -> None:
    luma = scenery()[:90, :160].copy()
    luma[luma < 40] = 40
    noise = np.random.default_rng(0).integers(0, 6, (90, 160)).astype(np.uint8)
    inside = np.zeros((90, 160), bool)
    inside[top : 90 - bottom, left : 160 - right] = True
    luma = np.where(inside, luma, noise).astype(np.uint8)
    border = figure_border.find_border([figure_border.profile_of(luma)])
    found = (border.left * 160, border.right * 160, border.top * 90, border.bottom * 90)
    assert found == pytest.approx((left, right, top, bottom), abs=1)
    height, width = border.crop(luma).shape
    assert (height, width) == pytest.approx((90 - top - bottom, 160 - left - right), abs=2)


def test_a_vignette_is_no_border() -> None:
    away = np.abs(np.linspace(-1, 1, 160))
    light = np.clip(1.3 - 1.6 * away, 0, 1)
    luma = (np.full((90, 160), 120) * light).astype(np.uint8)
    assert luma[:, 0].max() == 0
    assert figure_border.find_border([figure_border.profile_of(luma)]) == figure_border.NO_BORDER


def test_a_dark_moment_is_no_border() -> None:
    bright, dark = scenery()[:90, :160], np.zeros((90, 160), np.uint8)
    profiles = [figure_border.profile_of(luma) for luma in (dark, bright, dark)]
    assert figure_border.find_border(profiles) == figure_border.NO_BORDER
    all_dark = [figure_border.profile_of(dark)]
    assert figure_border.find_border(all_dark) == figure_border.NO_BORDER


def test_light_motion_and_sharpness() -> None:
    picture = np.full((90, 160, 3), (20, 40, 200), np.uint8)
    luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    light = figure_light.light_of(picture, luma)
    assert light.brightness == pytest.approx(0.114 * 20 + 0.587 * 40 + 0.299 * 200, abs=1)
    assert light.contrast == 0.0
    assert light.saturation == pytest.approx(255 * (1 - 20 / 200), abs=1)
    assert figure_motion.frame_change(luma, luma + 7, 1) == pytest.approx(7.0)
    assert 7.0 / 4 < figure_motion.frame_change(luma, luma + 7, 4) < 7.0 / 2
    assert figure_motion.mean_motion([2.0, 5.0], [2, 1]) == pytest.approx(3.0)
    assert figure_motion.mean_motion([], []) is None
    sharp = scenery()
    blurred = cv2.GaussianBlur(sharp, (0, 0), 3)
    assert figure_sharpness.sharpness_of(sharp) > 4 * figure_sharpness.sharpness_of(blurred)


@pytest.mark.parametrize("level_db", [-3.0, -20.0, -50.0])
def test_loudness_of_a_sine(level_db: float) -> None:
    amplitude = 10 ** (level_db / 20) * np.sqrt(2) * 32768
    time_s = np.arange(16_000) / 16_000
    quiet = np.zeros(16_000)
    sine = np.clip(amplitude * np.sin(2 * np.pi * 440 * time_s), -32768, 32767)
    samples = np.concatenate([quiet, sine]).astype(np.int16)
    energies = figure_loudness.window_energies(samples).tolist()
    loud = figure_loudness.rms_db(energies, 16_000, 1.0, 2.0)
    assert loud == pytest.approx(level_db, abs=1.0)
    assert figure_loudness.rms_db(energies, 16_000, 0.0, 1.0) == figure_loudness.FLOOR_DB
    assert figure_loudness.rms_db(energies, 16_000, 2.5, 3.0) is None
