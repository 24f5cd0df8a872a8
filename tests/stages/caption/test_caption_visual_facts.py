"""Measurements become the words that fit them, and a shot never measured is not described."""

from __future__ import annotations

from typing import Any

import pytest
from caption_rows import shot_row, source_row, split_row
from hypothesis import given
from hypothesis import strategies as st

from stages.caption.config import VisualConfig
from stages.caption.teacher import Source
from stages.caption.teachers.visual import is_audio_known
from stages.caption.visual_facts import sentences, visual_facts
from stages.caption.visual_grammar import (
    Camera,
    Colour,
    Focus,
    Length,
    Light,
    Motion,
    Saturation,
    Sound,
    VisualFacts,
    describe,
)

CONFIG = VisualConfig()


def facts(
    text: bool | None = None, speech: bool | None = None, end_s: float = 5.0, **measures: Any
) -> VisualFacts:
    return visual_facts(shot_row("s1", 0, 0.0, end_s, **measures), CONFIG, text, speech)


@pytest.mark.parametrize(
    ("measures", "camera"),
    [
        ({}, Camera.STATIC),
        ({"pan_x": 0.3}, Camera.PAN_RIGHT),
        ({"pan_x": -0.3}, Camera.PAN_LEFT),
        ({"pan_y": 0.3}, Camera.TILT_DOWN),
        ({"pan_y": -0.3}, Camera.TILT_UP),
        ({"zoom": 0.3}, Camera.ZOOM_IN),
        ({"zoom": -0.3}, Camera.ZOOM_OUT),
        ({"shake": 0.1}, Camera.SHAKE),
        ({"shake": 0.1, "pan_x": 0.3}, Camera.PAN_RIGHT),
        ({"pan_x": 0.1, "zoom": 0.5}, Camera.ZOOM_IN),
        ({"pan_x": None, "pan_y": None, "zoom": None, "shake": None}, Camera.UNKNOWN),
        ({"pan_x": 0.3, "shake": None}, Camera.UNKNOWN),
    ],
)
def test_the_strongest_camera_movement_is_named(measures: dict[str, Any], camera: Camera) -> None:
    assert facts(**measures).camera is camera


def test_figures_fall_into_rising_classes() -> None:
    assert [facts(motion=m).motion for m in (0, 2, 8, 40)] == list(Motion)
    assert [facts(brightness=b).light for b in (10, 60, 120, 220)] == list(Light)
    assert [facts(saturation=s).saturation for s in (3, 30, 90, 160)] == list(Saturation)
    assert [facts(sharpness=s).focus for s in (500, 25, 5)] == list(Focus)
    assert [facts(end_s=d).length for d in (1, 5, 30)] == list(Length)


@pytest.mark.parametrize(
    ("rms_db", "speech", "sound"),
    [
        (None, None, Sound.NONE),
        (-90.0, False, Sound.SILENCE),
        (-20.0, False, Sound.OTHER),
        (-20.0, None, Sound.HEARD),
        (-70.0, True, Sound.SPEECH),
    ],
)
def test_what_is_heard(rms_db: float | None, speech: bool | None, sound: Sound) -> None:
    assert facts(audio_rms_db=rms_db, speech=speech).sound is sound


def test_sound_that_the_split_stage_did_not_read_is_not_called_silence() -> None:
    shot = shot_row("s1", 0, 0.0, 5.0, audio_rms_db=None)
    assert visual_facts(shot, CONFIG, None, None, is_audio_known=False).sound is Sound.UNKNOWN
    ref = {"pack": "packs/audio.tar", "offset": 512, "size_bytes": 9}
    without_stream, with_stream = source_row(), source_row(audio_stream=1)
    assert is_audio_known(Source(without_stream, split=split_row("s1")))
    assert is_audio_known(Source(with_stream, split=split_row("s1", ref)))
    assert not is_audio_known(Source(with_stream, split=split_row("s1")))
    assert not is_audio_known(Source(with_stream))


def test_every_colour_of_the_split_stage_has_a_word() -> None:
    figure_colours = pytest.importorskip("stages.split.figure_colours")
    names = list(figure_colours.NAMES)
    assert facts(colours=names).colours == tuple(map(Colour, names))


def test_a_colour_without_a_word_is_an_error_and_not_a_silent_gap() -> None:
    with pytest.raises(ValueError, match="mauve"):
        facts(colours=["mauve"])


NOTHING = dict.fromkeys(
    (
        "motion",
        "pan_x",
        "pan_y",
        "zoom",
        "shake",
        "sharpness",
        "brightness",
        "saturation",
        "colours",
        "audio_rms_db",
    )
)


def told(**measures: Any) -> list[str]:
    shot = shot_row("s1", 0, 0.0, 5.0, **measures)
    return sentences(shot, visual_facts(shot, CONFIG, None, False))


def test_what_was_not_measured_is_not_told() -> None:
    scene, camera, sound = told()
    unknown_camera = told(pan_x=None, pan_y=None, zoom=None, shake=None)
    assert unknown_camera == [scene, "There is some movement.", sound]
    assert told(motion=None) == [scene, sound]
    assert told(brightness=None, saturation=None, colours=None) == [camera, sound]
    assert told(**NOTHING) == []


figures = st.none() | st.floats(-1000, 1000, allow_nan=False)


@given(
    st.fixed_dictionaries(
        {name: figures for name in NOTHING if name != "colours"}
        | {"colours": st.none() | st.lists(st.sampled_from([str(c) for c in Colour]), max_size=3)}
    ),
    st.none() | st.booleans(),
    st.none() | st.booleans(),
)
def test_any_figures_are_told_in_sentences_of_the_grammar(
    measures: dict[str, Any], text: bool | None, speech: bool | None
) -> None:
    shot = shot_row("s1", 0, 0.0, 5.0, **measures)
    facts = visual_facts(shot, CONFIG, text, speech)
    said = sentences(shot, facts)
    spoken_of = [sentence for sentence in describe(facts) if sentence in said]
    assert said == spoken_of
    assert len(said) <= 4
