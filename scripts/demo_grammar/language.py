"""What a language file has to answer, and helpers that several languages share."""

from abc import ABC, abstractmethod
from typing import ClassVar

from scripts.demo_grammar.meanings import Action, Meaning, Sight
from stages.caption.visual_grammar import (
    CameraWork,
    Colour,
    Scene,
    Sharpness,
    SoundAndText,
)


class Language(ABC):
    """One language of the grammar; methods return whole sentences with native punctuation."""

    tag: ClassVar[str]

    def render(self, meaning: Meaning) -> str:
        """The sentence that says `meaning`."""
        match meaning:
            case Scene():
                return self.scene(meaning)
            case CameraWork():
                return self.camera(meaning)
            case Sharpness():
                return self.sharpness(meaning)
            case SoundAndText():
                return self.sound(meaning)
            case Action():
                return self.action(meaning)
            case Sight():
                return self.sight(meaning)

    @abstractmethod
    def scene(self, scene: Scene) -> str:
        """Length, light and palette."""

    @abstractmethod
    def camera(self, work: CameraWork) -> str:
        """Camera movement, or how much moves before a fixed camera."""

    @abstractmethod
    def sharpness(self, picture: Sharpness) -> str:
        """A picture that is not sharp."""

    @abstractmethod
    def sound(self, heard: SoundAndText) -> str:
        """What is heard, and whether text is shown."""

    @abstractmethod
    def action(self, action: Action) -> str:
        """Who does what where."""

    @abstractmethod
    def sight(self, sight: Sight) -> str:
        """Which coloured thing is where."""


def capital(text: str) -> str:
    """`text` with its first letter in upper case, the rest untouched."""
    return text[:1].upper() + text[1:]


def spaced(*parts: str) -> str:
    """The non-empty parts, one space between them."""
    return " ".join(part for part in parts if part)


def with_strength(
    scene: Scene, names: dict[Colour, str], one: str, both: str, conjunction: str, *, before: bool
) -> str:
    """Colour nouns joined by `conjunction`, the strength adjective where it belongs.

    `one` is the adjective for a single colour, `both` serves two colours at once; with `before`,
    the adjective precedes the first colour that bears it (and then serves both anyway).
    """
    words = [names[colour] for colour in scene.colours]
    strong = scene.strong
    if before:
        if True in strong:
            words[strong.index(True)] = f"{one} {words[strong.index(True)]}"
    elif len(words) == 2 and all(strong):
        words[1] = f"{words[1]} {both}"
    else:
        words = [f"{w} {one}" if loud else w for w, loud in zip(words, strong, strict=True)]
    return conjunction.join(words)
