"""What dedup does for many clips at once is what it does for each by itself."""

from __future__ import annotations

import numpy as np
import pytest
from dedup_films import film, films_of, packed
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.dedup.footage import Footage, moving_mean, reach_of
from stages.dedup.index import Side, candidate_pairs, pairs_between
from stages.dedup.key_matrix import HASH_BITS, matrix_of
from stages.dedup.key_spectra import Looking, by_size, hashes, key_places
from stages.dedup.keys import KEY_BITS, TAG_BITS, entries
from stages.dedup.rects import WHOLE, Rect
from stages.dedup.screen import Framed, screened
from stages.dedup.search import _order_of
from stages.split.signature import Signature, read_films, unpack

REGIONS: dict[int, Rect] = {
    4: (0.05, 0.95, 0.05, 0.95),
    2: (0.2, 0.8, 0.1, 0.65),
    1: (0.1, 0.8, 0.1, 0.65),
}
"""Regions by how many classes of frequencies they keep apart."""


@pytest.mark.parametrize("classes", [4, 2, 1])
def test_classes_of_frequencies_give_what_the_whole_matrix_gives(classes: int) -> None:
    films = film(1, 20.0).reshape(-1, 96)
    made = [matrix_of(WHOLE, REGIONS[classes], share, False) for share in (1.0, 0.9)]
    looking = Looking.of(made)
    assert len(looking.matrix) == classes
    spectra = looking.spectra(films).reshape(classes, len(films), 2, -1)
    values = hashes(spectra)
    sizes = by_size(spectra, KEY_BITS)
    for way, (matrix, _) in enumerate(made):
        whole = films @ matrix
        bits = [int("".join("01"[sign] for sign in row), 2) << 1 for row in (whole > 0).astype(int)]
        assert values[:, way].tolist() == bits
        order = np.argsort(np.abs(whole[:, :KEY_BITS]), axis=1)
        found = key_places(classes, KEY_BITS)[sizes[:, way] % KEY_BITS]
        assert found.tolist() == order.tolist()
        largest = sizes[:, way, -1].view(np.float32)
        assert largest == pytest.approx(np.abs(whole[:, :KEY_BITS]).max(axis=1), rel=1e-5)


def test_every_coefficient_has_a_bit_of_its_own() -> None:
    for classes in (4, 2, 1):
        columns = 64 // classes
        one = np.full((classes, classes * columns, columns), -1.0, np.float32)
        for k in range(classes):
            for column in range(columns):
                one[k, k * columns + column, column] = 1.0
        values = hashes(one)
        assert sorted(values[values > 0].tolist()) == [2 << bit for bit in range(HASH_BITS)]


def test_entries_of_many_films_are_those_of_each() -> None:
    signatures = [Signature(film(seed, 5.0), 5.0 + seed / 100) for seed in range(6)]
    together = entries(films_of(signatures, range(6)))
    for clip in range(6):
        alone = entries(films_of(signatures, [clip]))
        mine = together.clips == clip
        own = sorted(zip(alone.values.tolist(), alone.tags.tolist(), strict=True))
        found = zip(together.values[mine].tolist(), together.tags[mine].tolist(), strict=True)
        assert sorted(found) == own


def test_films_are_read_together_by_their_number_of_pictures() -> None:
    stored = [packed(seed, 3.0 + seed % 3 + seed / 100) for seed in range(9)]
    places: list[int] = []
    for films, broken in read_films([*stored, b"no"]):
        places += films.places.tolist() + list(broken)
        for k, place in enumerate(films.places.tolist()):
            alone = unpack(stored[place])
            assert films.pictures[:, k].tolist() == alone.film.reshape(len(alone.film), -1).tolist()
            assert films.durations_s[k] == alone.duration_s
    assert sorted(places) == list(range(10))


@given(st.lists(st.integers(0, 2047), max_size=60), st.sampled_from([2048, 65_535]))
@settings(max_examples=30, deadline=None)
def test_the_order_by_slice_is_stable(numbers: list[int], slices: int) -> None:
    slice_of = np.array(numbers * 40, np.uint16)
    order = np.argsort(slice_of, kind="stable")
    assert _order_of(slice_of, slices).tolist() == order.tolist()
    many = np.resize(np.append(slice_of, 1), 70_000).astype(np.uint16)  # too many for 32 bits
    assert _order_of(many, slices).tolist() == np.argsort(many, kind="stable").tolist()


@given(st.integers(0, 1000), st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_entries_meet_as_if_every_one_was_held_against_every_other(seed: int, cap: int) -> None:
    """Few keys with few different check bits: some are heavy."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 4, 40) << 25 | rng.integers(0, 4, 40) << 1 | rng.integers(0, 2, 40)
    values = values.astype(np.uint64)
    tags = (rng.permutation(40) << TAG_BITS).astype(np.uint32)
    asks = values % 2 == 1
    pairs, report = candidate_pairs(values, tags, 64)
    met = {
        tuple(sorted((int(tags[a]) >> TAG_BITS, int(tags[b]) >> TAG_BITS)))
        for a in np.flatnonzero(asks)
        for b in np.flatnonzero(~asks)
        if values[a] >> np.uint64(25) == values[b] >> np.uint64(25)
    }
    assert {(int(a), int(b)) for a, b, *_ in pairs} == met
    assert report.met == len(met)
    assert report.capped_keys == 0
    capped, report = candidate_pairs(values, tags, cap)
    assert {(int(a), int(b)) for a, b, *_ in capped} <= met
    indexed = np.bincount((values[~asks] >> np.uint64(25)).astype(int), minlength=4)
    asking = np.bincount((values[asks] >> np.uint64(25)).astype(int), minlength=4)
    assert report.met == int((np.minimum(indexed, cap) * asking).sum())
    assert report.capped_keys == int(((indexed > cap) & (asking > 0)).sum())
    sides = Side(values[~asks], tags[~asks]), Side(values[asks], tags[asks])
    assert pairs_between(*sides, cap)[0].tolist() == capped.tolist()


def test_moving_means_of_many_are_those_of_each() -> None:
    films = np.stack([film(seed).reshape(-1, 96) for seed in range(4)])
    together = moving_mean(films, reach_of(0.25))
    for one, found in zip(films, together, strict=True):
        assert found.tolist() == moving_mean(one, 4).tolist()
        middle = one[6:15].mean(axis=0)
        assert found[10] == pytest.approx(middle, abs=1e-3)


def test_pairs_are_screened_together_as_each_by_itself() -> None:
    clips = [Footage(Signature(film(seed // 2, 5.0, noise=seed % 2), 5.0)) for seed in range(8)]
    pairs = [Framed(a, b, 0, form, False) for a in clips for b in clips for form in (0, 1)]
    keep, offsets_s = screened(pairs)
    for pair, is_kept, offset_s in zip(pairs, keep, offsets_s, strict=True):
        own, own_s = screened([pair])
        assert own[0] == is_kept
        assert own_s[0] == pytest.approx(offset_s)
