"""What the dedup stage promises: one row per kept shot, one kept shot per footage."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dedup_films import film, packed
from dedup_rows import shot, source

from pipeline.testing import Rows, run_corpus_stage
from schemas.table import Row
from stages.dedup.config import DedupConfig
from stages.dedup.stage import DedupStage, Sizes
from stages.split.signature import Signature, pack

Units = Mapping[str, Rows]
_SIZES = Sizes()


def signature(seed: int, noise: float = 0.0, flip: bool = False) -> bytes:
    """Signature of invented footage number `seed`, with an encoder's noise in luma levels."""
    return packed(seed, 4.0, noise=noise, flip=flip)


def run(tmp_path: Path, units: Units, sizes: Sizes = _SIZES, **config: Any) -> dict[str, Row]:
    done = run_corpus_stage(DedupStage(DedupConfig(**config), sizes), tmp_path, units)
    return {row["shot_id"]: row for row in done.tables["dedup"]}


def one_unit(sources: list[Row], shots: list[Row]) -> Units:
    return {"u0": {"sources": sources, "shots": shots, "sidecars": []}}


def test_every_kept_shot_has_one_row_and_dropped_shots_have_none(tmp_path: Path) -> None:
    dropped = shot("a", signature(2), 100, outcome="dropped", reason="too_short")
    rows = run(tmp_path, one_unit([source("a")], [shot("a", signature(1)), dropped]))
    assert set(rows) == {"a/0"}
    row = rows["a/0"]
    assert (row["relation"], row["outcome"], row["cluster_size"]) == ("unique", "kept", 1)
    assert row["cluster_id"] == row["representative_id"] == "a/0"


def test_the_same_span_of_the_same_bytes_is_an_exact_duplicate(tmp_path: Path) -> None:
    sources = [source("a", content_sha256="same"), source("b", content_sha256="same")]
    shots = [
        shot("b", signature(1)),
        shot("a", signature(1)),
        shot("a", signature(2), 100),
        shot("b", signature(3), 200),
    ]
    rows = run(tmp_path, one_unit(sources, shots))
    assert rows["a/0"]["relation"] == "representative"
    copy = rows["b/0"]
    assert (copy["relation"], copy["reason"]) == ("exact", "exact_duplicate")
    assert (copy["representative_id"], copy["score"], copy["offset_s"]) == ("a/0", 1.0, 0.0)
    assert "a/0" in copy["detail"]
    assert rows["a/100"]["relation"] == rows["b/200"]["relation"] == "unique"


def test_unknown_content_is_never_an_exact_duplicate(tmp_path: Path) -> None:
    sources = [source("a", content_sha256=None), source("b", content_sha256=None)]
    rows = run(tmp_path, one_unit(sources, [shot("a", None), shot("b", None)]))
    assert all(row["outcome"] == "kept" for row in rows.values())


def test_edited_footage_is_a_near_duplicate_of_the_better_copy(tmp_path: Path) -> None:
    units = {
        "u0": {
            "sources": [source("a", width=320, height=180)],
            "shots": [shot("a", signature(1, 0.5))],
            "sidecars": [],
        },
        "u1": {
            "sources": [source("b"), source("c", size_bytes=900_000)],
            "shots": [shot("b", signature(1)), shot("c", signature(1, 0.8, flip=True))],
            "sidecars": [],
        },
    }
    rows = run(tmp_path, units)
    assert rows["b/0"]["relation"] == "representative"
    assert rows["b/0"]["cluster_size"] == 3
    for loser in ("a/0", "c/0"):
        row = rows[loser]
        assert (row["relation"], row["reason"]) == ("near", "near_duplicate")
        assert row["cluster_id"] == "b/0"
        assert 0.8 < row["score"] < 1.0
        assert "b/0" in row["detail"]
        assert f"{row['score']:.3f}" in row["detail"]


def test_a_letterboxed_copy_of_equal_size_loses_to_the_full_picture(tmp_path: Path) -> None:
    shots = [
        shot("a", signature(1), border_top=0.125, border_bottom=0.125),
        shot("b", signature(1, 0.2)),
    ]
    rows = run(tmp_path, one_unit([source("a", size_bytes=9_000_000), source("b")], shots))
    assert rows["a/0"]["representative_id"] == "b/0"


def test_an_exact_copy_of_a_near_duplicate_goes_where_that_goes(tmp_path: Path) -> None:
    small = {"content_sha256": "same", "width": 320, "height": 180}
    sources = [source("a", **small), source("b", **small), source("c")]
    shots = [shot("a", signature(1, 0.3)), shot("b", signature(1, 0.3)), shot("c", signature(1))]
    rows = run(tmp_path, one_unit(sources, shots))
    assert {rows[key]["representative_id"] for key in rows} == {"c/0"}
    assert rows["b/0"]["relation"] == rows["a/0"]["relation"] == "near"
    assert rows["b/0"]["score"] == rows["a/0"]["score"] < 1.0


