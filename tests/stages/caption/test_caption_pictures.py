"""Pictures as models get them: no larger than asked, grids with cells of one size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from caption_rows import jpeg
from chat_rows import plain_jpeg
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.outcomes import ItemError, Reason
from stages.caption import keyframe
from stages.caption.pictures import as_jpeg, look_of, rendered, size_of
from stages.caption.strategies.plan import Frame, Picture, grid


def frame(colour: str = "red", width: int = 64, height: int = 48) -> Frame:
    return Frame(1.0, plain_jpeg(colour, width, height))


def test_a_frame_that_fits_is_sent_as_it_was_stored_and_a_larger_one_shrinks() -> None:
    whole = frame(width=200, height=100)
    assert as_jpeg(Picture((whole,)), 200) == whole.jpeg
    image = cv2.imdecode(np.frombuffer(as_jpeg(Picture((whole,)), 50), np.uint8), 1)
    assert image is not None
    assert image.shape[:2] == (25, 50)
    assert size_of(whole) == (200, 100)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(8, 90), st.integers(8, 90)), min_size=2, max_size=9),
    st.integers(32, 300),
)
def test_a_grid_stays_in_its_bounds_whatever_the_frames(
    sizes: list[tuple[int, int]], side_px: int
) -> None:
    picture = grid([frame(width=width, height=height) for width, height in sizes])
    height, width = rendered(picture, side_px).shape[:2]
    assert max(height, width) <= side_px
    assert height % picture.rows == width % picture.columns == 0


@pytest.mark.parametrize("data", [b"", b"<html>", plain_jpeg("red")[:-40]])
def test_what_is_no_whole_picture_is_unreadable(data: bytes) -> None:
    for read in (size_of, lambda broken: as_jpeg(Picture((broken,)), 64)):
        with pytest.raises(ItemError) as caught:
            read(Frame(1.0, data))
        assert caught.value.reason == Reason.UNREADABLE


def test_looks_tell_colours_apart_and_not_sizes() -> None:
    red, small, blue = (look_of(f) for f in (frame(), frame(width=32), frame("blue")))
    assert float(abs(red - small).mean()) < 0.01
    assert float(abs(red - blue).mean()) > 0.3


def test_teachers_share_a_decoded_keyframe_and_cannot_spoil_it() -> None:
    data = jpeg([("EXIT", 40, 100)])
    shown = keyframe.picture(data)
    assert keyframe.picture(bytes(bytearray(data))) is shown
    with pytest.raises(ValueError, match="read-only"):
        shown[0, 0] = 0
    for _ in range(2):
        with pytest.raises(ItemError):
            keyframe.picture(b"no picture")
