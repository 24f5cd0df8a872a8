"""Faces on pictures, by CenterFace.

The network answers for every fourth row and column of a picture how likely a face has its middle
there, how large it is and where exactly its middle lies (Xu, Yan, Sun, Yang, Luo: "CenterFace:
Joint Face Detection and Alignment Using Face as Point", Scientific Programming 2020). The file is
the authors' ONNX export. It states one small size of input, to which onnxruntime would hold it;
OpenCV's reader takes any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.base import StageError

_STRIDE = 4
_MULTIPLE = 32
"""Sides of the input are multiples of it."""
_CHANNELS = (1, 2, 2, 10)
"""Of the answers: likelihood, log of the size, place of the middle, five landmarks."""
_MAX_OVERLAP = 0.3
"""Two boxes that share more (intersection over union) are one face."""


@dataclass(frozen=True)
class Face:
    """A box in pixels, and how sure the network is (0-1)."""

    left: float
    top: float
    width: float
    height: float
    confidence: float


class FaceModel:
    """A loaded detector. `setting` is what named it, for errors. Raises StageError when the file is
    no such model."""

    def __init__(self, path: Path, setting: str) -> None:
        import cv2

        try:
            self._net = cv2.dnn.readNetFromONNX(str(path))
            self._names = list(self._net.getUnconnectedOutLayersNames())
            answers = self._run(np.zeros((_MULTIPLE, _MULTIPLE, 3), np.uint8))
        except cv2.error as error:
            said = str(error).strip().splitlines()[-1]
            raise StageError(f"{setting}: {path} is no ONNX model of faces: {said}") from error
        if tuple(answer.shape[1] for answer in answers) != _CHANNELS:
            found = ", ".join(str(list(answer.shape)) for answer in answers)
            raise StageError(
                f"{setting}: {path} answers {found} to a picture of {_MULTIPLE}x{_MULTIPLE}; "
                f"wanted are CenterFace's four maps of {_CHANNELS} channels"
            )

    def faces(self, picture: NDArray[np.uint8], min_confidence: float) -> list[Face]:
        """The faces on a picture (height, width, 3) in BGR, the surest first."""
        import cv2

        likely, size, middle, _ = self._run(picture)
        found = boxes(likely[0, 0], size[0], middle[0], min_confidence)
        corners = [(face.left, face.top, face.width, face.height) for face in found]
        kept = cv2.dnn.NMSBoxes(
            corners, [face.confidence for face in found], min_confidence, _MAX_OVERLAP
        )
        return [found[index] for index in np.asarray(kept, int).ravel()]

    def _run(self, picture: NDArray[np.uint8]) -> Sequence[Any]:
        import cv2

        height, width = picture.shape[:2]
        bottom, right = -height % _MULTIPLE, -width % _MULTIPLE
        padded = cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_CONSTANT)
        self._net.setInput(cv2.dnn.blobFromImage(padded, swapRB=True))
        answers: Sequence[Any] = self._net.forward(self._names)
        return answers


def boxes(
    likely: NDArray[np.float32],
    size: NDArray[np.float32],
    middle: NDArray[np.float32],
    min_confidence: float,
) -> list[Face]:
    """The faces that maps of shape (rows, columns), (2, rows, columns) and (2, rows, columns) speak
    of, vertical before horizontal; several for one face."""
    rows, columns = np.nonzero(likely >= min_confidence)
    heights, widths = (np.exp(of[rows, columns]) * _STRIDE for of in size)
    ys = (rows + middle[0, rows, columns] + 0.5) * _STRIDE
    xs = (columns + middle[1, rows, columns] + 0.5) * _STRIDE
    return [
        Face(float(x - width / 2), float(y - height / 2), float(width), float(height), float(sure))
        for x, y, width, height, sure in zip(
            xs, ys, widths, heights, likely[rows, columns], strict=True
        )
    ]
