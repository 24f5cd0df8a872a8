"""What the parts of dedup promise: index, similarity, clusters, quality."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stages.dedup.cluster import Match, stars
from stages.dedup.index import IndexReport, candidate_pairs, table_masks
from stages.dedup.quality import Quality, best_first, picture_pixels
from stages.dedup.similarity import Alignment, Matches, Thresholds, popcount, verify
from stages.split.signature import N_POSITIONS, mirrored

Hashes = NDArray[np.uint64]
LIMITS = Thresholds(
    max_distance=16.0,
    min_contrast=1.0,
    min_contrast_trimmed=2.5,
    max_speed_change=0.15,
    min_length_ratio=0.6,
)


def moving(seed: int, count: int = 1) -> Hashes:
    """Signatures of clips in which every position shows another picture."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 2**64, size=(count, N_POSITIONS), dtype=np.uint64)


def still(seed: int) -> Hashes:
    """A clip that shows one picture all the time."""
    rng = np.random.default_rng(seed)
    return np.repeat(rng.integers(0, 2**64, size=1, dtype=np.uint64), N_POSITIONS)[None, :]


def damaged(hashes: Hashes, share: float, seed: int) -> Hashes:
    """The same with each bit flipped with the given probability."""
    rng = np.random.default_rng(seed)
    flips = rng.random((*hashes.shape, 64)) < share
    noise = np.packbits(flips, axis=-1).view(">u8")[..., 0].astype(np.uint64)
    return np.asarray(hashes ^ noise)


def compare(a: Hashes, b: Hashes, lengths_s: tuple[float, float] = (5.0, 5.0)) -> Matches:
    return verify(np.concatenate([a, b]), np.array(lengths_s), [np.array([[0, 1]])], LIMITS)


# similarity


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.2])
@pytest.mark.parametrize("flip", [False, True])
def test_a_copy_matches_whatever_noise_and_mirroring(share: float, flip: bool) -> None:
    clip = moving(1)
    copy = damaged(mirrored(clip) if flip else clip, share, seed=2)
    found = compare(clip, copy)
    assert len(found) == 1
    assert found.distance[0] == pytest.approx(64 * share, abs=3)


def test_unrelated_clips_do_not_match() -> None:
    hashes = moving(3, 60)
    pairs = np.array(list(itertools.combinations(range(60), 2)))
    assert len(verify(hashes, np.full(60, 5.0), [pairs], LIMITS)) == 0


@pytest.mark.parametrize("jitter", [0.0, 0.01, 0.05])
def test_clips_in_which_nothing_moves_never_match(jitter: float) -> None:
    """Two halves of a static shot, two title cards with other words: no evidence of a copy."""
    first, second = damaged(still(4), jitter, seed=8), damaged(still(4), jitter, seed=9)
    assert len(compare(first, second)) == 0


def test_the_next_moment_of_a_slowly_changing_scene_does_not_match() -> None:
    rng = np.random.default_rng(5)
    picture, film = int(rng.integers(0, 2**63)), []
    for _ in range(2 * N_POSITIONS):
        picture ^= 1 << int(rng.integers(0, 64))
        film.append(picture)
    scene = np.array(film, dtype=np.uint64)
    now, then = scene[None, :N_POSITIONS], scene[None, N_POSITIONS:]
    assert float(popcount(now ^ then).mean()) < LIMITS.max_distance, "near, and yet no copy"
    assert len(compare(now, then)) == 0


def _cut(film: Hashes, start: float, end: float) -> Hashes:
    """Signature of a part of a long film, as shares of it."""
    places = start + (np.arange(N_POSITIONS) + 0.5) / N_POSITIONS * (end - start)
    return film[None, np.floor(places * len(film)).astype(int)]


@pytest.mark.parametrize(
    ("start", "end", "alignment"), [(0.0, 0.7, Alignment.HEAD), (0.3, 1.0, Alignment.TAIL)]
)
def test_a_clip_cut_short_matches_the_whole(start: float, end: float, alignment: int) -> None:
    film = np.repeat(moving(6)[0], 8)
    found = compare(_cut(film, 0.0, 1.0), _cut(film, start, end), (10.0, 7.0))
    assert list(found.alignment) == [alignment]


def test_speed_may_change_a_little_but_not_much() -> None:
    clip = moving(7)
    assert len(compare(clip, clip, (5.0, 4.5))) == 1
    assert len(compare(clip, clip, (5.0, 2.0))) == 0


@given(st.integers(0, 10_000), st.floats(0, 0.3))
def test_similarity_is_symmetric(seed: int, share: float) -> None:
    a = moving(seed)
    b = damaged(a, share, seed + 1)
    there, back = compare(a, b, (5.0, 4.0)), compare(b, a, (4.0, 5.0))
    assert list(there.distance) == list(back.distance)


