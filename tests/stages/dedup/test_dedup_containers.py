"""Which container a part names, and what makes a part: cuts, bars, ends."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from dedup_films import Floats, entries_of, film

from schemas.outcomes import Relation
from stages.dedup.cluster import Candidate
from stages.dedup.compare import compare
from stages.dedup.config import DedupConfig
from stages.dedup.decide import Decision, Rules, decide, missing_pairs
from stages.dedup.footage import Footage, embedded, lies_in
from stages.dedup.index import candidate_pairs
from stages.dedup.quality import Quality
from stages.dedup.rects import WHOLE
from stages.dedup.scene import is_whole_scene
from stages.dedup.search import Match
from stages.split.figure_border import NO_BORDER, Border
from stages.split.signature import N_U, N_V, Signature

_CONFIG = DedupConfig()
_LIMITS = _CONFIG.thresholds
_RULES = Rules(_CONFIG.min_length_ratio, "keep_longest", drop_contained=True)
_BARS = Border(0.0, 0.0, 0.125, 0.125)
_PART_S = 0.25


def joined(*films: Floats) -> Signature:
    """Films one after the other, as the signature of one clip."""
    every = np.concatenate(films)
    return Signature(every, len(every) * _PART_S)


# bars


def test_bars_put_back_are_black_and_the_picture_between_them_is_the_same() -> None:
    frames = np.zeros((2, N_V, N_U), np.float32)
    frames[:, 0, 0], frames[:, 0, 1] = 116.0, 30.0
    back = embedded(Signature(frames, 1.0, _BARS, _BARS), NO_BORDER)
    assert back.border == NO_BORDER
    assert back.film[0, 0, 0] == pytest.approx(0.75 * 116 + 0.25 * 16)
    assert back.film[0, 0, 1] == pytest.approx(0.75 * 30)
    inside = Footage(back).view((0.0, 1.0, 0.25, 0.75))[0]
    assert np.corrcoef(inside[0], Footage(Signature(frames, 1.0)).view(WHOLE)[0][0])[0, 1] > 0.99


def test_bars_lie_only_in_a_larger_picture() -> None:
    assert lies_in(NO_BORDER, _BARS)
    assert not lies_in(_BARS, NO_BORDER)
    assert not lies_in(_BARS, _BARS)
    assert not lies_in(Border(0.1, 0.1, 0, 0), _BARS)


def test_a_slow_clip_with_bars_is_found_among_others_without() -> None:
    """In the longer clip the bars are part of the picture."""
    drift = np.roll(film(6, 1.0)[0], 1, axis=1) * 0.02
    steps = np.arange(14, dtype=np.float32)[:, None, None]
    slow = Signature(film(7, 1.0)[:1] + drift * steps, 3.5, _BARS, _BARS)
    among = joined(film(31, 4.0), embedded(slow, NO_BORDER).film, film(32, 4.0))
    found = compare(Footage(among), Footage(slow), _LIMITS)
    assert found is not None
    assert found.is_same
    assert found.alignment.offset_s == pytest.approx(4.0, abs=0.1)
    both = entries_of([among, slow])
    assert len(candidate_pairs(both.values, both.tags, 64)[0]) == 1


# ends


def test_a_clip_that_goes_on_after_the_cut_is_not_a_part() -> None:
    """Five of its six seconds are in the longer one; played a tenth faster the rest seems to."""
    clip = film(41, 6.0)
    among = joined(film(42, 4.0), clip[:20], film(43, 5.0))
    found = compare(Footage(among), Footage(Signature(clip, 6.0)), _LIMITS)
    assert found is None or not found.is_same
    inside = compare(Footage(among), Footage(Signature(clip[:20], 5.0)), _LIMITS)
    assert inside is not None
    assert inside.is_same


# scenes


def test_a_scene_goes_from_cut_to_cut() -> None:
    lengths = [4.0, 5.0, 3.0]
    among = joined(*(film(50 + k, length) for k, length in enumerate(lengths)))
    edges = [0.0, *np.cumsum(lengths)]
    frames = among.film.reshape(len(among.film), -1)
    for from_s, to_s in pairwise(edges):
        assert is_whole_scene(frames, _PART_S, from_s, to_s)
    assert is_whole_scene(frames, _PART_S, 0.0, 12.0)
    for from_s, to_s in [(0.0, 2.5), (5.0, 9.0), (4.0, 7.5), (10.0, 12.0)]:
        assert not is_whole_scene(frames, _PART_S, from_s, to_s)


# which container a part names


def candidate(name: str, duration_s: float, fps: float = 25.0) -> Candidate:
    return Candidate(Quality(name, name, 100, 1, duration_s, 1), fps=fps, listed=(name, 0.0))


def inside(
    long: int, short: int, cover: float, offset_s: float = 1.0, is_scene: bool = False
) -> Match:
    return Match(long, short, 0.95, offset_s, cover, False, 1.0, is_scene=is_scene)


def named(
    shots: dict[int, Candidate], matches: list[Match], copies: dict[int, int] | None = None
) -> dict[int, Decision]:
    there = decide(shots, copies or {}, matches, _RULES)
    back = decide(dict(reversed(shots.items())), copies or {}, matches[::-1], _RULES)
    assert {
        shot: vars(d) | {"containers": sorted(map(repr, d.containers))} for shot, d in there.items()
    } == {
        shot: vars(d) | {"containers": sorted(map(repr, d.containers))} for shot, d in back.items()
    }, "the order of shots and matches is of no account"
    return there


def test_a_part_names_the_shortest_container_and_lists_all() -> None:
    shots = {0: candidate("a", 30), 1: candidate("b", 12), 2: candidate("c", 4)}
    found = named(shots, [inside(0, 2, 0.13, 7.0), inside(1, 2, 0.33, 3.0)])[2]
    assert (found.relation, found.stands, found.cluster) == (Relation.CONTAINED, 1, 2)
    assert found.place is not None
    assert found.place.offset_s == 3.0
    assert sorted(container for container, _ in found.containers) == [0, 1]


def test_a_whole_scene_comes_before_the_shortest_and_the_frame_rate_before_both() -> None:
    shots = {0: candidate("a", 30), 1: candidate("b", 12), 2: candidate("c", 4)}
    found = named(shots, [inside(0, 2, 0.13, is_scene=True), inside(1, 2, 0.33)])
    assert found[2].stands == 0
    shots[0] = candidate("a", 30, fps=30.0)
    found = named(shots, [inside(0, 2, 0.13, is_scene=True), inside(1, 2, 0.33)])
    assert found[2].stands == 1


def test_a_shortened_copy_that_lies_whole_in_another_clip_names_that() -> None:
    """It stays in the cluster of the clip that it shares some of its length with."""
    shots = {0: candidate("a", 30), 1: candidate("b", 7), 2: candidate("z", 5)}
    near = inside(1, 2, 0.71, 0.0)
    found = named(shots, [inside(0, 2, 0.17, 7.0, is_scene=True), near])[2]
    assert (found.relation, found.stands, found.cluster) == (Relation.CONTAINED, 0, 1)
    copy = named(shots, [inside(0, 2, 0.17, 7.0, is_scene=True), inside(1, 2, 0.95, 0.0)])[2]
    assert (copy.relation, copy.stands, copy.cluster) == (Relation.NEAR, 1, 1)


def test_a_clip_is_not_said_to_lie_where_only_its_shorter_copy_does() -> None:
    shots = {0: candidate("z", 30), 1: candidate("a", 5), 2: candidate("b", 6)}
    found = named(shots, [inside(0, 1, 0.17, is_scene=True), inside(2, 1, 0.83, 0.0)])
    assert (found[2].relation, found[2].stands) == (Relation.UNIQUE, 2)
    assert (found[1].relation, found[1].stands) == (Relation.CONTAINED, 0)


def test_what_matches_a_copy_is_compared_with_the_one_that_stands_for_it() -> None:
    """Else a clip that met only the copy would be left alone."""
    shots = {shot: candidate(f"{shot}", 5.0) for shot in range(3)}
    match = Match(1, 2, 0.9, 0.0, 1.0, False, 1.0)
    assert missing_pairs([match], shots, {1: 0}, {(1, 2)}) == [(0, 2)]
    assert missing_pairs([match], shots, {1: 0}, {(1, 2), (0, 2)}) == []


def test_copies_of_a_part_name_its_containers_in_turn() -> None:
    shots = {
        0: candidate("long_1", 30),
        1: candidate("long_2", 25),
        2: candidate("part_1", 5),
        3: candidate("part_2", 5),
        4: candidate("part_3", 5),
        5: candidate("other", 9, fps=30.0),
    }
    matches = [inside(0, 2, 0.17, 7.0), inside(1, 2, 0.2, 3.0), inside(5, 2, 0.55, 0.0)]
    found = named(shots, matches, {3: 2, 4: 2})
    assert [found[shot].stands for shot in (2, 3, 4)] == [0, 1, 0]
    assert [found[shot].relation for shot in (2, 3, 4)] == [Relation.CONTAINED] * 3
    assert {len(found[shot].containers) for shot in (2, 3, 4)} == {3}
    assert found[3].place is not None
    assert found[3].place.offset_s == 3.0


def test_a_match_is_settled_where_it_fits_best() -> None:
    """A part of a slow clip fits nearly as well at another speed and elsewhere."""
    whole, part = Signature(film(61, 9.0), 9.0), Signature(film(61, 4.0, 2.6), 4.0)
    found = compare(Footage(whole), Footage(part), _LIMITS)
    assert found is not None
    assert found.alignment.speed == 1.0
    assert found.alignment.offset_s == pytest.approx(2.6, abs=0.05)


@pytest.mark.parametrize("duration_s", [1.25, 1.5])
def test_the_index_finds_a_part_that_is_too_short_for_whole_windows(duration_s: float) -> None:
    found = entries_of(
        [Signature(film(71, 8.0), 8.0), Signature(film(71, duration_s, 3.1), duration_s)]
    )
    assert len(candidate_pairs(found.values, found.tags, 64)[0]) == 1
