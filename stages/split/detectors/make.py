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
from stages.split.detectors.shot_events import Thresholds
from stages.split.detectors.transnetv2 import TransNetDetector, load_predictor
from stages.split.detectors.union import UnionDetector

LEAVING_OUT = frozenset({"default", "fixed", "none"})
"""Detectors that do not have to see every frame. The others judge by how much pictures change from
one frame to the next."""


def make_detector(
    config: SplitConfig,
    fps: float | None,
    transnetv2: Path | None = None,
    seen_share: float = 1.0,
) -> Detector:
    """The detector that `config` names, or the union of several. `fps` is the average frame rate
    (None: unknown, 25 is assumed): it turns seconds into frames and says which frames `default`
    judges. `transnetv2` is the file of that detector's weights. `seen_share`: about how many of the
    frames are decoded; less than 1 only for `LEAVING_OUT`."""
    made = [
        _make_one(config.model_copy(update={"detector": name}), fps, transnetv2, seen_share)
        for name in config.detectors
    ]
    if len(made) == 1:
        return made[0]
    return UnionDetector(made, round(config.merge_near_s * (fps or 25.0)))


def _make_one(
    config: SplitConfig, fps: float | None, transnetv2: Path | None, seen_share: float
) -> Detector:
    if config.detector == "default":
        seen_fps = (fps or 25.0) * seen_share
        parts: list[Detector] = [
            LearnedDetector(
                Thresholds(config.default_cut_threshold, config.default_gradual_threshold), seen_fps
            ),
            AbruptDetector(seen_fps),
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
    rate = _rate(fps)
    min_frames = _min_frames(config, rate)
    if config.detector == "threshold":
        return FadeDetector(config.fade_threshold, min_frames, rate)
    return SceneDetectDetector(config, min_frames, rate)


def _rate(fps: float | None) -> Fraction:
    return max(Fraction(1, 1001), Fraction(fps or 25.0).limit_denominator(1001))


def _min_frames(config: SplitConfig, rate: Fraction) -> int:
    """Length of the shortest shot of PySceneDetect's detectors."""
    return max(1, round(config.min_shot_s * rate))
