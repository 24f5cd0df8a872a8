"""Whole made videos: shots with camera moves and disturbances, joined by known transitions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from scripts.shot_training import light, overlays, transitions
from scripts.shot_training.camera import camera_path, pick, shoot
from scripts.shot_training.drawn import PLAIN
from scripts.shot_training.footage import Clip, Picture

MAX_ALIKE = 0.6
"""Two ends correlated more than this are not a boundary that anyone could be held to."""

MIN_CHANGE = 8.0
"""Nor are ends that differ by less than this, as black cards do that hold a word each."""


@dataclass
class Film:
    """Frames and what is true of each: `cut` where it is the first of a new shot, `mixed` where
    it lies in a gradual transition, `unsure` where neither is worth arguing about."""

    frames: list[Picture]
    fps: float
    cut: NDArray[np.bool_]
    mixed: NDArray[np.bool_]
    unsure: NDArray[np.bool_]


@dataclass(frozen=True)
class Setting:
    """What a film is made of. `is_unusual`: cards pop up over the middle too, and the camera
    may go to something else altogether."""

    clips: list[Clip]
    size: tuple[int, int]
    fps: float
    is_unusual: bool


def make_film(
    rng: Generator,
    clips: list[Clip],
    size: tuple[int, int],
    n_frames: int,
    is_single: bool,
    is_unusual: bool,
) -> Film:
    """A film of about `n_frames`. `is_single`: one shot in which much happens. `is_unusual` is
    that of `Setting`."""
    fps = float(
        pick_number(rng, {30: 0.4, 25: 0.16, 24: 0.16, 20: 0.08, 15: 0.1, 12: 0.05, 10: 0.05})
    )
    setting = Setting(clips, size, fps, is_unusual)
    if is_single:
        frames = make_shot(rng, setting, n_frames, busy=0.75)
        nothing = np.zeros((3, len(frames)), bool)
        film = Film(frames, fps, *nothing)
    else:
        film = _joined(rng, setting, n_frames)
    _finish(rng, film, setting)
    return film


def pick_number(rng: Generator, weights: dict[int, float]) -> int:
    return int(pick(rng, {str(number): weight for number, weight in weights.items()}))


def make_shot(
    rng: Generator, setting: Setting, n: int, busy: float, clip: Clip | None = None
) -> list[Picture]:
    """One shot of n frames; `busy` is how likely something happens in it."""
    clips, size, fps = setting.clips, setting.size, setting.fps
    clip = clip or clips[int(rng.integers(len(clips)))]
    sources = _read(rng, clip, n, fps)
    kind = None if rng.random() < busy else "still"
    path = camera_path(rng, n, fps, kind, setting.is_unusual)
    frames = shoot(sources, path, size, rng.random() < 0.5, blurs=rng.random() < 0.6)
    if rng.random() < 0.5:
        frames = light.graded(rng, frames)
    if rng.random() < 0.35 * busy:
        frames = overlays.disturbed(rng, frames, fps, clips)
    if rng.random() < 0.45 * busy:
        frames = light.lit(rng, frames, fps)
    return frames


def _read(rng: Generator, clip: Clip, n: int, fps: float) -> list[Picture]:
    """n source pictures at the film's pace, or slower or faster; a shot that is longer than its
    clip freezes at the end or goes back."""
    rate = clip.fps / fps
    pace = rng.random()
    if pace < 0.1 and clip.fps * 4 < len(clip.pictures):  # time lapse
        rate *= rng.choice([3.0, 4.0, 6.0])
    elif pace < 0.3:
        rate *= rng.choice([0.5, 0.75, 1.5, 2.0])
    have = len(clip.pictures)
    room = max(1, have - int(n * rate))
    index = (int(rng.integers(room)) + np.arange(n) * rate).astype(int)
    if rng.random() < 0.2:
        index = index[-1] - index + int(rng.integers(3))
    if rng.random() < 0.3:
        index = np.minimum(index, have - 1)
    else:
        index = have - 1 - np.abs(have - 1 - index % (2 * have - 2 or 1))
    index = np.clip(index, 0, have - 1)
    if rng.random() < 0.1:  # frames blended, as some rate converters do
        behind = np.maximum(0, index - int(rng.integers(1, 4)))
        pairs = zip(index, behind, strict=True)
        return [transitions.blend(clip.pictures[b], clip.pictures[a], 0.5) for a, b in pairs]
    return [clip.pictures[at] for at in index]


def _joined(rng: Generator, setting: Setting, n_frames: int) -> Film:
    clips, fps = setting.clips, setting.fps
    frames: list[Picture] = []
    cuts: list[int] = []
    spans: list[tuple[int, int]] = []
    unsure: list[tuple[int, int]] = []
    busy = float(rng.choice([0.0, 0.15, 0.4]))
    kinds = {"cut": 0.5, "gradual": 0.5} if rng.random() < 0.5 else {"cut": 0.15, "gradual": 0.85}
    clip = clips[int(rng.integers(len(clips)))]
    before = clip
    pending: list[Picture] = []
    same_at: list[int] = []
    while len(frames) < n_frames:
        joint = pick(rng, kinds)
        own_s = np.exp(rng.uniform(np.log(0.3 if joint == "cut" else 0.5), np.log(5)))
        mix = _mix_length(rng, fps) if joint == "gradual" else 0
        length = max(3, int(own_s * fps)) + mix
        shot = make_shot(rng, setting, length + len(pending), busy, clip)
        if pending:
            head, shot = shot[: len(pending)], shot[len(pending) :]
            start = len(frames)
            frames += transitions.mixed(rng, pending, head)
            spans.append((start, len(frames)))
            if PLAIN in (before.name, clip.name):  # or light that comes and goes
                unsure.append((start - 2, len(frames) + 2))
        before = clip
        while len(clips) > 1 and clip is before:
            clip = clips[int(rng.integers(len(clips)))]
        if not mix and rng.random() < 0.08:  # a jump within one scene: only cuts can show that
            clip = before
            same_at.append(len(frames) + len(shot))
        pending = shot[len(shot) - mix :] if mix else []
        frames += shot[: len(shot) - mix]
        if not mix:
            cuts.append(len(frames))
    frames += pending
    n = len(frames)
    film = Film(frames, fps, *np.zeros((3, n), bool))
    for cut in cuts:
        if cut < n:
            film.cut[cut] = True
            most = MAX_ALIKE / 3 if cut in same_at else MAX_ALIKE
            if _alike(frames[cut - 1], frames[cut], most):
                unsure.append((cut - 2, cut + 2))
    for start, end in spans:
        film.mixed[start:end] = True
        if _alike(frames[max(0, start - 1)], frames[min(n - 1, end)], MAX_ALIKE):
            unsure.append((start - 2, end + 2))
    for start, end in unsure:
        film.unsure[max(0, start) : end] = True
    return film


def _mix_length(rng: Generator, fps: float) -> int:
    seconds = np.exp(rng.uniform(np.log(0.17), np.log(1.9)))
    if rng.random() < 0.5:
        seconds = rng.uniform(0.3, 0.95)
    return int(np.clip(round(seconds * fps), 4, 60))


def _alike(a: Picture, b: Picture, most: float) -> bool:
    """Whether two pictures, seen from afar, are nearly the same, or their luma is correlated by
    more than `most`."""
    import cv2

    small = [
        cv2.resize(p, (32, 18), interpolation=cv2.INTER_AREA).astype(np.float64) for p in (a, b)
    ]
    if np.abs(small[0] - small[1]).mean() < MIN_CHANGE:
        return True
    x, y = (p[:, :, 0] - p[:, :, 0].mean() for p in small)
    return bool((x * y).sum() > most * (np.sqrt((x * x).sum() * (y * y).sum()) + 1e-6))


def _finish(rng: Generator, film: Film, setting: Setting) -> None:
    """What lies over the whole film: boxes, bars, grain, fades at its ends, repeated frames."""
    if rng.random() < 0.4:
        for _ in range(int(rng.integers(1, 3))):
            film.frames = overlays.boxes(
                rng, film.frames, film.fps, setting.clips, setting.is_unusual
            )
    if rng.random() < 0.12:
        film.frames = overlays.letterboxed(rng, film.frames)
    if rng.random() < 0.12:
        _fade_ends(rng, film)
    if rng.random() < 0.15:
        film.frames = overlays.grainy(rng, film.frames)
    if rng.random() < 0.08:
        film.frames = _woven(film.frames)


def _fade_ends(rng: Generator, film: Film) -> None:
    """In from black at the start, out at the end: no boundary, as there is no other shot."""
    length = min(int(film.fps * rng.uniform(0.3, 2)), len(film.frames) // 4)
    black = np.empty_like(film.frames[0])
    black[:] = (0, 128, 128)
    for index in range(length):
        for at in (index, -1 - index):
            film.frames[at] = transitions.blend(black, film.frames[at], index / length)
    film.unsure[:length] |= film.cut[:length] | film.mixed[:length]
    film.unsure[-length:] |= film.cut[-length:] | film.mixed[-length:]


def _woven(frames: list[Picture]) -> list[Picture]:
    """Interlaced: odd rows are those of the next frame."""
    shown = []
    for now, later in zip(frames, [*frames[1:], frames[-1]], strict=True):
        woven = now.copy()
        woven[1::2] = later[1::2]
        shown.append(woven)
    return shown
