"""The signature keeps what copies keep, and knows a mirrored picture without hashing it again."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.split import signature as sig


def picture(seed: int, height: int = 90, width: int = 160) -> sig.Luma:
    """Soft random blobs: like a natural picture, most of its energy at low frequencies."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.normal(size=(height, width)), (0, 0), 9)
    return cv2.normalize(noise, None, 20, 235, cv2.NORM_MINMAX).astype(np.uint8)


def bits_apart(a: int, b: int) -> int:
    return (a ^ b).bit_count()


def the_hash(image: sig.Luma) -> int:
    value = sig.picture_hash(image)
    assert value is not None
    return value


@given(st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_pack_and_unpack_are_inverse(hashes: list[int]) -> None:
    assert sig.unpack(sig.pack(hashes)).tolist() == hashes


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_mirror_of_a_hash_is_the_hash_of_the_mirror(seed: int) -> None:
    image = picture(seed)
    mirror = sig.mirrored(np.array([the_hash(image)], dtype=np.uint64))
    assert bits_apart(int(mirror[0]), the_hash(np.ascontiguousarray(image[:, ::-1]))) <= 1
    assert sig.mirrored(mirror).tolist() == [the_hash(image)]


@pytest.mark.parametrize("seed", range(8))
def test_copies_stay_near_and_others_far(seed: int) -> None:
    image = picture(seed)
    original = the_hash(image)
    halved = cv2.resize(image, (80, 45), interpolation=cv2.INTER_AREA)
    ok, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 25])
    assert ok
    recoded = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)
    brighter = np.clip(image.astype(float) * 1.1 + 12, 0, 255).astype(np.uint8)
    for copy in (halved, recoded, brighter):
        assert bits_apart(original, the_hash(copy)) <= 6
    assert bits_apart(original, the_hash(picture(seed + 1000))) >= 16


def test_flat_pictures_have_no_hash() -> None:
    assert sig.picture_hash(np.full((90, 160), 17, np.uint8)) is None
    assert sig.picture_hash(np.zeros((1, 160), np.uint8)) is None


def test_a_flat_position_repeats_its_nearest_neighbour() -> None:
    pictures = [picture(i) for i in range(sig.N_POSITIONS)]
    pictures[0] = pictures[7] = np.zeros((90, 160), np.uint8)
    signature = sig.sign(pictures, 3.0, 90)
    assert signature is not None
    assert len(signature) <= 1024
    hashes = sig.unpack(signature).tolist()
    assert hashes[0] == hashes[1]
    assert hashes[7] == hashes[6]
    assert len(set(hashes)) == sig.N_POSITIONS - 2


def test_flat_or_short_clips_have_no_signature() -> None:
    textured, flat = picture(1), np.zeros((90, 160), np.uint8)
    assert sig.sign([textured] * 7 + [flat] * 9, 3.0, 90) is None
    assert sig.sign([textured] * 16, 0.4, 12) is None
    assert sig.sign([textured] * 16, 3.0, 3) is None
    assert sig.sign([], 3.0, 90) is None


@given(st.floats(0, 1e5), st.floats(0.5, 3600))
def test_positions_lie_in_the_middle_of_equal_parts(start_s: float, length_s: float) -> None:
    times = sig.positions_s(start_s, start_s + length_s)
    assert len(times) == sig.N_POSITIONS
    assert times == sorted(times)
    assert start_s < times[0]
    assert times[-1] < start_s + length_s
    faster = sig.positions_s(start_s, start_s + length_s / 1.05)
    shifts = [(t - start_s) / (f - start_s) for t, f in zip(times, faster, strict=True)]
    assert shifts == pytest.approx([1.05] * len(shifts), rel=1e-4)


@pytest.mark.parametrize("damaged", [b"", b"\x01", b"\x02\x00", b"\x01\x02" + bytes(8)])
def test_other_bytes_are_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="signature"):
        sig.unpack(damaged)
