"""Fusion: what it is shown, what it may not do, what its row records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat_rows import chat_config, clips_with

from pipeline.testing import local_worker
from pipeline.worker import RunWorker
from schemas.outcomes import Outcome, Reason
from scripts.chat_server import Behaviour, ChatServer, content_of
from stages.caption.stage import asked
from stages.caption.teacher import Candidate
from stages.caption.teachers import make_teachers
from stages.caption.teachers.fusion import FusionTeacher


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[RunWorker]:
    found = local_worker(tmp_path)
    yield found
    found.close()


def test_it_merges_what_was_said_and_records_whose_words_it_saw(
    worker: RunWorker, tmp_path: Path
) -> None:
    (shot,) = clips_with(tmp_path, [["red"]])
    heard = (
        Candidate(shot.shot_id, "vlm", "short", "en", "A dog."),
        Candidate(shot.shot_id, "metadata", "title", "en", "My {dog}"),
        Candidate(shot.shot_id, "asr", "transcript", outcome=Outcome.DROPPED),
        Candidate(shot.shot_id, "vlm", "dense", "en", "A brown dog runs."),
    )
    (known,) = clips_with(tmp_path, [["red"]], heard)
    with ChatServer(Behaviour(answer=lambda body: '"A brown dog runs."')) as server:
        (teacher,) = make_teachers(chat_config(server, ["fusion"]))
        (found,) = teacher.caption([known], worker)
        teacher.teardown()
        words, urls = content_of(server.requests[0])
    assert not urls
    assert "no new facts" in words
    lines = "metadata/title: My {dog}\nvlm/dense: A brown dog runs.\nvlm/short: A dog."
    assert f"-----\n{lines}\n-----" in words
    assert found.inputs == ("metadata/title", "vlm/dense", "vlm/short")
    assert (found.text, found.prompt_id) == ("A brown dog runs.", "fusion/1")
    assert found.request_sha256


def test_one_candidate_is_nothing_to_merge_and_costs_nothing(
    worker: RunWorker, tmp_path: Path
) -> None:
    (shot,) = clips_with(tmp_path, [["red"]])
    heard = [Candidate(shot.shot_id, "metadata", "title", "en", "A dog")]
    with ChatServer() as server:
        (teacher,) = make_teachers(chat_config(server, ["fusion"]))
        (found,) = teacher.caption(clips_with(tmp_path, [["red"]], heard), worker)
        teacher.teardown()
        assert server.requests == []
    assert (found.outcome, found.reason) == (Outcome.DROPPED, Reason.NOTHING_TO_SAY)
    assert found.inputs == ("metadata/title",)


def test_it_comes_last_and_hears_everybody_or_those_that_it_is_told_to(
    worker: RunWorker, tmp_path: Path
) -> None:
    clips = clips_with(tmp_path, [["red"]])
    with ChatServer(Behaviour(answer=lambda body: "A dog.")) as server:
        config = chat_config(server, ["fusion", "visual", "metadata"][:1])
        everybody = config.model_copy(update={"teachers": ["fusion", "metadata", "visual"]})
        teachers = make_teachers(everybody)
        assert [one.name for one in teachers] == ["metadata", "visual", "fusion"]
        asked(teachers, clips, worker)
        told = FusionTeacher(config.fusion.model_copy(update={"teachers": ["visual"]}),
                             teachers[-1].pool)  # type: ignore[attr-defined]  # fmt: skip
        assert told.used({"metadata", "visual"}) == {"visual"}
        for teacher in teachers:
            teacher.teardown()
