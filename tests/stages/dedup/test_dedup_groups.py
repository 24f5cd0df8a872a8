"""What hangs together is found the same way however the work is divided."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.corpus import RunCorpus
from pipeline.testing import local_worker
from stages.dedup.cluster import components
from stages.dedup.config import DedupConfig
from stages.dedup.groups import Found, group, stars
from stages.dedup.records import Match
from stages.dedup.search import (
    MATCH,
    TIE,
    in_parts,
    part_of,
    read_matches,
    read_part,
    stored_matches,
)
from stages.dedup.stage import DedupStage
from stages.dedup.store import write_slices

EDGES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=40).map(
    lambda pairs: [(a, b) for a, b in pairs if a != b]
)


@given(EDGES)
def test_stars_lead_to_the_smallest_of_what_hangs_together(pairs: list[tuple[int, int]]) -> None:
    found = stars(np.array(pairs, np.int64).reshape(-1, 2)).tolist()
    expected = [[g[0], other] for g in components(pairs) for other in g[1:]]
    assert sorted(found) == sorted(expected)


def grouped(root: Path, pairs: list[tuple[int, int]], parts: int) -> list[list[list[int]]]:
    """What hangs together, by the part it came to; every other pair is a tie."""
    worker = local_worker(root)
    ties = np.array([(min(p), max(p), 0) for p in pairs[::2]], TIE)
    matches = stored_matches([Match(a, b, 0.9, 0.0, 1.0, False, 1.0) for a, b in pairs[1::2]])
    write_slices(worker, "ties", in_parts(ties, part_of(ties["first"], parts), parts))
    write_slices(worker, "matches", in_parts(matches, part_of(matches["long"], parts), parts))
    corpus = RunCorpus(DedupStage(DedupConfig()), worker)
    names = group(corpus, Found(("ties",), ("matches",), parts))
    found = []
    for part in range(parts):
        some = read_part(worker, names, part, TIE)[["first", "second"]].tolist()
        rows = read_matches(read_part(worker, names, parts + part, MATCH))
        found.append(components(some + [(match.long, match.short) for match in rows]))
    worker.close()
    return found


@given(EDGES, st.sampled_from([2, 5]))
@settings(max_examples=8, deadline=None)
def test_what_hangs_together_comes_to_one_part(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[int, int]], parts: int
) -> None:
    found = grouped(tmp_path_factory.mktemp("groups"), pairs, parts)
    assert sorted(g for part in found for g in part) == sorted(components(pairs))


def test_a_long_chain_needs_few_rounds(tmp_path: Path) -> None:
    chain = [(n, n + 1) for n in range(500)]
    found = grouped(tmp_path, chain, 4)
    assert [g for part in found for g in part] == [list(range(501))]
    assert len(list((tmp_path / "dedup_index").glob("edges-*"))) == 8
