"""Items that are made ahead come in order, with their errors, and no more than asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.split.ahead import ahead


@given(st.lists(st.integers(), max_size=30), st.integers(0, 8))
def test_the_same_items_in_order(items: list[int], depth: int) -> None:
    assert list(ahead(items, depth)) == items


def test_an_error_comes_in_its_place() -> None:
    def broken() -> Iterator[int]:
        yield from (1, 2)
        raise ValueError("third")

    items = ahead(broken(), 4)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="third"):
        next(items)


def test_no_more_is_made_than_there_is_room_for_and_the_thread_ends() -> None:
    made: list[int] = []

    def counted() -> Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number

    before = threading.active_count()
    items = ahead(counted(), 3)
    assert [next(items) for _ in range(5)] == [0, 1, 2, 3, 4]
    items.close()
    assert len(made) <= 5 + 3 + 1
    assert threading.active_count() == before
