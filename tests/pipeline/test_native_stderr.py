"""What Ray's native code says on start is kept from people unless it tells them something."""

from __future__ import annotations

import os

import pytest

from pipeline.executors.native_stderr import stderr_without


@stderr_without("log level")
def start(fails: bool) -> None:
    os.write(2, b"set log level to 3\nno space left\n")
    if fails:
        raise RuntimeError("cannot start")


def test_one_line_is_left_out_and_the_others_follow(capfd: pytest.CaptureFixture[str]) -> None:
    start(fails=False)
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "no space left\nafter\n"


def test_what_was_said_is_seen_when_the_start_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError):
        start(fails=True)
    assert capfd.readouterr().err == "no space left\n"
