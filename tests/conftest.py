"""Rules for all tests: the same examples each time, and no error is only logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("polyreel", deadline=None, derandomize=True)
settings.load_profile("polyreel")

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real videos, where there is one."""
    if not CORPUS.is_dir():
        pytest.skip("there is no corpus of real videos beside the project")
    return CORPUS


@pytest.fixture(autouse=True)
def _errors_are_not_just_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    errors = [r for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    assert not errors, f"logged: {errors[0].getMessage()}"