def test_shots_without_a_signature_pass_or_drop_and_never_match(tmp_path: Path) -> None:
    units = one_unit([source("a"), source("b")], [shot("a", None), shot("b", None)])
    passed = run(tmp_path / "1", units)
    assert [row["relation"] for row in passed.values()] == ["unsignable"] * 2
    assert all(row["outcome"] == "kept" for row in passed.values())
    stopped = run(tmp_path / "2", units, keep_unsignable=False)
    assert all(row["reason"] == "unsignable" for row in stopped.values())


def test_exact_copies_of_an_unsignable_shot_are_found_or_dropped_with_it(tmp_path: Path) -> None:
    sources = [source("a", content_sha256="same"), source("b", content_sha256="same")]
    units = one_unit(sources, [shot("a", None), shot("b", None)])
    passed = run(tmp_path / "1", units)
    assert (passed["a/0"]["relation"], passed["a/0"]["outcome"]) == ("unsignable", "kept")
    assert (passed["b/0"]["relation"], passed["b/0"]["representative_id"]) == ("exact", "a/0")
    stopped = run(tmp_path / "2", units, keep_unsignable=False)
    assert [row["reason"] for row in stopped.values()] == ["unsignable"] * 2


def test_a_broken_signature_costs_only_its_shot(tmp_path: Path) -> None:
    shots = [shot("a", b"\x01\x10short"), shot("b", signature(1)), shot("c", signature(2)[:-9])]
    rows = run(tmp_path, one_unit([source("a"), source("b"), source("c")], shots))
    assert rows["b/0"]["outcome"] == "kept"
    for broken in ("a/0", "c/0"):
        assert (rows[broken]["outcome"], rows[broken]["reason"]) == ("failed", "internal_error")
        assert "signature" in rows[broken]["detail"]


def test_repeated_shots_of_one_source_can_be_left_alone(tmp_path: Path) -> None:
    units = one_unit([source("a")], [shot("a", signature(1)), shot("a", signature(1, 0.2), 100)])
    assert run(tmp_path / "1", units)["a/100"]["reason"] == "near_duplicate"
    alone = run(tmp_path / "2", units, within_source=False)
    assert all(row["relation"] == "unique" for row in alone.values())


def test_both_searches_can_be_switched_off(tmp_path: Path) -> None:
    sources = [source("a", content_sha256="same"), source("b", content_sha256="same")]
    units = one_unit(sources, [shot("a", signature(1)), shot("b", signature(1))])
    assert run(tmp_path / "1", units, exact=False)["b/0"]["relation"] == "near"
    off = run(tmp_path / "2", units, exact=False, near=False)
    assert all(row["relation"] == "unique" for row in off.values())


def _many(rng: random.Random) -> tuple[list[Row], list[Row]]:
    sources, shots = [], []
    for number in range(36):
        name = f"s{number:02d}"
        sha = f"sha{rng.randrange(40)}"
        sources.append(source(name, content_sha256=sha, size_bytes=rng.randrange(1, 4) * 10**6))
        footage, share = rng.randrange(15), rng.choice([0.0, 0.2, 0.5, 0.8])
        sig = None if rng.random() < 0.1 else signature(footage, share, rng.random() < 0.2)
        shots.append(shot(name, sig))
    return sources, shots


@pytest.mark.parametrize("seed", range(2))
def test_neither_units_nor_blocks_nor_the_order_of_rows_change_a_decision(
    tmp_path: Path, seed: int
) -> None:
    sources, shots = _many(random.Random(seed))
    together = run(tmp_path / "1", one_unit(sources, shots))
    assert Counter(row["relation"] for row in together.values())["near"] > 5
    rng = random.Random(seed + 100)
    where = {row["source_id"]: f"u{rng.randrange(5)}" for row in sources}
    rng.shuffle(sources)
    rng.shuffle(shots)
    units = {
        name: {
            "sources": [row for row in sources if where[row["source_id"]] == name],
            "shots": [row for row in shots if where[row["source_id"]] == name],
            "sidecars": [],
        }
        for name in sorted(set(where.values()))
    }
    sizes = Sizes(units_per_block=1 + seed, shots_per_part=3)
    assert run(tmp_path / "2", units, sizes, index_slices=7) == together


