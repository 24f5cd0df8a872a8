"""Training rows: the features of made films as the detector would see them, with the truth.

Film number k of a pool depends on the pool's clips, the seed and k alone. A part of the films
goes through a real encoder and the split stage's own view, because compression changes what
frames look like; the others are made at the view's size.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from scripts.shot_training.compose import Film, make_film
from scripts.shot_training.drawn import drawn_clip
from scripts.shot_training.footage import Clip, Picture, Span
from scripts.shot_training.textures import texture_clip
from stages.split.detectors.shot_features import N_FEATURES, REACH, FeatureStream
from stages.split.detectors.shot_looks import look_at
from stages.split.view import FrameView, ViewMaker

CUT, MIXED, UNSURE = 1, 2, 4
"""Bits of a label."""

FILM_FRAMES = 320
_SINGLE_SHARE = 0.55
_CODED_SHARE = 0.2
_REAL_PER_DRAWN = 5
_N_TEXTURES = 6
_SIZES = ((160, 90), (160, 90), (160, 90), (160, 90), (160, 120), (90, 160))


class FilmKind(StrEnum):
    """What films are made of: `usual`, the clips; `unusual`, with drawn shots, and with what else
    is rare among real clips (`make_film`); `textures`, shots of nothing but texture."""

    UNUSUAL = "unusual"
    USUAL = "usual"
    TEXTURES = "textures"


SHARES = {FilmKind.UNUSUAL: 5, FilmKind.USUAL: 5, FilmKind.TEXTURES: 1}
"""Of the films."""


def kind_of(number: int, n_films: int) -> FilmKind:
    """The kind of film `number` of a pool; films of a kind stand together."""
    ends = list(accumulate(SHARES.values()))
    return list(SHARES)[bisect_right(ends, number * ends[-1] // n_films)]


@dataclass(frozen=True)
class Example:
    """One film: `rows` (n, N_FEATURES) float16, `labels` (n,) of the bits above."""

    rows: NDArray[np.float16]
    labels: NDArray[np.uint8]


def make_example(clips: list[Clip], seed: int, number: int, kind: FilmKind) -> Example:
    """Film `number` of the pool `clips`."""
    rng = np.random.default_rng([seed, number])
    is_coded = rng.random() < _CODED_SHARE
    width, height = _SIZES[int(rng.integers(len(_SIZES)))]
    size = (2 * width, 2 * height) if is_coded else (width, height)
    if kind == FilmKind.UNUSUAL:
        n_drawn = max(1, len(clips) // _REAL_PER_DRAWN)
        clips = [*clips, *(drawn_clip(rng, clips) for _ in range(n_drawn))]
    elif kind == FilmKind.TEXTURES:
        clips = [texture_clip(rng) for _ in range(_N_TEXTURES)]
    is_single = rng.random() < _SINGLE_SHARE
    film = make_film(rng, clips, size, FILM_FRAMES, is_single, kind == FilmKind.UNUSUAL)
    views = coded_views(rng, film) if is_coded else map(view_of, film.frames)
    rows = features_of(list(views))
    labels = CUT * film.cut + MIXED * film.mixed + UNSURE * film.unsure
    if len(rows) != len(labels):
        raise RuntimeError(f"film {number}: {len(labels)} frames made, {len(rows)} decoded")
    return Example(rows.astype(np.float16), labels.astype(np.uint8))


def features_of(views: Sequence[FrameView]) -> NDArray[np.float32]:
    """One row per frame of a whole video, (n, N_FEATURES)."""
    looks = look_at(views)
    return FeatureStream().add(looks.then(looks.still(-1, REACH)))


def view_of(frame: Picture) -> FrameView:
    """The view of a picture that has the view's size."""
    import cv2

    half = (frame.shape[1] + 1) // 2, (frame.shape[0] + 1) // 2
    small = np.asarray(cv2.resize(frame, half, interpolation=cv2.INTER_AREA), np.uint8)
    u, v = np.ascontiguousarray(small[..., 1]), np.ascontiguousarray(small[..., 2])
    return FrameView(np.ascontiguousarray(frame[..., 0]), u, v)


def coded_views(rng: Generator, film: Film) -> Iterator[FrameView]:
    """The views of the film after x264 or MPEG-4 at a random quality."""
    import av

    height, width = film.frames[0].shape[:2]
    spool = io.BytesIO()
    is_x264 = rng.random() < 0.85
    with av.open(spool, "w", format="matroska") as container:
        stream = container.add_stream("libx264" if is_x264 else "mpeg4", round(film.fps))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.thread_count = 1
        stream.options = {"preset": "veryfast" if rng.random() < 0.5 else "ultrafast"}
        if is_x264:
            stream.options |= {
                "crf": str(rng.integers(18, 37)),
                "g": str(rng.choice([12, 50, 250])),
            }
        else:
            stream.options = {"qscale": str(rng.integers(2, 14)), "g": str(rng.choice([12, 50]))}
        for picture in film.frames:
            container.mux(stream.encode(_frame_of(picture)))
        container.mux(stream.encode())
    spool.seek(0)
    maker = ViewMaker(max(width, height) // 2, 0, Fraction(1), is_quick=True)
    with av.open(spool, "r") as container:
        if rng.random() < 0.5:
            container.streams.video[0].codec_context.options = {"skip_loop_filter": "all"}
        for frame in container.decode(video=0):
            yield maker.make(frame)


def _frame_of(picture: Picture) -> Any:
    """A limited-range 4:2:0 frame of a full-range YUV 4:4:4 picture."""
    import av
    import cv2

    height, width = picture.shape[:2]
    small = cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    luma = 16 + picture[..., 0] * (219 / 255)
    chroma = [128 + (small[..., k].astype(np.float32) - 128) * (224 / 255) for k in (1, 2)]
    planes = [np.rint(plane).astype(np.uint8).reshape(-1) for plane in (luma, *chroma)]
    packed = np.concatenate(planes).reshape(height * 3 // 2, width)
    return av.VideoFrame.from_ndarray(packed, format="yuv420p")


def pools_of(shots: list[Span], n_pools: int) -> list[list[Span]]:
    """Disjoint pools of similar lengths; all shots of a video are in one pool."""
    by_video: dict[Path, list[Span]] = {}
    for shot in shots:
        by_video.setdefault(shot.path, []).append(shot)
    lengths = {path: sum(s.end_s - s.start_s for s in of) for path, of in by_video.items()}
    ordered = sorted(by_video, key=lambda path: (lengths[path], path.name))
    return [[s for path in ordered[k::n_pools] for s in by_video[path]] for k in range(n_pools)]


def save_examples(path: Path, examples: list[Example]) -> None:
    partial = path.with_suffix(".partial.npz")
    np.savez(
        partial,
        rows=np.concatenate([example.rows for example in examples]),
        labels=np.concatenate([example.labels for example in examples]),
        lengths=np.array([len(example.labels) for example in examples]),
    )
    partial.rename(path)


def read_examples(path: Path) -> list[Example]:
    with np.load(path) as stored:
        ends = np.cumsum(stored["lengths"])[:-1]
        parts = zip(np.split(stored["rows"], ends), np.split(stored["labels"], ends), strict=True)
        examples = [Example(rows, labels) for rows, labels in parts]
    if examples[0].rows.shape[1] != N_FEATURES:
        raise ValueError(f"{path}: made with other features; delete it and make it anew")
    return examples
