"""The words of the `visual` teacher: measured categories in, a few plain English sentences out.

The grammar is small and closed on purpose. Every sentence that `describe` can utter is known
beforehand (`all_sentences`), so the packaged demo translator is trained and checked on them; only
those about faces, which take a model of one's own, it does not know. Facts
are reduced to *meanings* first (`scene_of`, `camera_of`, ...): a meaning holds only what is worth
saying, and the demo grammar's translations are written per meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations, product


class Camera(StrEnum):
    """How the camera moves over the shot. `unknown`: that was not measured, so nothing is said."""

    STATIC = "static"
    PAN_LEFT = "pan_left"
    PAN_RIGHT = "pan_right"
    TILT_UP = "tilt_up"
    TILT_DOWN = "tilt_down"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    SHAKE = "shake"
    UNKNOWN = "unknown"


class Motion(StrEnum):
    """How much changes between frames."""

    STILL = "still"
    LITTLE = "little"
    MODERATE = "moderate"
    STRONG = "strong"


class Light(StrEnum):
    """Mean brightness of the shot."""

    DARK = "dark"
    DIM = "dim"
    NORMAL = "normal"
    BRIGHT = "bright"


class Saturation(StrEnum):
    """How strong the colours are."""

    BLACK_AND_WHITE = "black_and_white"
    MUTED = "muted"
    NORMAL = "normal"
    COLOURFUL = "colourful"


class Colour(StrEnum):
    """Names of dominant colours. `cyan` stands for everything between green and blue."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    CYAN = "cyan"
    BLUE = "blue"
    PURPLE = "purple"
    PINK = "pink"
    BROWN = "brown"
    GRAY = "gray"
    BLACK = "black"
    WHITE = "white"


class Focus(StrEnum):
    """Sharpness of the picture."""

    SHARP = "sharp"
    SOFT = "soft"
    BLURRED = "blurred"


