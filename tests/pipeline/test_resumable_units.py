"""A unit with rows that wait for a server or a budget is committed, and done again next time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit_run import SHOTS, hand_made

from pipeline.commits import Commit, Commits, TableCommit, column_digests
from pipeline.executors.ray_engine import RayExecutor
from pipeline.executors.resources import Pool
from pipeline.models.cache import ModelCache
from pipeline.registry import StageSpec
from pipeline.runner import UnitRunner
from pipeline.storage import Storage
from pipeline.testing import local_worker
from pipeline.worker import part_path
from schemas.outcomes import RESUMABLE, Reason
from schemas.tables import TABLES
from scripts.bench_media import ffmpeg
from scripts.chat_server import Behaviour, ChatServer, Fault
from stages.base import kept
from stages.caption.config import CaptionConfig
from stages.caption.memory import Memory
from stages.caption.stage import with_heard
from stages.caption.teacher import Candidate, Clip, Source
from stages.caption.teachers.fusion import FusionTeacher
from stages.caption.teachers.metadata import MetadataTeacher
from stages.caption.teachers.visual import VisualTeacher
from stages.split.config import SplitConfig

CLIP = Clip({"shot_id": "h"}, Source({"source_id": "s"}))


def caption_spec(server: ChatServer, max_requests: int = 0) -> StageSpec:
    """A caption stage whose one teacher merges two fields of text through a server."""
    config = CaptionConfig.model_validate(
        {
            "teachers": ["metadata", "visual", "fusion"],
            "servers": {"local": {"base_url": server.base_url, "max_requests": max_requests,
                                  "max_retries": 0, "max_concurrency": 1}},
            "fusion": {"server": "local", "model": "m"},
        }
    )  # fmt: skip
    return StageSpec("caption", config)


def run(root: Path, spec: StageSpec) -> tuple[bool, list[str | None]]:
    """One run of the stage: whether the unit was reused, and how fusion's candidates ended."""
    worker = local_worker(root)
    runner = UnitRunner(spec, worker)
    report = runner.run("u1")
    runner.close()
    assert not report.error
    rows = worker.storage.read_table(part_path("captions", "u1")).to_pylist()
    worker.close()
    return report.reused, [row["reason"] for row in rows if row["teacher"] == "fusion"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    hand_made(tmp_path)
    return tmp_path


def test_each_run_spends_its_budget_until_nothing_is_left_to_do(root: Path) -> None:
    with ChatServer(Behaviour(answer=lambda body: "A dog runs.")) as server:
        spec = caption_spec(server, max_requests=1)
        for n_paid in (1, 2, 3):
            reused, reasons = run(root, spec)
            assert not reused
            assert reasons.count(Reason.BUDGET_SPENT) == len(SHOTS) - n_paid
            assert len(server.requests) == n_paid
        assert run(root, spec) == (True, [None] * len(SHOTS))
        assert len(server.requests) == len(SHOTS)


@pytest.mark.parametrize(
    ("fault", "resumes"), [(Fault(500, "no"), True), (Fault(400, "bad picture"), False)]
)
def test_what_says_nothing_about_the_clip_is_tried_by_the_next_run(
    root: Path, fault: Fault, resumes: bool
) -> None:
    with ChatServer(Behaviour(answer=lambda body: "A dog.")) as server:
        server.behaviour.fault_for = lambda body: fault
        _, reasons = run(root, caption_spec(server))
        assert all(reasons)
        assert (set(reasons) <= RESUMABLE) == resumes
        server.behaviour.fault_for = lambda body: None
        again, after = run(root, caption_spec(server))
        assert again is not resumes
        assert all(after) is not resumes


def test_a_server_may_move_without_anything_being_done_again(root: Path) -> None:
    with ChatServer(Behaviour(answer=lambda body: "A dog.")) as server:
        run(root, caption_spec(server))
    with ChatServer() as elsewhere:
        assert run(root, caption_spec(elsewhere))[0] is True
        assert elsewhere.requests == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the teachers as they are asked."""
    names: list[str] = []
    for kind in (MetadataTeacher, VisualTeacher, FusionTeacher):
        whole: Any = kind.caption

        def heard(self: Any, clips: Any, worker: Any, whole: Any = whole) -> Any:
            names.append(self.name)
            return whole(self, clips, worker)

        monkeypatch.setattr(kind, "caption", heard)
    return names


def test_a_resumed_unit_asks_only_those_who_were_not_done(root: Path, asked: list[str]) -> None:
    with ChatServer(Behaviour(answer=lambda body: "A dog runs.")) as server:
        spec = caption_spec(server, max_requests=1)
        run(root, spec)
        assert sorted(asked) == ["fusion", "metadata", "visual"]
        run(root, spec)
        run(root, spec)
        assert asked[3:] == ["fusion", "fusion"]
        resumed = table(root)
        again = root / "again"
        hand_made(again)
        run(again, caption_spec(server))
        assert table(again) == resumed


def plain_spec(*teachers: str, **settings: Any) -> StageSpec:
    config = CaptionConfig.model_validate({"teachers": teachers} | settings)
    return StageSpec("caption", config)


def test_another_teacher_asks_nobody_but_itself(root: Path, asked: list[str]) -> None:
    run(root, plain_spec("visual"))
    run(root, plain_spec("visual", "metadata"))
    run(root, plain_spec("visual", "metadata", visual={"dark": 50}))
    run(root, plain_spec("visual", "metadata", visual={"dark": 50}, ocr={"side_px": 99}))
    assert asked == ["visual", "metadata", "visual"]


def test_what_is_heard_or_seen_anew_is_said_anew(root: Path, asked: list[str]) -> None:
    run(root, plain_spec("visual", "metadata", "subtitle"))
    assert asked == ["metadata", "visual"]
    hand_made(root, title="A cat")
    run(root, plain_spec("visual", "metadata", "subtitle"))
    assert asked[2:] == ["metadata", "visual"]
    assert {row["text"] for row in table(root) if row["teacher"] == "metadata"} == {"A cat"}


def test_who_hears_another_is_asked_when_that_one_says_something_else(tmp_path: Path) -> None:
    worker = local_worker(tmp_path)
    teacher = VisualTeacher(CaptionConfig().visual)
    memory = Memory(1, "inputs", None, [])
    keys = {
        memory.key(teacher, [with_heard(CLIP, [Candidate("h", "asr", "x", text=text)], {"asr"})],
                   worker)
        for text in ("a dog", "a cat", None)
    }  # fmt: skip
    worker.close()
    assert len(keys) == 3


def table(root: Path) -> list[dict[str, Any]]:
    worker = local_worker(root)
    rows = worker.storage.read_table(part_path("captions", "u1")).to_pylist()
    worker.close()
    return rows


def test_actor_pools_ask_ray_for_the_gpus_of_their_stage(tmp_path: Path) -> None:
    from pipeline.config import EngineConfig

    executor = RayExecutor(EngineConfig(), Storage(str(tmp_path)), ModelCache())
    options = executor._actor_options(Pool("caption", 2, 4.0, 1.0, 0))
    assert (options["num_gpus"], options["num_cpus"]) == (1.0, 4.0)
    assert "num_gpus" not in executor._actor_options(Pool("cut", 2, 4.0, 0.0, 0))


def test_a_source_that_is_back_is_split_by_the_next_run(tmp_path: Path) -> None:
    """Also from another place: where it lies is no input, so a new place alone changes nothing."""
    source = {"source_id": "s", "key": "v.mp4", "video_stream": 0, "rotation_deg": 0} | kept()
    video = tmp_path / "v.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=2", video)
    ended = []
    for place in (tmp_path / "gone.mp4", video, tmp_path / "again.mp4"):
        worker = local_worker(tmp_path / "run")
        table = TABLES["sources"].to_arrow([source | {"uri": str(place)}])
        worker.storage.write_table(part_path("sources", "u1"), table)
        commit = TableCommit(part_path("sources", "u1"), 1, column_digests(table), {})
        Commits(worker.storage).write("ingest", "u1", Commit("made", {"sources": commit}))
        runner = UnitRunner(StageSpec("split", SplitConfig()), worker)
        report = runner.run("u1")
        (row,) = worker.storage.read_table(part_path("splits", "u1")).to_pylist()
        ended.append((report.reused, row["outcome"], row["reason"]))
        runner.close()
        worker.close()
    assert ended == [
        (False, "failed", Reason.SOURCE_GONE),
        (False, "kept", None),
        (True, "kept", None),
    ]
