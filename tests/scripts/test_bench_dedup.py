"""The dedup benchmark plants copies that are there, and counts what is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.bench_dedup import measure
from scripts.bench_films import Plan
from stages.split.signature import unpack


def test_a_clip_is_a_function_of_its_number() -> None:
    plan = Plan(1000, 50)
    alone = plan.stored([123])[0]
    data, duration_s = plan.stored(range(100, 160))[23]
    assert (data, duration_s) == alone
    assert len(unpack(data).film) == round(4 * duration_s)


def test_planted_copies_have_an_original_that_is_none() -> None:
    plan = Plan(5000, 50)
    planted = {clip: plan.original(clip) for clip in range(5000)}
    originals = {other for other in planted.values() if other is not None}
    assert len(originals) > 50
    assert all(planted[other] is None for other in originals)


@pytest.mark.bench
def test_planted_copies_are_found_and_nothing_else(tmp_path: Path) -> None:
    row = measure(400, 1, 20, str(tmp_path), str(tmp_path))
    assert row.planted > 5
    assert row.planted_recall >= 0.8
    assert row.false_pairs == 0