@pytest.mark.parametrize("seed", range(2))
def test_clusters_are_sound_and_deduplicating_again_drops_nothing(
    tmp_path: Path, seed: int
) -> None:
    sources, shots = _many(random.Random(seed))
    rows = run(tmp_path / "1", one_unit(sources, shots))
    sizes = Counter(row["cluster_id"] for row in rows.values())
    for row in rows.values():
        representative = rows[row["representative_id"]]
        assert representative["outcome"] == "kept"
        assert row["cluster_id"] == row["representative_id"]
        assert row["cluster_size"] == sizes[row["cluster_id"]]
        if row["relation"] == "near":
            assert row["score"] >= DedupConfig().min_course
        if row["outcome"] == "kept":
            assert row["representative_id"] == row["shot_id"]
    kept = [row for row in shots if rows[row["shot_id"]]["outcome"] == "kept"]
    again = run(tmp_path / "2", one_unit(sources, kept))
    assert all(row["outcome"] == "kept" for row in again.values())


def test_an_empty_corpus_and_an_empty_unit_are_fine(tmp_path: Path) -> None:
    assert run(tmp_path / "1", one_unit([], [])) == {}
    rows = run(
        tmp_path / "2",
        {
            "u0": {"sources": [], "shots": [], "sidecars": []},
            "u1": one_unit([source("a")], [shot("a", signature(1))])["u0"],
        },
    )
    assert set(rows) == {"a/0"}


def test_capped_buckets_are_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sources = [source(f"s{n:02d}") for n in range(12)]
    shots = [shot(row["source_id"], signature(1)) for row in sources]
    with caplog.at_level(logging.WARNING):
        rows = run(tmp_path, one_unit(sources, shots), max_bucket=3)
    assert sum(row["outcome"] == "kept" for row in rows.values()) == 1
    assert "dedup.max_bucket=3" in caplog.text


def part(name: str, seed: int, start_s: float, length_s: float, **more: Any) -> Row:
    return shot(name, packed(seed, length_s, start_s), end_s=length_s, **more)


def test_a_contained_shot_names_its_container_and_its_place(tmp_path: Path) -> None:
    units = one_unit(
        [source("a", width=320, height=180), source("b")],
        [part("a", 1, 0, 10), part("b", 1, 3, 4)],
    )
    rows = run(tmp_path / "1", units)
    inner = rows["b/0"]
    assert (inner["relation"], inner["reason"]) == ("contained", "contained")
    assert (inner["representative_id"], inner["cluster_id"]) == ("a/0", "b/0")
    assert inner["offset_s"] == pytest.approx(3, abs=0.1)
    assert [item["shot_id"] for item in inner["contained_in"]] == ["a/0"]
    best = run(tmp_path / "2", units, contained_policy="keep_best_quality")
    assert (best["a/0"]["reason"], best["b/0"]["outcome"]) == ("contained", "kept")
    noted = run(tmp_path / "3", units, contained="keep")
    assert all(row["outcome"] == "kept" for row in noted.values())
    assert len(noted["b/0"]["contained_in"]) == 1


def test_a_remux_is_exact_by_its_decoded_frames(tmp_path: Path) -> None:
    digest = b"\x01" * 8
    data = pack(Signature(film(1, 4.0), 4.0, digest=digest))
    rows = run(tmp_path, one_unit([source("a"), source("b")], [shot("a", data), shot("b", data)]))
    assert rows["b/0"]["relation"] == "exact"


def test_of_exact_copies_the_source_with_sidecars_is_kept(tmp_path: Path) -> None:
    sources = [source("a", content_sha256="same"), source("b", content_sha256="same")]
    units = one_unit(sources, [shot("a", signature(1)), shot("b", signature(1))])
    units["u0"]["sidecars"].append(  # type: ignore[attr-defined]
        {"source_id": "b", "sidecar": "/b.srt", "kind": "subtitle_file", "outcome": "kept"}
    )
    assert run(tmp_path, units)["a/0"]["representative_id"] == "b/0"


def test_overlapping_clips_of_one_source_are_never_compared(tmp_path: Path) -> None:
    shots = [shot("a", signature(1)), shot("a", signature(1, 0.2), 50)]
    rows = run(tmp_path, one_unit([source("a")], shots))
    assert all(row["relation"] == "unique" for row in rows.values())


def test_joined_clips_end_as_their_shots_do(tmp_path: Path) -> None:
    shots = [
        shot("a", signature(1)),
        shot("b", signature(1, 0.3)),
        shot("b", signature(1), scale=1, shot_id="b/joined"),
        shot("a", signature(1), scale=1, shot_id="a/joined"),
    ]
    sources = [source("a"), source("b", width=320, height=180)]
    rows = run(tmp_path, one_unit(sources, shots))
    assert rows["a/joined"]["relation"] == "unique"
    assert (rows["b/joined"]["relation"], rows["b/joined"]["representative_id"]) == ("near", "a/0")


