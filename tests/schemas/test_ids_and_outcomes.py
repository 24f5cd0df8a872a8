"""Ids are functions of content; every reason can be explained."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from schemas import ids
from schemas.outcomes import REASON_HELP, ItemError, Reason


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_two_spans_share_an_id_exactly_when_they_are_one(a: int, b: int, c: int) -> None:
    same = ids.shot_id("s", a, b, "1/1000") == ids.shot_id("s", a, c, "1/1000")
    assert same == (b == c)


def test_ids_are_the_same_on_every_machine() -> None:
    assert ids.source_id("00ff", "a/b.mp4") == "2345d889-a40b-5897-92c4-2bb9c7b09934"
    assert ids.source_id(None, "x") != ids.source_id("", "y")


def test_parts_of_an_id_do_not_run_together() -> None:
    assert ids.source_id("ab", "c") != ids.source_id("a", "bc")


def test_every_reason_has_help() -> None:
    assert set(REASON_HELP) == set(Reason)
    assert all(text.endswith(".") for text in REASON_HELP.values())


def test_an_item_error_travels_between_processes() -> None:
    error = pickle.loads(pickle.dumps(ItemError(Reason.TIMEOUT, "too slow", "wait")))
    assert error.reason is Reason.TIMEOUT
    assert str(error) == "too slow (wait)"
