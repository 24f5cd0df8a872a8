"""What the visual teacher may say: a closed set of pleasant, deterministic sentences."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    all_sentences,
    describe,
)

FACTS = st.builds(
    VisualFacts,
    camera=st.sampled_from(Camera),
    motion=st.sampled_from(Motion),
    light=st.sampled_from(Light),
    saturation=st.sampled_from(Saturation),
    colours=st.lists(st.sampled_from(Colour), max_size=4).map(tuple),
    focus=st.sampled_from(Focus),
    length=st.sampled_from(Length),
    on_screen_text=st.sampled_from([None, False, True]),
    sound=st.sampled_from(Sound),
)
KNOWN = frozenset(all_sentences())


@given(FACTS)
def test_says_two_to_four_sentences_of_the_closed_set(facts: VisualFacts) -> None:
    said = describe(facts)
    assert 2 <= len(said) <= 4
    assert KNOWN.issuperset(said)
    assert describe(facts) == said


@given(FACTS)
def test_no_sentence_is_said_twice(facts: VisualFacts) -> None:
    said = describe(facts)
    assert len(set(said)) == len(said)


def test_each_sentence_has_one_meaning() -> None:
    assert len(KNOWN) == len(all_sentences())


def test_sentences_are_well_formed() -> None:
    for sentence in KNOWN:
        assert re.fullmatch(r"[A-Z][a-z]*(,? [a-z]+)*\.", sentence), sentence
        assert len(sentence.split()) <= 16, sentence
        assert not re.search(r"\ba [aeiou]", sentence.lower()), sentence


def test_every_fact_is_told_where_it_is_remarkable() -> None:
    facts = VisualFacts(
        camera=Camera.PAN_LEFT,
        motion=Motion.LITTLE,
        light=Light.BRIGHT,
        saturation=Saturation.COLOURFUL,
        colours=(Colour.BLUE, Colour.WHITE),
        focus=Focus.SOFT,
        length=Length.SHORT,
        on_screen_text=True,
        sound=Sound.SPEECH,
    )
    assert describe(facts) == [
        "A short, bright scene in vivid blue and white.",
        "The camera pans slowly to the left.",
        "The picture is slightly out of focus.",
        "Someone is speaking and there is text on the screen.",
    ]


def test_an_unremarkable_shot_still_has_words() -> None:
    assert describe(VisualFacts()) == [
        "A scene in normal light.",
        "The camera is fixed and there is some movement.",
    ]


@given(FACTS)
def test_what_was_not_found_is_not_told(facts: VisualFacts) -> None:
    text = " ".join(describe(facts))
    assert ("text on the screen" in text) == (facts.on_screen_text is True)
    assert ("speaking" in text) == (facts.sound is Sound.SPEECH)
    assert ("no sound" in text) == (facts.sound in (Sound.NONE, Sound.SILENCE))


@pytest.mark.parametrize(
    ("motion", "sentence"),
    [
        (Motion.STILL, "Nothing moves."),
        (Motion.LITTLE, "There is little movement."),
        (Motion.MODERATE, "There is some movement."),
        (Motion.STRONG, "There is a lot of movement."),
    ],
)
def test_of_an_unknown_camera_nothing_is_said_but_motion_is(motion: Motion, sentence: str) -> None:
    assert describe(VisualFacts(camera=Camera.UNKNOWN, motion=motion))[1] == sentence


@given(FACTS)
def test_the_camera_is_named_where_it_is_known(facts: VisualFacts) -> None:
    assert ("camera" in " ".join(describe(facts))) == (facts.camera is not Camera.UNKNOWN)


def test_sound_that_nobody_listened_to_is_only_sound() -> None:
    facts = VisualFacts(sound=Sound.HEARD, on_screen_text=True)
    assert describe(facts)[-1] == "Sound can be heard and there is text on the screen."


@pytest.mark.parametrize("colours", [(), (Colour.RED,), (Colour.BLACK, Colour.GREEN)])
def test_black_and_white_footage_has_no_colours(colours: tuple[Colour, ...]) -> None:
    facts = VisualFacts(saturation=Saturation.BLACK_AND_WHITE, colours=colours)
    assert describe(facts)[0] == "A scene in black and white."


def test_coloured_footage_never_claims_to_be_black_and_white() -> None:
    loud = [s for s in Saturation if s is not Saturation.BLACK_AND_WHITE]
    for saturation, pair in product(loud, product(Colour, Colour)):
        sentence = describe(VisualFacts(saturation=saturation, colours=pair))[0]
        assert "in black and white" not in sentence


def test_grey_is_neither_vivid_nor_muted() -> None:
    for sentence in KNOWN:
        assert not re.search(r"(vivid|muted) (grey|black|white)", sentence)


def test_a_repeated_colour_is_named_once() -> None:
    facts = VisualFacts(colours=(Colour.RED, Colour.RED, Colour.BLUE))
    assert describe(facts)[0] == "A scene in red and blue."
