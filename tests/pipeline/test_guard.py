"""Whatever happens in the guarded child is one item's failure, and the next call works."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.guard import GuardedProcess
from schemas.outcomes import ItemError, Reason
from stages.base import Limits

LIMITS = Limits(timeout_s=30.0, memory_bytes=10**9)


@pytest.fixture
def guard() -> Iterator[GuardedProcess]:
    process = GuardedProcess()
    yield process
    process.close()


def _raise_item_error() -> None:
    raise ItemError(Reason.DECODE_FAILED, "no picture", "use another file")


def _print_noise() -> int:
    os.write(1, b"noise on stdout\n" * 100)
    return 7


def _die_with_words() -> None:
    os.write(2, b"the decoder says: bad header")
    os.abort()


def _unpicklable() -> object:
    return lambda: None


def test_results_and_errors_come_back(guard: GuardedProcess) -> None:
    assert guard.call(LIMITS, sorted, [3, 1, 2]) == [1, 2, 3]
    with pytest.raises(ItemError, match="no picture") as caught:
        guard.call(LIMITS, _raise_item_error)
    assert caught.value.reason is Reason.DECODE_FAILED
    with pytest.raises(ZeroDivisionError):
        guard.call(LIMITS, divmod, 1, 0)


def test_large_arguments_and_results_pass(guard: GuardedProcess) -> None:
    data = os.urandom(3_000_000)
    assert guard.call(LIMITS, bytes, data) == data


def test_what_libraries_print_does_not_disturb(guard: GuardedProcess) -> None:
    assert guard.call(LIMITS, _print_noise) == 7


@pytest.mark.parametrize(
    ("work", "arguments", "reason", "said"),
    [
        (time.sleep, (60,), Reason.TIMEOUT, "limit of 0.5 s"),
        (bytes, (4 * 10**9,), Reason.OUT_OF_MEMORY, "1000 MB"),
        (os._exit, (9,), Reason.CRASHED, "exit code 9"),
        (_die_with_words, (), Reason.CRASHED, "SIGABRT.*bad header"),
    ],
)
def test_a_call_that_ends_badly_says_how_and_the_next_one_works(
    guard: GuardedProcess, work: object, arguments: tuple[object, ...], reason: Reason, said: str
) -> None:
    timeout_s = 0.5 if reason is Reason.TIMEOUT else 60.0
    with pytest.raises(ItemError, match=said) as caught:
        guard.call(Limits(timeout_s, 10**9), work, *arguments)  # type: ignore[arg-type]
    assert caught.value.reason is reason
    assert guard.call(LIMITS, abs, -1) == 1


def test_a_result_that_cannot_travel_is_an_error(guard: GuardedProcess) -> None:
    with pytest.raises(RuntimeError, match="lambda"):
        guard.call(LIMITS, _unpicklable)


def test_one_child_serves_many_calls(guard: GuardedProcess) -> None:
    assert guard.call(LIMITS, os.getpid) == guard.call(LIMITS, os.getpid) != os.getpid()


@pytest.mark.faults
def test_the_child_goes_when_its_owner_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, time\n"
        "from pipeline.guard import GuardedProcess\n"
        "from stages.base import Limits\n"
        "guard = GuardedProcess()\n"
        "print(guard.call(Limits(9), os.getpid), flush=True)\n"
        "guard.call(Limits(60), time.sleep, 60)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    child = int(owner.stdout.readline())
    time.sleep(0.3)
    owner.kill()
    owner.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{child}").exists()
