"""The vlm teacher over HTTP: what is really sent, and what its rows say of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from caption_rows import clip, dedup_row, source_row, split_row
from chat_rows import chat_config, clip_rows, clips_with, picture_colours

from pipeline.testing import local_worker, run_unit_stage
from pipeline.worker import RunWorker
from schemas.outcomes import Outcome, Reason
from scripts.chat_server import Behaviour, ChatServer, Fault, content_of
from stages.caption.config import CaptionConfig
from stages.caption.stage import CaptionStage, asked
from stages.caption.teacher import Candidate, Clip
from stages.caption.teachers import make_teachers

SIX = ["red", "green", "blue", "yellow", "black", "white"]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[RunWorker]:
    found = local_worker(tmp_path)
    yield found
    found.close()


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer(Behaviour(answer=lambda body: "A dog runs.")) as running:
        yield running


def captions(config: CaptionConfig, clips: Sequence[Clip], worker: RunWorker) -> list[Candidate]:
    teachers = make_teachers(config)
    try:
        found = asked(teachers, clips, worker)
    finally:
        for teacher in teachers:
            teacher.teardown()
    return [candidate for each in clips for candidate in found[each.shot_id]]


def in_colours(root: Path, *colours: Sequence[str]) -> list[Clip]:
    return clips_with(root, colours)


def test_the_body_is_what_the_protocol_says_and_the_row_what_the_body_was(
    server: ChatServer, worker: RunWorker, tmp_path: Path
) -> None:
    clips = in_colours(tmp_path, ["red", "green", "blue"])
    config = chat_config(
        server, model="some/model", max_output_tokens=99, seed=5, styles=["short"],
        extra={"top_p": 0.5}, input_usd_per_million=10.0, output_usd_per_million=20.0,
    )  # fmt: skip
    (found,) = captions(config, clips, worker)
    (body,) = server.requests
    messages = body.pop("messages")
    assert body == {
        "model": "some/model", "temperature": 0.0, "seed": 5, "max_tokens": 99, "top_p": 0.5,
        "stream": False,
    }  # fmt: skip
    (message,) = messages
    assert message["role"] == "user"
    kinds = [part["type"] for part in message["content"]]
    assert kinds == ["text", "image_url"] * 3 + ["text"]
    words, urls = content_of({"messages": messages})
    assert words.startswith("0.0 s:\n1.0 s:\n2.0 s:\nYou see 3 of the frames")
    assert "at most 15 words" in words
    # In the order of time, though the middle one is stored first.
    assert [picture_colours(url) for url in urls] == [[["red"]], [["green"]], [["blue"]]]
    spelled = json.dumps(
        body | {"messages": messages}, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    assert found.request_sha256 == hashlib.sha256(spelled.encode()).hexdigest()
    assert (found.text, found.language, found.style) == ("A dog runs.", "en", "short")
    assert (found.model, found.prompt_id) == ("some/model", "frames/1+style-short/1")
    assert found.inputs == ("frame@0.000s", "frame@1.000s", "frame@2.000s")
    assert found.input_tokens == len(words) // 4 + 300
    assert found.output_tokens == 2
    assert found.cost_usd == pytest.approx((10 * found.input_tokens + 20 * 2) / 1e6)


def test_a_grid_is_one_picture_read_row_by_row_on_white(
    server: ChatServer, worker: RunWorker, tmp_path: Path
) -> None:
    clips = in_colours(tmp_path, SIX, [*SIX[:4], "blue", "red", "green"])
    captions(chat_config(server, strategy="grid", n_grid_frames=7), clips, worker)
    by_count = {len(content_of(body)[0].split("taken at")[1].split(";")[0].split(",")): body
                for body in server.requests}  # fmt: skip
    (six,), (seven,) = content_of(by_count[6])[1], content_of(by_count[7])[1]
    assert picture_colours(six, 3, 2) == [SIX[0:2], SIX[2:4], SIX[4:6]]
    assert picture_colours(seven, 3, 3) == [
        ["red", "green", "blue"], ["yellow", "blue", "red"], ["green", "white", "white"],
    ]  # fmt: skip


def test_differential_skips_keyframes_that_show_nothing_new(
    server: ChatServer, worker: RunWorker, tmp_path: Path
) -> None:
    clips = in_colours(tmp_path, ["red", "red", "green", "green", "green", "blue"])
    (found,) = captions(chat_config(server, strategy="differential"), clips, worker)
    seen = [[picture_colours(url)[0][0] for url in content_of(b)[1]] for b in server.requests]
    assert seen == [["red"], ["red", "green"], ["green", "blue"], []]
    assert found.inputs == ("frame@0.000s", "frame@2.000s", "frame@5.000s")
    assert found.prompt_id == (
        "differential-change/1+differential-first/1+differential-summary/1+style-dense/1"
    )


def test_styles_share_the_steps_that_they_have_in_common(
    server: ChatServer, worker: RunWorker, tmp_path: Path
) -> None:
    clips = in_colours(tmp_path, ["red", "green", "blue"])
    config = chat_config(server, strategy="multiscale", styles=["short", "dense"])
    found = captions(config, clips, worker)
    assert [one.style for one in found] == ["short", "dense"]
    assert len(server.requests) == 4 + 1 + 1
    paid = sum((one.input_tokens or 0) for one in found)
    said = sum(len(content_of(b)[0]) // 4 + 100 * len(content_of(b)[1]) for b in server.requests)
    assert paid == said
    assert found[0].request_sha256 != found[1].request_sha256


def test_a_longer_clip_is_summed_up_from_the_captions_of_its_parts(
    server: ChatServer, worker: RunWorker, tmp_path: Path
) -> None:
    first, second, whole = in_colours(tmp_path, ["red"], ["green"], ["blue"])
    whole_shot = whole.shot | {"scale": 1, "start_s": 0.0, "end_s": 10.0}
    parts = [replace(c, shot=c.shot | {"parent_id": whole.shot_id}) for c in (first, second)]
    clips = [replace(whole, shot=whole_shot), *parts]
    said = {"red": "He cuts.", "green": "He fries."}

    def answer(body: Any) -> str:
        urls = content_of(body)[1]
        return said[picture_colours(urls[0])[0][0]] if urls else "He cooks."

    server.behaviour.answer = answer
    found = captions(chat_config(server, strategy="multiscale"), clips, worker)
    assert [one.text for one in found] == ["He cooks.", "He cuts.", "He fries."]
    words, urls = content_of(server.requests[-1])
    assert not urls
    assert "0.0-5.0 s: He cuts.\n5.0-10.0 s: He fries." in words
    assert found[0].inputs == tuple(f"caption of {c.shot_id}" for c in (first, second))


def candidate(shot_id: str, teacher: str, text: str, style: str = "x") -> Candidate:
    return Candidate(shot_id, teacher, style, "en", text)


def test_context_tells_what_others_found_only_when_asked_to(
    server: ChatServer, worker: RunWorker, tmp_path: Path
) -> None:
    (shot,) = in_colours(tmp_path, ["red"])
    heard = {
        "metadata": candidate(shot.shot_id, "metadata", "Rye bread"),
        "asr": candidate(shot.shot_id, "asr", "mix it"),
        "ocr": Candidate(shot.shot_id, "ocr", "x", outcome=Outcome.DROPPED),
    }
    config = chat_config(server, use_context=True).vlm[0]
    teacher = make_teachers(chat_config(server))[0]
    known = replace(shot, earlier=heard)
    (plain,) = teacher.caption([known], worker)
    teacher.config = config
    (told,) = teacher.caption([known], worker)
    teacher.teardown()
    without, with_context = (content_of(body)[0] for body in server.requests)
    assert "Rye" not in without
    assert "title and description: Rye bread\nspeech: mix it\n-----" in with_context
    assert plain.inputs == ("frame@0.000s",)
    assert told.inputs == ("frame@0.000s", "metadata", "asr")


@pytest.mark.parametrize(
    ("loudness_db", "speech", "said"),
    [(None, None, "the clip has no sound"), (-80.0, None, "silence"),
     (-20.0, None, "there is sound at -20 dBFS"), (-20.0, "mix it", "someone says: mix it")],
)  # fmt: skip
def test_the_audible_style_is_told_what_is_known_of_the_sound(
    server: ChatServer, worker: RunWorker, tmp_path: Path,
    loudness_db: float | None, speech: str | None, said: str,
) -> None:  # fmt: skip
    (shot,) = in_colours(tmp_path, ["red"])
    heard = {"asr": candidate(shot.shot_id, "asr", speech)} if speech else {}
    known = replace(shot, shot=shot.shot | {"audio_rms_db": loudness_db}, earlier=heard)
    teacher = make_teachers(chat_config(server, styles=["audible"]))[0]
    teacher.caption([known], worker)
    teacher.teardown()
    assert said in content_of(server.requests[0])[0]


def test_a_clip_without_keyframes_and_one_with_a_torn_one_cost_themselves(
    server: ChatServer, worker: RunWorker, tmp_path: Path
) -> None:
    good, torn = in_colours(tmp_path, ["red"], ["green"])
    frame = torn.shot["keyframes"][0] | {"size_bytes": 40}
    broken = replace(torn, shot=torn.shot | {"keyframes": [frame]})
    found = captions(chat_config(server), [good, broken, clip(20, 25)], worker)
    assert [one.reason for one in found] == [None, Reason.UNREADABLE, Reason.NO_PICTURE]
    assert len(server.requests) == 1


def test_two_teachers_of_two_models_share_a_server(
    server: ChatServer, worker: RunWorker, tmp_path: Path
) -> None:
    config = CaptionConfig.model_validate(
        {
            "teachers": ["vlm"],
            "servers": {"local": {"base_url": server.base_url}},
            "vlm": [
                {"name": "small", "server": "local", "model": "a", "styles": ["short"]},
                {"name": "large", "server": "local", "model": "b", "strategy": "grid"},
            ],
        }
    )
    found = captions(config, in_colours(tmp_path, ["red", "green"]), worker)
    assert [(one.teacher, one.model, one.style) for one in found] == [
        ("large", "b", "dense"), ("small", "a", "short"),
    ]  # fmt: skip


def test_a_unit_that_waits_for_a_server_is_done_again_and_pays_for_the_rest_alone(
    server: ChatServer, tmp_path: Path
) -> None:
    shots = clip_rows(tmp_path, [["red"], ["green"]])
    tables: dict[str, list[Any]] = {
        "sources": [source_row()], "cues": [], "splits": [split_row("s1")], "shots": shots,
        "dedup": [dedup_row(shot) for shot in shots],
    }  # fmt: skip
    calls = iter([Fault(404, "no such model")])
    server.behaviour.fault_for = lambda body: (
        next(calls, None) if picture_colours(content_of(body)[1][0]) == [["green"]] else None
    )
    stage = CaptionStage(chat_config(server, server_max_concurrency=1))
    first = run_unit_stage(stage, tmp_path, tables)
    assert first.commits["unit0"].reasons() >= {Reason.SERVER_DENIED}
    second = run_unit_stage(stage, tmp_path, tables)
    assert {row["outcome"] for row in second.tables["captions"]} == {Outcome.KEPT}
    assert len(server.requests) == 3
