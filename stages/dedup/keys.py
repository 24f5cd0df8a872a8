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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stages.dedup.footage import STILL_CHANGE, embedded
from stages.dedup.key_matrix import HASH_BITS, matrix_of, mirror_mask
from stages.dedup.rects import WHOLE, Rect, inside, rounded, within
from stages.split.figure_border import NO_BORDER
from stages.split.signature import N_U, N_V, Signature

Values = NDArray[np.uint64]
Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

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
    tags: Ids

    @property
    def clips(self) -> Ids:
        return self.tags >> TAG_BITS


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


def entries(signatures: Sequence[Signature]) -> Entries:
    """The entries of clips 0, 1, 2 ..., in no particular order."""
    found: list[tuple[Values, Ids]] = []
    for timing, clips in _alike(signatures):
        films = np.array([signatures[clip].film for clip in clips])
        films = films.reshape(len(clips), -1, N_V * N_U)
        moving = changes_of(films) >= STILL_CHANGE
        group = _Group([clip for clip, moves in zip(clips, moving, strict=True) if moves], timing)
        if group.clips:
            others = [_other_rects(signatures[clip]) for clip in group.clips]
            found += group.entries(films[moving], others)
            framed = [clip for clip in group.clips if signatures[clip].border != NO_BORDER]
            if framed:
                whole = np.array([embedded(signatures[clip], NO_BORDER).film for clip in framed])
                pictures = whole.reshape(len(framed), -1, N_V * N_U)
                found += _Group(framed, timing).entries_through(_FRAME, pictures)
    if not found:
        return Entries(np.empty(0, np.uint64), np.empty(0, np.int64))
    return Entries(np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found]))


def change_matrix(form: int) -> Floats:
    """From films to what the hashes of changes are made of, through the crop of a form."""
    return matrix_of(WHOLE, _CHANGE_REGIONS[0], SHARES[form], False)[0]


def changes_of(films: Floats) -> Floats:
    """Root mean square change of each film (clips, n, frequencies) against its mean picture, in
    luma levels."""
    mean = films.mean(axis=1, keepdims=True)
    rest = films - mean
    return np.asarray(np.sqrt(np.einsum("gnc,gnc->g", rest, rest) / films.shape[1]), np.float32)


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


def _alike(signatures: Sequence[Signature]) -> Iterator[tuple[_Timing, list[int]]]:
    """Clips by their timing; worked out for all at once, because most clips have one of their own
    length."""
    n = np.array([len(signature.film) for signature in signatures], np.int64)
    length_s = np.array([signature.duration_s for signature in signatures])
    spans_s = [*(kind.window_s for kind in _KINDS), *(kind.hop_s for kind in _KINDS)]
    pictures = np.rint(np.array(spans_s)[:, None] * n / length_s).astype(np.int64)
    is_below = length_s < np.array([_FEW_S, _SHORT_S, _MANY_S])[:, None]
    columns = [n, *np.maximum(pictures, 1), *is_below]
    alike: dict[tuple[int, ...], list[int]] = {}
    for clip, key in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        alike.setdefault(key, []).append(clip)
    kinds = len(_KINDS)
    for (count, *rest), clips in sorted(alike.items()):
        widths, hops, below = rest[:kinds], rest[kinds : 2 * kinds], rest[2 * kinds :]
        has_few, is_short, is_many = map(bool, below)
        timing = _Timing(count, tuple(widths), tuple(hops), has_few, is_short, not is_many)
        yield timing, clips


@dataclass(frozen=True)
class _Group:
    """Clips whose films have their pictures at the same places."""

    clips: list[int]
    timing: _Timing

    def entries(
        self, films: Floats, other_rects: Sequence[Sequence[Rect]]
    ) -> Iterator[tuple[Values, Ids]]:
        """Entries of films as they are, and of each through some other rectangles."""
        yield from self.entries_through(WHOLE, films)
        by_rect: dict[Rect, list[int]] = {}
        for row, rects in enumerate(other_rects):
            for rect in rects:
                by_rect.setdefault(rect, []).append(row)
        for rect, rows in sorted(by_rect.items()):
            own = _Group([self.clips[row] for row in rows], self.timing)
            yield from own.entries_through(rect, films[rows])

    def entries_through(self, rect: Rect, films: Floats) -> Iterator[tuple[Values, Ids]]:
        """Entries of films (clips, n, frequencies) through one rectangle."""
        timing, clips = self.timing, np.array(self.clips, np.int64)
        shares = SHARES if rect == WHOLE else (1.0,)
        seen: Floats | None = None
        for kind, width, hop in zip(_KINDS, timing.widths, timing.hops, strict=True):
            matrix, black, prefixes = _matrices(kind, WHOLE if rect == _FRAME else rect, shares)
            weights, starts = _windows(timing.n, width, hop, kind.is_change)
            if kind.is_change:  # both kinds of changes look at the same of every picture
                if seen is None:  # one large product is faster than one for each clip
                    seen = films.reshape(-1, N_V * N_U) @ matrix
                    seen = seen.reshape(len(clips), timing.n, -1)
                spectra = weights @ seen
            else:
                spectra = (weights @ films) @ matrix
                if rect != WHOLE:
                    spectra += black
            spectra = spectra.reshape(len(clips), len(starts), len(prefixes), HASH_BITS)
            values = prefixes | _packed(spectra)
            yield _indexed(values, rect, clips, starts, len(shares))
            asks, turned = timing.asking(kind, len(starts))
            if asks:
                tags = _tags(clips, starts) + (0 if rect == WHOLE else OTHER_RECT << 1)
                plain = slice(None, None, len(shares))
                yield _asking(kind, values[:, :, plain], spectra[:, :, plain], tags, asks, turned)


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


