"""The dedup evaluation reads the table as its scorer wants it."""

from __future__ import annotations

import numpy as np

from schemas.table import Row
from scripts.dedup_baselines import best_threshold, pdq_distance
from scripts.eval_dedup import (
    Encoded,
    all_containments,
    found_clusters,
    listed_parts,
    named_parts,
    score_parts,
)

ROWS = [
    {"shot_id": "1", "cluster_id": "1", "representative_id": "1", "relation": "unique",
     "offset_s": None, "contained_in": []},
    {"shot_id": "2", "cluster_id": "1", "representative_id": "1", "relation": "near",
     "offset_s": 0.0, "contained_in": []},
    {"shot_id": "3", "cluster_id": "3", "representative_id": "1", "relation": "contained",
     "offset_s": 2.5, "contained_in": [{"shot_id": "1", "offset_s": 2.5, "score": 0.9},
                                       {"shot_id": "4", "offset_s": 7.5, "score": 0.9}]},
]  # fmt: skip
NAMES = {"1": "a.mp4", "2": "b.mp4", "3": "c.mp4", "4": "d.mp4"}
IN_A = {"container": "a.mp4", "contained": "c.mp4", "offset_s": 2.5}
IN_D = {"container": "d.mp4", "contained": "c.mp4", "offset_s": 7.5}


def test_clusters_are_named_by_file() -> None:
    assert found_clusters(ROWS, NAMES) == {"a.mp4": "1", "b.mp4": "1", "c.mp4": "3"}


def test_a_part_names_one_container_and_lists_all() -> None:
    assert named_parts(ROWS, NAMES) == [IN_A]
    assert listed_parts(ROWS, NAMES) == [IN_A, IN_D]


def test_rows_are_scored_by_the_builders_truth_and_lists_by_the_complete_one() -> None:
    class Score:
        @staticmethod
        def score_contain(truth: list[Row], found: list[Row], seconds: float) -> Row:
            return {"f1": [len(truth), len(found), seconds]}

    encoded = {"a.mp4": Encoded("clip", 0.0, 9.0), "d.mp4": Encoded("clip", 0.0, 9.0)}
    lengths_s = {"a.mp4": 9.0, "d.mp4": 9.0, "c.mp4": 3.0}
    found = score_parts(ROWS, NAMES, [IN_A], encoded, lengths_s, Score)  # type: ignore[arg-type]
    assert found["contain"] == {"f1": [1, 1, 0.2]}
    assert found["contain_complete"] == {"f1": [2, 2, 0.2]}
    assert found["contain_ceilings"] == {
        "lists_against_truth_json": [1, 2, 0.2],
        "rows_against_complete": [2, 1, 0.2],
    }
    assert not found["contain_missed"]
    assert not found["contain_complete_missed"]
    assert not found["contain_false"]


def test_vpdq_asks_for_the_smaller_share_of_near_hashes() -> None:
    rng = np.random.default_rng(1)
    a = rng.random((4, 256)) < 0.5
    b = a.copy()
    b[:, :31] = ~b[:, :31]
    assert pdq_distance(a, b) == 0.0
    b[2:, :40] = ~a[2:, :40]
    assert pdq_distance(a, b) == 0.5
    assert pdq_distance(a, a[:0]) == 1.0


def test_the_best_threshold_separates_what_can_be_separated() -> None:
    best = best_threshold(np.array([1.0, 2.0, 9.0, 10.0]), np.array([True, True, False, False]))
    assert (best["threshold"], best["f1"]) == (2.0, 1.0)


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
