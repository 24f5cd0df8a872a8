"""What the parts of dedup promise: comparison, keys, index, clusters, quality."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dedup_films import entries_of, film, mirrored, signature, still_film
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.testing import local_worker
from stages.dedup.alignment import Met
from stages.dedup.compare import compare
from stages.dedup.config import DedupConfig
from stages.dedup.confirm import LEAST_AGREEMENT, agreements
from stages.dedup.evidence import evidence
from stages.dedup.finding import Finding
from stages.dedup.footage import COLUMNS, ROWS, Footage, cell_means, placements
from stages.dedup.index import (
    CHANGE_VOTE,
    LEAST_VOTES,
    IndexReport,
    Meeting,
    PairMeeting,
    best_of_each,
    candidate_pairs,
)
from stages.dedup.keys import FORM_BITS, TAG_BITS, largest_of_runs
from stages.dedup.lines import Lines
from stages.dedup.records import NEW, Shots, record
from stages.dedup.rects import WHOLE
from stages.dedup.screen import Framed, screened
from stages.dedup.store import write_slices
from stages.split.figure_border import NO_BORDER, Border
from stages.split.signature import MAX_PICTURES, Signature, pack

LIMITS = DedupConfig().thresholds


def footage(frames: np.ndarray, duration_s: float = 5.0, border: Border = NO_BORDER) -> Footage:  # type: ignore[type-arg]
    return Footage(Signature(frames, duration_s, border, border))


def same(a: Footage, b: Footage) -> Finding | None:
    found = compare(a, b, LIMITS)
    return found if found is not None and found.is_same else None


# comparison


@pytest.mark.parametrize("noise", [0.0, 0.5, 1.5])
@pytest.mark.parametrize("flip", [False, True])
def test_a_copy_is_the_same_whatever_noise_and_mirroring(noise: float, flip: bool) -> None:
    copy = film(1, noise=noise)
    found = same(footage(film(1)), footage(mirrored(copy) if flip else copy))
    assert found is not None
    assert found.alignment.mirrored == flip
    assert found.alignment.offset_s == pytest.approx(0, abs=0.1)


def test_unrelated_clips_and_other_moments_are_not_the_same() -> None:
    for seed in range(6):
        assert same(footage(film(seed)), footage(film(seed + 100))) is None
        assert same(footage(film(seed)), footage(film(seed, start_s=20))) is None


def test_clips_in_which_nothing_moves_are_never_the_same() -> None:
    """Two halves of a static shot, two title cards: no evidence of a copy."""
    first, second = still_film(4, noise_seed=1), still_film(4, noise_seed=2)
    assert same(footage(first), footage(second)) is None


def test_cards_that_fade_in_alike_are_not_the_same() -> None:
    light = np.linspace(0.1, 1, 20, dtype=np.float32)[:, None, None] ** 2
    first, second = still_film(5, noise_seed=1), still_film(5, noise_seed=2)
    second[:, 3, 2] += 4
    assert same(footage(first * light), footage(second * light)) is None


def test_a_slow_drift_matches_its_copy_and_not_its_next_moment() -> None:
    drift = film(6, 1.0)[0] * 0.02

    def moment(start: int, noise: int) -> np.ndarray:  # type: ignore[type-arg]
        steps = np.arange(start, start + 20, dtype=np.float32)[:, None, None]
        return still_film(7, noise_seed=noise) + np.roll(drift, 1, axis=1) * steps

    assert same(footage(moment(0, 1)), footage(moment(0, 2))) is not None
    assert same(footage(moment(0, 1)), footage(moment(20, 3))) is None


@pytest.mark.parametrize("speed", [0.9, 0.95, 1.05, 1.1])
def test_speed_may_change_a_little(speed: float) -> None:
    found = same(footage(film(8)), footage(film(8), 5 / speed))
    assert found is not None
    assert found.alignment.offset_s == pytest.approx(0, abs=0.4)


@pytest.mark.parametrize(("offset_s", "duration_s"), [(0.0, 7.0), (3.0, 5.0), (6.4, 3.5)])
def test_a_part_is_found_where_it_lies(offset_s: float, duration_s: float) -> None:
    whole, part = footage(film(9, 10), 10), footage(film(9, duration_s, offset_s), duration_s)
    for found in (same(whole, part), same(part, whole)):
        assert found is not None
        assert found.alignment.offset_s == pytest.approx(offset_s, abs=0.1)


@given(st.integers(0, 10_000), st.floats(0, 1))
@settings(max_examples=10, deadline=None)
def test_comparison_is_symmetric(seed: int, noise: float) -> None:
    a, b = film(seed), film(seed, 4.0, noise=noise)
    there, back = (
        compare(footage(a), footage(b, 4), LIMITS),
        compare(footage(b, 4), footage(a), LIMITS),
    )
    assert there == back


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_evidence_ignores_brightness_contrast_and_overlays(seed: int) -> None:
    x = footage(film(seed)).view(WHOLE)[0]
    y = 0.7 * x
    y[:, :12] = 5.0  # a bar over the first row of cells
    seen = evidence(x, np.asarray(y, np.float32))
    assert seen.course > 0.85
    assert abs(seen.shift) < 0.2


def test_a_rectangle_shows_what_the_cosines_say() -> None:
    frames = np.zeros((3, 8, 12), np.float32)
    frames[:, 0, 1] = [1, 2, 3]
    seen = footage(frames).view((0.0, 0.5, 0.0, 1.0))[0].reshape(3, ROWS, COLUMNS)
    assert (np.diff(seen[0], axis=1) < 0).all(), "the left half of a cosine falls"
    assert seen[2] == pytest.approx(3 * seen[0], abs=1e-5)


def test_borders_add_placements_in_the_frame() -> None:
    assert next(iter(placements(NO_BORDER, NO_BORDER))) == (WHOLE, WHOLE)
    bar = Border(0, 0, 0.2, 0)
    assert (WHOLE, (0.0, 1.0, 0.2, 1.0)) in set(placements(bar, NO_BORDER))


# keys and index


def pairs_of(films: list[np.ndarray], cap: int = 64) -> tuple[set[tuple[int, int]], IndexReport]:  # type: ignore[type-arg]
    found = entries_of([signature(frames) for frames in films])
    pairs, report = candidate_pairs(found.values, found.tags, cap)
    return {(int(a), int(b)) for a, b, *_ in pairs}, report


def test_the_index_finds_copies_parts_and_mirrored_copies() -> None:
    films = [film(10), film(10, noise=0.5), mirrored(film(10)), film(10, start_s=1.3), film(11)]
    found, _ = pairs_of(films)
    assert {(0, 1), (0, 2), (0, 3)} <= found
    assert not {pair for pair in found if 4 in pair}


def test_entries_do_not_depend_on_company() -> None:
    alone = entries_of([signature(film(12))])
    both = entries_of([signature(film(13)), signature(film(12))])
    assert set(both.values[both.clips == 1].tolist()) == set(alone.values.tolist())


def test_candidates_do_not_depend_on_the_order_of_entries() -> None:
    found = entries_of([signature(film(seed // 2, noise=seed % 2)) for seed in range(8)])
    order = np.random.default_rng(1).permutation(len(found.values))
    there = candidate_pairs(found.values, found.tags, 64)
    back = candidate_pairs(found.values[order], found.tags[order], 64)
    assert there[0].tolist() == back[0].tolist()
    assert there[1] == back[1]


def test_the_work_grows_with_the_clips_and_not_with_their_square() -> None:
    few, many = (pairs_of([film(seed) for seed in range(n)])[1] for n in (50, 200))
    assert many.entries == pytest.approx(4 * few.entries, rel=0.1)
    assert many.candidates < 0.01 * 200 * 199 / 2


def test_a_heavy_key_is_capped_and_reported_and_still_meets_the_nearest() -> None:
    films = [still_film(14, noise_seed=0)] * 120
    found, report = pairs_of(films, cap=10)
    assert report.capped_keys > 0
    assert report.largest_key >= 120
    assert len(found) < 120 * 119 / 2
    assert {shot for pair in found for shot in pair} == set(range(120))


def test_those_with_most_votes_are_compared_and_fewer_by_looks_alone() -> None:
    looks = [[0, second, 3 + second, 0] for second in range(1, 9)]
    changes = [[0, second, CHANGE_VOTE, 0] for second in range(9, 12)]
    rows = np.array([*looks, *changes, [1, 2, 2, 0], [1, 3, 3, 0]])
    kept = best_of_each(rows, 32)[:, :2].tolist()
    assert kept == [[0, 9], [0, 10], [0, 11], [0, 8], [0, 7], [1, 3]]
    assert len(best_of_each(rows, 2)) == 3


def agreement_of(a: Signature, b: Signature) -> float:
    """Agreement of two clips around their best meeting of changes; -1 where they have none."""
    found = entries_of([a, b])
    pairs, _ = candidate_pairs(found.values, found.tags, 64)
    met = pairs[~Meeting.of(pairs[:, 3]).is_look]
    return float(agreements([a], [b], Meeting.of(met[:, 3]))[0]) if len(met) else -1.0


@pytest.mark.parametrize("seed", [20, 21, 22])
@pytest.mark.parametrize("flip", [False, True])
def test_copies_go_on_agreeing_around_the_place_where_they_met(seed: int, flip: bool) -> None:
    copy = film(seed, 5.0, 1.3, noise=0.3)
    part = Signature(mirrored(copy) if flip else copy, 5.0)
    assert agreement_of(Signature(film(seed, 8.0), 8.0), part) > 0.8


def test_clips_of_other_rates_go_on_agreeing_as_well() -> None:
    """A clip of more than forty seconds has fewer pictures a second."""
    long = Signature(film(23, 50.0), 50.0)
    assert len(long.film) == MAX_PICTURES
    assert agreement_of(long, Signature(film(23, 5.0, 20.0), 5.0)) > 0.8


def test_one_change_alone_is_no_agreement() -> None:
    shared = film(24, 8.0)
    other = film(25, 8.0)
    other[10:19] = shared[10:19]
    assert agreement_of(Signature(shared, 8.0), Signature(other, 8.0)) < LEAST_AGREEMENT


def met_by(a: Signature, b: Signature) -> PairMeeting:
    """The best meeting of two clips, of which the first is the longer one."""
    found = entries_of([a, b])
    pairs, _ = candidate_pairs(found.values, found.tags, 64)
    return Meeting.of(pairs[:, 3]).each[0]


def cropped(frames: np.ndarray, share: float) -> np.ndarray:  # type: ignore[type-arg]
    """The centred crop of a film, as far as its frequencies tell it."""
    edge = (1 - share) / 2
    down, across = (
        cell_means(0.0, 1.0, 48, count).T @ cell_means(edge, 1 - edge, 48, count) / 48
        for count in (8, 12)
    )
    return np.asarray(np.einsum("nvu,vw,ux->nwx", frames, down, across), np.float32)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("share", [1.0, 0.9])
def test_clips_are_screened_the_way_they_met(flip: bool, share: float) -> None:
    copy = film(26, 5.0, 1.5, noise=0.3)
    copy = cropped(mirrored(copy) if flip else copy, share)
    whole, part = Signature(film(26, 8.0), 8.0), Signature(copy, 5.0)
    at = met_by(whole, part)
    assert at.is_mirrored == flip
    seen = Framed(Footage(whole), Footage(part), at.form_first, at.form_second, flip)
    (keep,), (offset_s,) = screened([seen])
    assert keep
    assert offset_s == pytest.approx(1.5, abs=0.2)


def test_other_moments_of_one_place_do_not_pass_the_screen() -> None:
    place = np.zeros((1, 8, 12), np.float32)
    place[0, :4, :4] = 40.0
    clips = [Footage(Signature(film(seed) + place, 5.0)) for seed in (27, 28)]
    assert not screened([Framed(*clips, 0, 0, False)])[0][0]


@pytest.mark.parametrize("flip", [False, True])
def test_where_clips_met_does_not_change_what_comparing_finds(flip: bool) -> None:
    copy = film(29, 4.0, 2.3, noise=0.3)
    whole, part = Footage(Signature(film(29, 9.0), 9.0)), Footage(Signature(copy, 4.0))
    if flip:
        part = Footage(Signature(mirrored(copy), 4.0))
    everywhere = compare(whole, part, LIMITS)
    assert everywhere is not None
    assert everywhere.is_same
    right, wrong = Met(3.3, 1.0, 1.0, 1.0, flip), Met(1.0, 3.0, 0.92, 1.0, not flip)
    for met in (right, wrong):
        found = compare(whole, part, LIMITS, met)
        assert found is not None
        assert found.is_same
        assert found.alignment.mirrored == flip
        assert found.alignment.offset_s == pytest.approx(2.3, abs=0.1)
        assert found.evidence.course >= everywhere.evidence.course - 0.02


@pytest.mark.parametrize("looks", [0, LEAST_VOTES])
def test_a_change_met_by_chance_does_not_refuse_a_pair_that_shares_looks(
    tmp_path: Path, looks: int
) -> None:
    """A meeting of another moment says nothing of a clip that is held elsewhere."""
    worker = local_worker(tmp_path)
    clips = pack(Signature(film(29, 9.0), 9.0)), pack(Signature(film(29, 4.0, 2.25), 4.0))
    write_slices(worker, "records-0", [record(f"s{k}", 0, 9, NEW, c) for k, c in enumerate(clips)])
    shots = Shots(worker, LIMITS, within_source=True)
    shots.load([0, 1])
    long, short = 17 << FORM_BITS, 4 << FORM_BITS  # windows a second from where they should meet
    chance = (1 << (2 * TAG_BITS)) | (short << TAG_BITS) | long
    found = shots.promising(np.array([[0, 1, CHANGE_VOTE + looks, chance]], np.int64))
    worker.close()
    assert len(found) == int(looks > 0)


@given(st.integers(0, 1000), st.integers(0, 28))
@settings(max_examples=20, deadline=None)
def test_a_centred_line_is_a_correlation_whatever_lies_around_it(seed: int, place: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(40, 9)) * 100, rng.normal(size=(12, 9)) + 50
    a[place : place + 12] = 0.5 * b + 0.1 * rng.normal(size=b.shape)
    a, b = a.astype(np.float32), b.astype(np.float32)
    here = Lines.around(40, 0.25, 12, 0.25, [1.0], [place / 4], np.zeros(1), 0.9)
    ((score, _, _),) = here.best(a, b, is_exact=True, is_centred=True)
    x, y = (some - some.mean(axis=0) for some in (a[place : place + 12], b))
    assert score == pytest.approx((x * y).sum() / np.sqrt((x**2).sum() * (y**2).sum()), abs=1e-3)
    around = np.arange(-4, 5) / 4
    near = Lines.around(40, 0.25, 12, 0.25, [1.0], [place / 4], around, 0.9)
    assert next(near.best(a, b, is_exact=True, is_centred=True))[2] == place / 4


@given(st.integers(1, 12), st.integers(1, 4), st.integers(0, 1000))
def test_of_every_run_of_windows_the_largest_is_chosen(n: int, every: int, seed: int) -> None:
    sizes = np.random.default_rng(seed).uniform(size=(n, 2, 3)).astype(np.float32)
    count = -(-n // every)
    chosen = largest_of_runs(sizes, count)
    length = -(-n // count)
    runs = [slice(k * length, (k + 1) * length) for k in range(count)]
    for clip, region in np.ndindex(2, 3):
        places = chosen[:, clip, region].tolist()
        of_clip = sizes[:, clip, region]
        assert [of_clip[p] for p in places] == [of_clip[run].max() for run in runs]


def test_a_meeting_reads_the_same_from_both_sides() -> None:
    at = PairMeeting(3, 8, 1, 0, True, False)
    assert at.turned == PairMeeting(8, 3, 0, 1, True, False)
    assert at.turned.turned == at


def test_no_entries_no_pairs() -> None:
    assert pairs_of([])[0] == set()
