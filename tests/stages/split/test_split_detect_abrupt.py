"""The rule for cuts that no one could miss is sure of what it reports."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.outcomes import BoundaryKind
from stages.split.detectors.abrupt import AbruptDetector
from stages.split.view import FrameView

Film = list[FrameView]


def scene(seed: int, u: int, v: int, luma: int, n: int = 30, at: int = 0) -> Film:
    """A textured scene of one colour that drifts a little."""
    rng = np.random.default_rng(seed)
    soft = cv2.GaussianBlur(rng.normal(0, 1, (90, 260)), (0, 0), 12)
    world = (luma + 30 * soft / soft.std()).clip(0, 255).astype(np.uint8)
    chroma = [rng.normal(c, 4, (45, 80)).clip(0, 255).astype(np.uint8) for c in (u, v)]
    return [FrameView(world[:, at + i : at + i + 160], *chroma) for i in range(n)]


YELLOW, GREEN = (60, 150, 190), (120, 90, 110)


def found(film: Film) -> list[int]:
    detector = AbruptDetector(30.0)
    boundaries = []
    for frame, view in enumerate(film):
        settled = detector.settled
        new = detector.process(frame, frame / 30, view)
        assert all(b.kind == BoundaryKind.CUT and b.frame >= settled for b in new)
        boundaries += new
    return [b.frame for b in boundaries + detector.finish()]


def test_a_change_of_everything_is_a_cut() -> None:
    assert found(scene(1, *YELLOW) + scene(2, *GREEN)) == [30]


def between_bars(film: Film) -> Film:
    shown = []
    for view in film:
        luma = np.zeros_like(view.luma)
        u, v = np.full_like(view.u, 128), np.full_like(view.v, 128)
        luma[:, 60:100] = view.luma[:, 60:100]
        u[:, 30:50], v[:, 30:50] = view.u[:, 30:50], view.v[:, 30:50]
        shown.append(FrameView(luma, u, v))
    return shown


@pytest.mark.parametrize("n_before", [0, 12, 16, 40])
def test_a_cut_between_bars_is_one(n_before: int) -> None:
    """Also where the bars are new, and there are few frames or many before them."""
    there = scene(1, *YELLOW, n=100)
    bars = between_bars(there + there[::-1] + scene(2, *GREEN))
    assert found(scene(3, *GREEN, n=n_before) + bars)[-1] == n_before + 200


def flash() -> Film:
    return scene(1, *YELLOW) + scene(2, *GREEN, n=3) + scene(1, *YELLOW)


def other_light() -> Film:
    """The same detail in another colour: a lamp was switched."""
    return scene(1, *YELLOW) + scene(1, *GREEN, at=30)


def banner() -> Film:
    film = scene(1, *YELLOW, n=60)
    other = scene(2, *GREEN, n=1)[0]

    def covered(plane: NDArray[np.uint8], over: NDArray[np.uint8]) -> NDArray[np.uint8]:
        mixed = plane.copy()
        mixed[: len(plane) * 2 // 5] = over[: len(plane) * 2 // 5]
        return mixed

    return film[:30] + [
        FrameView(covered(f.luma, other.luma), covered(f.u, other.u), covered(f.v, other.v))
        for f in film[30:]
    ]


def slow() -> Film:
    """A dissolve over a second."""
    a, b = scene(1, *YELLOW, n=1)[0], scene(2, *GREEN, n=1)[0]

    def mixed(share: float) -> FrameView:
        planes = (
            (1 - share) * p + share * q for p, q in ((a.luma, b.luma), (a.u, b.u), (a.v, b.v))
        )
        luma, u, v = (plane.astype(np.uint8) for plane in planes)
        return FrameView(luma, u, v)

    return [a] * 20 + [mixed(i / 30) for i in range(30)] + [b] * 20


@pytest.mark.parametrize("film", [flash, other_light, banner, slow])
def test_what_is_no_cut_is_none(film: Callable[[], Film]) -> None:
    assert found(film()) == []
