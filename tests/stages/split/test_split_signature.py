"""The signature keeps what copies keep, in about a kilobyte."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stages.split import signature as sig
from stages.split.detail import read_detail
from stages.split.figure_border import NO_BORDER, Border
from stages.split.film_code import STEPS

Luma = NDArray[np.uint8]


def pictures(
    seed: int, times_s: NDArray[np.float64], size: tuple[int, int] = (90, 160)
) -> list[Luma]:
    """Soft blobs that wander over a soft ground."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : size[0], 0 : size[1]] / np.array([size[0], size[1]])[:, None, None]
    centre, pace = rng.uniform(0.2, 0.8, (4, 2)), rng.uniform(-0.15, 0.15, (4, 2))
    out = []
    for at_s in times_s:
        picture = 90 + 60 * x - 30 * y
        for (cx, cy), (vx, vy) in zip(centre, pace, strict=True):
            picture += 90 * np.exp(-((x - cx - vx * at_s) ** 2 + (y - cy - vy * at_s) ** 2) / 0.02)
        out.append(np.clip(picture, 0, 255).astype(np.uint8))
    return out


def made(frames: list[Luma], times_s: NDArray[np.float64], duration_s: float) -> sig.Signature:
    data = sig.sign(frames, list(times_s), duration_s, len(frames), NO_BORDER)
    assert data is not None
    return sig.unpack(data)


def times(duration_s: float, rate: float = 12.5) -> NDArray[np.float64]:
    return np.arange(0, duration_s, 1 / rate)


def apart(a: sig.Signature, b: sig.Signature) -> float:
    """Root mean square difference in luma levels."""
    return float(np.sqrt(((a.film - b.film) ** 2).sum(axis=(1, 2)).mean()))


@given(st.integers(0, 1000), st.floats(0.5, 30))
@settings(max_examples=25, deadline=None)
def test_pack_and_unpack_differ_by_less_than_the_step(seed: int, duration_s: float) -> None:
    rng = np.random.default_rng(seed)
    shape = (sig.picture_count(duration_s), sig.N_V, sig.N_U)
    film = np.asarray(100 + 30 * rng.normal(size=shape), np.float32)
    border = Border(0.1, 0.0, 0.2, 0.05)
    data = sig.pack(sig.Signature(film, duration_s, border, border, b"12345678"))
    back = sig.unpack(data)
    assert back.film.shape == film.shape
    coarsest = STEPS[max(zlib.decompress(data[26:], -15)[: len(film)])]
    assert np.abs(back.film - film).max() <= coarsest / 2 + 1e-3
    assert back.duration_s == pytest.approx(duration_s, rel=1e-6)
    assert back.border.left == pytest.approx(0.1, abs=0.002)
    assert back.digest == b"12345678"


@pytest.mark.parametrize(("duration_s", "most"), [(2, 1000), (7, 1000), (15, 2000), (60, 8000)])
def test_the_budget_is_kept_for_lively_clips(duration_s: float, most: int) -> None:
    rng = np.random.default_rng(1)
    shape = (sig.picture_count(duration_s), sig.N_V, sig.N_U)
    fall = 1 / (1 + np.add.outer(np.arange(sig.N_V), np.arange(sig.N_U)))
    film = np.asarray(100 + 40 * fall * rng.normal(size=shape), np.float32)
    assert len(sig.pack(sig.Signature(film, duration_s))) <= most


def test_quiet_clips_are_stored_more_precisely_than_lively_ones() -> None:
    at = times(5)
    quiet = pictures(1, at * 0.02)
    back = made(quiet, at, 5)
    change = np.diff(back.film, axis=0)
    assert 0 < np.abs(change).max() < 2


def test_a_quiet_scene_keeps_its_movements_beside_a_lively_one() -> None:
    rng = np.random.default_rng(4)
    fall = 1 / (1 + np.add.outer(np.arange(sig.N_V), np.arange(sig.N_U)))
    lively = 100 + 40 * fall * rng.normal(size=(37, sig.N_V, sig.N_U))
    quiet = 60 + np.cumsum(0.1 * fall * rng.normal(size=(43, sig.N_V, sig.N_U)), axis=0)
    film = np.concatenate([lively, quiet]).astype(np.float32)
    error = sig.unpack(sig.pack(sig.Signature(film, 20))).film - film
    change = np.sqrt((np.diff(quiet, axis=0) ** 2).mean())
    assert np.sqrt((error[38:] ** 2).mean()) < change / 2


