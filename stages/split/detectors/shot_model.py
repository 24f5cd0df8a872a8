"""The default detector's model: a small temporal convolution network over frame features.

Residual blocks of dilated convolutions (as in temporal convolutional networks, Bai et al. 2018)
look about two seconds to either side and say of each frame how likely it is the first of a new
shot after a cut, and how likely it lies in a gradual transition. It was trained by
`scripts/train_shot_model.py` on videos with known transitions. ONNX Runtime runs it in one
thread, so its answers do not depend on the machine's load or core count.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stages.split.detectors.shot_features import N_FEATURES

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]

MODEL_FILE = Path(__file__).with_name("default_model.onnx")

CONTEXT = 63
"""Frames to either side on which an answer depends."""


@cache
def load_model(path: Path = MODEL_FILE) -> InferenceSession:
    """The model, ready to run in one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def probabilities(rows: Floats, path: Path = MODEL_FILE) -> Floats:
    """(n, 2): of a cut at each frame, and of lying in a gradual transition. `rows` has shape
    (n, N_FEATURES); answers within CONTEXT of either end see zeros beyond it."""
    if rows.shape[1:] != (N_FEATURES,):
        raise ValueError(f"rows have shape {rows.shape}, not (n, {N_FEATURES})")
    (answers,) = load_model(path).run(None, {"rows": rows[None]})
    return np.asarray(answers[0], np.float32)
