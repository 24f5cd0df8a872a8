"""What a picture looks like, as a vector: how alike the ends of neighbouring pieces are. Pure.

A look is a unit vector of two parts, so that the distance of looks is Euclidean and comparable
to that of normalised image embeddings (0: the same; about 1.4: unrelated):

- square roots of the shares of pixels in 8 x 8 x 8 bins of luma, u and v. Their scalar product is
  the Bhattacharyya coefficient of the two colour distributions. It stays high while people and
  the camera move, where any comparison place by place fails within half a second;
- the signs of the 63 lowest frequencies of the luma, as picture hashes take them, but soft near
  zero: by colours alone two rooms in the same light are one.

The second part has a share of 0.2 of the squared length. The limits below come from 52 single
shots of real footage. Of 886 pairs of pictures 0.6 s apart in one shot 96.6 % are nearer than
0.6 and 98.8 % nearer than 0.65; of 2646 pairs from different videos none and three. Beginning and
end of a shot differ by more than 1.0 in one of the 52. Beginning, middle and end of a moving shot
differ by at least 0.058; those of a still picture through an encoder by at most 0.008, with film
grain 0.028. The mean looks of two halves of one shot are 0.32 apart in the median, those of
different videos at least 0.55: below 0.3 a clip shows what another one did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.split.view import FrameView

Look = NDArray[np.float32]
"""A vector of length 1."""

_BINS = 8
_CHROMA_RANGE = (64, 192)
"""Nearly all of real footage; what lies outside counts to the outermost bins."""
_LAYOUT_SHARE = 0.2
_COLOUR_PX = 80
_HASH_PX, _FREQUENCIES = 32, 8
_NOISE = 8.0
"""A frequency of this amplitude (orthonormal DCT of luma levels) counts half; one that encoders
and grain make out of nothing hardly counts."""


@dataclass(frozen=True)
class LookLimits:
    """Distances of looks up to which two pictures are called alike, for four purposes."""

    stitch: float
    still: float
    redundant: float
    changing: float


PICTURE_LIMITS = LookLimits(stitch=0.6, still=0.04, redundant=0.3, changing=1.0)
"""For `look_of`."""

EMBEDDING_LIMITS = LookLimits(stitch=0.6, still=0.15, redundant=0.3, changing=1.0)
"""For image embeddings: Panda-70M's (arXiv 2402.19479), measured with ImageBind-huge."""


LITE0_LIMITS = LookLimits(stitch=0.75, still=0.15, redundant=0.4, changing=1.1)
"""For EfficientNet-Lite0, from 42 single shots of real footage: of pictures 0.6 s apart in one shot
95 % are nearer than 0.75, of different videos none. Beginning and end of one shot in twenty are
further apart than 1.06; beginning, middle and end of a moving shot differ by at least 0.25. The
mean looks of two halves of one shot are 0.48 apart in the median, those of different videos at
least 0.72."""


@dataclass(frozen=True)
class Looker:
    """How looks are made. `wants_large`: of the keyframe-sized view, else of the analysis view;
    `period_s`: least time between the pictures that are held for it."""

    look: Callable[[FrameView], Look]
    limits: LookLimits
    wants_large: bool
    period_s: float


def look_of(view: FrameView) -> Look:
    """The look of a picture of any size."""
    colours = np.sqrt((1.0 - _LAYOUT_SHARE) * _colour_shares(view))
    layout = np.sqrt(_LAYOUT_SHARE) * _layout(view.luma)
    return unit(np.concatenate([colours, layout]))


def distance(first: Look, second: Look) -> float:
    """Euclidean distance: 0 for the same look, at most 2."""
    return float(np.linalg.norm(first - second))


def mean_look(looks: Sequence[Look]) -> Look:
    return unit(np.mean(looks, axis=0))


def unit(vector: NDArray[np.floating]) -> Look:
    """The vector at length 1; a vector of nothing stays what it is."""
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length if length > 0 else vector, np.float32)


def _layout(luma: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Soft signs of the lowest frequencies but the mean: a vector of length 1 at most."""
    import cv2

    size = (_HASH_PX, _HASH_PX)
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:_FREQUENCIES, :_FREQUENCIES].ravel()[1:].astype(np.float64)
    return np.asarray(low / (np.abs(low) + _NOISE) / np.sqrt(len(low)), np.float64)


def _colour_shares(view: FrameView) -> NDArray[np.float64]:
    """Share of the pixels in each bin, shape (_BINS ** 3,). A pixel counts to the two nearest
    bins of each plane by its distance from their middles: in drawings whole areas have one
    colour, which noise would move over the edge of a bin."""
    import cv2

    rows, columns = view.u.shape
    shrink = min(1.0, _COLOUR_PX / max(rows, columns))
    size = max(1, round(columns * shrink)), max(1, round(rows * shrink))
    low, high = _CHROMA_RANGE
    index = np.zeros((1, size[0] * size[1]), np.int64)
    weight = np.ones((1, size[0] * size[1]))
    for plane, start, end in ((view.luma, 0, 256), (view.u, low, high), (view.v, low, high)):
        small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA).ravel().astype(np.float64)
        place = np.clip((small - start) * _BINS / (end - start) - 0.5, 0, _BINS - 1)
        below = np.minimum(place.astype(np.int64), _BINS - 2)
        above = place - below
        index = np.concatenate([index * _BINS + below, index * _BINS + below + 1])
        weight = np.concatenate([weight * (1.0 - above), weight * above])
    counts = np.bincount(index.ravel(), weight.ravel(), minlength=_BINS**3)
    return np.asarray(counts / counts.sum(), np.float64)
