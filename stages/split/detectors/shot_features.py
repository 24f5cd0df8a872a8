"""What the default detector looks at: how alike frames are across several distances in time.

Nothing here says what a picture shows, only how frames relate, so a model trained on few clips
carries over to others. Every frame becomes a small band-passed luma picture, a chroma histogram
and a coarse colour picture. For frames `lag` apart, and for each of 4 x 4 blocks:

- correlation in place, and after undoing the shift of the whole picture that phase correlation
  finds (Kuglin and Hines 1975). A pan, a shake or a whip keeps the second one high, a cut does
  not; a subtitle changes few blocks; a flash spoils short lags but not long ones.
- how much better a frame is explained as a mix of the frames before and after it than as either
  alone (least squares on two regressors, from the correlations above). Dissolves are mixes;
  motion is not.
- distances of histograms and of coarse colours.

Shifts are looked for only where frames are not alike in place, so still scenes cost little.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from stages.split.detectors.shelf import Shelf
from stages.split.detectors.shot_looks import HEIGHT, WIDTH, Floats, Looks, Places

GRID = 4
BLOCKS = GRID * GRID
LAGS = (1, 2, 4, 8, 16, 32, 64)
SHIFT_EVERY = {1: 1, 2: 1, 4: 2, 8: 4, 16: 8}
"""Lags over which shifts are undone, and how often: every so many frames, and in between what
was found last is kept."""
MIX_STEPS = (2, 4, 8, 16, 32)
MIX_MAPS = (4, 8, 16)
"""Steps whose mix is told block by block."""

REACH = max(LAGS) // 2
"""Frames before and after a frame on which its features depend."""

_ALIKE = 0.85
"""Correlation in place from which no shift is looked for."""

_BLOCK_AREA = WIDTH * HEIGHT // BLOCKS
_FLAT = 4.0 * _BLOCK_AREA
"""Sum of squares of band-passed luma over a block that counts as noise (2 levels rms). Blocks
flatter than this count as alike."""

_MAX_SHIFT_X, _MAX_SHIFT_Y = 26, 13
_TONE_SAMPLES = _HUE_SAMPLES = WIDTH * HEIGHT // 4


@cache
def _hue_bins() -> NDArray[np.uint8]:
    """Chroma to one of 8 bins, finer near grey."""
    edges = np.array([-60, -28, -10, 0, 10, 28, 60]) + 128
    return np.asarray(np.searchsorted(edges, np.arange(256), side="right"), np.uint8)


def _counts(bins: NDArray[np.integer], n_bins: int) -> NDArray[np.int64]:
    """Histograms (n, n_bins) of the bins of n pictures."""
    n = len(bins)
    flat = bins.reshape(n, -1) + n_bins * np.arange(n)[:, None]
    return np.bincount(flat.ravel(), minlength=n * n_bins).reshape(n, n_bins)


def _hue_shares(chroma: NDArray[np.uint8]) -> Floats:
    """Shares (n, 64) of the joint bins of U and V, spread over neighbouring bins. `chroma` has
    shape (n, 2, rows, columns)."""
    bins = _hue_bins()[chroma]
    counts = _counts((bins[:, 0] << 3) | bins[:, 1], 64)
    shares = counts.reshape(-1, 8, 8) / np.float32(_HUE_SAMPLES)
    for axis in (1, 2):
        padded = np.concatenate([shares.take([0], axis), shares, shares.take([7], axis)], axis)
        low, high = padded.take(range(8), axis), padded.take(range(2, 10), axis)
        shares = 0.5 * shares + 0.25 * (low + high)
    return np.asarray(shares.reshape(-1, 64), np.float32)


class FeatureStream:
    """Features of a stream of looks. `add` gives rows as soon as they are complete: the row of
    frame t needs the frames up to t + REACH. Before its first frame a stream stands still."""

    def __init__(self) -> None:
        self._frames = Shelf()
        self._pairs: dict[int, dict[str, Floats]] = {lag: {} for lag in LAGS}
        self._next = max(LAGS)
        """Position in the held arrays of the next frame whose row is due."""
        self._gone = -max(LAGS)
        """Number of the first frame that is held; the stream's first frame is number 0."""

    def add(self, looks: Looks) -> Floats:
        """Rows, shape (n, N_FEATURES), that these frames complete."""
        if not len(looks):
            return np.zeros((0, N_FEATURES), np.float32)
        if not len(self._frames):
            looks = looks.still(0, max(LAGS)).then(looks)
        self._frames.add(_measured(looks))
        held = self._frames.arrays()
        end = len(self._frames)
        for lag in LAGS:
            pairs = _compared(held, end - len(looks), end, lag)
            self._pairs[lag] = _joined(self._pairs[lag], pairs)
        for lag, every in SHIFT_EVERY.items():
            self._undo_shifts(held, end - len(looks), end, lag, every)
        stop = end - REACH
        if stop <= self._next:
            return np.zeros((0, N_FEATURES), np.float32)
        rows = _rows(held, self._pairs, self._next, stop)
        gone = stop - max(LAGS)
        self._frames.drop(gone)
        for lag, pairs in self._pairs.items():
            self._pairs[lag] = {name: values[gone:] for name, values in pairs.items()}
        self._next = stop - gone
        self._gone += gone
        return rows

    def _undo_shifts(
        self, held: dict[str, Floats], start: int, end: int, lag: int, every: int
    ) -> None:
        """Add `still` and `moved` of the pairs that end in the held frames [start, end)."""
        pairs = self._pairs[lag]
        j = np.arange(start, end)
        # The pair that ends at j belongs to the row of frame j - lag // 2.
        since = (j + self._gone - lag // 2) % every
        fresh = j[since == 0]
        found = _undone_shifts(held, fresh, lag, pairs["alike"][fresh], pairs["whole"][fresh])
        for name, values in found.items():
            full = np.zeros((end, values.shape[1]), np.float32)
            if start:
                full[:start] = pairs[name]
            full[fresh] = values
            full[j] = full[np.maximum(0, j - since)]
            pairs[name] = full


def _joined(old: dict[str, Floats], new: dict[str, Floats]) -> dict[str, Floats]:
    """`new` put behind `old`; what only `old` has stays as it is."""
    if not old:
        return new
    return old | {name: np.concatenate([old[name], values]) for name, values in new.items()}


def _measured(looks: Looks) -> dict[str, NDArray[Any]]:
    """What is kept of each frame."""
    level = looks.colour.mean(axis=2)
    blocks = _in_blocks(looks.detail)
    tones = np.cumsum(_counts(looks.luma[:, ::2, ::2] >> 3, 32), axis=1) / _TONE_SAMPLES
    hues = _hue_shares(looks.chroma)
    n = len(looks)
    return {
        "detail": looks.detail,
        "blocks": blocks,
        "energy": _row_products(blocks, blocks),
        "spectrum": np.zeros((n, HEIGHT, WIDTH // 2 + 1), np.complex64),
        "has_spectrum": np.zeros(n, np.bool_),
        "colour": looks.colour - level[:, :, None],
        "level": level,
        "tones": np.asarray(tones, np.float32),
        "hues": hues,
        "luma": level[:, 0],
    }


def _in_blocks(pictures: Floats) -> Floats:
    """The pictures with the pixels of each block in a row, (n, BLOCKS, pixels): products of many
    pairs are then taken three times as fast."""
    split = pictures.reshape(-1, GRID, HEIGHT // GRID, GRID, WIDTH // GRID)
    return np.ascontiguousarray(split.swapaxes(2, 3)).reshape(-1, BLOCKS, _BLOCK_AREA)


def _row_products(a: Floats, b: Floats) -> Floats:
    """Sums of a * b over the rows that `_in_blocks` gave; shape (n, BLOCKS)."""
    return np.asarray(np.einsum("nbk,nbk->nb", a, b), np.float32)


@cache
def _taper() -> Floats:
    """Weights that fall to zero at the edges, over an eighth of each side."""
    sides = []
    for size in (HEIGHT, WIDTH):
        ramp = np.minimum(np.arange(size) + 0.5, size - np.arange(size) - 0.5) / (size / 8)
        sides.append(np.sin(np.pi / 2 * np.minimum(1, ramp)) ** 2)
    return np.asarray(np.outer(*sides), np.float32)


def _whitened(detail: Floats) -> NDArray[np.complex64]:
    """Spectra of unit energy whose strong frequencies weigh no more than the others."""
    import cv2

    tapered = detail * _taper()
    full = np.stack([cv2.dft(picture, flags=cv2.DFT_COMPLEX_OUTPUT) for picture in tapered])
    spectrum = full.view(np.complex64)[:, :, : WIDTH // 2 + 1, 0]
    size = np.abs(spectrum)
    floor = 90.0 + 0.2 * size.mean(axis=(1, 2), keepdims=True)
    weight = 1 / (size + floor)
    energy = ((size * weight) ** 2).sum(axis=(1, 2), keepdims=True)
    return np.asarray(spectrum * (weight / np.sqrt(energy + 1e-6)), np.complex64)


def _make_spectra(held: dict[str, Floats], wanted: NDArray[np.int64]) -> None:
    """Fill in the spectra of these frames where they are not known yet."""
    unknown = wanted[held["has_spectrum"][wanted] == 0]
    if len(unknown):
        held["spectrum"][unknown] = _whitened(held["detail"][unknown])
        held["has_spectrum"][unknown] = True


def _compared(held: dict[str, Floats], start: int, end: int, lag: int) -> dict[str, Floats]:
    """Measures of the pairs (j - lag, j) for j in [start, end)."""
    j = slice(start, end)
    i = (
        slice(start - lag, end - lag)
        if start >= lag
        else np.maximum(0, np.arange(start, end) - lag)
    )
    products = _row_products(held["blocks"][i], held["blocks"][j])
    energy_i, energy_j = held["energy"][i], held["energy"][j]
    return {
        "products": products,
        "alike": _correlation(products, energy_i, energy_j),
        "whole": _correlation(products.sum(1), energy_i.sum(1), energy_j.sum(1)),
        "gain": np.log((energy_j.sum(1) + _FLAT) / (energy_i.sum(1) + _FLAT)),
        "colours": _distances(held, i, j),
    }


def _correlation(products: Floats, energy_i: Floats, energy_j: Floats) -> Floats:
    return np.asarray(
        (products + _FLAT) / (np.sqrt(np.maximum(energy_i * energy_j, 0)) + _FLAT), np.float32
    )


def _distances(held: dict[str, Floats], i: Places, j: Places) -> Floats:
    """Distances (n, 6): of tones, of hues, of brightness; of coarse Y, U, V pictures."""
    level = held["level"][j] - held["level"][i]
    columns = [
        np.abs(held["tones"][j] - held["tones"][i]).mean(1) * 4,
        np.abs(held["hues"][j] - held["hues"][i]).sum(1),
        np.abs(level[:, 0]) / 64,
    ]
    coarse = np.abs(held["colour"][j] - held["colour"][i]).mean(2) / 32
    return np.asarray(np.column_stack([*columns, coarse]), np.float32)


def _undone_shifts(
    held: dict[str, Floats], j: NDArray[np.int64], lag: int, alike: Floats, whole: Floats
) -> dict[str, Floats]:
    """What is left of the difference of the pairs (j - lag, j) after undoing the best shift of
    the whole picture: `still` (n, BLOCKS) correlations by block, and `moved` (n, 4): correlation
    over all, shift in x and y, height of the peak."""
    still = alike.copy()
    moved = np.column_stack([whole, 0 * whole, 0 * whole, np.ones_like(whole)])
    differ = np.flatnonzero(whole < _ALIKE)
    if not len(differ):
        return {"still": still, "moved": moved}
    j = j[differ]
    i = np.maximum(0, j - lag)
    _make_spectra(held, np.union1d(i, j))
    surface = np.fft.irfft2(held["spectrum"][j] * held["spectrum"][i].conj(), s=(HEIGHT, WIDTH))
    surface[:, _MAX_SHIFT_Y + 1 : HEIGHT - _MAX_SHIFT_Y] = -np.inf
    surface[:, :, _MAX_SHIFT_X + 1 : WIDTH - _MAX_SHIFT_X] = -np.inf
    surface = surface.reshape(len(i), -1)
    best = surface.argmax(axis=1)
    height = surface[np.arange(len(i)), best] * (WIDTH * HEIGHT / 2)
    dy, dx = _signed(best // WIDTH, HEIGHT), _signed(best % WIDTH, WIDTH)
    blocks, total = _correlation_shifted(held["detail"][i], held["blocks"][j], dy, dx)
    better = total > whole[differ]
    still[differ[better]] = blocks[better]
    moved[differ, 3] = height
    moved[differ[better], 0] = total[better]
    moved[differ[better], 1] = dx[better] / 8
    moved[differ[better], 2] = dy[better] / 8
    return {"still": still, "moved": np.asarray(moved, np.float32)}


def _signed(places: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Shifts from their places on a surface that goes round."""
    return np.where(places > size // 2, places - size, places)


def _correlation_shifted(
    a: Floats, b_blocks: Floats, dy: NDArray[np.int64], dx: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Correlation of b(y, x) with a(y - dy, x - dx) where both exist: by block and over all. `b`
    comes as `_in_blocks` gives it."""
    # Windows into pictures with a border as wide as the longest shift.
    y_pad, x_pad = _MAX_SHIFT_Y, _MAX_SHIFT_X
    padded = np.zeros((len(a), HEIGHT + 2 * y_pad, WIDTH + 2 * x_pad), np.float32)
    padded[:, y_pad:-y_pad, x_pad:-x_pad] = a
    windows = sliding_window_view(padded, (HEIGHT, WIDTH), axis=(1, 2))
    moved = _in_blocks(windows[np.arange(len(a)), y_pad - dy, x_pad - dx])
    inside = sliding_window_view(_inside(), (HEIGHT, WIDTH))
    kept = b_blocks * _in_blocks(inside[y_pad - dy, x_pad - dx])
    sums = [_row_products(b_blocks, moved), _row_products(moved, moved), _row_products(kept, kept)]
    return _correlation(*sums), _correlation(*(part.sum(1) for part in sums))


@cache
def _inside() -> Floats:
    """Ones where a padded picture has its own pixels."""
    edges = ((_MAX_SHIFT_Y, _MAX_SHIFT_Y), (_MAX_SHIFT_X, _MAX_SHIFT_X))
    return np.pad(np.ones((HEIGHT, WIDTH), np.float32), edges)


def _rows(
    held: dict[str, Floats], pairs: dict[int, dict[str, Floats]], start: int, stop: int
) -> Floats:
    """Feature rows of the frames [start, stop) of the held arrays. A pair stands at the first
    frame of its second half, where a cut between the two would be."""
    parts: list[Floats] = []
    for lag in LAGS:
        at = slice(start + lag // 2, stop + lag // 2)
        names = ["alike", "whole", "gain", "colours"]
        names += ["still", "moved"] if lag in SHIFT_EVERY else []
        parts += [pairs[lag][name][at].reshape(stop - start, -1) for name in names]
    for step in MIX_STEPS:
        parts += _mixes(held, pairs, start, stop, step)
    energy = held["energy"][start:stop].sum(1)
    tones = held["tones"][start:stop]
    levels = np.column_stack([np.log(energy + _FLAT) / 4 - 3, tones[:, 2], tones[:, 28]])
    parts.append(np.asarray(levels, np.float32))
    parts.append(np.asarray(held["level"][start:stop] / 128 - 1, np.float32))
    return np.asarray(np.concatenate(parts, axis=1), np.float32)


def _mixes(
    held: dict[str, Floats],
    pairs: dict[int, dict[str, Floats]],
    start: int,
    stop: int,
    step: int,
) -> list[Floats]:
    """How well frame t is a mix of t - step and t + step: over all, and by block for MIX_MAPS."""
    now, later = slice(start, stop), slice(start + step, stop + step)
    sums = [
        held["energy"][start - step : stop - step],
        held["energy"][later],
        held["energy"][now],
        pairs[step]["products"][now],
        pairs[step]["products"][later],
        pairs[2 * step]["products"][later],
    ]
    over_all = [part.sum(1, keepdims=True) for part in sums]
    parts = [_mix(over_all)]
    if step in MIX_MAPS:
        parts.append(_mix(sums)[:, : 2 * BLOCKS])
    return parts


def _mix(sums: list[Floats]) -> Floats:
    """Least squares of a frame on two others from their sums of squares (before, after, now)
    and of products (now-before, now-after, before-after), each (n, k). Gives (n, 3 k): what is
    left unexplained, what both explain over the better one, and the share of `before`."""
    before, after, now, nb, na, ba = sums
    before, after, now = before + _FLAT, after + _FLAT, now + _FLAT
    determinant = before * after - ba * ba
    a = (nb * after - na * ba) / np.maximum(determinant, _FLAT * _FLAT / 4)
    b = (na * before - nb * ba) / np.maximum(determinant, _FLAT * _FLAT / 4)
    both = np.clip((a * nb + b * na) / now, 0, 1)
    one = np.clip(np.maximum(nb * np.abs(nb) / before, na * np.abs(na) / after) / now, 0, 1)
    share = np.clip(a, 0, 1) / (np.clip(a, 0, 1) + np.clip(b, 0, 1) + 0.1)
    return np.concatenate([1 - both, np.maximum(0, both - one), share], axis=1)


N_FEATURES = (
    len(LAGS) * (BLOCKS + 1 + 1 + 6)
    + len(SHIFT_EVERY) * (BLOCKS + 4)
    + len(MIX_STEPS) * 3
    + len(MIX_MAPS) * 2 * BLOCKS
    + 6
)
