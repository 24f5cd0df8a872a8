"""The default detector finds cuts to the frame and gradual transitions with their extent, and
nothing where a single shot flashes, shakes, pans, fades in or gets a banner."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.outcomes import BoundaryKind
from stages.split.config import SplitConfig
from stages.split.detectors.learned import LearnedDetector
from stages.split.detectors.make import make_detector
from stages.split.detectors.shot_events import Thresholds
from stages.split.spans import Boundary
from stages.split.view import NOTHING, FrameView

Picture = NDArray[np.uint8]


def scene(seed: int, frames: int, speed: float = 0.4) -> list[Picture]:
    """A textured colour world, with a few objects, past which a camera drifts."""
    rng = np.random.default_rng(seed)
    world = sum(
        cv2.GaussianBlur(rng.normal(size=(140, 420, 3)), (0, 0), s) * s for s in (2, 5, 14)
    ) + rng.normal(0, 0.35, 3)
    world = np.asarray(cv2.normalize(world, None, 10, 245, cv2.NORM_MINMAX), np.uint8)
    for _ in range(12):
        x, y = int(rng.integers(0, 420)), int(rng.integers(0, 140))
        colour = tuple(int(c) for c in rng.integers(0, 255, 3))
        cv2.circle(world, (x, y), int(rng.integers(6, 30)), colour, -1)
    steps = [min(250, int(i * speed)) for i in range(frames)]
    return [np.ascontiguousarray(world[20:110, 5 + x : 165 + x]) for x in steps]


def view_of(picture: Picture) -> FrameView:
    luma, v, u = cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2YCrCb))
    half = (picture.shape[1] + 1) // 2, (picture.shape[0] + 1) // 2
    u, v = (cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (u, v))
    return FrameView(luma, u, v)


def found_in(
    pictures: list[Picture], fps: float = 30.0, first: int = 0
) -> tuple[list[Boundary], int]:
    """Boundaries, and the most frames that the detector was behind."""
    detector = make_detector(SplitConfig(detector="default"), fps)
    found: list[Boundary] = []
    settled, most = first, 0
    for frame, picture in enumerate(pictures, first):
        for boundary in detector.process(frame, frame / fps, view_of(picture)):
            assert settled <= boundary.clip_end
            assert boundary.frame <= frame
            found.append(boundary)
        assert settled <= detector.settled <= frame + 1
        settled = detector.settled
        most = max(most, frame - settled)
    for boundary in detector.finish():
        assert settled <= boundary.clip_end
        found.append(boundary)
    return found, most


def test_cuts_are_exact_to_the_frame() -> None:
    film = scene(1, 70) + scene(2, 25) + scene(3, 200) + scene(4, 60)
    found, _ = found_in(film)
    assert [boundary.frame for boundary in found] == [70, 95, 295]
    for boundary in found:
        assert boundary.kind == BoundaryKind.CUT
        assert 0.97 <= (boundary.score or 0) <= 1
        assert boundary.clip_end == boundary.clip_start == boundary.frame


def test_frame_numbers_need_not_start_at_zero() -> None:
    film = scene(1, 70) + scene(2, 60)
    later, _ = found_in(film, first=1000)
    assert [boundary.frame for boundary in later] == [1070]


@pytest.mark.parametrize("every", [2, 3])
def test_frames_that_were_not_decoded_are_on_the_safe_side(every: int) -> None:
    slow = 0.4 / every
    old, new = scene(3, 110, slow), scene(4, 110, slow)
    mixed = [
        np.asarray(cv2.addWeighted(a, 1 - k / 20, b, k / 20, 0), np.uint8)
        for k, (a, b) in enumerate(zip(old[90:], new[:20], strict=True))
    ]
    film = old[:90] + mixed + new[20:] + scene(5, 90, slow)
    detector = make_detector(SplitConfig(detector="default"), 30.0, seen_share=1 / every)
    found = []
    for frame, picture in enumerate(film):
        view = NOTHING if frame % every else view_of(picture)
        found += detector.process(frame, frame / 30, view)
    gradual, cut = found + detector.finish()
    assert gradual.kind == BoundaryKind.GRADUAL
    assert gradual.first_mixed <= 91 + every
    assert gradual.first_clean >= 109 - every
    assert gradual.first_mixed % every == 1  # behind a decoded frame
    assert gradual.first_clean % every == 0
    assert (cut.kind, cut.frame) == (BoundaryKind.CUT, -(-200 // every) * every)


@pytest.mark.parametrize("fps", [50.0, 60.0, 120.0])
def test_cuts_are_exact_in_fast_videos_of_which_frames_are_skipped(fps: float) -> None:
    slow = 0.4 * 30 / fps
    film = scene(1, 151, slow) + scene(2, 150, slow) + scene(3, 120, slow)
    found, _ = found_in(film, fps)
    assert [boundary.frame for boundary in found] == [151, 301]


@pytest.mark.parametrize("length", [10, 18, 30])
def test_a_dissolve_belongs_to_neither_shot(length: int) -> None:
    old, new = scene(3, 90 + length), scene(4, 90 + length)
    mixed = [
        np.asarray(cv2.addWeighted(a, 1 - k / length, b, k / length, 0), np.uint8)
        for k, (a, b) in enumerate(zip(old[90:], new[:length], strict=True))
    ]
    (boundary,), _ = found_in(old[:90] + mixed + new[length:])
    assert boundary.kind == BoundaryKind.GRADUAL
    assert boundary.first_mixed < boundary.frame < boundary.first_clean
    assert 90 <= boundary.frame <= 90 + length
    slack = 2 + length // 5
    assert abs(boundary.first_mixed - 90) <= slack
    assert abs(boundary.first_clean - (90 + length)) <= slack


def _flash(film: list[Picture]) -> list[Picture]:
    return [cv2.add(p, (140,) * 4) if i % 45 in (20, 21) else p for i, p in enumerate(film)]  # type: ignore[list-item]


def _ramp(film: list[Picture]) -> list[Picture]:
    return [cv2.add(p, (60 * np.sin(i / 25),) * 4) for i, p in enumerate(film)]  # type: ignore[list-item]


def _shake(film: list[Picture]) -> list[Picture]:
    return [
        np.roll(p, (int(5 * np.sin(i * 1.7)), int(8 * np.cos(i))), (0, 1))
        for i, p in enumerate(film)
    ]


def _banner(film: list[Picture]) -> list[Picture]:
    shown = [picture.copy() for picture in film]
    for i, picture in enumerate(shown):
        if i % 70 >= 30:
            picture[:30] = (30, 30, 200)
    return shown


def _fade_in(film: list[Picture]) -> list[Picture]:
    return [np.asarray(p * min(1.0, i / 30), np.uint8) for i, p in enumerate(film)]


@pytest.mark.parametrize("change", [_flash, _ramp, _shake, _banner, _fade_in])
def test_one_shot_stays_one(change: Callable[[list[Picture]], list[Picture]]) -> None:
    found, _ = found_in(change(scene(7, 160)))
    assert found == []


@pytest.mark.parametrize("n_left", [3, 6, 9])
def test_a_cut_near_the_end_is_found(n_left: int) -> None:
    found, _ = found_in(scene(1, 100) + scene(2, n_left))
    assert [boundary.frame for boundary in found] == [100]


def test_it_is_at_most_eight_seconds_behind_and_keeps_up() -> None:
    _, most = found_in(scene(8, 420))
    assert most <= 8 * 30


@pytest.mark.parametrize("n", [0, 1, 2, 5, 63, 64, 65])
def test_short_videos(n: int) -> None:
    found, _ = found_in(scene(9, n))
    assert found == []


def test_the_same_frames_give_the_same_boundaries() -> None:
    film = scene(1, 50) + scene(2, 50)
    assert found_in(film) == found_in(film)


def test_a_lower_threshold_never_finds_less() -> None:
    film = _shake(scene(1, 60)) + scene(2, 60)
    counts = []
    for threshold in (0.99, 0.5, 0.05):
        detector = LearnedDetector(Thresholds(threshold, threshold), 30.0)
        found = [b for i, p in enumerate(film) for b in detector.process(i, i / 30, view_of(p))]
        counts.append(len(found + detector.finish()))
    assert counts == sorted(counts)


def between_bars(pictures: list[Picture], left: int, colour: tuple[int, int, int]) -> list[Picture]:
    """A portrait video as it is put into a wide one."""
    shown = []
    for picture in pictures:
        boxed = np.empty_like(picture)
        boxed[:] = colour
        boxed[:, left : 160 - left] = picture[:, left : 160 - left]
        shown.append(boxed)
    return shown


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255)])
def test_shots_between_bars_are_told_as_without_them(colour: tuple[int, int, int]) -> None:
    old, new = scene(3, 110), scene(4, 150)
    mixed = [
        np.asarray(cv2.addWeighted(a, 1 - k / 20, b, k / 20, 0), np.uint8)
        for k, (a, b) in enumerate(zip(old[90:], new[:20], strict=True))
    ]
    film = scene(1, 70) + scene(2, 90) + old[:90] + mixed + new[20:] + scene(5, 80)
    found, _ = found_in(between_bars(film, 52, colour))
    kinds = [boundary.kind for boundary in found]
    cut, gradual = BoundaryKind.CUT, BoundaryKind.GRADUAL
    assert kinds == [cut, cut, gradual, cut]
    assert [b.frame for b in found if b.kind == cut] == [70, 160, 400]
    assert abs(found[2].frame - 260) <= 3


def test_bars_that_come_and_go_hide_nothing() -> None:
    upright = between_bars(scene(1, 120) + scene(2, 110), 52, (0, 0, 0))
    again = between_bars(scene(6, 200) + scene(7, 80), 52, (0, 0, 0))
    film = upright + scene(3, 100) + scene(4, 90) + again
    found, _ = found_in(film)
    assert [boundary.frame for boundary in found] == [120, 230, 330, 420, 620]


def beside_panels(pictures: list[Picture]) -> list[Picture]:
    """With the headlines and the clock of a news channel."""
    panel = np.full((90, 160, 3), (96, 48, 32), np.uint8)
    cv2.putText(panel, "headline of today", (4, 84), 0, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    cv2.putText(panel, "12:30", (126, 20), 0, 0.4, (255, 255, 255), 1, cv2.LINE_AA)
    shown = []
    for picture in pictures:
        framed = panel.copy()
        framed[:70, :124] = picture[:70, :124]
        shown.append(framed)
    return shown


def test_shots_beside_panels_are_told_as_without_them() -> None:
    film = scene(1, 70) + scene(2, 90) + scene(3, 150) + scene(4, 60)
    found, _ = found_in(beside_panels(film))
    assert [boundary.frame for boundary in found] == [70, 160, 310]
