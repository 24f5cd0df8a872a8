"""Features say how frames relate, not what they show, and do not depend on batches."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stages.split.detectors.shot_features import (
    BLOCKS,
    LAGS,
    MIX_MAPS,
    MIX_STEPS,
    N_FEATURES,
    REACH,
    SHIFT_EVERY,
    FeatureStream,
)
from stages.split.detectors.shot_looks import look_at
from stages.split.view import FrameView


def world(seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.normal(size=(180, 640)), (0, 0), 3)
    return np.asarray(cv2.normalize(field, None, 20, 230, cv2.NORM_MINMAX), np.uint8)


def view_of(luma: NDArray[np.uint8], u: int = 128) -> FrameView:
    half = ((luma.shape[0] + 1) // 2, (luma.shape[1] + 1) // 2)
    return FrameView(
        np.ascontiguousarray(luma), np.full(half, u, np.uint8), np.full(half, 128, np.uint8)
    )


def rows_of(views: list[FrameView]) -> NDArray[np.float32]:
    looks = look_at(views)
    return FeatureStream().add(looks.then(looks.still(-1, REACH)))


def column(lag: int, name: str) -> slice:
    """Where a feature of a lag is in a row."""
    at = 0
    for each in LAGS:
        widths = {"alike": BLOCKS, "whole": 1, "gain": 1, "colours": 6}
        widths |= {"still": BLOCKS, "moved": 4} if each in SHIFT_EVERY else {}
        for key, width in widths.items():
            if (each, key) == (lag, name):
                return slice(at, at + width)
            at += width
    raise KeyError(name)


def mix_column(step: int) -> slice:
    """Where it says how well a frame is a mix of those `step` before and after: what is left
    unexplained, what two explain over one, and the share of the first."""
    at = column(max(LAGS), "colours").stop
    for each in MIX_STEPS:
        if each == step:
            return slice(at, at + 3)
        at += 3 + (2 * BLOCKS if each in MIX_MAPS else 0)
    raise KeyError(step)


def test_one_row_per_frame() -> None:
    rows = rows_of([view_of(world(1)[:90, i : i + 160]) for i in range(40)])
    assert rows.shape == (40, N_FEATURES)
    assert np.isfinite(rows).all()


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_batches_do_not_matter(sizes: list[int]) -> None:
    rng = np.random.default_rng(sum(sizes))
    views = [view_of(world(1)[:90, x : x + 160]) for x in rng.integers(0, 400, sum(sizes))]
    stream, at, parts = FeatureStream(), 0, []
    for size in sizes:
        parts.append(stream.add(look_at(views[at : at + size])))
        at += size
    parts.append(stream.add(look_at(views[-1:]).still(0, REACH)))
    np.testing.assert_allclose(np.concatenate(parts), rows_of(views), atol=1e-5)


def test_a_cut_is_unlike_and_a_still_is_alike() -> None:
    rows = rows_of([view_of(world(1)[:90, :160])] * 40 + [view_of(world(2)[:90, :160])] * 40)
    whole = rows[:, column(1, "whole")][:, 0]
    assert whole[40] < 0.3
    assert np.delete(whole, 40).min() > 0.99


def test_a_pan_is_alike_once_its_shift_is_undone() -> None:
    rows = rows_of([view_of(world(3)[:90, 5 * i : 5 * i + 160]) for i in range(60)])
    in_place = rows[20:40, column(4, "whole")][:, 0]
    moved = rows[20:40, column(4, "moved")]
    assert in_place.max() < 0.6
    assert moved[:, 0].min() > 0.8
    # 4 frames at 5 of 160 px are 8 of 64 px, told in eighths.
    np.testing.assert_allclose(moved[:, 1], -1.0, atol=0.15)


@pytest.mark.parametrize("gain", [0.4, 0.7, 1.1])
def test_brightness_hardly_matters_to_likeness(gain: float) -> None:
    picture = world(4)[:90, :160]
    darker = np.asarray(np.clip(picture * gain, 0, 255), np.uint8)
    rows = rows_of([view_of(picture)] * 40 + [view_of(darker)] * 40)
    assert rows[40, column(1, "whole")][0] > 0.9


def test_the_middle_of_a_dissolve_is_a_mix() -> None:
    old, new = world(5)[:90, :160], world(6)[:90, :160]
    mixed = [cv2.addWeighted(old, 1 - k / 16, new, k / 16, 0) for k in range(16)]
    views = [view_of(p) for p in [old] * 40 + [np.asarray(m, np.uint8) for m in mixed] + [new] * 40]
    rows = rows_of(views)
    left, gained, share = rows[48, mix_column(8)]
    assert left < 0.05
    assert gained > 0.2
    assert 0.35 < share < 0.55
    assert rows[16, mix_column(8)][1] < 0.01
