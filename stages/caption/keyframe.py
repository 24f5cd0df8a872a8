"""Stored keyframes, for the teachers that look at pictures."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from schemas.outcomes import ItemError, Reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


N_DECODED = 48
"""Decoded keyframes that one worker holds; 33 MB at 640x360."""


def frame_input(time_s: float) -> str:
    """How the `inputs` column names a keyframe: by its time in the source."""
    return f"frame@{time_s:.3f}s"


@lru_cache(maxsize=N_DECODED)
def picture(data: bytes) -> NDArray[np.uint8]:
    """A keyframe as height x width x 3, BGR, not to be written to: teachers that look at the same
    keyframes of a unit, one after the other, share them. Raises ItemError UNREADABLE."""
    import cv2
    import numpy as np

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise ItemError(
            Reason.UNREADABLE,
            f"a stored keyframe ({len(data)} bytes) is no picture",
            "run again from the split stage",
        )
    shared = np.asarray(image, np.uint8)
    shared.setflags(write=False)
    return shared
