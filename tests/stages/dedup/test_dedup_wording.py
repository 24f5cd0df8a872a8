"""Cards, slides and windows that differ in their text are told apart; their copies are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from stages.dedup.alignment import Alignment
from stages.dedup.compare import compare
from stages.dedup.config import DedupConfig
from stages.dedup.footage import Footage
from stages.dedup.rects import WHOLE
from stages.dedup.wording import stand_apart
from stages.split.detail import COLUMNS, ROWS, Detail
from stages.split.figure_border import find_border, profile_of
from stages.split.signature import Signature, sign, unpack

Luma = NDArray[np.uint8]
Edit = Callable[[Luma], Luma]

_LIMITS = DedupConfig().thresholds
_HEIGHT, _WIDTH = 360, 640
_FPS = 6
_WORDS = (
    "quick", "brown", "jumps", "over", "lazy", "while", "seven", "wizards", "brew", "potent",
    "magic", "quilts", "boxing", "judges", "daily", "summer", "light", "market", "growth", "team",
)  # fmt: skip


def card(seed: int, n_lines: int, scale: float = 1.1) -> Luma:
    """A card with a bar, a logo and some lines of words."""
    rng = np.random.default_rng(seed)
    lines = [" ".join(rng.choice(_WORDS, 3)) for _ in range(3)]
    picture = np.full((_HEIGHT, _WIDTH), 60, np.uint8)
    picture[:40] = 110
    cv2.circle(picture, (590, 20), 14, 230, -1)
    for row, line in enumerate(lines[:n_lines]):
        cv2.putText(picture, line, (60, 120 + 70 * row), 0, scale, 235, 2, cv2.LINE_AA)
    return picture


def faded(seed: int) -> list[Luma]:
    """The words appear over an empty card within a second."""
    whole, empty = (card(seed, n).astype(np.float32) for n in (3, 0))
    shares = np.clip((np.arange(30) - 9) / _FPS, 0, 1)
    return [np.asarray(whole * a + empty * (1 - a), np.uint8) for a in shares]


def popped(seed: int) -> list[Luma]:
    return [card(seed, 3 if k >= 12 else 0) for k in range(30)]


def built(seed: int) -> list[Luma]:
    """One line after the other."""
    return [card(seed, min(3, 1 + k // 10)) for k in range(32)]


def from_black(seed: int) -> list[Luma]:
    """A whole card fades in from black, and back."""
    whole = card(seed, 3).astype(np.float32)
    shares = np.clip(np.minimum(np.arange(36) / 9, np.arange(36)[::-1] / 9), 0, 1)
    return [np.asarray(16 + (whole - 16) * a, np.uint8) for a in shares]


MOVIES = {"faded": faded, "popped": popped, "built": built}


def cropped(picture: Luma) -> Luma:
    inner = picture[15:339, 26:602]
    return np.asarray(cv2.resize(inner, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA))


def with_logo(picture: Luma) -> Luma:
    covered = picture.copy()
    covered[20:70, 480:600] = 255
    return covered


EDITS: dict[str, Edit] = {
    "cropped": cropped,
    "small": lambda picture: np.asarray(cv2.resize(picture, (320, 180))),
    "mirrored": lambda picture: np.asarray(picture[:, ::-1]),
    "darker": lambda picture: np.asarray(picture * 0.7, np.uint8),
    "logo": with_logo,
    "letterboxed": lambda picture: np.pad(
        np.asarray(cv2.resize(picture, (_WIDTH, 270))), ((45, 45), (0, 0))
    ),
}


def footage(frames: list[Luma], noise_seed: int = 0) -> Footage:
    """Of frames with an encoder's noise, seen as small as the split stage sees them."""
    rng = np.random.default_rng(noise_seed)
    small = [cv2.resize(frame, (160, 90), interpolation=cv2.INTER_AREA) for frame in frames]
    noisy = [
        np.asarray(np.clip(frame + rng.normal(size=frame.shape), 0, 255), np.uint8) * (frame > 0)
        for frame in small
    ]
    times_s = [k / _FPS for k in range(len(noisy))]
    border = find_border([profile_of(frame) for frame in noisy])
    data = sign(noisy, times_s, len(noisy) / _FPS, len(noisy), border)
    assert data is not None
    return Footage(unpack(data))


