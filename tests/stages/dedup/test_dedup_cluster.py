"""What clusters and their order of quality promise."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.dedup.cluster import (
    Candidate,
    Match,
    best_first,
    components,
    container_order,
    stars,
    supported,
)
from stages.dedup.quality import Quality, picture_pixels

MATCHES = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11), st.sampled_from([0.0, 1.5, 3.0, 9.0])),
    max_size=40,
    unique_by=lambda t: (min(t[:2]), max(t[:2])),
).map(lambda found: [Match(min(a, b), max(a, b), d) for a, b, d in found if a != b])


@given(MATCHES, st.integers(0, 1000))
def test_clusters_do_not_depend_on_the_order_of_matches(found: list[Match], seed: int) -> None:
    shuffled = list(found)
    random.Random(seed).shuffle(shuffled)
    assert stars(12, found) == stars(12, shuffled)


@given(MATCHES)
def test_every_member_matches_its_representative_itself(found: list[Match]) -> None:
    pairs = {(m.better, m.worse) for m in found}
    members = stars(12, found)
    for rank, member in enumerate(members):
        representative = member.representative
        assert members[representative].representative == representative, "no chains"
        if representative != rank:
            assert (representative, rank) in pairs
            assert representative < rank, "the better one is kept"


@given(MATCHES)
def test_two_representatives_never_match(found: list[Match]) -> None:
    members = stars(12, found)
    heads = {rank for rank, member in enumerate(members) if member.match is None}
    assert not [m for m in found if m.better in heads and m.worse in heads]


def test_a_chain_is_not_one_cluster() -> None:
    members = stars(3, [Match(0, 1, 2.0), Match(1, 2, 2.0)])
    assert [member.representative for member in members] == [0, 0, 2]


def test_a_shot_joins_the_most_similar_representative() -> None:
    members = stars(4, [Match(0, 3, 5.0), Match(1, 3, 1.0), Match(2, 3, 1.0)])
    assert members[3].representative == 1


def test_the_best_comes_first_whatever_it_matches() -> None:
    shots = {n: Candidate(Quality("s", str(n), 100 - n, 1, 1, 1)) for n in range(6)}
    assert best_first(shots) == [0, 1, 2, 3, 4, 5]
    shots[4] = Candidate(shots[4].quality, frozen=True)
    assert best_first(shots)[0] == 4


def test_a_weak_pair_counts_where_a_third_shot_matches_both() -> None:
    sure = {(1, 2), (2, 3), (3, 4)}
    assert supported(sure, {(1, 3): 0.4, (1, 4): 0.4, (5, 6): 0.4}) == {(1, 3): 0.4}


@pytest.mark.parametrize("wrong", [Match(1, 1, 0.0), Match(2, 1, 0.0), Match(0, 3, 0.0)])
def test_a_match_that_is_no_pair_of_ranks_is_refused(wrong: Match) -> None:
    with pytest.raises(ValueError, match="not a pair of ranks"):
        stars(3, [wrong])


def test_components_join_what_is_connected() -> None:
    assert components([(4, 5), (1, 2), (2, 5), (7, 8)]) == [[1, 2, 4, 5], [7, 8]]


# quality


def test_pixels_come_before_bytes_before_length_before_sharpness_before_id() -> None:
    order = [
        Quality("s", "z", 200, 1, 1, 1),
        Quality("s", "y", 100, 9, 1, 1),
        Quality("s", "x", 100, 5, 8, 1),
        Quality("s", "w", 100, 5, 7, 3),
        Quality("s", "a", 100, 5, 7, 2),
        Quality("s", "b", 100, 5, 7, 2),
    ]
    for shuffled in itertools.permutations(order):
        assert sorted(shuffled, key=Quality.sort_key) == order


def test_the_policy_orders_containers() -> None:
    shots = {
        1: Candidate(Quality("b", "1", 100, 1, 9, 1)),
        2: Candidate(Quality("a", "2", 200, 1, 5, 1)),
    }
    assert container_order(shots, "keep_longest") == [1, 2]
    assert container_order(shots, "keep_best_quality") == [2, 1]
    assert container_order(shots, "keep_first") == [2, 1]
    shots[1] = Candidate(shots[1].quality, frozen=True)
    assert container_order(shots, "keep_first") == [1, 2]


def test_black_borders_are_not_picture() -> None:
    assert picture_pixels(640, 360, 0, 0, 0, 0) == 640 * 360
    assert picture_pixels(640, 360, 0, 0, 0.125, 0.125) == 640 * 270
    assert picture_pixels(640, 360, 0.6, 0.6, 0, 0) == 0
