"""The dedup evaluation reads the table as its scorer wants it."""

from __future__ import annotations

import numpy as np

from scripts.eval_dedup import best_threshold, found_clusters, found_parts

ROWS = [
    {"shot_id": "1", "cluster_id": "1", "representative_id": "1", "relation": "unique",
     "offset_s": None},
    {"shot_id": "2", "cluster_id": "1", "representative_id": "1", "relation": "near",
     "offset_s": 0.0},
    {"shot_id": "3", "cluster_id": "3", "representative_id": "1", "relation": "contained",
     "offset_s": 2.5},
]  # fmt: skip
NAMES = {"1": "a.mp4", "2": "b.mp4", "3": "c.mp4"}


def test_clusters_are_named_by_file() -> None:
    assert found_clusters(ROWS, NAMES) == {"a.mp4": "1", "b.mp4": "1", "c.mp4": "3"}


def test_only_contained_shots_are_parts() -> None:
    assert found_parts(ROWS, NAMES) == [
        {"container": "a.mp4", "contained": "c.mp4", "offset_s": 2.5}
    ]


def test_the_best_threshold_separates_what_can_be_separated() -> None:
    best = best_threshold(np.array([1.0, 2.0, 9.0, 10.0]), np.array([True, True, False, False]))
    assert (best["threshold_bits"], best["f1"]) == (2.0, 1.0)
