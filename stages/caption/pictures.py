"""Keyframes as a model gets them: single pictures or grids, no larger than asked for."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from schemas.outcomes import ItemError, Reason
from stages.caption.strategies.plan import Frame, Picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

JPEG_QUALITY = 90
LOOK_SIDE_PX = 16
WHITE = 255
END_OF_JPEG = b"\xff\xd9"


def decoded(frame: Frame) -> NDArray[np.uint8]:
    """The frame as height x width x BGR. Raises ItemError UNREADABLE."""
    import cv2
    import numpy as np

    try:
        image = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # no bytes at all
        image = None
    if image is None:
        raise unreadable(frame)
    return np.asarray(image, np.uint8)


def size_of(frame: Frame) -> tuple[int, int]:
    """Width and height, from the file's head; a file that is cut off counts as unreadable.
    Decoding it for that would cost more than all the rest of a request."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(frame.jpeg)) as image:
            if frame.jpeg.endswith(END_OF_JPEG):
                return image.size
    except (UnidentifiedImageError, OSError):
        pass
    raise unreadable(frame)


def unreadable(frame: Frame) -> ItemError:
    return ItemError(
        Reason.UNREADABLE,
        f"the keyframe at {frame.time_s:.3f} s of the clip could not be decoded",
        "run again from the split stage",
    )


def rendered(picture: Picture, max_side_px: int) -> NDArray[np.uint8]:
    """One frame, or a grid on white ground whose cells have one size and whose longer side is
    at most `max_side_px`; height x width x BGR. Nothing is enlarged."""
    import numpy as np

    images = [decoded(frame) for frame in picture.frames]
    if len(images) == 1:
        return _fitted(images[0], max_side_px, max_side_px)
    rows, columns = picture.rows, picture.columns
    height, width = images[0].shape[:2]
    shrink = min(1.0, max_side_px / (rows * height), max_side_px / (columns * width))
    cell_h, cell_w = max(1, int(height * shrink)), max(1, int(width * shrink))
    canvas = np.full((rows * cell_h, columns * cell_w, 3), WHITE, np.uint8)
    for index, image in enumerate(images):
        small = _fitted(image, cell_w, cell_h)
        top, left = index // columns * cell_h, index % columns * cell_w
        canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def as_jpeg(picture: Picture, max_side_px: int) -> bytes:
    """The picture as JPEG; a single frame that is small enough stays as it was stored."""
    import cv2

    if len(picture.frames) == 1 and max(size_of(picture.frames[0])) <= max_side_px:
        return picture.frames[0].jpeg
    _, data = cv2.imencode(
        ".jpg", rendered(picture, max_side_px), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    return bytes(data)


def look_of(frame: Frame) -> NDArray[np.float32]:
    """A frame as 16 x 16 x 3 colours, 0..1: enough to see that two show the same."""
    import cv2
    import numpy as np

    side = (LOOK_SIDE_PX, LOOK_SIDE_PX)
    small = cv2.resize(decoded(frame), side, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def _fitted(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The image shrunk to fit into a box, in its own proportions."""
    import cv2
    import numpy as np

    had_h, had_w = image.shape[:2]
    shrink = min(1.0, width / had_w, height / had_h)
    if shrink == 1.0:
        return image
    size = (max(1, int(had_w * shrink)), max(1, int(had_h * shrink)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