def test_a_source_gives_at_most_so_many_clips(tmp_path: Path) -> None:
    shots = [shot("a", signature(seed), 100 * seed) for seed in range(9)]
    units = one_unit([source("a")], shots)
    rows = run(tmp_path / "1", units, max_clips_per_source=4)
    left = {key for key, row in rows.items() if row["outcome"] == "kept"}
    assert len(left) == 4
    assert {row["reason"] for row in rows.values()} == {None, "source_full"}
    again = run(tmp_path / "2", units, max_clips_per_source=4)
    assert {key for key, row in again.items() if row["outcome"] == "kept"} == left
    draws = {
        frozenset(
            k
            for k, row in run(
                tmp_path / f"s{seed}", units, max_clips_per_source=4, sample_seed=seed
            ).items()
            if row["outcome"] == "kept"
        )
        for seed in range(3)
    }
    assert len(draws) > 1


def test_clips_that_are_joined_from_shots_count_as_well(tmp_path: Path) -> None:
    shots = [shot("a", signature(seed), 100 * seed) for seed in range(4)]
    joined = shot("a", None, 0, shot_id="a/joined", end_s=16.0, end_frame=400, scale=1)
    rows = run(tmp_path, one_unit([source("a")], [*shots, joined]), max_clips_per_source=2)
    assert len(rows) == 5
    assert sum(row["outcome"] == "kept" for row in rows.values()) == 2


def test_no_more_pairs_are_compared_than_candidates_are_allowed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Two dozen shots that all share their footage: 276 pairs, of which each shot asks for four."""
    shots = [shot(f"s{n}", packed(1, 4.0, noise=0.3 + n / 200)) for n in range(24)]
    with caplog.at_level(logging.INFO, "stages.dedup.stage"):
        rows = run(
            tmp_path, one_unit([source(f"s{n}") for n in range(24)], shots), max_candidates=4
        )
    counts = [r.args for r in caplog.records if "candidate pairs %d compared" in str(r.msg)]
    assert counts
    assert sum(int(args[0]) for args in counts) <= 24 * 4 + 2 * 24
    assert sum(row["outcome"] == "kept" for row in rows.values()) == 1


def test_a_later_run_changes_no_earlier_decision_unless_asked(tmp_path: Path) -> None:
    early = [shot("a", signature(1)), shot("b", signature(2))]
    late = [shot("c", signature(1, 0.2)), shot("d", signature(3))]
    sources = [source("a", width=320, height=180), source("b")]
    more = [*sources, source("c", width=1920, height=1080), source("d")]
    first = run(tmp_path / "run", one_unit(sources, early))
    assert all(row["outcome"] == "kept" for row in first.values())
    second = run(tmp_path / "run", one_unit(more, [*early, *late]))
    assert second["a/0"]["outcome"] == "kept"
    assert second["c/0"]["representative_id"] == "a/0"
    third = run(tmp_path / "run", one_unit(more, [*early, *late]))
    assert third == second
    asked = run(tmp_path / "run", one_unit(more, [*early, *late]), reconsider=True)
    scratch = run(tmp_path / "scratch", one_unit(more, [*early, *late]))
    assert asked == scratch
    assert asked["a/0"]["representative_id"] == "c/0"


def test_a_later_run_counts_the_earlier_copies_and_takes_back_those_without_a_best(
    tmp_path: Path,
) -> None:
    sources = [source("a"), source("b", width=320, height=180), source("c", width=64)]
    shots = [shot("a", signature(1)), shot("b", signature(1, 0.2)), shot("c", signature(1, 0.3))]
    run(tmp_path, one_unit(sources[:2], shots[:2]))
    later = run(tmp_path, one_unit(sources, shots), Sizes(1, 1))
    assert {row["representative_id"] for row in later.values()} == {"a/0"}
    assert [row["cluster_size"] for row in later.values()] == [3, 3, 3]
    without = run(tmp_path, one_unit(sources[1:], shots[1:]))
    assert without["b/0"]["outcome"] == "kept"
    assert without["c/0"]["representative_id"] == "b/0"


def test_an_interrupted_run_changes_nothing_of_what_was_decided(tmp_path: Path) -> None:
    """Files of decisions count once the last file of the run says so."""
    sources = [source("a", width=320, height=180), source("c", width=1920, height=1080)]
    shots = [shot("a", signature(1)), shot("c", signature(1, 0.2))]
    run(tmp_path, one_unit(sources[:1], shots[:1]))
    folder = tmp_path / "dedup_index"
    kept = {path.name: path.read_bytes() for path in folder.glob("decided*")}
    run(tmp_path, one_unit(sources, shots), reconsider=True)
    for name, data in kept.items():
        (folder / name).write_bytes(data)
    after = run(tmp_path, one_unit(sources, shots))
    assert after["c/0"]["representative_id"] == "a/0"
