"""The main job on real files: everything is accounted for, and nothing is done twice."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from e2e_support import CPU_S, Polyreel, account, command, digests, timed

from stages import translate
from stages.translate.card import read_card


def test_every_input_is_accounted_for(finished_run: Path, videos: Path, polyreel: Polyreel) -> None:
    told = account(polyreel, finished_run)
    assert told["problems"] == []
    assert told["reconciled"] is True
    n_videos = len([*videos.glob("*.mp4"), *videos.glob("*.mkv")])
    ingest = told["stages"]["ingest"]
    assert ingest["inputs"] == n_videos == ingest["kept"] + ingest["failed"]
    assert ingest["reasons"]["empty_file"] == 1
    assert ingest["failed"] == 3
    for stage in told["stages"].values():
        assert stage["inputs"] == stage["kept"] + stage["dropped"] + stage["failed"]
    assert told["stages"]["dedup"]["reasons"]["exact_duplicate"] >= 2
    assert told["samples"] == told["stages"]["cut"]["kept"] > 0
    assert set(told["languages"]) >= {"en", "es"}


def test_the_manifest_says_what_is_in_the_shards(finished_run: Path) -> None:
    rows = pq.read_table(finished_run / "dataset" / "manifest.parquet").to_pylist()
    assert rows
    for row in rows:
        with (finished_run / "dataset" / row["shard"]).open("rb") as shard:
            shard.seek(row["mp4_offset"] + 4)
            assert shard.read(4) == b"ftyp"


def test_of_two_identical_files_one_is_kept_whole(finished_run: Path) -> None:
    rows = pq.read_table(finished_run / "dedup").to_pylist()
    exact = [row for row in rows if row["reason"] == "exact_duplicate"]
    kept = {row["representative_id"] for row in exact}
    sources = {row["source_id"] for row in rows if row["shot_id"] in kept}
    assert len(sources) == 1
    shots = pq.read_table(finished_run / "shots").to_pylist()
    (lost,) = {row["source_id"] for row in exact}
    assert len(exact) == sum(shot["source_id"] == lost for shot in shots) >= 2


def test_a_lost_shard_is_made_again(finished_run: Path, videos: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    (run / "dataset" / "shard-000000.tar").unlink()
    extra = ("--set", "engine.kind=local")
    assert subprocess.run(command(videos, run, *extra)).returncode == 0
    assert digests(run / "dataset") == digests(finished_run / "dataset")


def test_a_second_run_does_nothing_quickly(
    finished_run: Path, videos: Path, tmp_path: Path
) -> None:
    before = digests(finished_run)
    started = time.monotonic()
    done = subprocess.run(command(videos, finished_run), capture_output=True, text=True)
    seconds = time.monotonic() - started
    assert done.returncode == 0, done.stderr
    assert "Nothing to do" in done.stdout
    assert seconds < 10
    assert digests(finished_run) == before


def test_plan_shows_what_a_change_would_cost(
    finished_run: Path, videos: Path, polyreel: Polyreel
) -> None:
    arguments = command(videos, finished_run, "--set", "translate.languages=[es]")[4:]
    done = polyreel("plan", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    plans = {item["stage"]: item for item in json.loads(done.stdout)["stages"]}
    assert all(plans[s]["to_do"] == 0 for s in ("ingest", "split", "dedup", "caption", "select"))
    assert plans["translate"]["to_do"] == plans["translate"]["units"] > 1


def test_a_plan_before_the_first_run_writes_nothing(
    videos: Path, tmp_path: Path, polyreel: Polyreel
) -> None:
    done = polyreel("plan", *command(videos, tmp_path / "run")[4:], "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["stages"][0] == {
        "stage": "ingest",
        "units": None,
        "reused": 0,
        "to_do": None,
        "note": "all",
    }
    assert not (tmp_path / "run").exists()


def test_more_target_languages_re_run_translation_and_after_only(
    finished_run: Path, videos: Path, tmp_path: Path, polyreel: Polyreel
) -> None:
    """From the default four to all that the demo translator writes."""
    demo = Path(str(translate.__file__)).parent / "demo_model"
    languages = read_card(demo).target_languages
    assert len(languages) > 8
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    before = digests(run)
    untouched = ("ingest", "split", "dedup", "caption", "select", "cut")
    stamps = {
        p: p.stat().st_mtime_ns for name in untouched for p in (run / "state" / name).iterdir()
    }
    extra = ("--set", "engine.kind=local", "--set", f"translate.languages=[{', '.join(languages)}]")
    cpu_s = timed(command(videos, run, *extra))
    # Though it translates three times as much. Starting is half of what is left.
    assert cpu_s < 0.9 * float((finished_run.parent / CPU_S).read_text())
    after = digests(run)
    touched = {name.split("/")[0] for name in after if after[name] != before.get(name)}
    tables = {"translations", "verdicts", "balance_texts"}
    assert touched <= {*tables, "dataset", "report", "state", "run.json"}
    assert "translations" in touched
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps
    assert set(account(polyreel, run)["languages"]) == {"en", *languages}


def test_one_more_video_re_runs_only_its_unit(
    finished_run: Path, videos: Path, tmp_path: Path, polyreel: Polyreel
) -> None:
    """Also where the others lie in another folder now: they are what they were."""
    more = tmp_path / "videos"
    shutil.copytree(videos, more)
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    arguments = command(more, run)[4:]
    refused = polyreel("plan", *arguments)
    assert refused.returncode == 2
    assert "--moved-input" in refused.stderr
    assert polyreel("plan", *arguments, "--moved-input").returncode == 0
    made = {
        path: path.stat().st_mtime_ns
        for stage in ("split", "cut")
        for path in (run / "state" / stage).iterdir()
    }
    shutil.copy(videos / "d_last.mkv", more / "e_new.mkv")
    extra = ("--set", "engine.kind=local", "--moved-input")
    assert subprocess.run(command(more, run, *extra)).returncode == 0
    kept = {p for p, made_ns in made.items() if p.exists() and p.stat().st_mtime_ns == made_ns}
    assert {path.parent.name for path in kept} == {"split", "cut"}
    n_videos = len([*more.glob("*.mp4"), *more.glob("*.mkv")])
    assert account(polyreel, run)["stages"]["ingest"]["inputs"] == n_videos


def test_why_tells_of_videos_and_clips(finished_run: Path, polyreel: Polyreel) -> None:
    broken = polyreel("why", str(finished_run), "empty.mp4")
    assert "failed (empty_file)" in broken.stdout
    copy = polyreel("why", str(finished_run), "b_copy.mp4")
    assert "exact_duplicate" in copy.stdout
    rows = pq.read_table(finished_run / "dataset" / "manifest.parquet").to_pylist()
    sample = polyreel("why", str(finished_run), rows[0]["key"][:13])
    assert rows[0]["shard"] in sample.stdout
    unknown = polyreel("why", str(finished_run), "nothing-like-this")
    assert unknown.returncode == 2
    assert "nothing in this run" in unknown.stderr


def test_a_broken_subtitle_file_costs_only_itself(finished_run: Path, polyreel: Polyreel) -> None:
    told = polyreel("why", str(finished_run), "c_other.mp4").stdout
    assert "sidecar_broken" in told
    assert "in the set" in told


def test_stages_can_be_run_apart(videos: Path, models: None, tmp_path: Path) -> None:
    run, extra = tmp_path / "run", ("--set", "engine.kind=local")
    early = subprocess.run(
        command(videos, run, *extra, "--stages", "caption"), capture_output=True, text=True
    )
    assert early.returncode == 2
    assert "which stage ingest has not made yet" in early.stderr
    assert subprocess.run(command(videos, run, *extra, "--stages", "ingest,split")).returncode == 0
    assert not (run / "dedup").exists()


@pytest.mark.parametrize(
    ("share", "code"), [("1.0", 0), ("0.0", 1)], ids=["all may fail", "none may"]
)
def test_failed_items_decide_the_exit_code(
    finished_run: Path, videos: Path, share: str, code: int
) -> None:
    done = subprocess.run(
        command(videos, finished_run, "--max-failed", share), capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    assert ("ingest failed on" in done.stderr) == bool(code)
