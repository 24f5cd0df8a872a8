"""Networks that take a picture: loading, preparing pictures, running them in batches.

A model is an ONNX file with one input, float32 of shape (n, 3, side, side), RGB, scaled to 0-1
and then normalised per channel; or the weights of EfficientNet-Lite0 as torch.save wrote them.
The square in a picture's middle is scaled to `side`, which is what CLIP and its relatives are
trained on.

On the CPU one thread runs it, so that the sums come in one order: a re-run gives the same bits,
and so does another division into batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stages.base import StageError
from stages.networks import efficientnet_lite0
from stages.networks.torch_file import read_weights

Device = Literal["cpu", "cuda"]
Channels = tuple[float, float, float]
"""One number for red, green and blue."""

CLIP_MEAN: Channels = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD: Channels = (0.26862954, 0.26130258, 0.27577711)

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
_SIDE_PX = 224
"""Where the model leaves the size open."""
_BATCH = 16


class PictureModel:
    """A loaded model. `setting` is what named it, for errors; `mean` and `std` are needed for ONNX
    files that are not trained with CLIP's. Raises StageError when the file is no such model."""

    def __init__(
        self,
        path: Path,
        setting: str,
        mean: Channels | None = None,
        std: Channels | None = None,
        device: Device = "cpu",
    ) -> None:
        self._setting = setting
        is_lite0 = is_lite0_weights(path)
        self._session = self._opened(path, _lite0(path, setting) if is_lite0 else None, device)
        self._side, self._batch = self._sizes(path)
        own = efficientnet_lite0
        self._levels = _levels(
            mean or (own.MEAN if is_lite0 else CLIP_MEAN),
            std or (own.STD if is_lite0 else CLIP_STD),
        )

    def run(self, pictures: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """The model's outputs for pictures (height, width, 3) in BGR, each of shape (n, ...)."""
        name = self._session.get_inputs()[0].name
        answers = []
        for start in range(0, len(pictures), self._batch):
            chosen = pictures[start : start + self._batch]
            batch = np.empty((len(chosen), 3, self._side, self._side), np.float32)
            for picture, planes in zip(chosen, batch, strict=True):
                self._prepare(picture, planes)
            answers.append(self._session.run(None, {name: batch}))
        return [np.concatenate(parts).astype(np.float32) for parts in zip(*answers, strict=True)]

    def features(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """The first output at length 1, shape (n, size)."""
        if not pictures:
            return np.zeros((0, 0), np.float32)
        flat = self.run(pictures)[0].reshape(len(pictures), -1)
        length = np.linalg.norm(flat, axis=1, keepdims=True)
        return np.asarray(flat / np.where(length > 0, length, 1), np.float32)

    def _opened(self, path: Path, model: bytes | None, device: Device) -> Any:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as refusals

        if _PROVIDERS[device] not in onnxruntime.get_available_providers():
            raise StageError(
                f"{self._setting}: this onnxruntime cannot use device {device}: install "
                "onnxruntime-gpu in its place, or set the device to cpu"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(
                model or str(path), options, providers=[_PROVIDERS[device]]
            )
        except (  # they share no narrower base
            refusals.Fail,
            refusals.InvalidArgument,
            refusals.InvalidGraph,
            refusals.InvalidProtobuf,
            refusals.NoSuchFile,
            refusals.NotImplemented,
            refusals.RuntimeException,
        ) as error:
            raise StageError(f"{self._setting}: {path} is no ONNX model: {error}") from error

    def _sizes(self, path: Path) -> tuple[int, int]:
        """Side in pixels, and how many pictures go in at once."""
        inputs = self._session.get_inputs()
        shape = inputs[0].shape if len(inputs) == 1 else []
        sides = {side for side in shape[2:] if isinstance(side, int)}
        is_image = len(shape) == 4 and shape[1] in (3, None) and len(sides) <= 1
        if not is_image or inputs[0].type != "tensor(float)" or shape[0] not in (1, *_open(shape)):
            found = ", ".join(f"{entry.name} {entry.type} {entry.shape}" for entry in inputs)
            raise StageError(
                f"{self._setting}: {path} takes {found}; wanted is one float input of shape "
                "[1 or open, 3, side, side]"
            )
        return (sides.pop() if sides else _SIDE_PX), (1 if shape[0] == 1 else _BATCH)

    def _prepare(self, picture: NDArray[np.uint8], planes: NDArray[np.float32]) -> None:
        """Write the picture's middle, as the model wants it, to (3, side, side)."""
        import cv2

        height, width = picture.shape[:2]
        short = min(height, width)
        top, left = (height - short) // 2, (width - short) // 2
        middle = picture[top : top + short, left : left + short]
        how = cv2.INTER_CUBIC
        if short > self._side:
            # Up to half the size two pixels each way miss next to nothing, at an eighth of the
            # cost of averaging whole areas.
            how = cv2.INTER_LINEAR if short <= 2 * self._side else cv2.INTER_AREA
        scaled = cv2.resize(middle, (self._side, self._side), interpolation=how)
        for levels, plane, out in zip(self._levels, cv2.split(scaled)[::-1], planes, strict=True):
            cv2.LUT(plane, levels, out)


def _levels(mean: Channels, std: Channels) -> NDArray[np.float32]:
    """What each of the 256 values of red, green and blue becomes, (3, 256): looking it up gives
    the same bits as computing it for every pixel and takes a fifth of the time."""
    shares = np.arange(256, dtype=np.float32) / np.float32(255.0)
    means, deviations = np.array(mean, np.float32)[:, None], np.array(std, np.float32)[:, None]
    return np.asarray((shares - means) / deviations, np.float32)


def is_lite0_weights(path: Path) -> bool:
    """Whether a model's file holds weights of torch; those of one network are understood."""
    return path.suffix in (".pth", ".pt")


def _lite0(path: Path, setting: str) -> bytes:
    try:
        return efficientnet_lite0.build_model(read_weights(path))
    except (OSError, ValueError) as error:
        raise StageError(f"{setting}: {path}: {error}") from error


def _open(shape: Sequence[Any]) -> list[Any]:
    """The first size where the model leaves it open: a name or nothing."""
    return [size for size in shape[:1] if not isinstance(size, int)]
