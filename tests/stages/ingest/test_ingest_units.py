"""Units: every source in one, in order, of bounded weight, and stable when inputs change."""

from __future__ import annotations

import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.ingest.plan_units import Weighted, plan_units, unit_id

Source = Weighted[None]


def sources(weights_s: list[float], seed: int = 0) -> list[Source]:
    rng = random.Random(seed)
    return [Weighted(str(UUID(int=rng.getrandbits(128))), w, None) for w in weights_s]


def ids(units: list[list[Source]]) -> list[str]:
    return [unit_id(source.source_id for source in unit) for unit in units]


weights = st.lists(st.one_of(st.just(0.1), st.floats(0.5, 400.0)), max_size=300)


@given(weights, st.floats(1.0, 300.0), st.integers(1, 50), st.integers(0, 99))
def test_units_partition_the_listing_within_bounds(
    weights_s: list[float], target_s: float, most: int, seed: int
) -> None:
    listed = sources(weights_s, seed)
    units = list(plan_units(listed, target_s, most))
    assert [source for unit in units for source in unit] == listed
    for unit in units:
        assert 1 <= len(unit) <= most
        weight_s = sum(source.weight_s for source in unit)
        assert len(unit) == 1 or weight_s <= 2 * target_s + 1e-6
    for unit in units[:-1]:
        is_full = len(unit) == most or sum(s.weight_s for s in unit) >= target_s / 2
        following = units[units.index(unit) + 1][0]
        assert is_full or sum(s.weight_s for s in unit) + following.weight_s > 2 * target_s
    assert len(set(ids(units))) == len(units)
    assert ids(units) == ids(list(plan_units(listed, target_s, most)))


@pytest.mark.parametrize("seed", range(5))
def test_units_hold_about_the_target(seed: int) -> None:
    rng = random.Random(seed)
    listed = sources([rng.uniform(2, 40) for _ in range(2000)], seed)
    units = list(plan_units(listed, 180.0, 200))
    mean_s = sum(source.weight_s for source in listed) / len(units)
    assert 0.6 * 180 < mean_s < 1.4 * 180


@pytest.mark.parametrize("change", ["insert", "remove"])
def test_one_changed_input_changes_few_units(change: str) -> None:
    rng = random.Random(7)
    listed = sources([rng.uniform(2, 60) for _ in range(1500)])
    before = set(ids(list(plan_units(listed, 180.0, 200))))
    new_units = []
    for place in range(50, 1450, 70):
        other = list(listed)
        if change == "insert":
            other.insert(place, Weighted(str(UUID(int=rng.getrandbits(128))), 30.0, None))
        else:
            del other[place]
        new_units.append(len(set(ids(list(plan_units(other, 180.0, 200)))) - before))
    assert sorted(new_units)[len(new_units) // 2] <= 3
    assert max(new_units) <= 12


def test_units_are_planned_while_sources_arrive() -> None:
    """No more than one unit waits, whatever the length of the listing."""
    taken = 0

    def stream() -> object:
        nonlocal taken
        for source in sources([50.0] * 1000):
            taken += 1
            yield source

    units = plan_units(stream(), 100.0, 10)  # type: ignore[arg-type]
    next(units)
    assert taken <= 5