class Length(StrEnum):
    """Duration class of the shot."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


class Sound(StrEnum):
    """What is heard.

    `none`: there is no audio; `other`: music, noise, anything but speech; `heard`: not silent, but
    nobody listened to what it is; `unknown`: the audio was not measured.
    """

    NONE = "none"
    SILENCE = "silence"
    SPEECH = "speech"
    OTHER = "other"
    HEARD = "heard"
    UNKNOWN = "unknown"


class Faces(StrEnum):
    """How many faces are seen at once. It is also the meaning of a sentence."""

    ONE = "one"
    TWO = "two"
    SEVERAL = "several"


ACHROMATIC = frozenset({Colour.GRAY, Colour.BLACK, Colour.WHITE})
"""Colours that can be neither vivid nor muted."""

MAX_COLOURS = 2
"""A sentence names at most this many colours; more are ignored."""


@dataclass(frozen=True)
class VisualFacts:
    """What was measured on one shot. `colours` holds the dominant ones, strongest first; `faces` is
    null where none was seen, or nobody looked."""

    camera: Camera = Camera.STATIC
    motion: Motion = Motion.MODERATE
    light: Light = Light.NORMAL
    saturation: Saturation = Saturation.NORMAL
    colours: tuple[Colour, ...] = ()
    focus: Focus = Focus.SHARP
    length: Length = Length.MEDIUM
    on_screen_text: bool | None = None
    sound: Sound = Sound.UNKNOWN
    faces: Faces | None = None


@dataclass(frozen=True)
class Scene:
    """The opening sentence: length, light and palette. Build it with `scene_of`."""

    length: Length
    light: Light
    saturation: Saturation
    colours: tuple[Colour, ...]

    @property
    def is_plain(self) -> bool:
        """Nothing is remarkable: the sentence has to say so, or it would be two words long."""
        return self == Scene(Length.MEDIUM, Light.NORMAL, Saturation.NORMAL, ())

    @property
    def is_achromatic(self) -> bool:
        """Only black, white and grey are named, in footage that is not black and white."""
        return bool(self.colours) and ACHROMATIC.issuperset(self.colours)

    @property
    def strong(self) -> tuple[bool, ...]:
        """Per colour: does "vivid" or "muted" apply to it?"""
        loud = self.saturation in (Saturation.MUTED, Saturation.COLOURFUL)
        return tuple(loud and colour not in ACHROMATIC for colour in self.colours)


@dataclass(frozen=True)
class CameraWork:
    """The second sentence: the camera, or only how much moves. Build it with `camera_of`."""

    camera: Camera
    motion: Motion


@dataclass(frozen=True)
class Sharpness:
    """Said only of pictures that are not sharp."""

    focus: Focus


@dataclass(frozen=True)
class SoundAndText:
    """Said only when something is known to be heard, unheard or written."""

    sound: Sound
    text: bool


VisualMeaning = Scene | CameraWork | Sharpness | SoundAndText


def scene_of(facts: VisualFacts) -> Scene:
    """No colour names in black and white, no vividness without a chromatic colour."""
    colours = tuple(dict.fromkeys(facts.colours))[:MAX_COLOURS]
    saturation = facts.saturation
    if saturation is Saturation.BLACK_AND_WHITE:
        colours = ()
    elif colours and ACHROMATIC.issuperset(colours):
        saturation = Saturation.NORMAL
    return Scene(facts.length, facts.light, saturation, colours)


def camera_of(facts: VisualFacts) -> CameraWork:
    """A moving camera cannot leave the picture still: the slowest word covers that case."""
    motion = facts.motion
    moves = facts.camera not in (Camera.STATIC, Camera.UNKNOWN)
    if moves and motion is Motion.STILL:
        motion = Motion.LITTLE
    return CameraWork(facts.camera, motion)


def sound_of(facts: VisualFacts) -> SoundAndText:
    """A missing audio track and a silent one are told alike; text not looked for is not told."""
    sound = Sound.SILENCE if facts.sound is Sound.NONE else facts.sound
    return SoundAndText(sound, facts.on_screen_text is True)


def meanings(facts: VisualFacts) -> list[VisualMeaning | Faces]:
    """What is worth saying about `facts`, in the order in which it is said: two to five items."""
    said: list[VisualMeaning | Faces] = [scene_of(facts), camera_of(facts)]
    if facts.focus is not Focus.SHARP:
        said.append(Sharpness(facts.focus))
    if facts.faces is not None:
        said.append(facts.faces)
    heard = sound_of(facts)
    if heard.text or heard.sound is not Sound.UNKNOWN:
        said.append(heard)
    return said


def describe(facts: VisualFacts) -> list[str]:
    """Two to five short English sentences, the same for equal facts."""
    return [english(meaning) for meaning in meanings(facts)]


COLOUR_NAMES = {colour: str(colour) for colour in Colour} | {
    Colour.CYAN: "turquoise",
    Colour.GRAY: "grey",
}
_LENGTH = {Length.SHORT: "short", Length.LONG: "long"}
_LIGHT = {Light.DARK: "dark", Light.DIM: "dim", Light.BRIGHT: "bright"}
_STRENGTH = {Saturation.MUTED: "muted", Saturation.COLOURFUL: "vivid"}
_MOVES = {
    Camera.PAN_LEFT: "pans{speed} to the left",
    Camera.PAN_RIGHT: "pans{speed} to the right",
    Camera.TILT_UP: "tilts up{speed}",
    Camera.TILT_DOWN: "tilts down{speed}",
    Camera.ZOOM_IN: "zooms in{speed}",
    Camera.ZOOM_OUT: "zooms out{speed}",
}
_SPEED = {Motion.LITTLE: " slowly", Motion.MODERATE: "", Motion.STRONG: " quickly"}
_SHAKE = {Motion.LITTLE: " slightly", Motion.MODERATE: "", Motion.STRONG: " strongly"}
_STATIC = {
    Motion.STILL: "nothing moves",
    Motion.LITTLE: "there is little movement",
    Motion.MODERATE: "there is some movement",
    Motion.STRONG: "there is a lot of movement",
}
_FOCUS = {
    Focus.SOFT: "The picture is slightly out of focus.",
    Focus.BLURRED: "The picture is blurred.",
}
_FACES = {
    Faces.ONE: "One face is in view.",
    Faces.TWO: "Two faces are in view.",
    Faces.SEVERAL: "Several faces are in view.",
}
_SOUND = {
    Sound.SILENCE: "There is no sound",
    Sound.SPEECH: "Someone is speaking",
    Sound.OTHER: "Music or noise can be heard",
    Sound.HEARD: "Sound can be heard",
}
_TEXT = "there is text on the screen"


def english(meaning: VisualMeaning | Faces) -> str:
    """The English sentence of one meaning: the only place where it is spelled."""
    match meaning:
        case Scene():
            return _english_scene(meaning)
        case CameraWork():
            return _english_camera(meaning)
        case Sharpness(focus):
            return _FOCUS[focus]
        case Faces():
            return _FACES[meaning]
        case SoundAndText(sound, text):
            if sound is Sound.UNKNOWN:
                return f"{_capital(_TEXT)}."
            if not text:
                return f"{_SOUND[sound]}."
            joint = ", but" if sound is Sound.SILENCE else " and"
            return f"{_SOUND[sound]}{joint} {_TEXT}."


def _english_scene(scene: Scene) -> str:
    words = [_LENGTH.get(scene.length, ""), _LIGHT.get(scene.light, "")]
    head = " ".join(["A", ", ".join(word for word in words if word), "scene"]).replace("  ", " ")
    return f"{head}{_english_palette(scene)}."


def _english_palette(scene: Scene) -> str:
    if scene.is_plain:
        return " in normal light"
    if scene.saturation is Saturation.BLACK_AND_WHITE:
        return " in black and white"
    strength = _STRENGTH.get(scene.saturation, "")
    if not scene.colours:
        return f" in {strength} colours" if strength else ""
    names = [COLOUR_NAMES[colour] for colour in scene.colours]
    if scene.is_achromatic:
        return f" with a lot of {' and '.join(names)}"
    # One adjective serves both colours; it stands before the first one that can bear it.
    if True in scene.strong:
        first = scene.strong.index(True)
        names[first] = f"{strength} {names[first]}"
    return f" in {' and '.join(names)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _english_camera(work: CameraWork) -> str:
    if work.camera is Camera.UNKNOWN:
        return f"{_capital(_STATIC[work.motion])}."
    if work.camera is Camera.STATIC:
        return f"The camera is fixed and {_STATIC[work.motion]}."
    if work.camera is Camera.SHAKE:
        return f"The camera shakes{_SHAKE[work.motion]}."
    return f"The camera {_MOVES[work.camera].format(speed=_SPEED[work.motion])}."


def all_palettes() -> Iterator[tuple[Colour, ...]]:
    """Every choice of dominant colours that a sentence can name, in order of strength."""
    for count in range(MAX_COLOURS + 1):
        yield from permutations(Colour, count)


def all_meanings() -> Iterator[VisualMeaning]:
    """Every meaning that some facts without faces have, each once."""
    seen: set[VisualMeaning] = set()

    def fresh(meaning: VisualMeaning) -> Iterator[VisualMeaning]:
        if meaning not in seen:
            seen.add(meaning)
            yield meaning

    for length, light, saturation in product(Length, Light, Saturation):
        for colours in all_palettes():
            facts = VisualFacts(length=length, light=light, saturation=saturation, colours=colours)
            yield from fresh(scene_of(facts))
    for camera, motion in product(Camera, Motion):
        yield from fresh(camera_of(VisualFacts(camera=camera, motion=motion)))
    for focus, sound, text in product(Focus, Sound, (False, True)):
        facts = VisualFacts(focus=focus, sound=sound, on_screen_text=text)
        for meaning in meanings(facts)[2:]:
            if not isinstance(meaning, Faces):
                yield from fresh(meaning)


def all_sentences() -> list[str]:
    """Every sentence that `describe` can utter of facts without faces."""
    return [english(meaning) for meaning in all_meanings()]