def _indexed(
    values: Values, rect: Rect, clips: Ids, starts: Ids, shares: int
) -> tuple[Values, Ids]:
    """Indexed entries of hashes (clips, windows, regions * shares); of equal ones of windows that
    follow each other the first."""
    new = np.ones(values.shape, bool)
    new[:, 1:] = values[:, 1:] != values[:, :-1]
    regions = values.shape[2] // shares
    forms = np.tile(np.arange(shares) if rect == WHOLE else [OTHER_RECT], regions)
    places = np.flatnonzero(new)
    tags = (_tags(clips, starts)[:, :, None] + (forms << 1)).ravel().take(places)
    return _canonical(values.ravel().take(places), tags)


def _tags(clips: Ids, starts: Ids) -> Ids:
    """Tags (clips, windows) of hashes of the first form that are not stored mirrored."""
    return np.asarray((clips[:, None] << TAG_BITS) + (starts << FORM_BITS))


def _asking(
    kind: _Kind, values: Values, spectra: Floats, tags: Ids, asks: int, turned: int
) -> tuple[Values, Ids]:
    """Entries of `asks` windows of each clip, the bits of the smallest coefficients turned over in
    every combination. `values` (clips, windows, regions). Of changes, those windows ask of which
    an edit turns bits least easily, because even the smallest coefficient whose bit is not turned
    over is large; looks ask at even distances, so that their votes are of different moments."""
    sizes = np.abs(spectra[..., :KEY_BITS])
    every = -(-values.shape[1] // asks)
    if every > 1 and kind.is_change:
        least = np.partition(sizes, turned, axis=-1)[..., turned]
        energy = np.einsum("cwrk,cwrk->cwr", sizes, sizes)
        chosen = largest_of_runs(least / np.sqrt(energy + 1e-6), asks)
        clips, windows, regions = values.shape
        places = (np.arange(clips)[:, None, None] * windows + chosen) * regions + np.arange(regions)
        values = values.ravel().take(places)
        sizes = sizes.reshape(-1, KEY_BITS).take(places, axis=0)
        owners = tags.ravel().take(places // regions)
    else:
        values, sizes = values[:, ::every], sizes[:, ::every]
        owners = np.broadcast_to(tags[:, ::every, None], values.shape)
    new = np.ones(values.shape, bool)
    new[:, 1:] = values[:, 1:] != values[:, :-1]
    small = np.argpartition(sizes[new], turned, axis=1)[:, :turned]
    turns = np.uint64(1) << (np.uint64(HASH_BITS) - small.astype(np.uint64))
    sides = (values[new] | SIDE_BIT)[:, None]
    for bit in range(turned):
        sides = np.concatenate([sides, sides ^ turns[:, bit, None]], axis=1)
    return _canonical(sides.ravel(), np.repeat(owners[new], sides.shape[1]))


def largest_of_runs(sizes: Floats, asks: int) -> Ids:
    """The place of the largest in each of `asks` runs of windows, (clips, asks, regions)."""
    clips, windows, regions = sizes.shape
    length = -(-windows // asks)
    padded = np.full((clips, asks * length, regions), -1.0, np.float32)
    padded[:, :windows] = sizes
    best = padded.reshape(clips, asks, length, regions).argmax(axis=2)
    return np.asarray(best + (np.arange(asks) * length)[:, None], np.int64)


def _canonical(values: Values, tags: Ids) -> tuple[Values, Ids]:
    """Of each hash that of its mirrored forms that is stored, noted in the tag."""
    flipped = (values >> _PIVOT) & np.uint64(1)
    return values ^ (flipped * mirror_mask()), tags + flipped.astype(np.int64)


@lru_cache(maxsize=256)
def _matrices(kind: _Kind, rect: Rect, shares: tuple[float, ...]) -> tuple[Floats, Floats, Values]:
    """(matrix (N_V * N_U, forms * HASH_BITS), what black adds (forms * HASH_BITS), prefix of the
    hashes of each form) for all regions and crops of a kind, the regions one after the other."""

    made = [
        matrix_of(rect, region, share, not kind.is_change)
        for region in kind.regions
        for share in shares
    ]
    prefixes = np.repeat(np.arange(kind.first, kind.first + len(kind.regions)), len(shares))
    return (
        np.concatenate([matrix for matrix, _ in made], axis=1),
        np.concatenate([black for _, black in made]),
        prefixes.astype(np.uint64) << np.uint64(HASH_BITS + 1),
    )


def _packed(spectra: Floats) -> Values:
    """Key and check of pictures (..., HASH_BITS)."""
    octets = np.zeros((*spectra.shape[:-1], 8), np.uint8)
    # Whole octets each: packing all in one go is twice as fast as packing along an axis.
    packed = np.packbits(spectra > 0).reshape(*spectra.shape[:-1], HASH_BITS // 8)
    octets[..., 8 - HASH_BITS // 8 :] = packed
    return np.asarray(octets.view(">u8")[..., 0].astype(np.uint64) << np.uint64(1))


def _other_rects(signature: Signature) -> list[Rect]:
    """Through which other rectangles, in the coordinates of the film, a clip may have to be seen:
    without the bar that an overlay hides."""
    border, film = signature.border, inside(signature.border)
    found = []
    if signature.overlaid != border:
        found.append(rounded(within(inside(signature.overlaid), film)))
    return [r for r in found if max(abs(r[0]), abs(r[2]), abs(1 - r[1]), abs(1 - r[3])) > _LEAST]
