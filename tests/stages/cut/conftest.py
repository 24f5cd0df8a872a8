"""Fixtures of the cut stage's tests: coded videos, each made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from cut_media import MAKERS, Coded


@pytest.fixture(scope="session")
def coded_videos(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Coded]:
    """Give a coded video by name."""
    made: dict[str, Coded] = {}

    def get(name: str) -> Coded:
        if name not in made:
            made[name] = replace(MAKERS[name](tmp_path_factory.mktemp(name)), source_id=name)
        return made[name]

    return get
