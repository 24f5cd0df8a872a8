"""Looks from an image-embedding model, where one is configured.

The model's first output is brought to length 1, so distances are those that Panda-70M states:
distance² = 2 - 2 cosine. With an embedder, the vectors of a clip's keyframes are stored too.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stages.networks.picture_model import Channels, PictureModel, is_lite0_weights
from stages.split.config import SplitConfig
from stages.split.look import (
    EMBEDDING_LIMITS,
    LITE0_LIMITS,
    PICTURE_LIMITS,
    Look,
    Looker,
    LookLimits,
    look_of,
)
from stages.split.view import FrameView


@lru_cache(maxsize=1)
def cached_embedder(path: Path, mean: Channels | None, std: Channels | None) -> PictureModel:
    """The embedder of this process: a decoding child serves many sources and loads it once."""
    return PictureModel(path, "split.embedder", mean, std)


def make_looker(config: SplitConfig, embedder: Path | None) -> Looker:
    """How looks are made and compared with this config; `embedder`: the file of its model."""
    if embedder is None:
        usual = PICTURE_LIMITS
    else:
        usual = LITE0_LIMITS if is_lite0_weights(embedder) else EMBEDDING_LIMITS

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

    def look(view: FrameView) -> Look:
        return np.asarray(model.features([view.picture])[0], np.float32)

    return Looker(look, limits, wants_large=True, period_s=0.25)


def packed(embedding: NDArray[np.float32]) -> bytes:
    """A vector as the column `shots.embeddings` holds it: half precision moves a distance by less
    than 0.001 and takes half the space."""
    return np.asarray(embedding, "<f2").tobytes()


def unpacked(data: bytes) -> NDArray[np.float32]:
    """A vector of `shots.embeddings`."""
    return np.asarray(np.frombuffer(data, "<f2"), np.float32)


def embedded(jpegs: Sequence[bytes], model: PictureModel) -> list[bytes]:
    """The packed embeddings of JPEG pictures."""
    import cv2

    pictures = [
        np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        for jpeg in jpegs
    ]
    return [packed(vector) for vector in model.features(pictures)]
