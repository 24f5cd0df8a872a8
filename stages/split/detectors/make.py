"""From the configuration to a detector."""

from __future__ import annotations

from fractions import Fraction

from stages.split.config import SplitConfig
from stages.split.detectors.plain import FixedDetector, NoDetector
from stages.split.detectors.port import Detector
from stages.split.detectors.pyscenedetect import FadeDetector, SceneDetectDetector


def make_detector(config: SplitConfig, fps: float | None) -> Detector:
    """The detector that `config` names. `fps` is the average frame rate (None: unknown, 25 is
    assumed); it only turns `min_shot_s` into frames."""
    if config.detector == "none":
        return NoDetector()
    if config.detector == "fixed":
        return FixedDetector(config.fixed_length_s)
    rate = Fraction(fps or 25.0).limit_denominator(1001)
    min_frames = max(1, round(config.min_shot_s * rate))
    if config.detector == "threshold":
        return FadeDetector(config.fade_threshold, min_frames, rate)
    return SceneDetectDetector(config, min_frames, rate)
