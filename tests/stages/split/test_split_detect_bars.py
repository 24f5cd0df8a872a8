"""Flat bars are found where they are, believed late and given up at once; nothing else is a bar."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stages.split.detectors.bars import Bars, Window, find_window, next_window
from stages.split.view import FrameView

Luma = NDArray[np.uint8]

HEIGHT, WIDTH = 90, 160
WHOLE = Window(0, HEIGHT, 0, WIDTH)


def picture(seed: int, height: int = HEIGHT, width: int = WIDTH) -> Luma:
    """Texture that touches all of its edges."""
    rng = np.random.default_rng(seed)
    soft = cv2.GaussianBlur(rng.normal(size=(height, width)), (0, 0), 3)
    return np.asarray(cv2.normalize(soft, None, 40, 230, cv2.NORM_MINMAX), np.uint8)


def boxed(seed: int, top: int, bottom: int, left: int, right: int, level: int = 0) -> Luma:
    """A picture between bars, with the noise of a coarse encoder."""
    noise = np.random.default_rng(seed).integers(-6, 7, (HEIGHT, WIDTH))
    shown = np.clip(level + noise, 0, 255).astype(np.uint8)
    inside = picture(seed, HEIGHT - top - bottom, WIDTH - left - right)
    shown[top : HEIGHT - bottom, left : WIDTH - right] = inside
    return shown


def view(luma: Luma) -> FrameView:
    half = np.full(((luma.shape[0] + 1) // 2, (luma.shape[1] + 1) // 2), 128, np.uint8)
    return FrameView(luma, half, half)


def extremes(lumas: list[Luma]) -> tuple[Luma, Luma]:
    return np.min(lumas, axis=0), np.max(lumas, axis=0)


@settings(max_examples=40, deadline=None)
@given(
    tall=st.tuples(st.integers(3, 30), st.integers(3, 30)) | st.just((0, 0)),
    wide=st.tuples(st.integers(5, 60), st.integers(5, 60)) | st.just((0, 0)),
    level=st.sampled_from([0, 16, 110, 255]),
    seed=st.integers(0, 99),
)
def test_bars_on_any_sides_and_of_any_colour_are_found(
    tall: tuple[int, int], wide: tuple[int, int], level: int, seed: int
) -> None:
    (top, bottom), (left, right) = tall, wide
    lumas = [boxed(seed + k, top, bottom, left, right, level) for k in range(6)]
    found = find_window(*extremes(lumas))
    # The texture may begin like the bar; within a pixel and the rounding to even ones.
    wanted = np.array([top, HEIGHT - bottom, left, WIDTH - right])
    got = np.array([found.top, found.bottom, found.left, found.right])
    assert np.abs(got - wanted).max() <= 4
    assert found.top % 2 == found.left % 2 == 0


def test_a_line_at_the_picture_s_edge_is_no_matter() -> None:
    luma = boxed(1, 0, 0, 40, 40)
    luma[:, 0] = luma[0] = 130
    assert find_window(luma, luma) == Window(0, HEIGHT, 40, 120)


def test_text_on_a_plain_ground_is_not_between_bars() -> None:
    card = np.full((HEIGHT, WIDTH), 20, np.uint8)
    for row, text in enumerate(("a title", "by somebody", "2026")):
        cv2.putText(card, text, (40, 35 + 18 * row), 0, 0.5, 230, 1, cv2.LINE_AA)
    assert find_window(card, card) == WHOLE


def test_what_is_lit_in_the_dark_is_not_between_bars() -> None:
    night = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(night, (80, 45), (30, 25), 0, 0, 360, 200, -1)
    assert find_window(night, night) == WHOLE


def panelled(seed: int, bottom: int, right: int) -> Luma:
    """A picture beside panels with writing."""
    shown = np.full((HEIGHT, WIDTH), 60, np.uint8)
    cv2.putText(shown, "headline", (4, HEIGHT - 6), 0, 0.5, 230, 1, cv2.LINE_AA)
    cv2.putText(shown, "12:30", (WIDTH - 38, 20), 0, 0.4, 230, 1, cv2.LINE_AA)
    shown[: HEIGHT - bottom, : WIDTH - right] = picture(seed, HEIGHT - bottom, WIDTH - right)
    return shown


def test_panels_are_known_once_what_is_beside_them_changes() -> None:
    still = [panelled(1, 20, 40)] * 3
    assert find_window(*extremes(still)) == WHOLE
    changed = [panelled(k, 20, 40) for k in range(6)]
    assert find_window(*extremes(changed)) == Window(0, 70, 0, 120)


def test_what_pops_up_over_less_than_half_of_a_scene_is_not_beside_panels() -> None:
    scene = picture(1)
    popped = scene.copy()
    popped[15:75, 30:130] = 240
    assert find_window(*extremes([scene, popped])) == WHOLE


@pytest.mark.parametrize("size", [(1, 160), (160, 1), (2, 160), (15, 160)])
def test_a_strip_is_looked_at_as_it_is(size: tuple[int, int]) -> None:
    strip = np.zeros(size, np.uint8)
    assert find_window(strip, strip) == Window(0, size[0], 0, size[1])


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_plain_picture_has_no_bars(level: int) -> None:
    plain = np.full((HEIGHT, WIDTH), level, np.uint8)
    assert find_window(plain, plain) == WHOLE


def test_a_logo_in_a_bar_makes_it_a_part_of_the_picture() -> None:
    luma = boxed(1, 0, 0, 40, 40)
    luma[10:20, 10:25] = 240
    assert find_window(luma, luma) == Window(0, HEIGHT, 0, 120)


def test_bars_are_kept_while_the_picture_is_dark() -> None:
    before = Window(0, HEIGHT, 40, 120)
    dark = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(dark, (80, 45), 12, 200, -1)
    assert next_window(before, dark, dark) == before
    plain = np.zeros((HEIGHT, WIDTH), np.uint8)
    assert next_window(before, plain, plain) == before


def test_bars_do_not_creep() -> None:
    before = Window(0, HEIGHT, 40, 120)
    narrower = boxed(3, 0, 0, 44, 40)
    assert next_window(before, narrower, narrower) == before


def test_bars_are_given_up_at_once_and_believed_when_all_frames_have_them() -> None:
    full, beside = (
        [view(picture(k)) for k in range(8)],
        [view(boxed(k, 0, 0, 50, 50)) for k in range(8)],
    )
    bars, inside = Bars(3), Window(0, HEIGHT, 50, 110)
    seen = [bars.see(batch) for batch in (beside, full, beside, beside, beside, full)]
    assert seen == [inside, WHOLE, WHOLE, WHOLE, inside, WHOLE]


@given(top=st.integers(0, 20), left=st.integers(0, 40))
def test_a_window_cuts_luma_and_chroma_alike(top: int, left: int) -> None:
    top, left = 2 * (top // 2), 2 * (left // 2)
    window = Window(top, HEIGHT - top, left, WIDTH - left)
    rng = np.random.default_rng(top + left)
    whole = FrameView(
        picture(1),
        rng.integers(0, 256, (45, 80)).astype(np.uint8),
        rng.integers(0, 256, (45, 80)).astype(np.uint8),
        is_bt709=True,
    )
    part = window.of(whole)
    assert part.luma.shape == (HEIGHT - 2 * top, WIDTH - 2 * left)
    assert part.u.shape == part.v.shape == ((HEIGHT - 2 * top) // 2, (WIDTH - 2 * left) // 2)
    assert part.u[0, 0] == whole.u[top // 2, left // 2]
    assert part.is_bt709
    assert WHOLE.of(whole) is whole
