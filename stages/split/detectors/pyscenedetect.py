"""PySceneDetect's detectors behind the port.

They see every frame through their own `process_frame`; this module turns their answers into
`Boundary`s and says how far back a boundary may still be reported.
"""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import Any

import numpy as np

from schemas.outcomes import BoundaryKind
from stages.split.config import SplitConfig
from stages.split.pictures import Picture
from stages.split.spans import Boundary
from stages.split.view import FrameView


class SceneDetectDetector:
    """PySceneDetect's `content`, `adaptive` and `histogram`.

    All report cuts; `content` does so when its flash filter has seen `min_frames` quiet frames,
    `adaptive` when its window of neighbours is full.
    """

    _ADAPTIVE_WINDOW = 2

    def __init__(self, config: SplitConfig, min_frames: int, fps: Fraction) -> None:
        from scenedetect import FrameTimecode

        self._timecode = FrameTimecode
        self._fps = fps
        self._inner = _scenedetect(config, min_frames, self._ADAPTIVE_WINDOW)
        lags = {"content": min_frames, "adaptive": self._ADAPTIVE_WINDOW, "histogram": 0}
        self._lag = lags[str(config.detector)] + 1
        self._scores: deque[tuple[int, float]] = deque(maxlen=self._lag + 1)
        self._next = 0

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        self._next = frame + 1
        cuts = self._inner.process_frame(self._timecode(frame, self._fps), view.picture)
        score = getattr(self._inner, "last_score", None)
        if score is not None:
            self._scores.append((frame, score))
        scores = dict(self._scores)
        return [
            Boundary(cut.frame_num, BoundaryKind.CUT, scores.get(cut.frame_num))
            for cut in cuts
            if cut.frame_num > 0
        ]

    def finish(self) -> list[Boundary]:
        return []

    @property
    def settled(self) -> int:
        return max(0, self._next - self._lag)


class FadeDetector:
    """PySceneDetect's `threshold`: a boundary in the middle of each faded-out stretch, whose
    dark frames belong to neither shot."""

    def __init__(self, threshold: float, min_frames: int, fps: Fraction) -> None:
        from scenedetect import FrameTimecode, ThresholdDetector

        self._timecode = FrameTimecode
        self._fps = fps
        self._inner = ThresholdDetector(threshold=threshold, min_scene_len=min_frames)
        self._dark_from: int | None = None
        self._next = 0
        self._threshold = threshold

    def process(self, frame: int, time_s: float, view: FrameView) -> list[Boundary]:
        self._next = frame + 1
        cuts = self._inner.process_frame(self._timecode(frame, self._fps), view.picture)
        is_dark = float(view.picture.mean()) < int(self._threshold)
        dark_from = self._dark_from
        if is_dark and dark_from is None:
            self._dark_from = frame
        elif not is_dark:
            self._dark_from = None
        return [
            Boundary(cut.frame_num, BoundaryKind.GRADUAL, None, dark_from, frame)
            for cut in cuts
            if dark_from is not None and cut.frame_num > 0
        ]

    def finish(self) -> list[Boundary]:
        return []

    @property
    def settled(self) -> int:
        return self._next if self._dark_from is None else self._dark_from


def _scenedetect(config: SplitConfig, min_frames: int, window: int) -> Any:
    """PySceneDetect's detector, with its frame score computed by OpenCV: the same number in a
    third of the time, and kept for the boundary's row."""
    import cv2
    from scenedetect import AdaptiveDetector, ContentDetector, HistogramDetector

    class Scored:
        """Mean absolute difference of hue, saturation and value between neighbouring frames."""

        last_score: float | None = None
        _last_hsv: Picture | None = None

        def _calculate_frame_score(self, timecode: Any, frame_img: Picture) -> float:
            hsv = np.asarray(cv2.cvtColor(frame_img, cv2.COLOR_BGR2HSV), dtype=np.uint8)
            if self._last_hsv is None:
                score = 0.0
            else:
                score = sum(cv2.mean(cv2.absdiff(hsv, self._last_hsv))[:3]) / 3.0
            self._last_hsv = hsv
            self.last_score = score
            return score

    class Content(Scored, ContentDetector):  # type: ignore[misc]
        pass

    class Adaptive(Scored, AdaptiveDetector):  # type: ignore[misc]
        pass

    if config.detector == "content":
        return Content(threshold=config.content_threshold, min_scene_len=min_frames)
    if config.detector == "adaptive":
        return Adaptive(
            adaptive_threshold=config.adaptive_threshold,
            min_scene_len=min_frames,
            window_width=window,
        )
    return HistogramDetector(threshold=config.histogram_threshold, min_scene_len=min_frames)
