"""Which texts are nearly the same: pairs under one key, and clusters that are stars.

Texts are known by their 64-bit number (`shingles.Shingled.text`): captions of the same words are
one text here, however many clips have them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.dedup.cluster import components

ENTRY = np.dtype([("key", "<u8"), ("check", "<u8"), ("text", "<u8"), ("place", "<i8")])
"""One key of one text. `check`: another of its keys, which tells near texts from others under a
heavy key. `place`: where its set lies."""
PAIR = np.dtype([("a", "<i8"), ("b", "<i8"), ("text_a", "<u8"), ("text_b", "<u8")])
"""Two texts, by place (a < b) and number."""

Entries = NDArray[np.void]


@dataclass
class PairReport:
    """What the index had to do. A key is capped when more than `max_bucket` texts share it."""

    entries: int = 0
    pairs: int = 0
    capped_keys: int = 0
    largest_key: int = 0

    def add(self, other: PairReport) -> None:
        self.entries += other.entries
        self.pairs += other.pairs
        self.capped_keys += other.capped_keys
        self.largest_key = max(self.largest_key, other.largest_key)


def text_pairs(entries: Entries, max_bucket: int) -> tuple[NDArray[np.void], PairReport]:
    """(pairs of different texts that share a key, sorted and distinct; report). All entries of a
    key have to be here. Under a heavy key every text meets the `max_bucket` ones after it in the
    order of `check`, not all."""
    report = PairReport(entries=len(entries))
    entries = _first_of_each(entries)
    keys = entries["key"]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    sizes = np.diff(np.append(starts, len(keys)))
    report.capped_keys = int((sizes > max_bucket).sum())
    report.largest_key = int(sizes.max(initial=0))
    ends = np.repeat(starts + sizes, sizes)
    found = [np.empty(0, PAIR)]
    for step in range(1, min(max_bucket, report.largest_key - 1) + 1):
        first = np.flatnonzero(np.arange(len(keys)) + step < ends)
        found.append(_paired(entries[first], entries[first + step]))
    pairs = np.unique(np.concatenate(found))
    report.pairs = len(pairs)
    return pairs, report


def _first_of_each(entries: Entries) -> Entries:
    """Each text once under each key, at its smallest place, by key and check."""
    order = np.lexsort((entries["place"], entries["text"], entries["check"], entries["key"]))
    entries = entries[order]
    if not len(entries):
        return entries
    same = (entries["key"][1:] == entries["key"][:-1]) & (
        entries["text"][1:] == entries["text"][:-1]
    )
    first: Entries = entries[np.concatenate([[True], ~same])]
    return first


def _paired(one: Entries, other: Entries) -> NDArray[np.void]:
    turned = one["place"] > other["place"]
    pairs = np.empty(len(one), PAIR)
    for name, column in (("a", "place"), ("text_a", "text")):
        pairs[name] = np.where(turned, other[column], one[column])
    for name, column in (("b", "place"), ("text_b", "text")):
        pairs[name] = np.where(turned, one[column], other[column])
    return pairs


def missing_pairs(
    best_first: Sequence[int], alike: Sequence[tuple[int, int]]
) -> tuple[set[int], list[tuple[int, int]]]:
    """(the best of the texts that chains of `alike` pairs connect, for each such group; the pairs
    of these and of the other texts of their groups that are not among `alike`). Only pairs of
    texts in `best_first` count."""
    rank = {text: place for place, text in enumerate(best_first)}
    known = {(a, b) if rank[a] < rank[b] else (b, a) for a, b in alike if a in rank and b in rank}
    centres, missing = set(), []
    for group in components(sorted(known)):
        best = min(group, key=rank.__getitem__)
        centres.add(best)
        missing += [(best, text) for text in group if text != best and (best, text) not in known]
    return centres, sorted(missing)


@dataclass(frozen=True)
class Membership:
    """Where a text went: the text at the centre of its cluster (itself, if it is that)."""

    centre: int
    similarity: float


def stars(
    best_first: Sequence[int], pairs: Iterable[tuple[int, int, float]]
) -> dict[int, Membership]:
    """Memberships of the texts `best_first`, of which `pairs` are alike. Each text is alike to
    its centre itself: a chain of small changes is never one cluster. A text goes to the most
    similar of the centres before it, and is a centre where there is none."""
    rank = {text: place for place, text in enumerate(best_first)}
    near: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for a, b, similarity in pairs:
        better, worse = sorted((a, b), key=rank.__getitem__)
        near[worse].append((similarity, better))
    members: dict[int, Membership] = {}
    for text in best_first:
        centres = [
            (similarity, -rank[other])
            for similarity, other in near[text]
            if members[other].centre == other
        ]
        if centres:
            similarity, place = max(centres)
            members[text] = Membership(best_first[-place], similarity)
        else:
            members[text] = Membership(text, 1.0)
    return members


def clusters(members: Mapping[int, Membership]) -> dict[int, list[int]]:
    """Centre -> all texts of its cluster, in their order."""
    found: dict[int, list[int]] = defaultdict(list)
    for text, member in members.items():
        found[member.centre].append(text)
    return dict(found)
