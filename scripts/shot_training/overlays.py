"""Things that come and go over a picture or disturb it, none of which is a boundary: subtitles,
banners, logos, pictures in pictures, passing objects, confetti, grain, glitches, lost frames."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from scripts.shot_training.camera import pick
from scripts.shot_training.footage import Clip, Picture

Pictures = list[Picture]

INSIDE_SHOTS = {"passer": 0.25, "confetti": 0.12, "stutter": 0.25, "glitch": 0.13, "ripple": 0.25}
"""What can happen within one shot."""

PATCHES = {"bar": 0.37, "banner": 0.22, "logo": 0.14, "inset": 0.18, "card": 0.09}
"""What can be laid over one."""


def boxes(
    rng: Generator, pictures: Pictures, fps: float, clips: list[Clip], is_unusual: bool = False
) -> Pictures:
    """Boxes that pop up, slide in or fade in, for a while each; regardless of cuts.
    `is_unusual`: some are cards and pictures over the middle."""
    kinds = PATCHES if is_unusual else {k: v for k, v in PATCHES.items() if k != "card"}
    shown = list(pictures)
    n = len(shown)
    height, width = shown[0].shape[:2]
    patch, x, y = _patch(rng, width, height, clips, kinds)
    how = pick(rng, {"pop": 0.6, "slide": 0.25, "fade": 0.15})
    repeats = 1 if rng.random() < 0.5 else 8
    at = int(rng.integers(-20, n))
    change = max(1, int(fps * rng.uniform(0.1, 0.6)))
    for _ in range(repeats):
        length = int(fps * rng.uniform(0.3, 3))
        for frame in range(max(0, at), min(n, at + length)):
            share = 1.0 if how == "pop" else min(1, (frame - at + 1) / change)
            share = share if how == "pop" else min(share, (at + length - frame) / change)
            shown[frame] = _with_patch(shown[frame], patch, x, y, share, how)
        at += length + int(fps * rng.uniform(0.2, 2.5))
        if rng.random() < 0.3:
            patch, x, y = _patch(rng, width, height, clips, kinds)
    return shown


def _patch(
    rng: Generator, width: int, height: int, clips: list[Clip], kinds: dict[str, float]
) -> tuple[Picture, int, int]:
    """A picture to lay over and where: bar, banner, logo, inset, or a card over the middle."""
    import cv2

    kind = pick(rng, kinds)
    if kind == "bar":
        w, h, x, y = rng.uniform(0.4, 0.95), rng.uniform(0.06, 0.2), rng.uniform(0, 0.3), 0.75
    elif kind == "banner":
        w, h, x, y = 1.0, rng.uniform(0.15, 0.42), 0.0, float(rng.choice([0.0, 0.6]))
        if rng.random() < 0.25:
            w, h, x, y = rng.uniform(0.15, 0.35), 1.0, float(rng.choice([0.0, 0.7])), 0.0
    elif kind == "logo":
        w, h, x, y = rng.uniform(0.06, 0.25), rng.uniform(0.06, 0.25), rng.random(), rng.random()
    elif kind == "card":
        w, h = rng.uniform(0.3, 0.65, 2)
        x, y = (1 - w) * rng.uniform(0.15, 0.85), (1 - h) * rng.uniform(0.15, 0.85)
    else:
        w, h, x, y = rng.uniform(0.2, 0.45), rng.uniform(0.2, 0.45), rng.random(), rng.random()
    size = max(4, int(w * width)), max(4, int(h * height))
    if kind == "inset" or rng.random() < (0.35 if kind == "card" else 0.1):
        clip = clips[int(rng.integers(len(clips)))]
        source = clip.pictures[int(rng.integers(len(clip.pictures)))]
        patch = np.asarray(cv2.resize(source, size), np.uint8)
    else:
        patch = np.empty((size[1], size[0], 3), np.uint8)
        patch[:] = rng.integers(0, 256), *rng.integers(60, 196, 2)
        if rng.random() < 0.7:
            _letters(rng, patch)
    return patch, int(min(x, 1 - w) * width), int(min(y, 1 - h) * height)


def _letters(rng: Generator, patch: Picture) -> None:
    """Strokes that look like a line or two of text from afar."""
    height, width = patch.shape[:2]
    ink = 255 if patch[0, 0, 0] < 128 else 10
    line = max(3, height // int(rng.integers(2, 4)))
    for top in range(1, height - 2, line):
        x = 2
        while x < width - 3:
            stroke = int(rng.integers(1, 4))
            if rng.random() < 0.8:
                patch[top : top + max(2, line - 2), x : x + stroke, 0] = ink
            x += stroke + int(rng.integers(1, 3))


def _with_patch(
    picture: Picture, patch: Picture, x: int, y: int, share: float, how: str
) -> Picture:
    height, width = picture.shape[:2]
    if how == "slide":
        from_left = x + patch.shape[1] / 2 < width / 2 and patch.shape[1] < width
        if from_left:
            x -= int((1 - share) * (x + patch.shape[1]))
        else:
            y += int((1 - share) * (height - y))
    left, top = max(0, x), max(0, y)
    part = patch[top - y : height - y, left - x : width - x]
    if part.size == 0:
        return picture
    shown = picture.copy()
    region = shown[top : top + part.shape[0], left : left + part.shape[1]]
    if how == "fade":
        region[:] = region + (part.astype(np.float32) - region) * share
    else:
        region[:] = part[: region.shape[0], : region.shape[1]]
    return shown


def disturbed(rng: Generator, pictures: Pictures, fps: float, clips: list[Clip]) -> Pictures:
    """One shot with something that happens in it."""
    kind = pick(rng, INSIDE_SHOTS)
    acts: dict[str, Callable[[], Pictures]] = {
        "passer": lambda: _passer(rng, pictures, fps, clips),
        "confetti": lambda: _confetti(rng, pictures, fps),
        "stutter": lambda: _stutter(rng, pictures),
        "glitch": lambda: _glitch(rng, pictures),
        "ripple": lambda: _ripple(rng, pictures, fps),
    }
    return acts[kind]()


def _passer(rng: Generator, pictures: Pictures, fps: float, clips: list[Clip]) -> Pictures:
    """A large object crosses, up to covering everything for a moment."""
    import cv2

    height, width = pictures[0].shape[:2]
    n = len(pictures)
    clip = clips[int(rng.integers(len(clips)))]
    texture = clip.pictures[int(rng.integers(len(clip.pictures)))]
    blur = int(rng.integers(1, 30))
    texture = np.asarray(cv2.blur(cv2.resize(texture, (width, height)), (blur, blur)), np.uint8)
    radius = rng.uniform(0.25, 1.1) * width / 2
    squash = rng.uniform(0.5, 2.5)
    is_box = rng.random() < 0.4
    shown = list(pictures)
    for _ in range(int(rng.integers(1, 4))):
        start, length = rng.uniform(-10, n), fps * rng.uniform(0.3, 2.5)
        side = 1 if rng.random() < 0.5 else -1
        level = rng.uniform(0.2, 0.8) * height
        for frame in range(max(0, int(start)), min(n, int(start + length))):
            progress = (frame - start) / length
            x = width / 2 + side * (2 * progress - 1) * (width / 2 + radius)
            mask = np.zeros((height, width), np.uint8)
            wide, high = int(radius), int(radius * squash * (2 if is_box else 1))
            if is_box:
                corners = (int(x) - wide, int(level) - high), (int(x) + wide, int(level) + high)
                cv2.rectangle(mask, *corners, 255, -1)
            else:
                cv2.ellipse(mask, (int(x), int(level)), (wide, high), 0, 0, 360, 255, -1)
            moved = np.roll(texture, int(x), axis=1)
            shown[frame] = np.where(mask[:, :, None] > 0, moved, shown[frame])
    return shown


def _confetti(rng: Generator, pictures: Pictures, fps: float) -> Pictures:
    """Many small bright pieces that fall; or rain, or snow."""
    import cv2

    height, width = pictures[0].shape[:2]
    n, count = len(pictures), int(rng.integers(20, 250))
    place = rng.uniform(-0.2, 1.2, (count, 2)) * (width, height)
    speed = rng.normal(0, 0.3, (count, 2)) * width / fps + (0, rng.uniform(0.3, 2) * height / fps)
    colours = rng.integers(0, 256, (count, 3)) if rng.random() < 0.6 else [[235, 128, 128]] * count
    sizes = rng.integers(1, max(2, width // 20), (count, 2))
    first, last = sorted(rng.uniform(-0.5, 1.5, 2) * n)
    shown = list(pictures)
    for frame in range(max(0, int(first)), min(n, int(last))):
        picture = shown[frame].copy()
        corners = ((place + speed * frame) % (1.3 * np.array([width, height]))).astype(int)
        for (x, y), (w, h), colour in zip(corners, sizes, colours, strict=True):
            colour = tuple(int(c) for c in colour)
            cv2.rectangle(picture, (int(x), int(y)), (int(x + w), int(y + h)), colour, -1)
        shown[frame] = picture
    return shown


def _stutter(rng: Generator, pictures: Pictures) -> Pictures:
    """Frozen, repeated and lost frames; the shot's length stays."""
    n = len(pictures)
    order = np.arange(n)
    for _ in range(int(rng.integers(1, 5))):
        at, length = int(rng.integers(0, n)), int(rng.integers(1, 12))
        order[at : at + length] = order[min(at, n - 1)]  # freeze, then jump on
    if rng.random() < 0.3:
        every = int(rng.integers(2, 5))
        order = order // every * every
    return [pictures[min(n - 1, int(index))] for index in order]


