"""The client's parts, each alone: concurrency, pauses, budgets, cache, breaker, messages."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.testing import local_worker
from pipeline.worker import Counters
from schemas.outcomes import ItemError, Reason
from stages.caption.config_server import VlmConfig
from stages.caption.server.breaker import MAX_FAILURES_IN_A_ROW, Breaker
from stages.caption.server.budget import Budget
from stages.caption.server.cache import AnswerCache
from stages.caption.server.concurrency import AdaptiveLimit, Gate
from stages.caption.server.message import Answer, chat_body, parsed, text_of
from stages.caption.server.retries import is_passing, pause_s, retry_after_s


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["fast", "slow", "idle", "refused"]), max_size=300))
def test_the_limit_stays_in_its_bounds_whatever_happens(events: list[str]) -> None:
    limit = AdaptiveLimit(4, 32, 3.0)
    for event in events:
        if event == "refused":
            limit.refused(limit.allowed - 1)
        else:
            limit.answered(10.0 if event == "slow" else 1.0, event != "idle")
        assert 1 <= limit.allowed <= 32


def test_it_doubles_each_round_until_the_first_refusal_and_then_adds_one() -> None:
    limit = AdaptiveLimit(4, 1_000, 3.0)
    for _ in range(4):
        limit.answered(1.0, True)
    assert limit.allowed == 8
    for _ in range(32):
        limit.answered(1.0, True)
    limit.refused(n_accepted=39)
    assert limit.value == 36
    for _ in range(36):
        limit.answered(1.0, True)
    assert limit.value == pytest.approx(37, abs=0.1)


def test_a_burst_of_refusals_counts_once_and_tells_how_many_the_server_takes() -> None:
    limit = AdaptiveLimit(20, 100, 3.0)
    limit.refused(19)
    assert limit.value == 18
    for n_accepted in (18, 17, 16):
        limit.refused(n_accepted)
    assert limit.value == 16


def test_without_demand_it_does_not_grow() -> None:
    limit = AdaptiveLimit(4, 100, 3.0)
    for _ in range(100):
        limit.answered(1.0, False)
    assert limit.allowed == 4


@pytest.mark.parametrize("slots", [1, 2, 8, 40])
def test_before_a_server_that_queues_it_settles_a_few_times_above_the_slots(slots: int) -> None:
    limit = AdaptiveLimit(4, 1_000, 3.0)
    seen = []
    for _ in range(60):
        for _ in range(limit.allowed):
            limit.answered(max(1.0, limit.allowed / slots), True)
        seen.append(limit.allowed)
    base = max(4, slots)
    assert all(slots <= value <= 5 * base for value in seen[20:]), seen


@pytest.mark.parametrize("slots", [1, 2, 8, 40])
def test_before_a_server_that_refuses_it_stays_just_at_the_slots(slots: int) -> None:
    limit = AdaptiveLimit(4, 1_000, 3.0)
    seen = []
    for _ in range(300):
        allowed = limit.allowed
        for _ in range(min(allowed, slots)):
            limit.answered(1.0, True)
        for n_accepted in range(allowed - 1, slots - 1, -1):
            limit.refused(n_accepted)
        seen.append(min(allowed, slots))
    assert sum(seen[50:]) >= 0.95 * slots * len(seen[50:])


def test_the_gate_lets_in_as_many_as_allowed_in_order() -> None:
    async def story() -> list[int]:
        limit = AdaptiveLimit(2, 2, 3.0)
        gate, done, most = Gate(limit), [], 0

        async def one(number: int) -> None:
            nonlocal most
            async with gate:
                most = max(most, gate.n_inside)
                await asyncio.sleep(0)
                done.append(number)

        await asyncio.gather(*(one(i) for i in range(20)))
        assert (most, gate.n_inside) == (2, 0)
        return done

    assert asyncio.run(story()) == list(range(20))


def test_a_caller_that_gives_up_leaves_no_place_taken() -> None:
    async def story() -> None:
        gate = Gate(AdaptiveLimit(1, 1, 3.0))
        async with gate:
            waiting = asyncio.create_task(gate.__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.sleep(0)
        assert gate.n_inside == 0
        async with asyncio.timeout(1), gate:
            pass

    asyncio.run(story())


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.text(max_size=5))
def test_pauses_double_up_to_their_bound_and_are_the_same_each_time(attempt: int, key: str) -> None:
    pause = pause_s(attempt, 0.5, 60.0, key)
    whole = min(60.0, 0.5 * 2 ** (attempt - 1))
    assert whole / 2 <= pause <= whole
    assert pause == pause_s(attempt, 0.5, 60.0, key)


def test_requests_refused_together_do_not_come_back_together() -> None:
    assert len({pause_s(1, 1.0, 60.0, f"{i}") for i in range(100)}) == 100


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-2", 0.0), ("Wed, 21 Oct 2015 07:28:10 GMT", 10.0),
     ("Wed, 21 Oct 2015 07:20:00 GMT", 0.0), ("soon", None), ("", None), (None, None)],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(header: str | None, seconds: float | None) -> None:
    now = datetime(2015, 10, 21, 7, 28, 0, tzinfo=UTC)
    assert retry_after_s(header, now) == seconds


def test_only_what_may_pass_is_tried_again() -> None:
    statuses = (200, 302, 400, 401, 404, 408, 413, 422, 429, 500, 503)
    assert list(filter(is_passing, statuses)) == [408, 429, 500, 503]


def test_a_budget_of_requests_is_never_exceeded_by_workers_that_share_it() -> None:
    counters = Counters()
    budgets = [Budget("local", 5, 0, counters.add) for _ in range(3)]
    sent = 0
    for _ in range(10):
        for budget in budgets:
            with contextlib.suppress(ItemError):
                budget.take_request()
                sent += 1
    assert sent == 5


def test_a_budget_of_tokens_ends_where_it_is_reached() -> None:
    budget = Budget("local", 0, 100, Counters().add)
    budget.take_request()
    budget.pay_tokens(99)
    budget.take_request()
    budget.pay_tokens(1)
    with pytest.raises(ItemError, match="100 tokens are spent"):
        budget.take_request()


def test_answers_come_back_from_the_cache_in_the_run_or_outside(tmp_path: Path) -> None:
    worker = local_worker(tmp_path / "run")
    answer = Answer("Ein Hund läuft.", "stop", None, 3, None)
    for folder, place in (
        ("answers", tmp_path / "run/answers"),
        (str(tmp_path / "x"), tmp_path / "x"),
    ):
        cache = AnswerCache(worker.store(folder))
        assert cache.get("ab12") is None
        cache.put("ab12", answer)
        assert cache.get("ab12") == answer
        assert (place / "ab/ab12.json").is_file()
    worker.close()


def test_the_breaker_opens_at_once_for_a_denial_and_after_several_absences() -> None:
    breaker = Breaker()
    away = ItemError(Reason.SERVER_UNAVAILABLE, "away")
    for _ in range(MAX_FAILURES_IN_A_ROW - 1):
        breaker.failed(away)
    breaker.answered()
    breaker.failed(away)
    breaker.failed(ItemError(Reason.REQUEST_REFUSED, "bad picture"))
    breaker.check()
    breaker.failed(ItemError(Reason.SERVER_DENIED, "wrong key"))
    with pytest.raises(ItemError, match="wrong key"):
        breaker.check()


def test_a_request_without_pictures_is_plain_text_and_null_leaves_a_field_out() -> None:
    config = VlmConfig(model="m", extra={"max_tokens": None, "max_completion_tokens": 7})
    body = chat_body(["a", "b"], config)
    assert body["messages"] == [{"role": "user", "content": "a\nb"}]
    assert body["max_completion_tokens"] == 7
    assert "max_tokens" not in body


@given(st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.sampled_from(["choices", "message", "content", "usage"]), inner),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_whatever_a_server_answers_is_an_answer_or_a_bad_one(data: bytes) -> None:
    try:
        found: Answer | Reason = parsed(data, "text/html")
    except ItemError as error:
        found = error.reason
    assert isinstance(found, Answer) or found == Reason.BAD_ANSWER


def test_content_in_parts_and_missing_token_counts_are_understood() -> None:
    body = {"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"text": "b"}]}}]}
    assert parsed(json.dumps(body).encode(), "") == Answer("ab")


def test_a_reasoning_models_thoughts_are_not_its_caption() -> None:
    assert text_of(Answer("<think>Hm.\nA cat?</think>\n A dog. "), 9) == "A dog."
