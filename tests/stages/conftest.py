"""Coded videos, each made once, for the tests of all stages that open media."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from coded_media import Coded
from containers import MAKERS


@pytest.fixture(scope="session")
def coded_videos(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Coded]:
    """Give a coded video by name."""
    made: dict[str, Coded] = {}

    def get(name: str) -> Coded:
        if name not in made:
            made[name] = replace(MAKERS[name](tmp_path_factory.mktemp(name)), source_id=name)
        return made[name]

    return get
