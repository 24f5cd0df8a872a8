"""Shots that no camera made: title cards, logos, slides, plain grounds, things on black.

Real clips are full of texture, and web video is full of cards. A network that has seen only the
former takes a cut to a flat card for light that goes out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from scripts.shot_training.camera import pick
from scripts.shot_training.footage import HEIGHT, WIDTH, Clip, Picture

FPS = 25.0
_FRAMES = (60, 160)

KINDS = {"card": 0.4, "slide": 0.15, "object": 0.2, "plain": 0.1, "shapes": 0.15}

PLAIN = "plain ground"
"""The name of clips that show nothing."""

Still = tuple[Picture, NDArray[np.float32]]
"""What lies on the ground, and where: (HEIGHT, WIDTH, 3), and the mask (HEIGHT, WIDTH), 0 to 1."""


def drawn_clip(rng: Generator, clips: list[Clip], kind: str | None = None) -> Clip:
    """A drawn shot; some kinds hold something of one of the clips."""
    kind = kind or pick(rng, KINDS)
    n = int(rng.integers(*_FRAMES))
    ground = _ground(rng)
    clip = clips[int(rng.integers(len(clips)))]
    acts: dict[str, Callable[[], list[Picture]]] = {
        "card": lambda: _appearing(rng, ground, _card(rng, ground), n),
        "slide": lambda: _appearing(rng, ground, _slide(rng, ground, clip), n),
        "object": lambda: _object(rng, ground, clip, n),
        "plain": lambda: [ground] * n,
        "shapes": lambda: _shapes(rng, ground, n),
    }
    return Clip(PLAIN if kind == "plain" else f"drawn {kind}", FPS, np.stack(acts[kind]()))


def _colour(rng: Generator) -> NDArray[np.uint8]:
    kind = pick(rng, {"black": 0.3, "white": 0.15, "grey": 0.15, "any": 0.4})
    level = {"black": 0, "white": 255}.get(kind, int(rng.integers(0, 256)))
    chroma = rng.integers(70, 187, 2) if kind == "any" else (128, 128)
    return np.array([level, *chroma], np.uint8)


def _ground(rng: Generator) -> Picture:
    """One colour, or from one colour to another."""
    ground = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    ground[:] = _colour(rng)
    if rng.random() < 0.2:
        is_across = rng.random() < 0.5
        share = (
            np.linspace(0, 1, WIDTH)[None, :] if is_across else np.linspace(0, 1, HEIGHT)[:, None]
        )
        other = ground + (_colour(rng).astype(np.float32) - ground) * share[:, :, None]
        ground = np.asarray(other, np.uint8)
    return ground


def _ink(rng: Generator, ground: Picture) -> tuple[int, ...]:
    """A colour that stands out."""
    dark = float(ground[:, :, 0].mean()) < 128
    level = rng.integers(170, 256) if dark else rng.integers(0, 90)
    chroma = rng.integers(60, 197, 2) if rng.random() < 0.4 else (128, 128)
    return int(level), int(chroma[0]), int(chroma[1])


def _words(rng: Generator, n: int) -> str:
    lengths = rng.integers(2, 9, n)
    return " ".join("".join(chr(97 + int(c)) for c in rng.integers(0, 26, k)) for k in lengths)


def _card(rng: Generator, ground: Picture) -> Still:
    """Some lines of text, or a logo, or both."""
    import cv2

    shown, mask = ground.copy(), np.zeros((HEIGHT, WIDTH), np.uint8)
    ink = _ink(rng, ground)
    scale = float(rng.uniform(0.35, 1.6))
    x, y = int(rng.uniform(0.05, 0.35) * WIDTH), int(rng.uniform(0.2, 0.6) * HEIGHT)
    if rng.random() < 0.75:
        for row in range(int(rng.integers(1, 5))):
            text = _words(rng, int(rng.integers(1, 5)))[: int(28 / scale)]
            at, width = (x, y + int(row * 34 * scale)), max(1, round(2 * scale))
            for picture, colour in ((shown, ink), (mask, 255)):
                cv2.putText(picture, text, at, 0, scale, colour, width, cv2.LINE_AA)
    if rng.random() < 0.5:
        centre = int(rng.uniform(0.2, 0.8) * WIDTH), int(rng.uniform(0.2, 0.8) * HEIGHT)
        axes = tuple(int(v) for v in rng.uniform(0.04, 0.2, 2) * HEIGHT)
        width = int(rng.choice([-1, 2, 5]))
        colour = _ink(rng, ground)
        for picture, paint in ((shown, colour), (mask, 255)):
            cv2.ellipse(picture, centre, axes, 0.0, 0, 360, paint, width)
    return shown, np.asarray(mask / 255, np.float32)


def _slide(rng: Generator, ground: Picture, clip: Clip) -> Still:
    """A title, lines of text and perhaps a picture."""
    import cv2

    shown, mask = _card(rng, ground)
    cv2.rectangle(
        shown, (0, 0), (WIDTH, int(rng.uniform(0.08, 0.2) * HEIGHT)), _ink(rng, ground), -1
    )
    if rng.random() < 0.6:
        w, h = (int(v) for v in rng.uniform(0.25, 0.6, 2) * (WIDTH, HEIGHT))
        x, y = int(rng.uniform(0, WIDTH - w)), int(rng.uniform(0, HEIGHT - h))
        shown[y : y + h, x : x + w] = cv2.resize(clip.pictures[0], (w, h))
    return shown, np.maximum(mask, np.any(shown != ground, axis=2).astype(np.float32))


def _appearing(rng: Generator, ground: Picture, still: Still, n: int) -> list[Picture]:
    """What lies on the ground appears: it is there, pops up, fades in, or is written."""
    shown, mask = still
    how = pick(rng, {"there": 0.45, "pops": 0.15, "fades": 0.2, "written": 0.2})
    if how == "there":
        return [shown] * n
    start, length = rng.uniform(0, 0.4) * n, FPS * rng.uniform(0.3, 2)
    if how == "pops":
        length = 1.0
    columns = np.arange(WIDTH)[None, :] / WIDTH
    frames = []
    for frame in range(n):
        share = float(np.clip((frame - start) / length, 0, 1))
        alpha = mask * (columns < share) if how == "written" else mask * share
        mixed = ground + (shown.astype(np.float32) - ground) * alpha[:, :, None]
        frames.append(np.asarray(mixed + 0.5, np.uint8))
    return frames


def _object(rng: Generator, ground: Picture, clip: Clip, n: int) -> list[Picture]:
    """Something that moves, on the ground alone: a globe, a product, a dancer."""
    import cv2

    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    centre = int(rng.uniform(0.3, 0.7) * WIDTH), int(rng.uniform(0.4, 0.6) * HEIGHT)
    axes = tuple(int(v) for v in rng.uniform(0.15, 0.5, 2) * HEIGHT)
    cv2.ellipse(mask, centre, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1)
    inside = (mask > 0)[:, :, None]
    have = len(clip.pictures)
    return [np.where(inside, clip.pictures[k % have], ground) for k in range(n)]


def _shapes(rng: Generator, ground: Picture, n: int) -> list[Picture]:
    """A flat drawing in which one thing moves."""
    import cv2

    scene = ground.copy()
    for _ in range(int(rng.integers(2, 9))):
        corners = rng.uniform(-0.2, 1.2, (int(rng.integers(3, 7)), 2)) * (WIDTH, HEIGHT)
        cv2.fillPoly(scene, [corners.astype(np.int32)], tuple(int(c) for c in _colour(rng)))
    size = [int(v) for v in rng.uniform(0.05, 0.25, 2) * HEIGHT]
    place, speed = rng.uniform(0, 1, 2) * (WIDTH, HEIGHT), rng.normal(0, 2, 2)
    colour = _ink(rng, ground)
    frames = []
    for frame in range(n):
        picture = scene.copy()
        x, y = (place + speed * frame) % (WIDTH, HEIGHT)
        cv2.ellipse(picture, (int(x), int(y)), (size[0], size[1]), 0, 0, 360, colour, -1)
        frames.append(picture)
    return frames
