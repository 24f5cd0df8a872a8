"""A tiny vision-language model with random weights, in process and behind `transformers serve`.

Runs in an environment of its own: `make test-models`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from chat_rows import chat_config, clips_with

from pipeline.testing import local_worker
from pipeline.worker import RunWorker
from schemas.outcomes import Outcome, Reason
from stages.caption.config import CaptionConfig
from stages.caption.teacher import Candidate, Clip
from stages.caption.teachers import make_teachers
from stages.caption.teachers.transformers_vlm import TransformersTeacher

pytestmark = [pytest.mark.models, pytest.mark.torch]
pytest.importorskip("torch")
pytest.importorskip("transformers")

START_TIMEOUT_S = 180


@pytest.fixture(scope="module")
def tiny_vlm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from scripts.build_tiny_vlm import build

    folder = tmp_path_factory.mktemp("model") / "tiny"
    build(folder)
    return folder


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[RunWorker]:
    found = local_worker(tmp_path)
    yield found
    found.close()


def teacher_of(model: Path, **config: Any) -> TransformersTeacher:
    settings = {"model": str(model), "max_output_tokens": 64, "batch_size": 3} | config
    values = {"teachers": ["transformers"], "transformers": settings}
    (teacher,) = make_teachers(CaptionConfig.model_validate(values))
    assert isinstance(teacher, TransformersTeacher)
    teacher.check()
    return teacher


def captions(
    model: Path, clips: Sequence[Clip], worker: RunWorker, **config: Any
) -> list[Candidate]:
    teacher = teacher_of(model, **config)
    teacher.setup(worker)
    found = {(one.shot_id, one.style): one for one in teacher.caption(clips, worker)}
    teacher.teardown()
    return [found[clip.shot_id, style] for clip in clips for style in teacher.styles]


def test_every_clip_gets_a_caption_with_its_prompts_frames_and_tokens(
    tiny_vlm: Path, worker: RunWorker, tmp_path: Path
) -> None:
    clips = clips_with(tmp_path, [["red", "green"], ["blue"], ["yellow", "red"], ["black"]])
    found = captions(tiny_vlm, clips, worker, styles=["short", "dense"])
    assert len(found) == 8
    for one in found:
        assert one.outcome == Outcome.KEPT, one.detail
        assert one.text
        assert one.prompt_id == f"frames/1+style-{one.style}/1"
        assert 6 <= (one.output_tokens or 0) < 64
        assert (one.input_tokens or 0) > 100
    assert found[0].inputs == ("frame@0.000s", "frame@1.000s")


def test_what_a_clip_is_told_does_not_depend_on_its_batch_and_does_on_its_pictures(
    tiny_vlm: Path, worker: RunWorker, tmp_path: Path
) -> None:
    clips = clips_with(tmp_path, [["red"], ["green"], ["blue"], ["white"]])
    together = [one.text for one in captions(tiny_vlm, clips, worker, batch_size=4)]
    again = [one.text for one in captions(tiny_vlm, clips, worker, batch_size=4)]
    alone = [one.text for one in captions(tiny_vlm, clips, worker, batch_size=1)]
    assert together == again == alone
    assert len(set(together)) > 1


@pytest.mark.parametrize("strategy", ["grid", "thumbnail", "differential", "multiscale"])
def test_every_strategy_works_in_process(
    tiny_vlm: Path, worker: RunWorker, tmp_path: Path, strategy: str
) -> None:
    clips = clips_with(tmp_path, [["red", "green", "blue"], ["white", "black"]])
    found = captions(tiny_vlm, clips, worker, strategy=strategy)
    assert [one.outcome for one in found] == [Outcome.KEPT] * 2
    assert all(strategy in str(one.prompt_id) for one in found)


def test_an_answer_that_does_not_end_is_no_caption(
    tiny_vlm: Path, worker: RunWorker, tmp_path: Path
) -> None:
    (found,) = captions(tiny_vlm, clips_with(tmp_path, [["red"]]), worker, max_output_tokens=3)
    assert (found.reason, found.output_tokens) == (Reason.ENDLESS_ANSWER, 3)


def test_a_request_that_breaks_a_batch_costs_itself(
    tiny_vlm: Path, worker: RunWorker, tmp_path: Path
) -> None:
    good, bad = clips_with(tmp_path, [["red"], ["green"]])
    frame = bad.shot["keyframes"][0] | {"size_bytes": 40}
    bad.shot["keyframes"][:] = [frame]
    found = captions(tiny_vlm, [good, bad], worker)
    assert [one.reason for one in found] == [None, Reason.UNREADABLE]


@pytest.fixture(scope="module")
def served(tiny_vlm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`transformers serve` over loopback, offline; gives its base_url."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("serve") / "log"
    command = [
        *(sys.executable, "-m", "transformers.cli.transformers", "serve", str(tiny_vlm)),
        *("--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"),
    ]
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env=offline, stdout=out, stderr=out) as server,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            ready_by = time.monotonic() + START_TIMEOUT_S
            while not _answers(f"{url}/health"):
                assert server.poll() is None, log.read_text()[-3_000:]
                assert time.monotonic() < ready_by, log.read_text()[-3_000:]
                time.sleep(0.5)
            yield f"{url}/v1"
        finally:
            server.terminate()
            server.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return int(answer.status) == 200
    except (OSError, urllib.error.URLError):
        return False


def test_the_vlm_teacher_captions_through_transformers_serve(
    served: str, tiny_vlm: Path, worker: RunWorker, tmp_path: Path
) -> None:
    clips = clips_with(tmp_path, [["red", "green"], ["blue"]])
    config = chat_config(
        served, model=str(tiny_vlm), max_output_tokens=64, styles=["short"], server_timeout_s=120
    )
    (teacher,) = make_teachers(config)
    found = teacher.caption(clips, worker)
    teacher.teardown()
    assert [one.outcome for one in found] == [Outcome.KEPT] * 2, [one.detail for one in found]
    assert all(one.text and one.request_sha256 for one in found)