def _glitch(rng: Generator, pictures: Pictures) -> Pictures:
    """Bands that jump sideways or go wrong for a frame or a few."""
    shown = list(pictures)
    n, height = len(shown), shown[0].shape[0]
    for _ in range(int(rng.integers(1, 6))):
        at, length = int(rng.integers(0, n)), int(rng.integers(1, 6))
        for frame in range(at, min(n, at + length)):
            picture = shown[frame].copy()
            for _ in range(int(rng.integers(1, 6))):
                top = int(rng.integers(0, height))
                rows = slice(top, top + int(rng.integers(2, height // 2)))
                if rng.random() < 0.7:
                    picture[rows] = np.roll(picture[rows], int(rng.integers(-60, 60)), axis=1)
                else:
                    picture[rows] = rng.integers(0, 256, 3)
            shown[frame] = picture
    return shown


def _ripple(rng: Generator, pictures: Pictures, fps: float) -> Pictures:
    """Water, heat, or a crowd: everything moves a little, everywhere differently."""
    import cv2

    height, width = pictures[0].shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    size = rng.uniform(0.005, 0.05) * width
    wave = rng.uniform(0.04, 0.3) * width
    speed = rng.uniform(2, 15) / fps
    shown = []
    for frame, picture in enumerate(pictures):
        dx = size * np.sin(y / wave + frame * speed) * np.cos(x / wave * 0.7 + frame * speed * 0.6)
        dy = size * np.cos(x / wave - frame * speed * 0.8)
        moved = cv2.remap(
            picture,
            (x + dx).astype(np.float32),
            (y + dy).astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
        shown.append(np.asarray(moved, np.uint8))
    return shown


def grainy(rng: Generator, pictures: Pictures) -> Pictures:
    """Film grain or sensor noise, new in every frame."""
    height, width = pictures[0].shape[:2]
    strength = rng.uniform(2, 22)
    field: NDArray[np.float32] = rng.normal(0, strength, (2 * height, 2 * width)).astype(np.float32)
    shown = []
    for picture in pictures:
        top, left = int(rng.integers(height)), int(rng.integers(width))
        noisy = picture.copy()
        grain = field[top : top + height, left : left + width]
        noisy[:, :, 0] = np.clip(picture[:, :, 0] + grain, 0, 255)
        shown.append(noisy)
    return shown


def letterboxed(rng: Generator, pictures: Pictures) -> Pictures:
    """Bars above and below, or left and right. (The detector looks inside them where it knows
    them; it does not at once.)"""
    height, width = pictures[0].shape[:2]
    is_wide = rng.random() < 0.5
    bar = int(rng.uniform(0.05, 0.25) * (height if is_wide else width))
    shown = []
    for picture in pictures:
        boxed = np.empty_like(picture)
        boxed[:] = (0, 128, 128)
        inside = slice(bar, height - bar) if is_wide else (slice(None), slice(bar, width - bar))
        boxed[inside] = picture[inside]
        shown.append(boxed)
    return shown
