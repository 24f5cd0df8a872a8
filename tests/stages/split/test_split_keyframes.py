"""Keyframes: the middle first, then what differs, by small luma or by looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stages.split.keyframes import THUMB_PX, Candidate, choose


@dataclass
class Looks:
    """Unit vectors at these angles; remembers for which candidates it was asked."""

    degrees: list[float]
    asked: list[int]

    def __call__(self, index: int) -> NDArray[np.float32]:
        self.asked.append(index)
        angle = np.radians(self.degrees[index])
        return np.array([np.cos(angle), np.sin(angle)], np.float32)


def candidate(time_s: float, brightness: float = 100.0, sharpness: float = 1.0) -> Candidate:
    thumb = np.full(THUMB_PX, brightness, np.float32)
    thumb[::2] += 20
    return Candidate(time_s, sharpness, thumb)


def test_with_looks_the_others_are_those_that_show_something_else() -> None:
    shown = [candidate(0, 60), candidate(1, 180), candidate(2, 100), candidate(3, 101)]
    assert choose(shown, 2.0, 2) == [2, 1]
    assert choose(shown, 2.0, 2, Looks([5, 0, 10, 90], [])) == [2, 3]


def test_a_blurred_picture_has_to_differ_more() -> None:
    shown = [candidate(0, sharpness=0.1), candidate(1), candidate(2)]
    assert choose(shown, 2.0, 2, Looks([90, 60, 0], [])) == [2, 1]
    shown[0] = candidate(0)
    assert choose(shown, 2.0, 2, Looks([90, 60, 0], [])) == [2, 0]


@pytest.mark.parametrize("count", [1, 3, 4])
def test_no_look_is_made_where_there_is_no_choice(count: int) -> None:
    looks = Looks([0, 40, 80], [])
    shown = [candidate(float(at)) for at in range(3)]
    assert len(choose(shown, 1.0, count, looks)) == min(count, 3)
    assert looks.asked == []


@given(st.lists(st.floats(0, 180), min_size=1, max_size=9), st.integers(1, 9))
def test_the_middle_comes_first_and_each_at_most_once(degrees: list[float], count: int) -> None:
    shown = [candidate(float(at)) for at in range(len(degrees))]
    middle = len(degrees) // 2
    chosen = choose(shown, float(middle), count, Looks(degrees, []))
    assert chosen[0] == middle
    assert chosen[1:] == sorted(chosen[1:])
    assert len(set(chosen)) == len(chosen) == min(count, len(degrees))
