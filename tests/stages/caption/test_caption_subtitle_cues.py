"""Subtitles: the right track, no rolling repeats, no cue lost between clips."""

from __future__ import annotations

from itertools import pairwise

import pytest
from caption_rows import cue_row
from hypothesis import given
from hypothesis import strategies as st

from stages.caption.subtitle_cues import (
    Cue,
    chosen_track,
    cues_between,
    may_be_written_in,
    track_cues,
    unrolled,
)


def spoken(cues: list[Cue]) -> list[str]:
    return [cue.text for cue in cues]


def read(*cues: tuple[float, float, str], keep_sounds: bool = False) -> list[str]:
    rows = [cue_row(number, *cue) for number, cue in enumerate(cues)]
    return spoken(track_cues(rows, "v.srt", keep_sounds, 0.3))


def test_the_track_in_the_sources_language_is_preferred() -> None:
    rows = [
        cue_row(0, 0, 1, "bonjour", "a.fr.srt", "fr"),
        cue_row(0, 0, 1, "olá", "b.pt-BR.srt", "pt-BR"),
        cue_row(0, 0, 1, "oi", "c.pt.srt", "pt"),
    ]
    assert chosen_track(rows, ["pt", "fr"]) == "c.pt.srt"
    assert chosen_track(rows, ["pt-BR", None]) == "b.pt-BR.srt"
    assert chosen_track(rows, ["pt-PT"]) == "b.pt-BR.srt"
    assert chosen_track(rows, [None, "fr"]) == "a.fr.srt"
    assert chosen_track(rows, ["de", None]) == "a.fr.srt"
    assert chosen_track(rows, ["FR"]) == chosen_track(rows[::-1], ["fr"]) == "a.fr.srt"
    assert chosen_track([], ["en"]) is None


def test_rolling_captions_are_said_once() -> None:
    assert read(
        (0.0, 2.0, "so today we are going"),
        (2.0, 2.01, "so today we are going"),
        (2.01, 4.0, "so today we are going\nto bake some bread"),
        (4.0, 4.01, "to bake some bread"),
        (4.01, 6.0, "to bake some bread\nand eat it"),
    ) == ["so today we are going", "to bake some bread", "and eat it"]


def test_rolling_words_without_line_breaks_are_found_too() -> None:
    assert read((0, 2, "we are going to bake"), (2, 4, "are going to bake some bread")) == [
        "we are going to bake",
        "some bread",
    ]


def test_rolling_captions_in_chinese() -> None:
    assert read((0, 2, "今天我们"), (2, 4, "今天我们\n做面包")) == ["今天我们", "做面包"]


def test_what_is_really_said_twice_stays() -> None:
    assert read((0, 1, "Go!"), (3, 4, "Go!")) == ["Go!", "Go!"]
    assert read((0, 1, "I see it"), (1, 2, "it is there")) == ["I see it", "it is there"]


def test_overlapping_cues_of_two_speakers_come_in_order_of_time() -> None:
    assert read((1, 4, "- Where is it?"), (0, 3, "- Look there!")) == [
        "Look there!",
        "Where is it?",
    ]


def test_sounds_speakers_and_empty_cues_go() -> None:
    cues = ((0, 1, "[music]"), (1, 2, "♪ la la ♪"), (2, 3, ">> <i>Hello</i> (laughs)"), (3, 4, " "))
    assert read(*cues) == ["Hello"]
    assert read(*cues, keep_sounds=True) == ["[music]", "♪ la la ♪", ">> Hello (laughs)"]


def test_right_to_left_text_loses_only_its_invisible_marks() -> None:
    assert read((0, 1, "\u202bمرحبا بالعالم\u202c")) == ["مرحبا بالعالم"]


def test_a_cue_that_ends_before_it_starts_belongs_where_it_starts() -> None:
    cue = track_cues([cue_row(0, 4.0, 1.0, "odd")], "v.srt", False, 0.3)
    assert spoken(cues_between(cue, 4, 8, 0.5)) == ["odd"]
    assert cues_between(cue, 0, 4, 0.5) == []


@given(
    st.lists(st.tuples(st.floats(0, 50), st.floats(0, 20)), max_size=15),
    st.lists(st.floats(0.5, 70), max_size=10, unique=True),
)
def test_no_cue_is_lost_between_clips_that_tile_the_timeline(
    spans: list[tuple[float, float]], cuts: list[float]
) -> None:
    cues = [Cue(start_s, start_s + length_s, ("x",)) for start_s, length_s in spans]
    edges = [0.0, *sorted(cuts), 80.0]
    found = {
        id(cue)
        for start_s, end_s in pairwise(edges)
        for cue in cues_between(cues, start_s, end_s, 0.5)
    }
    assert found == set(map(id, cues))


@given(st.lists(st.text("abc ", min_size=1, max_size=12).filter(str.strip), max_size=12))
def test_unrolling_only_ever_drops_words(texts: list[str]) -> None:
    cues = [Cue(i, i + 1, (text.strip(),)) for i, text in enumerate(texts)]
    kept = " ".join(spoken(unrolled(cues, 0.3))).split()
    said = iter(" ".join(texts).split())
    assert all(word in said for word in kept)


@pytest.mark.parametrize(
    ("text", "language", "fits"),
    [
        ("Now we mix the flour.", "en", True),
        ("Сейчас мы смешаем муку.", "en", False),
        ("Сейчас мы смешаем муку.", "ru", True),
        ("空は青い", "ja", True),
        ("我们用 Kubernetes 部署服务", "zh-Hans", True),
        ("我们现在混合面粉", "de", False),
        ("نخلط الطحين", "ar", True),
        ("نخلط الطحين", "he", False),
        ("12:30 – 45", "ar", True),
        ("anything", "und", True),
        ("anything", "no tag at all", True),
    ],
)
def test_a_declared_language_has_to_be_written_in_its_script(
    text: str, language: str, fits: bool
) -> None:
    assert may_be_written_in(text, language) == fits