@cache
def shown(movie: str, seed: int) -> Footage:
    return footage(MOVIES[movie](seed), seed)


def are_same(a: Footage, b: Footage) -> bool:
    found = compare(a, b, _LIMITS)
    return found is not None and found.is_same


@pytest.mark.parametrize("movie", sorted(MOVIES))
def test_cards_with_other_words_at_the_same_moments_are_not_the_same(movie: str) -> None:
    for seed in (1, 2, 3):
        assert not are_same(shown(movie, seed), shown(movie, seed + 10))


def test_their_films_alone_would_say_that_they_are() -> None:
    """The reason why signatures have details."""

    def without(of: Footage) -> Footage:
        signature = of.signature
        return Footage(
            Signature(signature.film, signature.duration_s, signature.border, signature.overlaid)
        )

    assert are_same(without(shown("faded", 1)), without(shown("faded", 11)))


@pytest.mark.parametrize("edit", sorted(EDITS))
@pytest.mark.parametrize("movie", sorted(MOVIES))
def test_edited_copies_of_a_card_are_the_same(movie: str, edit: str) -> None:
    frames = [EDITS[edit](frame) for frame in MOVIES[movie](1)]
    assert are_same(shown(movie, 1), footage(frames, 7))


def test_a_part_of_a_card_in_which_words_appear_is_found_in_it_and_in_no_other() -> None:
    part = footage(built(1)[6:], 5)
    found = compare(shown("built", 1), part, _LIMITS)
    assert found is not None
    assert found.is_same
    assert found.alignment.offset_s == pytest.approx(1.0, abs=0.1)
    assert not are_same(shown("built", 2), part)


def test_cards_with_one_line_in_common_are_not_the_same() -> None:
    def titled(seed: int) -> list[Luma]:
        frames = faded(seed)
        shares = np.clip((np.arange(30) - 9) / _FPS, 0, 1)
        for frame, share in zip(frames, shares, strict=True):
            light = int(60 + 175 * share)
            frame[200:] = 60
            cv2.putText(frame, "of the whole story", (60, 260), 0, 1.1, light, 2, cv2.LINE_AA)
        return frames

    assert are_same(footage(titled(1), 1), footage(titled(1), 2))
    assert not are_same(footage(titled(1), 1), footage(titled(11), 2))


def test_still_cards_that_fade_from_black_alike_are_not_the_same() -> None:
    """Nothing but brightness changes, and that is the same for any two of them."""
    for seed in (1, 2, 3):
        assert not are_same(footage(from_black(seed), 1), footage(from_black(seed + 10), 2))


STOPS_S = [(0.0, 0.5), (1.4, 2.0), (2.0, 2.7), (3.7, 4.2)]
AS_IT_IS = Alignment(WHOLE, WHOLE, False, 1.0, 0.0)


def standing(*spans_s: tuple[float, float]) -> Detail:
    shape = len(spans_s), ROWS, COLUMNS
    return Detail(np.array(spans_s), np.zeros(shape, np.float32), np.ones(shape, bool))


@pytest.mark.parametrize(
    ("other_s", "apart"),
    [
        (STOPS_S, False),
        ([(start + 0.1, end + 0.1) for start, end in STOPS_S], False),
        ([(0.0, 0.5), (2.5, 3.2), (3.2, 3.6), (4.4, 4.9)], True),
        (STOPS_S[2:], False),  # too few to tell
    ],
)
def test_texts_that_are_typed_stop_at_moments_of_their_own(
    other_s: list[tuple[float, float]], apart: bool
) -> None:
    assert stand_apart(standing(*STOPS_S), standing(*other_s), AS_IT_IS) is apart
    assert stand_apart(standing(*other_s), standing(*STOPS_S), AS_IT_IS) is apart


def test_a_copy_at_another_speed_stops_at_the_same_moments() -> None:
    faster = standing(*((start / 1.05, end / 1.05) for start, end in STOPS_S))
    assert not stand_apart(standing(*STOPS_S), faster, replace(AS_IT_IS, speed=1.05))
