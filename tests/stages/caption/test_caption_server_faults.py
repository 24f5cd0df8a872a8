"""A real client against a real server that fails in every way that servers do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from chat_rows import chat_config, clips_with

from pipeline.testing import local_worker
from pipeline.worker import RunWorker
from schemas.outcomes import RESUMABLE, Outcome, Reason
from scripts import chat_server
from scripts.chat_server import Behaviour, ChatServer, Fault
from stages.base import StageError
from stages.caption.stage import asked
from stages.caption.teacher import Candidate, Clip
from stages.caption.teachers import make_teachers

KEY = "sk-quite/secret-0123456789"
ENVIRONMENT = "POLYREEL_TEST_KEY"


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[RunWorker]:
    found = local_worker(tmp_path)
    yield found
    found.close()


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer(Behaviour()) as running:
        yield running


def captions(
    server: ChatServer | str, clips: Sequence[Clip], worker: RunWorker, **config: Any
) -> list[Candidate]:
    """One candidate for each clip, by the vlm teacher."""
    teachers = make_teachers(chat_config(server, **config))
    try:
        found = asked(teachers, clips, worker)
    finally:
        for teacher in teachers:
            teacher.teardown()
    return [candidate for clip in clips for candidate in found[clip.shot_id]]


def three_clips(worker: RunWorker) -> list[Clip]:
    return clips_with(Path(worker.storage.root), [["red"], ["green"], ["blue"]])


def reasons(candidates: Sequence[Candidate]) -> list[Any]:
    return [candidate.reason or candidate.outcome for candidate in candidates]


@pytest.mark.parametrize(
    "fault",
    [chat_server.OVERLOADED, chat_server.BROKEN, Fault(503, "busy"), Fault(502), chat_server.DROP],
    ids=["429", "500", "503", "502", "dropped connection"],
)
def test_what_may_pass_is_tried_again(server: ChatServer, worker: RunWorker, fault: Fault) -> None:
    server.behaviour.faults.extend([fault, fault])
    assert reasons(captions(server, three_clips(worker), worker)) == [Outcome.KEPT] * 3
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (chat_server.REFUSED_IMAGE, Reason.REQUEST_REFUSED),
        (Fault(413, "too large"), Reason.REQUEST_REFUSED),
        (chat_server.HTML, Reason.BAD_ANSWER),
        (Fault(200, '{"error": "no model loaded"}'), Reason.BAD_ANSWER),
        (Fault(200, '{"choices": []}'), Reason.BAD_ANSWER),
        (Fault(302, "", headers={"Location": "http://127.0.0.1:1/"}), Reason.BAD_ANSWER),
        (chat_server.ENDLESS, Reason.ENDLESS_ANSWER),
    ],
    ids=[
        "refused image",
        "too large",
        "HTML",
        "error with 200",
        "no choices",
        "redirect",
        "endless",
    ],
)
def test_what_cannot_pass_costs_one_candidate_and_is_not_tried_again(
    server: ChatServer, worker: RunWorker, fault: Fault, reason: Reason
) -> None:
    server.behaviour.faults.append(fault)
    found = captions(server, three_clips(worker), worker, server_max_answer_bytes=1_000_000)
    assert sorted(reasons(found)) == sorted([Outcome.KEPT, Outcome.KEPT, reason])
    assert len(server.requests) == 3
    (broken,) = (one for one in found if one.outcome == Outcome.FAILED)
    assert broken.detail
    assert broken.text is None


@pytest.mark.parametrize(
    ("text", "finish_reason", "reason"),
    [
        ("  \n", "stop", Reason.EMPTY_ANSWER),
        ("<think>Let me see.</think>", "stop", Reason.EMPTY_ANSWER),
        ("a dog and a dog and a dog and", "length", Reason.ENDLESS_ANSWER),
        ("", "content_filter", Reason.REQUEST_REFUSED),
    ],
)
def test_an_answer_without_a_caption_is_paid_for_and_told(
    server: ChatServer, worker: RunWorker, text: str, finish_reason: str, reason: Reason
) -> None:
    server.behaviour.answer = lambda body: text
    server.behaviour.finish_reason = finish_reason
    found = captions(server, three_clips(worker), worker)
    assert reasons(found) == [reason] * 3
    assert len(server.requests) == 3
    assert all(one.input_tokens for one in found)
    assert reason not in RESUMABLE


def test_retry_after_is_respected(server: ChatServer, worker: RunWorker) -> None:
    server.behaviour.faults.append(chat_server.overloaded_for(0.6))
    (found,) = captions(server, three_clips(worker)[:1], worker)
    start, _ = server.served[0]
    assert found.outcome == Outcome.KEPT
    assert start - server.refused[0] >= 0.6


def test_a_server_that_wants_an_hour_is_not_waited_for(
    server: ChatServer, worker: RunWorker
) -> None:
    server.behaviour.fault_for = lambda body: chat_server.overloaded_for(3_600)
    (found, *_) = captions(server, three_clips(worker), worker)
    assert found.reason == Reason.SERVER_UNAVAILABLE
    assert "3600" in str(found.detail)
    assert len(server.requests) == 3


def test_a_dead_server_costs_its_candidates_and_a_few_tries(worker: RunWorker) -> None:
    with ChatServer() as gone:
        url = gone.base_url
    found = captions(url, three_clips(worker), worker, server_max_retries=1)
    assert set(reasons(found)) == {Reason.SERVER_UNAVAILABLE}
    assert url in str(found[0].detail)


def test_a_server_that_is_away_is_not_asked_for_every_clip(
    server: ChatServer, worker: RunWorker
) -> None:
    server.behaviour.fault_for = lambda body: chat_server.BROKEN
    clips = clips_with(
        Path(worker.storage.root), [[a, b] for a in ("red", "green", "blue") for b in
                                    ("red", "green", "blue", "white", "black")]
    )  # fmt: skip
    found = captions(server, clips, worker, server_max_retries=1, server_max_concurrency=2)
    assert reasons(found) == [Reason.SERVER_UNAVAILABLE] * len(clips)
    assert len(server.requests) <= 2 * 4


def test_a_slow_server_runs_into_the_timeout(server: ChatServer, worker: RunWorker) -> None:
    server.behaviour.faults.append(chat_server.HANG)
    found = captions(server, three_clips(worker), worker, server_timeout_s=0.5)
    assert reasons(found) == [Outcome.KEPT] * 3
    assert len(server.requests) == 4


def test_a_wrong_key_is_told_once_and_never_shown(
    server: ChatServer, worker: RunWorker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv(ENVIRONMENT, KEY)
    server.behaviour.api_key = "another"
    with caplog.at_level("DEBUG"):
        found = captions(
            server, three_clips(worker), worker,
            server_api_key_env=ENVIRONMENT, server_max_concurrency=1,
        )  # fmt: skip
    assert reasons(found) == [Reason.SERVER_DENIED] * 3
    assert len(server.requests) == 1
    assert "[key]" in str(found[0].detail)
    shown = "".join([caplog.text, *capfd.readouterr(), repr(found)])
    stored = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    for piece in (KEY, KEY[:12], json.dumps(KEY)[1:-1]):
        assert piece not in shown
        assert piece.encode() not in stored


def test_the_right_key_goes_along(
    server: ChatServer, worker: RunWorker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(ENVIRONMENT, KEY)
    server.behaviour.api_key = KEY
    server.behaviour.answer = lambda body: f"they echo {KEY} back"
    found = captions(server, three_clips(worker), worker, server_api_key_env=ENVIRONMENT)
    assert [one.text for one in found] == ["they echo [key] back"] * 3
    stored = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert KEY.encode() not in stored


def test_a_missing_key_is_found_before_the_run_and_costs_only_candidates_in_it(
    server: ChatServer, worker: RunWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    config = chat_config(server, server_api_key_env=ENVIRONMENT)
    (teacher,) = make_teachers(config)
    with pytest.raises(StageError, match=ENVIRONMENT):
        teacher.check()
    found = captions(server, three_clips(worker), worker, server_api_key_env=ENVIRONMENT)
    assert reasons(found) == [Reason.SERVER_DENIED] * 3
    assert server.requests == []


def test_the_budget_stops_cleanly_and_an_answered_clip_is_never_paid_again(
    server: ChatServer, worker: RunWorker
) -> None:
    clips = three_clips(worker)
    first = captions(server, clips, worker, server_max_requests=2)
    assert sorted(reasons(first)) == sorted([Outcome.KEPT, Outcome.KEPT, Reason.BUDGET_SPENT])
    assert len(server.requests) == 2
    assert Reason.BUDGET_SPENT in RESUMABLE
    # The next run counts from 0, and the answers of this one are there.
    worker.count = RunWorker(worker.storage).count
    second = captions(server, clips, worker, server_max_requests=2)
    assert reasons(second) == [Outcome.KEPT] * 3
    assert len(server.requests) == 3
    third = captions(server, clips, worker)
    assert third == second
    assert len(server.requests) == 3


def test_the_token_budget_counts_what_the_server_says(
    server: ChatServer, worker: RunWorker
) -> None:
    found = captions(
        server, three_clips(worker), worker, server_max_tokens=1, server_max_concurrency=1
    )
    assert sorted(reasons(found)) == sorted([Outcome.KEPT, *[Reason.BUDGET_SPENT] * 2])


def test_a_damaged_cached_answer_is_asked_for_anew(
    server: ChatServer, worker: RunWorker, tmp_path: Path
) -> None:
    clips = three_clips(worker)
    first = captions(server, clips, worker)
    for path in (tmp_path / "answers").rglob("*.json"):
        path.write_bytes(b'{"text": ')
    assert captions(server, clips, worker) == first
    assert len(server.requests) == 6


def test_concurrency_stays_within_its_bound_and_falls_when_refused(
    server: ChatServer, worker: RunWorker
) -> None:
    server.behaviour.service_s = 0.01
    colours = ("red", "green", "blue", "white", "black", "yellow")
    clips = clips_with(Path(worker.storage.root), [[a, b] for a in colours for b in colours])
    found = captions(server, clips, worker, server_max_concurrency=5)
    assert reasons(found) == [Outcome.KEPT] * len(clips)
    assert server.most_at_once <= 5
