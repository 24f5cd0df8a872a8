"""Clips in which little moves are found where they lie; of still ones nothing is said."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
import pytest
from dedup_films import entries_of
from numpy.typing import NDArray

from stages.dedup.compare import compare
from stages.dedup.config import DedupConfig
from stages.dedup.finding import Finding
from stages.dedup.footage import Footage
from stages.dedup.index import LEAST_VOTES, candidate_pairs
from stages.split.figure_border import find_border, profile_of
from stages.split.signature import Signature, sign, unpack

Luma = NDArray[np.uint8]

_LIMITS = DedupConfig().thresholds
_HEIGHT, _WIDTH = 90, 160
_FPS = 10


@cache
def scenery(seed: int) -> Luma:
    """A picture with structure of every size, larger than what is shown of it."""
    rng = np.random.default_rng(seed)
    sizes = ((4, 6), (9, 14), (30, 48))
    layers = [cv2.resize(rng.normal(size=size), (240, 150)) * 40 for size in sizes]
    return np.asarray(np.clip(120 + sum(layers), 30, 240), np.uint8)


def flight(seed: int, seconds: float, px_per_s: float, bar: float = 0.0) -> list[Luma]:
    """A camera that glides over scenery, between black bars of a share of the height each."""
    found = []
    for frame in range(round(seconds * _FPS)):
        x_px = px_per_s * frame / _FPS
        move = np.array([[1.0, 0.0, -x_px], [0.0, 1.0, -0.3 * x_px]])
        seen = cv2.warpAffine(scenery(seed), move, (_WIDTH, _HEIGHT), borderMode=cv2.BORDER_REFLECT)
        edge = round(bar * _HEIGHT)
        seen[:edge] = seen[_HEIGHT - edge :] = 0
        found.append(np.asarray(seen, np.uint8))
    return found


def signed(frames: Sequence[Luma], seed: int = 0) -> Signature:
    """The signature of frames with an encoder's noise."""
    rng = np.random.default_rng(seed)
    noisy = [
        np.asarray(np.clip(frame + rng.normal(size=frame.shape) * 1.5, 0, 255), np.uint8)
        * (frame > 0)
        for frame in frames
    ]
    times_s = [k / _FPS for k in range(len(noisy))]
    border = find_border([profile_of(frame) for frame in noisy])
    data = sign(noisy, times_s, len(noisy) / _FPS, len(noisy), border)
    assert data is not None
    return unpack(data)


def found_in(whole: Signature, part: Signature) -> Finding | None:
    found = compare(Footage(whole), Footage(part), _LIMITS)
    return found if found is not None and found.is_same else None


@pytest.mark.parametrize("lead_s", [3.0, 3.1])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_slow_flight_between_bars_is_found_in_a_compilation(seed: int, lead_s: float) -> None:
    """There the bars are part of the picture, and lively scenes stand beside it."""
    slow = flight(seed, 2.8, 1.2, bar=0.12)
    lively = flight(seed + 10, lead_s, 25.0), flight(seed + 20, 3.0, 30.0)
    among = signed([*lively[0], *slow, *lively[1]], 1)
    part = signed(slow, 2)
    assert part.border.top > 0.1
    assert among.border.top == 0
    found = found_in(among, part)
    assert found is not None
    assert found.alignment.offset_s == pytest.approx(lead_s, abs=0.15)
    both = entries_of([among, part])
    ((_, _, votes, _),) = candidate_pairs(both.values, both.tags, 64)[0].tolist()
    assert votes >= LEAST_VOTES


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_next_moment_of_a_slow_flight_is_not_found_in_a_compilation(seed: int) -> None:
    slow = flight(seed, 6.0, 1.2, bar=0.12)
    among = signed([*flight(seed + 10, 3.0, 25.0), *slow[:28], *flight(seed + 20, 3.0, 30.0)], 1)
    assert found_in(among, signed(slow[32:], 2)) is None


def screen(seed: int, moves_until_s: float, seconds: float) -> list[Luma]:
    """A recording of a screen: a window moves, and then nothing does."""
    found = []
    for frame in range(round(seconds * _FPS)):
        shown = scenery(seed)[:_HEIGHT, :_WIDTH].copy()
        x = 20 + round(6 * min(frame / _FPS, moves_until_s) * 5)
        shown[20:50, x : x + 40] = 235
        found.append(shown)
    return found


@pytest.mark.parametrize("offset_s", [0.8, 1.2, 1.5])
def test_a_recording_that_soon_stands_still_is_found_by_what_moves_in_its_beginning(
    offset_s: float,
) -> None:
    frames = screen(4, 1.8, 7.0)
    start = round(offset_s * _FPS)
    found = found_in(signed(frames, 1), signed(frames[start : start + 31], 2))
    assert found is not None
    assert found.alignment.offset_s == pytest.approx(offset_s, abs=0.2)


def test_nothing_says_where_in_a_still_span_a_still_clip_lies() -> None:
    """So it is not said that it does."""
    frames = screen(4, 1.8, 7.0)
    whole, part = signed(frames, 1), signed(frames[25:56], 2)
    assert compare(Footage(whole), Footage(part), _LIMITS) is None
