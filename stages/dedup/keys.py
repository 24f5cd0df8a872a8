"""Keys by which clips that may show the same footage find each other without all pairs.

Two kinds of pictures are made from the film of a clip:

- *changes*: the mean of one second less the mean of the second before, over nearly the whole
  picture. What stands still, overlays included, is not in it, and two moments of one place have
  different changes. That is what tells copies from neighbours. A clip that is too short for two
  whole seconds asks with halves of a second, which the others index as well.
- *looks*: the mean of one second, over the upper middle and over the lower middle of the picture;
  logos and subtitles lie mostly outside one of them. Its higher frequencies are damped (Lanczos'
  sigma factors), because the sharp edge of an overlay rings far into a picture of few frequencies.

A picture's hash are the signs of its lowest DCT-II coefficients in zigzag order, the mean left
out: 32 bits of key and 24 of check.

- The *indexed* hashes are made for the picture inside the black borders and for centred crops of
  it, so that a cropped copy finds its original; where there is a border, also with the bars put
  back, as they look in a compilation, and where a logo inside a black bar hides the bar, for the
  picture without it.
- The *asking* hashes are made for the picture as it is, and each also with the bits of its two or
  four smallest coefficients turned over in every combination: the bits that an edit turns. Of
  every two changes that follow each other the one asks whose other coefficients are larger; every
  second look asks. Short clips have few looks, so all of them ask, and some of their changes of
  halves of a second.
- Mirroring changes the sign of odd horizontal frequencies. Every hash is stored as the one of its
  two mirrored forms in which the lowest of these is negative, so mirrored copies meet without
  entries of their own. (Where an edit turns that very sign, turning bits over finds it.)

Two clips meet where an asking key equals an indexed one. A clip in which nothing moves has no
keys: it is never the same as another one (see `compare`).

Every entry has a tag beside its hash: its clip, and where in it, through which crop and in which
mirrored form the hash was taken, so that a meeting tells how the one clip would lie on the other
(see `confirm`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from stages.dedup.footage import STILL_CHANGE, unbarred
from stages.dedup.key_matrix import HASH_BITS, matrix_of, mirror_mask
from stages.dedup.key_spectra import Looking, by_size, hashes, key_places
from stages.dedup.rects import WHOLE, Rect, inside, rounded, within
from stages.split.figure_border import NO_BORDER, Border
from stages.split.signature import MAX_PICTURES, N_U, N_V, Films

Values = NDArray[np.uint64]
Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
Times = NDArray[np.float64]
Tags = NDArray[np.uint32]

KEY_BITS = 32
CHECK_BITS = HASH_BITS - KEY_BITS
SIDE_BIT = np.uint64(1)
"""Lowest bit of an entry: 1 for an asking hash, 0 for an indexed one."""

TAG_BITS = 11
"""Bits of a tag below its clip: the window's first picture (8), the form: which of the crops, or
another rectangle (2), and whether the hash is stored mirrored (1)."""

FORM_BITS = 3
OTHER_RECT = 3
_CHANGE_REGIONS: tuple[Rect, ...] = ((0.05, 0.95, 0.05, 0.95),)
_LOOK_REGIONS: tuple[Rect, ...] = ((0.2, 0.8, 0.1, 0.65), (0.15, 0.85, 0.3, 0.85))
SHARES = (1.0, 0.92, 0.86)
"""Shares of the sides that the crops of the indexed hashes leave, by form."""
_SHORT_S = 2.2
_FEW_S = 4.0
"""Clips shorter than this have so few looks that all of them ask, with one bit more turned over."""
_FEW_HALVES = 3
"""Changes of halves of a second with which such clips ask as well."""
_MANY_S = 6.0
"""Clips longer than this have so many changes that each asks with one bit less turned over."""
_PIVOT = np.uint64(HASH_BITS)
"""Bit of a hash that says in which of its mirrored forms it is stored."""
_LEAST = 0.02
_FRAME: Rect = (-1.0, 2.0, -1.0, 2.0)
"""Stands for the whole of a film whose bars were put back."""


@dataclass(frozen=True)
class Entries:
    """Hashes of many clips: `values` hold, from the highest bit used, region, key, check and
    side; `tags` clip, window and form of each (see TAG_BITS)."""

    values: Values
    tags: Tags

    @property
    def clips(self) -> Ids:
        return self.tags.astype(np.int64) >> TAG_BITS


@dataclass(frozen=True)
class _Kind:
    """How one kind of key is made: a window begins every `hop_s`; one of `ask_every` asks."""

    first: int
    regions: tuple[Rect, ...]
    is_change: bool
    hop_s: float
    ask_every: int
    turned: int
    """Smallest coefficients whose bits are turned over."""
    window_s: float = 1.0
    only_short: bool = False
    """Whether only clips ask that are too short for two whole windows of a second."""


_KINDS = (
    _Kind(0, _CHANGE_REGIONS, True, 0.25, 2, 4),
    _Kind(len(_CHANGE_REGIONS), _LOOK_REGIONS, False, 0.5, 2, 2),
    _Kind(0, _CHANGE_REGIONS, True, 0.25, 1, 5, 0.5, only_short=True),
)


def key_of(values: Values) -> Values:
    """Region and key of entries: what has to be equal."""
    return values >> np.uint64(CHECK_BITS + 1)


def is_change(values: Values) -> NDArray[np.bool_]:
    """Whether entries are of changes; else they are of looks."""
    return np.asarray(values >> np.uint64(HASH_BITS + 1) < len(_CHANGE_REGIONS))


def entries(films: Films) -> Entries:
    """The entries of clips, by their places, in no particular order."""
    found: list[tuple[Values, Tags]] = [(np.empty(0, np.uint64), np.empty(0, np.uint32))]
    moving = np.flatnonzero(changes_of(films.pictures) >= STILL_CHANGE)
    for timing, rows in _alike(len(films.pictures), films.durations_s[moving]):
        found += _of_alike(films, moving[rows], timing)
    return Entries(np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found]))


def _of_alike(films: Films, rows: Ids, timing: _Timing) -> Iterator[tuple[Values, Tags]]:
    """Entries of clips whose films have their pictures at the same places: of the films as they
    are, through other rectangles, and with the bars put back."""
    pictures, places = films.pictures[:, rows], films.places[rows]
    yield from _through(WHOLE, pictures, places, timing)
    borders, overlaid = films.borders[rows], films.overlaid[rows]
    by_rect: dict[Rect, list[int]] = {}
    for row in np.flatnonzero((borders != overlaid).any(axis=1)).tolist():
        for rect in _other_rects(Border(*borders[row].tolist()), Border(*overlaid[row].tolist())):
            by_rect.setdefault(rect, []).append(row)
    for rect, some in sorted(by_rect.items()):
        yield from _through(rect, pictures[:, some], places[some], timing)
    framed = np.flatnonzero(borders.any(axis=1))
    if len(framed):
        shape = (-1, N_V, N_U)
        whole = [
            unbarred(pictures[:, row].reshape(shape), Border(*borders[row].tolist()), NO_BORDER)
            for row in framed.tolist()
        ]
        barred = np.stack(whole, axis=1).reshape(len(pictures), len(framed), -1)
        yield from _through(_FRAME, barred, places[framed], timing)


def change_matrix(form: int) -> Floats:
    """From films to what the hashes of changes are made of, through the crop of a form."""
    return matrix_of(WHOLE, _CHANGE_REGIONS[0], SHARES[form], False)[0]


def changes_of(pictures: Floats) -> Floats:
    """Root mean square change of each film of some (n, clips, frequencies) against its mean
    picture, in luma levels."""
    rest = pictures - np.add.reduce(pictures, axis=0) / np.float32(len(pictures))
    return np.asarray(np.sqrt(np.einsum("ngc,ngc->g", rest, rest) / len(pictures)), np.float32)


@dataclass(frozen=True)
class _Timing:
    """How the pictures of a film lie in time: how many there are, how many make a window of each
    kind and lie between two of them; whether the clip has few looks, and few changes."""

    n: int
    widths: tuple[int, ...]
    hops: tuple[int, ...]
    has_few: bool
    is_short: bool
    is_long: bool

    def asking(self, kind: _Kind, windows: int) -> tuple[int, int]:
        """(how many of the windows ask, with how many bits turned over)."""
        if kind.only_short:
            few = min(windows, _FEW_HALVES) * self.has_few
            return (windows, kind.turned) if self.is_short else (few, kind.turned - 1)
        if self.has_few and not kind.is_change:
            return windows, kind.turned + 1
        return -(-windows // kind.ask_every), kind.turned - int(kind.is_change and self.is_long)


def _alike(n: int, length_s: Times) -> Iterator[tuple[_Timing, Ids]]:
    """Clips of n pictures by their timing; worked out for all at once, because most clips have one
    of their own length."""
    spans_s = [*(kind.window_s for kind in _KINDS), *(kind.hop_s for kind in _KINDS)]
    pictures = np.rint(np.array(spans_s)[:, None] * n / length_s).astype(np.int64)
    is_below = length_s < np.array([_FEW_S, _SHORT_S, _MANY_S])[:, None]
    columns = np.concatenate([np.clip(pictures, 1, MAX_PICTURES), is_below])
    order = np.lexsort(columns)
    edges = np.flatnonzero((np.diff(columns[:, order], axis=1) != 0).any(axis=0)) + 1
    kinds = len(_KINDS)
    for rows in np.split(order, edges) if len(order) else ():
        *times, has_few, is_short, is_many = columns[:, rows[0]].tolist()
        widths, hops = tuple(times[:kinds]), tuple(times[kinds:])
        yield _Timing(n, widths, hops, bool(has_few), bool(is_short), not is_many), rows


def _through(
    rect: Rect, films: Floats, places: Ids, timing: _Timing
) -> Iterator[tuple[Values, Tags]]:
    """Entries of films (n, clips, frequencies) through one rectangle."""
    n, count, _ = films.shape
    owners = (places << TAG_BITS).astype(np.uint32)
    shares = SHARES if rect == WHOLE else (1.0,)
    forms = np.arange(len(shares)) if rect == WHOLE else np.array([OTHER_RECT])
    seen: Floats | None = None
    for kind, width, hop in zip(_KINDS, timing.widths, timing.hops, strict=True):
        looking, prefixes = _looking(kind, WHOLE if rect == _FRAME else rect, shares)
        weights, starts = _windows(n, width, hop, kind.is_change)
        if kind.is_change:  # both kinds of changes look at the same of every picture
            if seen is None:
                seen = looking.spectra(films.reshape(n * count, -1))
                seen = seen.reshape(len(seen), n, -1)
            spectra = weights @ seen
        else:
            held = weights @ films.reshape(n, -1)
            spectra = looking.spectra(held.reshape(len(starts) * count, -1))
            if rect != WHOLE:
                spectra += looking.black
        spectra = spectra.reshape(len(spectra), len(starts), count, len(prefixes), -1)
        values = hashes(spectra) | prefixes
        tags = owners + (starts << FORM_BITS).astype(np.uint32)[:, None]
        yield _indexed(values, tags, np.tile(forms, len(kind.regions)))
        asks, turned = timing.asking(kind, len(starts))
        if asks:
            plain = slice(None, None, len(shares))
            tags += np.uint32(0 if rect == WHOLE else OTHER_RECT << 1)
            yield _asking(kind, values[:, :, plain], spectra[:, :, :, plain], tags, asks, turned)


@lru_cache(maxsize=4096)
def _windows(n: int, width: int, hop: int, is_change: bool) -> tuple[Floats, Ids]:
    """(weights (windows, n) of the pictures of a film in each window; first picture of each)."""
    width = min(width, n // 2 if is_change else n)
    held = 2 * width if is_change else width
    starts = np.arange(0, n - held + 1, hop)
    after = np.arange(n) - starts[:, None]
    second = (after >= held - width) & (after < held)
    weights = second.astype(np.float32)
    if is_change:
        weights -= (after >= 0) & (after < width)
    return weights / np.float32(width), starts


def _indexed(values: Values, tags: Tags, forms: Ids) -> tuple[Values, Tags]:
    """Indexed entries of hashes (windows, clips, regions and forms); of equal ones of windows that
    follow each other the first. `tags` (windows, clips): those of the first form."""
    new = _changed(values)
    all_tags = tags[:, :, None] + (forms << 1).astype(np.uint32)
    return _canonical(values[new], all_tags[new])


def _asking(
    kind: _Kind, values: Values, spectra: Floats, tags: Tags, asks: int, turned: int
) -> tuple[Values, Tags]:
    """Entries of `asks` windows of each clip, the bits of the smallest coefficients turned over in
    every combination. `values` (windows, clips, regions), `spectra` (classes, windows, clips,
    regions, columns). Of changes, those windows ask of which an edit turns bits least easily,
    because even the smallest coefficient whose bit is not turned over is large; looks ask at even
    distances, so that their votes are of different moments."""
    every = -(-len(values) // asks)
    if every > 1 and kind.is_change:
        sizes = by_size(spectra, KEY_BITS)
        as_floats = sizes.view(np.float32)
        energy = np.einsum("wcrk,wcrk->wcr", as_floats, as_floats)
        chosen = largest_of_runs(as_floats[..., turned] / np.sqrt(energy + 1e-6), asks)
        places = (chosen, *np.indices(chosen.shape, sparse=True)[1:])
        values, owners = values[places], tags[places[:2]]
        small = sizes[..., :turned][places]
    else:
        values, small = values[::every], by_size(spectra[:, ::every], KEY_BITS)[..., :turned]
        owners = np.broadcast_to(tags[::every, :, None], values.shape)
    new = _changed(values)
    turns = _turns(len(spectra)).take(small[new] & np.uint32(KEY_BITS - 1))
    sides = np.empty((len(turns), 1 << turned), np.uint64)
    sides[:, 0] = values[new] | SIDE_BIT
    for bit in range(turned):
        done = 1 << bit
        np.bitwise_xor(sides[:, :done], turns[:, bit, None], out=sides[:, done : 2 * done])
    return _canonical(sides.ravel(), np.repeat(owners[new], 1 << turned))


@cache
def _turns(classes: int) -> Values:
    """The bit of each of the coefficients that `by_size` names."""
    return np.uint64(1) << (np.uint64(HASH_BITS) - key_places(classes, KEY_BITS).astype(np.uint64))


def _changed(values: Values) -> NDArray[np.bool_]:
    """Which values are not those of the row before."""
    new = np.ones(values.shape, bool)
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return new


def largest_of_runs(sizes: Floats, asks: int) -> Ids:
    """The place of the largest in each of `asks` runs of windows, (asks, clips, regions), of sizes
    (windows, clips, regions)."""
    windows, clips, regions = sizes.shape
    length = -(-windows // asks)
    padded = np.full((asks * length, clips, regions), -1.0, np.float32)
    padded[:windows] = sizes
    best = padded.reshape(asks, length, clips, regions).argmax(axis=1)
    return np.asarray(best + (np.arange(asks) * length)[:, None, None], np.int64)


def _canonical(values: Values, tags: Tags) -> tuple[Values, Tags]:
    """Of each hash that of its mirrored forms that is stored, noted in the tag."""
    flipped = (values >> _PIVOT) & np.uint64(1)
    return values ^ (flipped * mirror_mask()), tags + flipped.astype(np.uint32)


@lru_cache(maxsize=256)
def _looking(kind: _Kind, rect: Rect, shares: tuple[float, ...]) -> tuple[Looking, Values]:
    """(how films are seen for all regions and crops of a kind, the regions one after the other;
    prefix of the hashes of each)."""
    made = [
        matrix_of(rect, region, share, not kind.is_change)
        for region in kind.regions
        for share in shares
    ]
    prefixes = np.repeat(np.arange(kind.first, kind.first + len(kind.regions)), len(shares))
    return Looking.of(made), prefixes.astype(np.uint64) << np.uint64(HASH_BITS + 1)


def _other_rects(border: Border, overlaid: Border) -> list[Rect]:
    """Through which other rectangles, in the coordinates of the film, a clip may have to be seen:
    without the bar that an overlay hides."""
    rect = rounded(within(inside(overlaid), inside(border)))
    is_apart = max(abs(rect[0]), abs(rect[2]), abs(1 - rect[1]), abs(1 - rect[3])) > _LEAST
    return [rect] if is_apart else []
