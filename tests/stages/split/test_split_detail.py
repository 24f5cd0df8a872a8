"""The detail of a signature: what changes between the spans in which a clip stands still."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stages.split.detail import COLUMNS, ROWS, Detail, detail_of, read_detail

Floats = NDArray[np.float32]

_BUDGET = 400
_STEP_S = 0.16


def letters(seed: int) -> Floats:
    """A picture with some lines of writing on an even ground."""
    rng = np.random.default_rng(seed)
    picture = np.full((ROWS, COLUMNS), 60, np.float32)
    for row in range(8, 28, 5):
        picture[row : row + 2, 6:50] = rng.choice([60, 140, 230], 44)
    return picture


def detail(pictures: list[Floats], budget_bytes: int = _BUDGET) -> tuple[bytes, Detail | None]:
    """The detail of pictures shown one after the other, stored and read."""
    times_s = [k * _STEP_S for k in range(len(pictures))]
    duration_s = len(pictures) * _STEP_S
    data = detail_of(np.stack(pictures), lambda k: pictures[k], times_s, duration_s, budget_bytes)
    return data, read_detail(data, duration_s)


@given(seed=st.integers(0, 50), first=st.integers(4, 12), second=st.integers(4, 12))
@settings(max_examples=10, deadline=None)
def test_it_holds_when_the_clip_stands_still_and_what_becomes_other_between(
    seed: int, first: int, second: int
) -> None:
    before, after = letters(seed), letters(seed + 100)
    _, found = detail([before] * first + [after] * second)
    assert found is not None
    whole_s = (first + second) * _STEP_S
    assert found.spans_s == pytest.approx(
        np.array([[0, first * _STEP_S], [first * _STEP_S, whole_s]]), abs=whole_s / 60_000
    )
    assert not found.pictures[0].any()
    changed = np.abs(after - before).max(axis=1) > 0
    assert np.abs(found.pictures[1][changed]).max() > 20
    assert np.abs(found.pictures[1][~changed]).max() <= 8


def test_what_stands_there_all_the_time_is_not_in_it() -> None:
    def with_logo(picture: Floats) -> Floats:
        covered = picture.copy()
        covered[:6, 40:60] = letters(9)[8:14, 10:30]
        return covered

    plain, logo = ([letters(1)] * 6 + [letters(2)] * 6 for _ in range(2))
    _, found = detail(plain)
    _, other = detail([with_logo(picture) for picture in logo])
    assert found is not None
    assert other is not None
    assert np.abs(found.pictures[1] - other.pictures[1])[:6].max() <= 8


def test_clips_that_move_have_none() -> None:
    moving = [np.roll(letters(1), 2 * k, axis=1) for k in range(20)]
    assert detail(moving) == (b"", None)
    # A short stop in a lively clip is not what the clip is about.
    stops = [*moving[:16], *[letters(2)] * 4, *moving[:4], *[letters(4)] * 4, *moving]
    assert detail(stops) == (b"", None)


def test_a_clip_that_never_changes_has_its_picture_where_that_is_plain() -> None:
    _, found = detail([letters(1)] * 20)
    assert found is not None
    assert len(found.spans_s) == 1
    assert np.abs(found.pictures[0]).max() > 20
    rng = np.random.default_rng(3)
    scene = rng.uniform(0, 255, (ROWS, COLUMNS)).astype(np.float32)
    assert detail([scene] * 20) == (b"", None)


def test_cells_that_drift_within_a_span_are_not_known_in_it() -> None:
    first, second = letters(1), letters(2)
    pictures = [first.copy() for _ in range(8)] + [second.copy() for _ in range(8)]
    for k in range(8):
        pictures[k][2, 10] += k
    _, found = detail(pictures)
    assert found is not None
    assert not found.known[0, 2, 10]
    assert found.known.sum() == found.known.size - 1


@given(st.integers(60, 900))
@settings(max_examples=15, deadline=None)
def test_it_keeps_to_its_budget(budget_bytes: int) -> None:
    rng = np.random.default_rng(5)
    noise = [rng.uniform(0, 255, (ROWS, COLUMNS)).astype(np.float32) for _ in range(2)]
    for pictures in ([noise[0]] * 6 + [noise[1]] * 6, [letters(1)] * 6 + [letters(2)] * 6):
        assert len(detail(pictures, budget_bytes)[0]) <= budget_bytes


def test_the_first_and_the_last_span_are_kept_and_the_longest_between() -> None:
    lengths = [5, 9, 4, 8, 6, 7]
    pictures = [letters(k) for k, length in enumerate(lengths) for _ in range(length)]
    _, found = detail(pictures, 4000)
    assert found is not None
    assert np.round(np.diff(found.spans_s)[:, 0] / _STEP_S).tolist() == [5, 9, 8, 7]


def test_damaged_bytes_are_refused() -> None:
    data, _ = detail([letters(1)] * 6 + [letters(2)] * 6)
    for bad in (data[:1], data[:9], data[:-20], data[:10] + b"\xff" + data[11:], b"\x09\x00"):
        with pytest.raises(ValueError, match="detail of a signature"):
            read_detail(bad, 2.0)