def test_another_frame_rate_gives_nearly_the_same_film() -> None:
    slow, fast = times(4, 7.5), times(4, 12.5)
    a, b = made(pictures(2, fast), fast, 4), made(pictures(2, slow), slow, 4)
    assert apart(a, b) < 2.5
    assert apart(a, made(pictures(3, fast), fast, 4)) > 20


def test_borders_are_not_part_of_the_film() -> None:
    at = times(3)
    inner = pictures(4, at)
    framed = [np.pad(picture, ((15, 15), (0, 0))) for picture in inner]
    share = 15 / 120
    data = sig.sign(framed, list(at), 3, 60, Border(0, 0, share, share))
    assert data is not None
    assert apart(sig.unpack(data), made(inner, at, 3)) < 1


def test_a_logo_in_a_black_bar_does_not_hide_the_bar() -> None:
    framed = np.pad(pictures(5, np.zeros(1))[0], ((15, 15), (0, 0)))
    framed[3:12, 120:150] = 255
    border = sig.overlaid_border([framed] * 3, Border(0, 0, 0.02, 0.1))
    assert border.top == pytest.approx(15 / 120)
    assert border.bottom == pytest.approx(15 / 120)
    dark = np.zeros((90, 160), np.uint8)
    assert sig.overlaid_border([dark], NO_BORDER) == NO_BORDER


def test_flat_or_short_clips_have_no_signature() -> None:
    at = times(3)
    textured, flat = pictures(6, at), [np.full((90, 160), 17, np.uint8)] * len(at)
    half = len(at) // 2 + 1
    assert sig.sign(flat[:half] + textured[half:], list(at), 3, 75, NO_BORDER) is None
    assert sig.sign(textured, list(at), 0.4, 75, NO_BORDER) is None
    assert sig.sign(textured, list(at), 3, 3, NO_BORDER) is None
    assert sig.sign([], [], 3, 75, NO_BORDER) is None


def test_the_digest_tells_decoded_frames_apart() -> None:
    frames = pictures(7, times(2))
    checks = [sig.frame_check(frame) for frame in frames]
    assert sig.digest_of(checks) == sig.digest_of(list(checks))
    assert len(sig.digest_of(checks)) == 8
    assert sig.digest_of(checks) != sig.digest_of(checks[:-1])
    assert sig.digest_of(checks) != sig.digest_of(checks[::-1])


@pytest.mark.parametrize("damaged", [b"", b"\x01", b"\x02\x00", b"\x02" + bytes(40)])
def test_other_bytes_are_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="signature"):
        sig.unpack(damaged)


def test_many_are_read_as_each_by_itself_and_a_bad_one_costs_only_itself() -> None:
    rng = np.random.default_rng(5)
    films = [rng.normal(size=(n, sig.N_V, sig.N_U)).astype(np.float32) * 30 for n in (9, 20, 9)]
    stored = [sig.pack(sig.Signature(film, len(film) / 4)) for film in films]
    damaged = [stored[0], stored[1][:-3], b"no", stored[2], stored[1]]
    found = sig.unpack_many(damaged)
    assert [isinstance(item, ValueError) for item in found] == [False, True, True, False, False]
    for item, data in zip(found, damaged, strict=True):
        if isinstance(item, sig.Signature):
            assert np.array_equal(item.film, sig.unpack(data).film)


def test_a_clip_that_stands_still_keeps_its_details_and_its_budget() -> None:
    at_s = times(5.0)
    first, second = pictures(1, at_s[:1])[0], pictures(2, at_s[:1])[0]
    second[40:50, 20:140:4] = 255
    frames = [first if moment_s < 2 else second for moment_s in at_s]
    data = sig.sign(frames, list(at_s), 5.0, len(frames), NO_BORDER)
    assert data is not None
    assert len(data) <= sig.BUDGET_BYTES
    signature = sig.unpack(data)
    detail = read_detail(signature.detail, signature.duration_s)
    assert detail is not None
    assert detail.spans_s == pytest.approx(np.array([[0, 2], [2, 5]]), abs=0.1)
    damaged = data[:36] + b"\xff\xff" + data[38:]
    with pytest.raises(ValueError, match="detail of a signature is damaged"):
        sig.unpack(damaged)
