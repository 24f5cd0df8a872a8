"""From a transcript with times to captions on clips: pure, and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from caption_rows import cue_row
from chat_rows import chat_config, clips_with
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.testing import local_worker
from pipeline.worker import RunWorker
from schemas.outcomes import Outcome, Reason
from scripts import chat_server
from scripts.chat_server import Behaviour, ChatServer, content_of
from stages.caption.teacher import Candidate, Clip
from stages.caption.teachers import make_teachers
from stages.caption.timed_captions import (
    Said,
    Span,
    blocks,
    content_words,
    one_text,
    parsed_captions,
    realigned,
    timed_sentences,
    transcript,
)
from stages.caption.words import tokens

SENTENCES = st.lists(
    st.builds(
        lambda start, n: Said(float(start), start + 1.0, " ".join(["word"] * n) + "."),
        st.integers(0, 500),
        st.integers(1, 30),
    ),
    max_size=40,
)


@given(SENTENCES, st.integers(1, 50))
def test_blocks_keep_every_sentence_in_order_within_the_number_of_words(
    said: list[Said], most: int
) -> None:
    made = blocks(said, most)
    flat = [sentence for block in made for sentence in block]
    assert flat == sorted(said, key=lambda one: (one.start_s, one.end_s))
    for block in made:
        assert len(block) == 1 or sum(len(tokens(one.text)) for one in block) <= most


def test_every_sentence_of_a_block_stands_after_its_second() -> None:
    block = [Said(3.9, 5.0, "Cut it."), Said(62.0, 64.0, "Fry it.")]
    assert transcript(block) == "3s: Cut it.\n62s: Fry it."


def test_sentences_of_a_clip_share_its_time_by_their_length() -> None:
    first, second = timed_sentences(10.0, 20.0, "Aaaaaaa. Bb.")
    assert (first.start_s, second.end_s) == (10.0, 20.0)
    assert first.end_s == second.start_s == pytest.approx(10 + 10 * 8 / 11)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("12s: a woman cuts an onion", (12.0, "a woman cuts an onion")),
        ("- 12.5s: she fries it", (12.5, "she fries it")),
        ("3. 14 s - she eats", (14.0, "she eats")),
        ("**15s**: she smiles", None),
        ("Here are the captions:", None),
        ("900s: far away", None),
        ("s: nothing", None),
        ("12s:", None),
    ],
)
def test_lines_of_an_answer(line: str, found: tuple[float, str] | None) -> None:
    parsed = [(one.start_s, one.text) for one in parsed_captions(line, 10, 30, 10)]
    assert parsed == ([found] if found else [])


WORDS = ["onion", "pan", "bread", "knife"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(WORDS)), max_size=12),
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(WORDS)), max_size=6),
    st.integers(0, 12),
)
def test_a_caption_goes_to_the_clip_within_reach_that_shares_most_words(
    said: list[tuple[int, str]], shots: list[tuple[int, str]], reach_s: int
) -> None:
    captions = [Said(float(at), float(at), word) for at, word in sorted(set(said))]
    spans = [
        Span(f"{i}", float(at), at + 5.0, frozenset({word})) for i, (at, word) in enumerate(shots)
    ]
    placed = realigned(captions, spans, reach_s)
    by_id = {span.shot_id: span for span in spans}
    assert sum(map(len, placed.values())) == sum(
        any(span.away_s(one.start_s) <= reach_s for span in spans) for one in captions
    )
    for shot_id, here in placed.items():
        for one in here:
            span = by_id[shot_id]
            assert span.away_s(one.start_s) <= reach_s
            near = [s for s in spans if s.away_s(one.start_s) <= reach_s]
            best = max(len(content_words(one.text) & s.words) for s in near)
            assert len(content_words(one.text) & span.words) == best


def test_captions_of_one_clip_become_sentences_each_once() -> None:
    captions = [Said(1, 1, "he cuts"), Said(2, 2, "he cuts"), Said(3, 3, "Er isst!")]
    assert one_text(captions) == "he cuts. Er isst!"


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[RunWorker]:
    found = local_worker(tmp_path)
    yield found
    found.close()


def ask(server: ChatServer, clips: list[Clip], worker: RunWorker, **config: Any) -> list[Candidate]:
    (teacher,) = make_teachers(chat_config(server, ["asr_to_caption"], **config))
    try:
        found = {one.shot_id: one for one in teacher.caption(clips, worker)}
    finally:
        teacher.teardown()
    return [found[each.shot_id] for each in clips]


def spoken(clips: list[Clip], *texts: str) -> list[Clip]:
    """The clips, of which an asr teacher heard `texts`."""
    heard = []
    for each, text in zip(clips, texts, strict=True):
        said = Candidate(each.shot_id, "asr", "transcript", "en", text)
        heard.append(replace(each, heard=(said,), earlier={"asr": said}))
    return heard


def test_speech_becomes_captions_on_the_clips_that_they_fit(
    worker: RunWorker, tmp_path: Path
) -> None:
    clips = clips_with(tmp_path, [["red"], ["green"], ["blue"]])
    clips = spoken(clips, "Now take an onion.", "Then the pan gets hot.", "Goodbye.")
    # The model is 4 s early with the pan; the words of the second clip bring it back.
    answer = "1s: a man takes an onion\n3s: the pan gets hot"
    with ChatServer(Behaviour(answer=lambda body: answer)) as server:
        found = ask(server, clips, worker)
        (body,) = server.requests
    words, _ = content_of(body)
    assert "-----\n0s: Now take an onion.\n5s: Then the pan gets hot.\n10s: Goodbye.\n" in words
    assert [one.text for one in found] == ["a man takes an onion.", "the pan gets hot.", None]
    assert found[2].reason == Reason.NOTHING_TO_SAY
    assert {one.prompt_id for one in found[:2]} == {"asr-to-caption/1"}
    assert len({one.request_sha256 for one in found[:2]}) == 1
    assert [one.input_tokens for one in found] == [len(words) // 4, None, None]


def test_subtitles_bring_their_own_times_and_long_ones_several_requests(
    worker: RunWorker, tmp_path: Path
) -> None:
    (shot,) = clips_with(tmp_path, [["red"]])
    cues = tuple(
        cue_row(i, i * 2.0, i * 2.0 + 2, f"word {i} and six more of them") for i in range(9)
    )
    known = replace(shot, source=replace(shot.source, cues=cues))
    with ChatServer(Behaviour(answer=lambda body: "1s: it is said")) as server:
        ask(server, [known], worker, block_words=21, max_shift_s=5.0)
        asked = sorted(content_of(body)[0].split("-----")[1] for body in server.requests)
    # Three blocks of three cues; the last begins at 12 s, more than 5 s after the clip's end.
    assert [text.count("s: ") for text in asked] == [3, 3]
    assert asked[0].startswith("\n0s: word 0")


def test_a_block_that_fails_costs_the_clips_in_it(worker: RunWorker, tmp_path: Path) -> None:
    clips = spoken(clips_with(tmp_path, [["red"], ["green"]]), "One two.", "Three four.")
    with ChatServer(Behaviour(fault_for=lambda body: chat_server.REFUSED_IMAGE)) as server:
        found = ask(server, clips, worker)
    assert [one.reason for one in found] == [Reason.REQUEST_REFUSED] * 2


def test_without_a_transcript_nobody_is_asked(worker: RunWorker, tmp_path: Path) -> None:
    with ChatServer() as server:
        (found,) = ask(server, clips_with(tmp_path, [["red"]]), worker)
        assert server.requests == []
    assert (found.outcome, found.reason) == (Outcome.DROPPED, Reason.NO_SPEECH)
