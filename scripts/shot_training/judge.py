"""How well made films are judged, by the rules of `scripts/eval_shots.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.eval_shots import Tally, score
from scripts.shot_training.dataset import CUT, MIXED, UNSURE, Example
from stages.split.detectors.shot_events import Thresholds, find_events
from stages.split.detectors.shot_model import probabilities

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
NOMINAL_FPS = 25.0


def judge(model: Path, examples: list[Example]) -> list[str]:
    """One line per threshold: films of several shots, then films of one."""
    answers = [probabilities(example.rows.astype(np.float32), model) for example in examples]
    lines = []
    for threshold in THRESHOLDS:
        several, single = Tally(), Tally()
        for example, answer in zip(examples, answers, strict=True):
            tally = _tally(example.labels, answer, threshold)
            if example.labels.any():
                several += tally
            else:
                single += tally
        lines.append(f"threshold {threshold}: several shots {several.figures()}")
        lines.append(f"threshold {threshold}: single shots {single.figures()}")
    return lines


def _tally(labels: NDArray[np.uint8], answers: NDArray[np.float32], threshold: float) -> Tally:
    """Events and boundaries where the truth is not sure count for nothing."""
    unsure = (labels & UNSURE) > 0
    events = [
        {"type": "cut" if start == end else "gradual", "start": start, "end": end}
        for start, end in _events(labels)
        if not unsure[start : max(end, start + 1)].any()
    ]
    found = [
        event.middle
        for event in find_events(answers, Thresholds(threshold, threshold))
        if not unsure[max(0, event.middle - 3) : event.middle + 4].any()
    ]
    truth = {"film": {"frames": len(labels), "fps": NOMINAL_FPS, "events": events}}
    return score(truth, {"film": found})


def _events(labels: NDArray[np.uint8]) -> list[tuple[int, int]]:
    cuts = [(int(at), int(at)) for at in np.flatnonzero(labels & CUT)]
    mixed = ((labels & MIXED) > 0).astype(np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mixed, [0]]))).reshape(-1, 2)
    return sorted(cuts + [(int(start), int(end)) for start, end in edges])
