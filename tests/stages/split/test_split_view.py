"""Views: small pictures of frames, the same however many are made at once."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.split.view import FrameView, ViewMaker, averaged_down


def frame(seed: int, width: int, height: int, form: str = "yuv420p") -> Any:
    from av import VideoFrame

    bgr = np.random.default_rng(seed).integers(0, 255, (height, width, 3)).astype(np.uint8)
    return VideoFrame.from_ndarray(bgr, format="bgr24").reformat(format=form)


def maker(rotation_deg: int = 0, *, is_quick: bool = True) -> ViewMaker:
    return ViewMaker(160, rotation_deg, Fraction(1), is_quick=is_quick)


def same(first: FrameView, second: FrameView) -> bool:
    return all(
        np.array_equal(getattr(first, name), getattr(second, name)) for name in ("luma", "u", "v")
    )


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                (640, 360, "yuv420p"),
                (640, 360, "yuvj420p"),
                (640, 360, "yuv422p"),
                (426, 240, "yuv420p"),
                (1280, 720, "yuv420p"),
            ]
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([0, 90]),
    st.booleans(),
)
def test_views_do_not_depend_on_how_many_are_made_at_once(
    kinds: list[tuple[int, int, str]], rotation_deg: int, is_quick: bool
) -> None:
    frames = [frame(seed, *kind) for seed, kind in enumerate(kinds)]
    one_by_one = maker(rotation_deg, is_quick=is_quick)
    at_once = maker(rotation_deg, is_quick=is_quick).make_many(frames)
    assert len(at_once) == len(frames)
    for view, each in zip(at_once, frames, strict=True):
        assert same(view, one_by_one.make(each))


@pytest.mark.parametrize("width", [320, 480, 640, 854, 1280, 1920])
def test_an_even_picture_keeps_its_level_at_every_size(width: int) -> None:
    planes = [np.full((width * 9 // 16, width), level, np.uint8) for level in (0, 77, 255)]
    small = averaged_down(planes, (160, 90))
    assert small.shape == (3, 90, 160)
    assert [set(plane.ravel().tolist()) for plane in small] == [{0}, {77}, {255}]


def test_views_are_in_memory_of_their_own() -> None:
    plane = np.full((90, 160), 5, np.uint8)
    small = averaged_down([plane], (160, 90))
    plane[:] = 9
    assert small.max() == 5
