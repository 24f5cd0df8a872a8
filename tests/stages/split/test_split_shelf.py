"""A shelf holds what a plain array would hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.split.detectors.shelf import Shelf


@given(st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1)), min_size=1, max_size=20))
def test_it_holds_what_was_added_and_not_dropped(steps: list[tuple[int, float]]) -> None:
    shelf, held, count = Shelf(), np.zeros((0, 2), np.int64), 0
    for n, share in steps:
        new = np.arange(count, count + 2 * n).reshape(n, 2)
        count += 2 * n
        shelf.add({"both": new, "first": new[:, 0]})
        held = np.concatenate([held, new])
        n_gone = int(share * len(held))
        shelf.drop(n_gone)
        held = held[n_gone:]
        assert len(shelf) == len(held)
        assert np.array_equal(shelf.arrays()["both"], held)
        assert np.array_equal(shelf.arrays()["first"], held[:, 0])


def test_what_is_written_into_it_stays() -> None:
    shelf = Shelf()
    shelf.add({"a": np.zeros(3)})
    shelf.arrays()["a"][1] = 7
    shelf.add({"a": np.ones(40)})
    assert shelf.arrays()["a"][:4].tolist() == [0, 7, 0, 1]
