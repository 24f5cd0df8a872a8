"""What a model is asked about a clip, before it is turned into bytes.

A strategy is a pure generator: it yields requests that may be answered at once, is sent the
texts of the answers in the same order, and returns the caption. So the same strategy runs behind
a server and in process, and a test sees the exact requests.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

from stages.caption.prompts import Prompt

LANGUAGE_NAMES = {
    "ar": "Arabic",
    "bn": "Bengali",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "hi": "Hindi",
    "ja": "Japanese",
    "ru": "Russian",
    "si": "Sinhala",
    "sv": "Swedish",
    "ta": "Tamil",
    "ur": "Urdu",
    "zh": "Chinese",
}


@dataclass(frozen=True)
class Frame:
    """A stored keyframe: seconds from the clip's start, and its JPEG."""

    time_s: float
    jpeg: bytes = field(repr=False, default=b"")


@dataclass(frozen=True)
class Picture:
    """Frames in one picture: a single one, or a grid with `columns`, filled row by row."""

    frames: tuple[Frame, ...]
    columns: int = 1

    @property
    def rows(self) -> int:
        return -(-len(self.frames) // self.columns)


Part = str | Picture


@dataclass(frozen=True)
class Request:
    """One message to a model: texts and pictures in order, and the labels of its prompts."""

    parts: tuple[Part, ...]
    prompts: tuple[str, ...]


Plan = Generator[tuple[Request, ...], tuple[str, ...], str]


@dataclass(frozen=True)
class TimedText:
    """What was said of a span of the clip, in seconds from its start."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class ClipFacts:
    """What a strategy may know of a clip besides its frames.

    `context` holds (what, text) pairs of other teachers; `sound` what is known of it in words;
    `parts` the captions of shorter clips inside this one, in the order of time.
    """

    duration_s: float
    context: tuple[tuple[str, str], ...] = ()
    sound: str = ""
    parts: tuple[TimedText, ...] = ()


@dataclass(frozen=True)
class Ask:
    """How to ask: the wordings, the style and language of the answer, the number of frames."""

    prompts: Mapping[str, Prompt]
    style: str
    language: str
    n_frames: int = 8
    n_grid_frames: int = 6

    def request(self, name: str, pictures: Sequence[Part] = (), **values: object) -> Request:
        """A request in the middle of a plan: the same whatever style is asked for."""
        prompt = self.prompts[name]
        text = prompt.filled(language=language_name(self.language), **values)
        return Request((*pictures, text), (prompt.label,))

    def final(
        self, name: str, facts: ClipFacts, pictures: Sequence[Part] = (), **values: object
    ) -> Request:
        """The request whose answer is the caption: the strategy's wording, what is known from
        elsewhere, and at the end the style."""
        named: list[tuple[str, dict[str, object]]] = [
            (name, {"duration_s": f"{facts.duration_s:.1f}"} | values)
        ]
        if facts.context:
            lines = "\n".join(f"{what}: {text}" for what, text in facts.context)
            named.append(("context", {"context": lines}))
        if self.style == "audible":
            named.append(("sound", {"sound": facts.sound or "nothing"}))
        named.append((f"style-{self.style}", {"language": language_name(self.language)}))
        texts = [self.prompts[key].filled(**filling) for key, filling in named]
        labels = tuple(self.prompts[key].label for key, _ in named)
        return Request((*pictures, "\n\n".join(texts)), labels)


def language_name(tag: str) -> str:
    """A language as a prompt calls it."""
    name = LANGUAGE_NAMES.get(tag.lower())
    return f"{name} ({tag})" if name else f"the language with the tag {tag}"


def clock(time_s: float) -> str:
    return f"{time_s:.1f} s"


def notes(said: Sequence[tuple[float, str]]) -> str:
    """Timed texts, one on each line."""
    return "\n".join(f"{clock(time_s)}: {text}" for time_s, text in said)


def captioned(frames: Sequence[Frame]) -> list[Part]:
    """Each frame as a picture of its own, after its time."""
    parts: list[Part] = []
    for frame in frames:
        parts += [f"{clock(frame.time_s)}:", Picture((frame,))]
    return parts


def grid(frames: Sequence[Frame]) -> Picture:
    """A grid as IG-VLM lays it out: round(sqrt(n)) columns; 6 frames are 3 rows of 2, 30 are 6
    rows of 5."""
    return Picture(tuple(frames), max(1, round(len(frames) ** 0.5)))


def spread(frames: Sequence[Frame], n: int) -> list[Frame]:
    """At most `n` frames, spread evenly: the middles of `n` equal stretches."""
    if len(frames) <= n:
        return list(frames)
    return [frames[(2 * i + 1) * len(frames) // (2 * n)] for i in range(n)]
