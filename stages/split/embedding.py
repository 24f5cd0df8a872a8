"""Looks from an image-embedding model in ONNX, where one is configured.

The model takes one picture, float32 of shape (1, 3, side, side), RGB, scaled to 0-1 and then
normalised per channel; it gives one vector. The picture's short side is scaled to `side` and the
middle is cut out, as CLIP and its relatives are trained. The vector is brought to length 1, so
distances are those that Panda-70M states: distance² = 2 - 2 cosine.

One thread, so that the sums come in one order and a re-run gives the same bits.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.base import StageError
from stages.split.config import SplitConfig
from stages.split.look import (
    EMBEDDING_LIMITS,
    PICTURE_LIMITS,
    Look,
    Looker,
    LookLimits,
    look_of,
    unit,
)
from stages.split.view import FrameView

_SIDE_PX = 224
"""Where the model leaves the size open."""


class Embedder:
    """An ONNX image model. Raises StageError when the file is none, or takes something else."""

    def __init__(
        self, path: Path, mean: tuple[float, float, float], std: tuple[float, float, float]
    ) -> None:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as refusals

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
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
            raise StageError(f"split.embedder: {path} is no ONNX model: {error}") from error
        self._side = self._side_of(path)
        self._mean = np.array(mean, np.float32)
        self._std = np.array(std, np.float32)

    def _side_of(self, path: Path) -> int:
        inputs = self._session.get_inputs()
        shape = inputs[0].shape if len(inputs) == 1 else []
        sides = {side for side in shape[2:] if isinstance(side, int)}
        is_image = len(shape) == 4 and shape[1] in (3, None) and len(sides) <= 1
        if not is_image or inputs[0].type != "tensor(float)":
            found = ", ".join(f"{entry.name} {entry.type} {entry.shape}" for entry in inputs)
            raise StageError(
                f"split.embedder: {path} takes {found}; wanted is one float input of shape "
                "[1, 3, side, side]"
            )
        return sides.pop() if sides else _SIDE_PX

    def look(self, view: FrameView) -> Look:
        """The embedding of a picture at length 1."""
        batch = self._prepared(view.picture)
        answer = self._session.run(None, {self._session.get_inputs()[0].name: batch})[0]
        return unit(np.asarray(answer, np.float32).ravel())

    def _prepared(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        import cv2

        height, width = picture.shape[:2]
        scale = self._side / min(height, width)
        size = max(self._side, round(width * scale)), max(self._side, round(height * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        large = cv2.resize(picture, size, interpolation=how)
        top, left = (size[1] - self._side) // 2, (size[0] - self._side) // 2
        middle = large[top : top + self._side, left : left + self._side, ::-1]
        normalised = (middle.astype(np.float32) / 255.0 - self._mean) / self._std
        return np.ascontiguousarray(normalised.transpose(2, 0, 1)[None])


@lru_cache(maxsize=1)
def cached_embedder(
    path: Path, mean: tuple[float, float, float], std: tuple[float, float, float]
) -> Embedder:
    """The embedder of this process: a decoding child serves many sources and loads it once."""
    return Embedder(path, mean, std)


def make_looker(config: SplitConfig, embedder: Path | None) -> Looker:
    """How looks are made and compared with this config; `embedder`: the file of its model."""
    usual = PICTURE_LIMITS if embedder is None else EMBEDDING_LIMITS

    def limit(configured: float | None, otherwise: float) -> float:
        return otherwise if configured is None else configured

    limits = LookLimits(
        stitch=limit(config.stitch_distance, usual.stitch),
        still=limit(config.still_distance, usual.still),
        redundant=limit(config.redundant_distance, usual.redundant),
        changing=limit(config.changing_distance, usual.changing),
    )
    if embedder is None:
        return Looker(look_of, limits, wants_large=False, period_s=0.1)
    model = cached_embedder(embedder, config.embedder_mean, config.embedder_std)
    return Looker(model.look, limits, wants_large=True, period_s=0.25)
