"""Concepts: groups by embedding that no partition changes, and shots that are alike in them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dedup_films import packed as packed_signature

import stages.dedup.concepts as concepts_module
from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.testing import run_corpus_stage
from schemas.table import Row
from stages.base import StageError
from stages.dedup.concepts import FOLDER
from stages.dedup.config import DedupConfig
from stages.dedup.kmeans import (
    as_points,
    like_better_ones,
    moved,
    nearest,
    seed_centres,
    sums_by_centre,
)
from stages.dedup.stage import DedupStage, Sizes
from stages.split.embedding import packed

SIZE = 24


def blobs(groups: int, each: int, spread: float = 0.1, seed: int = 0) -> np.ndarray:
    """Vectors around random directions, group after group."""
    rng = np.random.default_rng(seed)
    middle = np.repeat(rng.normal(size=(groups, SIZE)), each, axis=0)
    return middle + spread * rng.normal(size=middle.shape)


def test_the_centres_find_the_groups() -> None:
    points = as_points(blobs(6, 40))
    centres = seed_centres(points, 6, seed=3)
    for _ in range(5):
        labels, _ = nearest(points, centres)
        centres = moved(centres, sums_by_centre(points, labels, 6))
    labels, cosines = nearest(points, centres)
    assert all(len(set(labels[k : k + 40].tolist())) == 1 for k in range(0, 240, 40))
    assert len(set(labels.tolist())) == 6
    assert cosines.min() > 0.9


def test_sums_do_not_depend_on_how_the_points_are_divided() -> None:
    points = as_points(blobs(5, 100, spread=2.0))
    centres = seed_centres(points, 5, seed=1)
    whole = sums_by_centre(points, nearest(points, centres)[0], 5)
    order = np.random.default_rng(1).permutation(len(points))
    parts = [points[some] for some in np.array_split(order, [3, 40, 41, 300])]
    summed = sum(
        (sums_by_centre(part, nearest(part, centres)[0], 5) for part in parts),
        np.zeros_like(whole),
    )
    assert np.array_equal(summed, whole)


def test_a_centre_without_points_stays_and_equal_points_make_one_centre() -> None:
    points = as_points(np.ones((5, SIZE)))
    assert len(seed_centres(points, 3, seed=1)) == 1
    two = as_points(np.eye(SIZE)[:2])
    after = moved(two, sums_by_centre(two[:1], np.array([0]), 2))
    assert np.array_equal(after, two)


def test_each_point_is_like_its_better_one_itself() -> None:
    """Against all pairs, one after the other."""
    points = as_points(blobs(30, 25, spread=0.35, seed=5))
    points = points[np.random.default_rng(2).permutation(len(points))]
    unit = points / np.linalg.norm(points.astype(float), axis=1, keepdims=True)
    cosines = unit @ unit.T
    left: list[int] = []
    expected = {}
    for place in range(len(points)):
        near = [other for other in left if cosines[place, other] >= 0.9]
        if near:
            expected[place] = max(near, key=lambda other: (cosines[place, other], -other))
        else:
            left.append(place)
    found = {worse: better for worse, better, _ in like_better_ones(points, 0.9)}
    assert found == expected
    assert len(found) > 100


def source(number: int) -> Row:
    return {
        "source_id": f"s{number}", "uri": "/v", "key": "v", "content_sha256": f"sha{number}",
        "width": 300 + number, "height": 360, "size_bytes": 1000, "duration_s": 10.0,
        "outcome": "kept",
    }  # fmt: skip


def shot(number: int, vector: np.ndarray | None, footage: int | None = None) -> Row:
    vectors = None
    if vector is not None:
        noise = np.random.default_rng(number).normal(size=(2, SIZE)) * 0.01
        vectors = [packed((vector + one).astype(np.float32)) for one in noise]
    return {
        "shot_id": f"shot{number:03d}", "source_id": f"s{number}", "index": 0, "scale": 0,
        "start_frame": 0, "end_frame": 100, "start_pts": 0, "end_pts": 100, "time_base": "1/25",
        "start_s": 0.0, "end_s": 4.0, "cover_start_s": 0.0, "cover_end_s": 4.0, "n_frames": 100,
        "start_kind": "cut", "end_kind": "cut", "sharpness": 1.0, "embeddings": vectors,
        "signature": packed_signature(number if footage is None else footage, 4.0),
        "outcome": "kept",
    }  # fmt: skip


def run(
    root: Path, shots: list[Row], units: int, sizes: Sizes | None = None, **options: Any
) -> dict[str, Row]:
    parts = {
        f"u{k:02d}": {
            "shots": shots[k::units],
            "sources": [source(int(row["source_id"][1:])) for row in shots[k::units]],
            "sidecars": [],
        }
        for k in range(units)
    }
    stage = DedupStage(DedupConfig(**options), sizes or Sizes())
    return {row["shot_id"]: row for row in run_corpus_stage(stage, root, parts).tables["dedup"]}


def test_shots_of_one_concept_share_its_id_and_its_size(tmp_path: Path) -> None:
    vectors = blobs(3, 5)
    shots = [shot(number, vector) for number, vector in enumerate(vectors)]
    rows = run(tmp_path, [*shots, shot(15, None)], 2, concepts=3)
    of_group = [{rows[f"shot{n:03d}"]["concept_id"] for n in range(k, k + 5)} for k in (0, 5, 10)]
    assert [len(ids) for ids in of_group] == [1, 1, 1]
    assert len(set.union(*of_group)) == 3
    assert {rows[f"shot{n:03d}"]["concept_size"] for n in range(15)} == {5}
    assert all(0.9 < rows[f"shot{n:03d}"]["center_similarity"] <= 1 for n in range(15))
    assert rows["shot015"]["concept_id"] is None
    assert {row["outcome"] for row in rows.values()} == {"kept"}
    assert not list((tmp_path / FOLDER).glob("*"))


def test_the_result_depends_on_neither_order_nor_units_nor_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shots = [shot(number, vector) for number, vector in enumerate(blobs(5, 6, spread=0.4))]
    options = {"concepts": 6, "semantic_copies": "drop", "semantic_similarity": 0.9}
    whole = run(tmp_path / "a", shots, 1, **options)
    random.Random(2).shuffle(shots)
    monkeypatch.setattr(concepts_module, "_TRAINING_TASKS", 3)
    monkeypatch.setattr(concepts_module, "_POINTS_PER_SEARCH", 7)
    assert run(tmp_path / "b", shots, 4, Sizes(1, 4), **options) == whole
    assert 0 < sum(row["outcome"] == "dropped" for row in whole.values()) < 30


@pytest.mark.parametrize("what", ["note", "drop"])
def test_a_shot_that_means_the_same_is_noted_or_dropped(tmp_path: Path, what: str) -> None:
    vectors = blobs(2, 2, spread=0.0)
    shots = [shot(number, vector) for number, vector in enumerate(vectors)]
    rows = run(tmp_path, shots, 1, concepts=2, semantic_copies=what)
    worse = rows["shot000"]  # of a smaller picture
    assert worse["semantic_id"] == "shot001"
    assert worse["semantic_similarity"] > 0.99
    dropped = ("dropped", "semantic_duplicate", "semantic", "shot001")
    kept = ("kept", None, "unique", "shot000")
    found = (worse["outcome"], worse["reason"], worse["relation"], worse["representative_id"])
    assert found == (dropped if what == "drop" else kept)
    assert rows["shot001"]["outcome"] == "kept"
    assert rows["shot001"]["semantic_id"] is None


def test_a_copy_of_a_shot_that_goes_names_the_one_that_stays(tmp_path: Path) -> None:
    """Copies of footage are in no concept: they do not make one larger."""
    (vector,) = blobs(1, 1)
    shots = [shot(0, vector, footage=1), shot(1, vector, footage=1), shot(2, vector, footage=2)]
    rows = run(tmp_path, shots, 1, concepts=1, semantic_copies="drop")
    assert rows["shot000"]["reason"] == "near_duplicate"
    assert rows["shot000"]["representative_id"] == "shot002"
    assert rows["shot000"]["concept_id"] is None
    assert rows["shot001"]["representative_id"] == "shot002"
    assert {row["concept_size"] for row in rows.values()} == {None, 2}


def test_concepts_without_embeddings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"set split\.embedder"):
        run(tmp_path, [shot(0, None)], 1, concepts=2)
    with pytest.raises(ConfigError, match=r"needs embeddings: set split\.embedder"):
        load_config(None, ["dedup.concepts=10"])
    with pytest.raises(ConfigError, match=r"max_per_concept=5 needs dedup\.concepts"):
        load_config(None, ["balance.max_per_concept=5"])
    with pytest.raises(ConfigError, match="semantic_copies=drop needs concepts"):
        load_config(None, ["dedup.semantic_copies=drop"])
