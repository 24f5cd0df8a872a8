"""The scores of eval_shots are those of score.py, on its own sets and on made-up ones."""

from __future__ import annotations

import argparse
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts import eval_shots, shot_sets
from scripts.bench_media import ffmpeg

SCORER = Path(__file__).parents[3] / "shared" / "corpus" / "score.py"
CLIPS = SCORER.parent / "clips"


def event(kind: str, start: int, end: int | None = None) -> dict[str, Any]:
    return {"type": kind, "start": start, "end": start if end is None else end}


def truth_of(*events: dict[str, Any]) -> eval_shots.Truth:
    return {"a.mp4": {"frames": 900, "fps": 30, "events": list(events)}}


def test_each_kind_has_its_tolerance() -> None:
    truth = truth_of(event("cut", 100), event("dissolve", 200, 220))
    hits = eval_shots.score(truth, {"a.mp4": [101, 198]}).figures()
    assert (hits["recall_cut"], hits["recall_gradual"], hits["false"]) == (1.0, 1.0, 0)
    misses = eval_shots.score(truth, {"a.mp4": [98, 197]}).figures()
    assert (misses["recall_cut"], misses["recall_gradual"], misses["false"]) == (0.0, 0.0, 2)


def test_a_second_boundary_in_one_transition_is_false() -> None:
    figures = eval_shots.score(truth_of(event("wipe", 50, 80)), {"a.mp4": [55, 64]}).figures()
    assert figures["false"] == 1
    assert figures["false_per_min"] == 2.0
    assert figures["false_in"] == {"a.mp4": 1}
    assert figures["recall_gradual"] == 1.0


def test_tallies_add_up() -> None:
    one = eval_shots.score(truth_of(event("cut", 100)), {"a.mp4": [100]})
    other = eval_shots.score(truth_of(event("fade", 100, 120)), {"a.mp4": [300]})
    figures = (one + other).figures()
    assert figures["f1"] == 0.5
    assert (figures["recall_cut"], figures["recall_gradual"]) == (1.0, 0.0)


@pytest.fixture(scope="module")
def scorer() -> ModuleType:
    if not SCORER.is_file():
        pytest.skip("the shared corpus is not here")
    spec = importlib.util.spec_from_file_location("score", SCORER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@settings(max_examples=60)
@given(st.data())
def test_same_as_the_scorer_of_the_sets(scorer: ModuleType, data: st.DataObject) -> None:
    starts = sorted(data.draw(st.sets(st.integers(10, 800), max_size=8)))
    kinds = st.sampled_from([0, 4, 20])
    events = []
    for start in starts:
        length = data.draw(kinds)
        events.append(event("dissolve" if length else "cut", start, start + length))
    found = {"a.mp4": data.draw(st.lists(st.integers(0, 850), max_size=12))}
    ours = eval_shots.score(truth_of(*events), found).figures()
    theirs = scorer.score_shots(truth_of(*events), found, 1)
    assert {key: ours[key] for key in theirs} == theirs


def test_a_missing_builder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"build_eval_sets\.py"):
        eval_shots.main(["--clips", str(tmp_path / "clips")])


def test_hard_single_shots_are_built_beside_the_other_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a builder of sets that makes none, and two kinds of hard ones."""
    clips = tmp_path / "clips"
    clips.mkdir()
    rows = []
    for name in ("a", "b"):
        source = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=3.3"]
        ffmpeg(*source, "-c:v", "libx264", "-preset", "ultrafast", clips / f"{name}.mp4")
        rows.append(json.dumps({"file": f"clips/{name}.mp4", "duration_s": 3.3}) + "\n")
    (tmp_path / "clips.jsonl").write_text("".join(rows))
    builder = tmp_path / "build_eval_sets.py"
    builder.write_text("import sys; assert sys.argv[-1] == 'shots'")
    for table, kind in (("KINDS", "crash_zoom"), ("OVERLAYS", "window_opens")):
        monkeypatch.setattr(shot_sets, table, {kind: getattr(shot_sets, table)[kind]})
    options = argparse.Namespace(clips=clips, builder=None, index=None, work=tmp_path / "work")
    folder = eval_shots.build(options, 1, ["shots", "hard"])
    truth = json.loads((folder / "hard" / "truth.json").read_text())
    assert sorted(truth) == [
        f"{kind}_{number}.mp4" for kind in ("crash_zoom", "window_opens") for number in (0, 1)
    ]
    for name, video in truth.items():
        with av.open(str(folder / "hard" / name)) as container:
            stream = container.streams.video[0]
            assert (stream.width, stream.height) == (640, 360)
            assert sum(1 for _ in container.decode(stream)) == video["frames"]


def test_boxed_videos_keep_their_truth(tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    shots.mkdir()
    source = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=0.5"]
    ffmpeg(*source, "-c:v", "libx264", "-preset", "ultrafast", shots / "a.mp4")
    truth = {"a.mp4": {"frames": 15, "fps": 30, "events": [event("cut", 7)]}}
    (shots / "truth.json").write_text(json.dumps(truth))
    shot_sets.build_boxed(shots, tmp_path / "boxed")
    made = json.loads((tmp_path / "boxed" / "truth.json").read_text())
    assert made == {f"{kind}_a.mp4": truth["a.mp4"] for kind in ("bars", "panels")}
    with av.open(str(tmp_path / "boxed" / "bars_a.mp4")) as container:
        lumas = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(lumas) == 15
    assert lumas[0].shape == (360, 640)
    assert lumas[0][:, :210].max() < 20 < lumas[0][:, 220:420].max()


def test_a_set_that_nobody_makes_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        eval_shots.main(["--clips", "clips", "--sets", "shots,shot"])
    assert "no such set: shot\n" in capsys.readouterr().err


@pytest.mark.bench
def test_the_goals_hold_on_a_fresh_seed(capsys: pytest.CaptureFixture[str]) -> None:
    if not CLIPS.is_dir():
        pytest.skip("the shared corpus is not here")
    eval_shots.main(["--clips", str(CLIPS), "--seed", "31", "--json"])
    result = json.loads(capsys.readouterr().out)
    assert result["shots"]["f1"] >= 0.95
    assert result["shots"]["recall_cut"] == 1.0
    assert result["shots"]["recall_gradual"] >= 0.9
    assert result["shots"]["precision"] >= 0.97
    assert result["negatives"]["false_per_min"] <= 0.5
