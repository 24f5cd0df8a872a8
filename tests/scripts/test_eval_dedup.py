"""The dedup evaluation reads the table as its scorer wants it."""

from __future__ import annotations

import numpy as np

from scripts.eval_dedup import (
    Encoded,
    all_containments,
    best_threshold,
    found_clusters,
    found_parts,
)

ROWS = [
    {"shot_id": "1", "cluster_id": "1", "representative_id": "1", "relation": "unique",
     "offset_s": None, "contained_in": []},
    {"shot_id": "2", "cluster_id": "1", "representative_id": "1", "relation": "near",
     "offset_s": 0.0, "contained_in": []},
    {"shot_id": "3", "cluster_id": "3", "representative_id": "1", "relation": "contained",
     "offset_s": 2.5, "contained_in": [{"shot_id": "1", "offset_s": 2.5, "score": 0.9}]},
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


def test_containments_that_the_truth_does_not_list_follow_from_what_was_encoded() -> None:
    """A member of one compilation lies in a whole clip too; a part beyond its end does not."""
    encoded = {n: Encoded("clip", 0.0, 9.0) for n in ("whole", "member")}
    encoded["other"] = Encoded("another", 0.0, 4.0)
    truth = [
        {"container": "whole", "contained": "part", "offset_s": 3.0},
        {"container": "compilation", "contained": "other", "offset_s": 0.0},
        {"container": "compilation", "contained": "member", "offset_s": 4.0},
    ]
    lengths_s = {"whole": 9.0, "member": 4.0, "part": 3.0, "other": 4.0, "compilation": 8.0}
    found = all_containments(truth, encoded, lengths_s, 0.65)
    assert {(i["container"], i["contained"], i["offset_s"]) for i in found} == {
        ("whole", "part", 3.0),
        ("whole", "member", 0.0),
        ("compilation", "other", 0.0),
        ("compilation", "member", 4.0),
    }
