"""One real video that tests copy and rename; made once."""

from __future__ import annotations

import pytest
from ingest_media import video


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Bytes of a small MP4 of one second."""
    return video(tmp_path_factory.mktemp("ingest-clip") / "clip.mp4").read_bytes()
