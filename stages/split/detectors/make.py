"""From the configuration to a detector."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from stages.split.config import SplitConfig
from stages.split.detectors.abrupt import AbruptDetector
from stages.split.detectors.learned import LearnedDetector
from stages.split.detectors.plain import FixedDetector, NoDetector
from stages.split.detectors.port import Detector
from stages.split.detectors.pyscenedetect import FadeDetector, SceneDetectDetector
from stages.split.detectors.transnetv2 import TransNetDetector, load_predictor
from stages.split.detectors.union import UnionDetector


def make_detector(
    config: SplitConfig, fps: float | None, transnetv2: Path | None = None
) -> Detector:
    """The detector that `config` names, or the union of several. `fps` is the average frame rate
    (None: unknown, 25 is assumed): it turns seconds into frames and says which frames `default`
    judges. `transnetv2` is the file of that detector's weights."""
    made = [
        _make_one(config.model_copy(update={"detector": name}), fps, transnetv2)
        for name in config.detectors
    ]
    if len(made) == 1:
        return made[0]
    return UnionDetector(made, round(config.merge_near_s * (fps or 25.0)))


def _make_one(config: SplitConfig, fps: float | None, transnetv2: Path | None) -> Detector:
    if config.detector == "default":
        parts: list[Detector] = [
            LearnedDetector(config.default_threshold, fps),
            AbruptDetector(fps),
        ]
        return UnionDetector(parts, round(config.merge_near_s * (fps or 25.0)))
    if config.detector == "none":
        return NoDetector()
    if config.detector == "fixed":
        return FixedDetector(config.fixed_length_s)
    if config.detector == "transnetv2":
        if transnetv2 is None:
            raise ValueError("the detector transnetv2 needs the file of its weights")
        predict = load_predictor(transnetv2, config.decode_threads)
        return TransNetDetector(predict, config.transnetv2_threshold)
    rate = max(Fraction(1, 1001), Fraction(fps or 25.0).limit_denominator(1001))
    min_frames = max(1, round(config.min_shot_s * rate))
    if config.detector == "threshold":
        return FadeDetector(config.fade_threshold, min_frames, rate)
    return SceneDetectDetector(config, min_frames, rate)