def test_repeated_candidates_are_one_match() -> None:
    clip = moving(8)
    pair = np.array([[0, 1]])
    assert len(verify(np.concatenate([clip, clip]), np.ones(2), [pair, pair, pair], LIMITS)) == 1


def test_no_candidates_no_matches() -> None:
    assert len(verify(moving(9, 3), np.ones(3), [], LIMITS)) == 0


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_popcount_counts_bits(values: list[int]) -> None:
    counted = popcount(np.array(values, dtype=np.uint64))
    assert list(counted) == [value.bit_count() for value in values]


# index


def pairs_of(hashes: Hashes, max_bucket: int = 64) -> tuple[set[tuple[int, int]], IndexReport]:
    report = IndexReport()
    found: set[tuple[int, int]] = set()
    for block in candidate_pairs(hashes, 16, 20, max_bucket, report):
        found |= {(int(a), int(b)) for a, b in block}
    return found, report


def test_the_index_finds_copies_shifted_copies_and_mirrored_copies() -> None:
    clip = moving(10)
    shifted = np.roll(clip, 3, axis=1)
    hashes = np.concatenate([clip, damaged(clip, 0.05, 1), shifted, mirrored(clip), moving(11)])
    found, _ = pairs_of(hashes)
    assert {(0, 1), (0, 2), (0, 3), (1, 2), (2, 3)} <= found
    assert not {pair for pair in found if 4 in pair}


def test_pairs_are_ordered_and_never_a_shot_with_itself() -> None:
    hashes = np.concatenate([moving(12, 5), mirrored(moving(12, 5)), still(13), still(13)])
    found, _ = pairs_of(hashes)
    assert found
    assert all(a < b for a, b in found)


def test_the_work_grows_with_the_shots_and_not_with_their_square() -> None:
    few, many = pairs_of(moving(14, 500))[1], pairs_of(moving(14, 2000))[1]
    assert many.entries == pytest.approx(4 * few.entries, rel=0.01)
    assert many.candidates < 0.02 * 2000 * 1999 / 2


def test_a_heavy_bucket_is_capped_and_reported_and_still_meets_the_best() -> None:
    copies = np.repeat(still(15), 300, axis=0)
    found, report = pairs_of(copies, max_bucket=10)
    assert report.capped_buckets > 0
    assert report.largest_bucket == 300
    assert len(found) <= 300 * 10
    assert {(0, other) for other in range(1, 300)} <= found


@given(st.integers(1, 40), st.integers(8, 32))
def test_every_table_looks_at_the_asked_number_of_low_bits(tables: int, bits: int) -> None:
    masks = table_masks(tables, bits)
    assert len(masks) == tables
    assert all(int(mask).bit_count() == bits and int(mask) % 2**32 == 0 for mask in masks)


# clusters


MATCHES = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11), st.sampled_from([0.0, 1.5, 3.0, 9.0])),
    max_size=40,
    unique_by=lambda t: (min(t[:2]), max(t[:2])),
).map(lambda found: [Match(min(a, b), max(a, b), d) for a, b, d in found if a != b])


@given(MATCHES, st.randoms())
def test_clusters_do_not_depend_on_the_order_of_matches(found: list[Match], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
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


@given(MATCHES)
def test_clustering_the_kept_again_changes_nothing(found: list[Match]) -> None:
    heads = [rank for rank, member in enumerate(stars(12, found)) if member.match is None]
    place = {rank: index for index, rank in enumerate(heads)}
    again = [
        Match(place[m.better], place[m.worse], m.distance)
        for m in found
        if m.better in place and m.worse in place
    ]
    assert all(member.match is None for member in stars(len(heads), again))


def test_a_chain_is_not_one_cluster() -> None:
    members = stars(3, [Match(0, 1, 2.0), Match(1, 2, 2.0)])
    assert [member.representative for member in members] == [0, 0, 2]


def test_a_shot_joins_the_most_similar_representative() -> None:
    members = stars(4, [Match(0, 3, 5.0), Match(1, 3, 1.0), Match(2, 3, 1.0)])
    assert members[3].representative == 1


@pytest.mark.parametrize("wrong", [Match(1, 1, 0.0), Match(2, 1, 0.0), Match(0, 3, 0.0)])
def test_a_match_that_is_no_pair_of_ranks_is_refused(wrong: Match) -> None:
    with pytest.raises(ValueError, match="not a pair of ranks"):
        stars(3, [wrong])


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
        assert [shuffled[index] for index in best_first(shuffled)] == order


def test_black_borders_are_not_picture() -> None:
    assert picture_pixels(640, 360, 0, 0, 0, 0) == 640 * 360
    assert picture_pixels(640, 360, 0, 0, 0.125, 0.125) == 640 * 270
    assert picture_pixels(640, 360, 0.6, 0.6, 0, 0) == 0
