"""Keyframes as the filter looks at them, and the port for models that rate a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schemas.outcomes import ItemError, Reason
from stages.base import StageError

OVERLAY_WIDTH_PX = 160
_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
"""What CLIP's image encoders, and with them most raters, expect (openai/CLIP)."""


def decoded(data: bytes) -> Any:
    """A keyframe as height x width x 3, RGB, uint8. Raises ItemError UNREADABLE."""
    import cv2
    import numpy as np

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise ItemError(
            Reason.UNREADABLE,
            f"a stored keyframe ({len(data)} bytes) is no picture",
            "run again from the split stage",
        )
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def luma(image: Any) -> Any:
    """[height, width] float32, 0-255."""
    import cv2
    import numpy as np

    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)


def small_luma(image: Any) -> Any:
    """The same, scaled to OVERLAY_WIDTH_PX."""
    import cv2

    height, width = image.shape[:2]
    size = (OVERLAY_WIDTH_PX, max(1, round(OVERLAY_WIDTH_PX * height / width)))
    return cv2.resize(luma(image), size, interpolation=cv2.INTER_AREA)


class PictureRater:
    """An ONNX model that gives a picture one number: an aesthetic score, a chance of nudity.

    One input [n, 3, side, side], float32, RGB with CLIP's mean and deviation; one output of one
    number for each picture ([n] or [n, 1]). A side that the model leaves open is 224.
    """

    def __init__(self, path: Path) -> None:
        import numpy as np
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as errors

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except (
            errors.Fail,
            errors.InvalidProtobuf,
            errors.InvalidGraph,
            errors.InvalidArgument,
            errors.NoSuchFile,
            errors.NotImplemented,
        ) as error:
            raise StageError(f"picture model {path} cannot be loaded: {error}") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4:
            shapes = [given.shape for given in inputs]
            raise StageError(
                f"picture model {path}: its inputs are {shapes}, not one [n, 3, side, side]"
            )
        self._input = inputs[0].name
        self._side = inputs[0].shape[2] if isinstance(inputs[0].shape[2], int) else 224
        n_numbers = self._run(np.zeros((3, self._side, self._side), np.float32)).size
        if n_numbers != 1:
            raise StageError(
                f"picture model {path} gives {n_numbers} numbers for a picture, not one"
            )

    def rate(self, images: Sequence[Any]) -> float | None:
        """The mean over a clip's keyframes (height x width x 3, RGB); None without any."""
        import cv2
        import numpy as np

        if not images:
            return None
        size = (self._side, self._side)
        scaled = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images]
        values: Any = np.stack(scaled).astype(np.float32) / 255.0
        values = (values - np.array(_MEAN, np.float32)) / np.array(_STD, np.float32)
        # One picture at a time: the result must not depend on how many keyframes there are.
        ratings = [float(self._run(value.transpose(2, 0, 1)).ravel()[0]) for value in values]
        return sum(ratings) / len(ratings)

    def _run(self, picture: Any) -> Any:
        """The model's output for one picture, [3, side, side]."""
        import numpy as np

        given = {self._input: np.ascontiguousarray(picture[None])}
        return np.asarray(self._session.run(None, given)[0])
