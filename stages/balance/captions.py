"""Captions that many clips have: the search, and what becomes of each clip.

In steps that workers do in parallel; they hand their files to each other (`files`):

1. `sign`: the captions of a block become sets and band keys.
2. `pair_texts`: keys, slice by slice, become candidate pairs of different texts.
3. `compare`: of the candidates of a block, those that are nearly the same.
4. `best_of_texts`: the best clips of the texts that resemble another one. Under heavy keys not all
   texts met; a few rounds compare those that chains of similar texts connect with the best of them.
   Then the driver makes clusters (`decide_texts`).
5. `settle`: every clip learns its cluster, and whether it is among the best of it.

Through the driver go pairs of different texts that are nearly the same, and so many keys of clips
for each of these texts as the cap allows. Texts that are equal are never paired: they have one
number, and meet in `settle`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.balance.config import BalanceConfig
from stages.balance.files import (
    PLACES,
    Part,
    in_part,
    open_sets,
    parts_of,
    read_rows,
    write_by_block,
    write_by_number,
    write_sets,
)
from stages.balance.minhash import band_keys, band_plan
from stages.balance.ranking import RANKED, Key, Ranked, grouped, key_of_record, record
from stages.balance.same_text import (
    ENTRY,
    PAIR,
    PairReport,
    clusters,
    missing_pairs,
    stars,
    text_pairs,
)
from stages.balance.shingles import jaccard, shingled
from stages.base import Worker

_COMPARED_AT_ONCE = 4096
_ROUNDS = 4
"""Each completes one cluster of all texts that chains connect, the best one first."""
_KEYS_PER_PART = 2_000_000

FATE = np.dtype(
    [
        ("place", "<i8"),
        ("high", "<u8"),
        ("low", "<u8"),
        ("count", "<i4"),
        ("similarity", "<f8"),
        ("is_kept", "u1"),
    ]
)
"""Of a clip whose caption others have too: the best one's id, how many they are, and how similar
the captions are."""

ALIKE = np.dtype(
    [("a", "<u8"), ("b", "<u8"), ("similarity", "<f8"), ("place_a", "<i8"), ("place_b", "<i8")]
)
"""Two texts that are nearly the same, by number, and where their sets lie."""


@dataclass(frozen=True)
class CompareTask:
    """The candidates of a block that the joins found, or given ones."""

    block: int
    joins: tuple[int, ...]
    similarity: float
    given: NDArray[np.void] | None = None


@dataclass(frozen=True)
class Decided:
    """What the driver decided on a text that resembles another one: the best clip of its cluster,
    the clips of it, the similarity to the centre, and the last clip that stays, None: all do."""

    text: int
    high: int
    low: int
    count: int
    similarity: float
    last_kept: Key | None


@dataclass(frozen=True)
class Search:
    """What the search came to: where the parts of the fates start, what the index had to do, and
    the pairs of texts that are nearly the same."""

    joins: tuple[int, ...]
    report: PairReport
    alike: NDArray[np.void]


def search_captions(
    run: Callable[..., Iterator[Any]], n_keys: int, blocks: int, config: BalanceConfig
) -> Search:
    """From the files of `sign` to those of `settle`. `run` is `Corpus.map`."""
    joins = parts_of(n_keys, blocks, _KEYS_PER_PART)
    report = PairReport()
    for part in run(pair_texts, [(join, config.max_bucket) for join in joins]):
        report.add(part)
    starts = tuple(join.first for join in joins)
    tasks = [CompareTask(block, starts, config.same_caption_similarity) for block in range(blocks)]
    alike = np.concatenate([np.empty(0, ALIKE), *run(compare, tasks)])
    texts, most = np.unique(np.concatenate([alike["a"], alike["b"]])), config.max_same_caption
    asked = [(join, texts[in_part(texts, join)], most) for join in joins]
    best = [one for part in run(best_of_texts, asked) for one in part]
    alike = _completed(run, alike, best, config.same_caption_similarity)
    decided = decide_texts(alike, best, most)
    numbers = np.array([decision.text for decision in decided], np.uint64)
    settled = [
        (join, [decided[k] for k in np.flatnonzero(in_part(numbers, join)).tolist()], most)
        for join in joins
    ]
    for _ in run(settle, settled):
        pass
    return Search(starts, report, alike)


def _completed(
    run: Callable[..., Iterator[Any]],
    alike: NDArray[np.void],
    best: Sequence[tuple[int, int, list[Key]]],
    similarity: float,
) -> NDArray[np.void]:
    """`alike`, and pairs that no key brought together."""
    place_of = dict(zip(alike["a"].tolist(), alike["place_a"].tolist(), strict=True))
    place_of |= zip(alike["b"].tolist(), alike["place_b"].tolist(), strict=True)
    left = [text for text, _, keys in sorted(best, key=lambda one: one[2][0])]
    for _ in range(_ROUNDS):
        pairs = list(zip(alike["a"].tolist(), alike["b"].tolist(), strict=True))
        centres, missing = missing_pairs(left, pairs)
        given: dict[int, list[tuple[int, int, int, int]]] = {}
        for pair in missing:
            (place_a, a), (place_b, b) = sorted((place_of[text], text) for text in pair)
            given.setdefault(place_a // PLACES, []).append((place_a, place_b, a, b))
        tasks = [
            CompareTask(block, (), similarity, np.array(some, PAIR))
            for block, some in sorted(given.items())
        ]
        alike = np.concatenate([alike, *run(compare, tasks)])
        gone = set(centres)
        for a, b in zip(alike["a"].tolist(), alike["b"].tolist(), strict=True):
            gone |= {b} if a in centres else {a} if b in centres else set()
        left = [text for text in left if text not in gone]
    return alike


def sign(
    worker: Worker, block: int, clips: Sequence[tuple[int, str, Key]], similarity: float
) -> int:
    """Write the clips of a block (place, caption, key) by text, the sets of its texts, and their
    keys; gives how many keys."""
    sets = shingled([caption for _, caption, _ in clips])
    says = np.flatnonzero(sets.text).tolist()
    rows = [record(int(sets.text[k]), clips[k][0], clips[k][2]) for k in says]
    write_by_number(worker, f"clips-{block}", np.array(rows, RANKED), "group")
    _, first = np.unique(sets.text[says], return_index=True)
    texts = [says[k] for k in np.sort(first).tolist()]
    own = [sets.of(k) for k in texts]
    write_sets(worker, f"sets-{block}", [one.astype("<u4").tobytes() for one in own])
    entries = _entries(own, sets.text[texts], block, similarity)
    write_by_number(worker, f"keys-{block}", entries, "key")
    return len(entries)


def _entries(
    sets: Sequence[NDArray[np.uint32]],
    numbers: NDArray[np.uint64],
    block: int,
    similarity: float,
) -> NDArray[np.void]:
    bands, rows = band_plan(similarity)
    edges = np.concatenate([[0], np.cumsum([len(one) for one in sets])]).astype(np.int64)
    values = np.concatenate(sets) if sets else np.empty(0, np.uint32)
    keys = band_keys(values, edges, bands, rows)
    entries = np.empty(keys.size, ENTRY)
    entries["key"] = keys.ravel()
    entries["check"] = np.roll(keys, -1, axis=1).ravel()
    entries["text"] = np.repeat(numbers, bands)
    entries["place"] = np.repeat(block * PLACES + np.arange(len(sets)), bands)
    return entries


def pair_texts(worker: Worker, item: tuple[Part, int]) -> PairReport:
    """Write the candidate pairs of some slices; the number is `balance.max_bucket`."""
    part, max_bucket = item
    names = [f"keys-{block}" for block in range(part.blocks)]
    entries = read_rows(worker, names, part.first, part.after, ENTRY)
    pairs, report = text_pairs(entries, max_bucket)
    write_by_block(worker, f"pairs-{part.first}", pairs, "a", part.blocks)
    return report


def compare(worker: Worker, task: CompareTask) -> NDArray[np.void]:
    """Of the candidate pairs of a block, those that are nearly the same."""
    names = [f"pairs-{join}" for join in task.joins]
    pairs = task.given
    if pairs is None:
        pairs = np.unique(read_rows(worker, names, task.block, task.block + 1, PAIR))
    opened = lru_cache(maxsize=None)(lambda block: open_sets(worker, f"sets-{block}"))

    @lru_cache(maxsize=50_000)
    def set_at(place: int) -> NDArray[np.uint32]:
        where = place % PLACES
        return np.frombuffer(opened(place // PLACES).read(where, where + 1), "<u4")

    found = [np.empty(0, ALIKE)]
    for start in range(0, len(pairs), _COMPARED_AT_ONCE):
        some = pairs[start : start + _COMPARED_AT_ONCE]
        similarity = jaccard(
            [set_at(place) for place in some["a"].tolist()],
            [set_at(place) for place in some["b"].tolist()],
        )
        near = similarity >= task.similarity
        alike = np.empty(int(near.sum()), ALIKE)
        alike["a"], alike["b"] = some["text_a"][near], some["text_b"][near]
        alike["similarity"] = similarity[near]
        alike["place_a"], alike["place_b"] = some["a"][near], some["b"][near]
        found.append(alike)
    return np.concatenate(found)


def decide_texts(
    alike: NDArray[np.void], best: Sequence[tuple[int, int, list[Key]]], most: int
) -> list[Decided]:
    """What becomes of the texts that resemble another one. `best`: of each its number, how many
    clips have it, and the keys of the best `most` of them."""
    counts = {text: count for text, count, _ in best}
    keys = {text: own for text, _, own in best}
    order = sorted(keys, key=lambda text: keys[text][0])
    pairs = (alike[name].tolist() for name in ("a", "b", "similarity"))
    members = stars(order, zip(*pairs, strict=True))
    found = []
    for texts in clusters(members).values():
        count = sum(counts[text] for text in texts)
        ranked = sorted(key for text in texts for key in keys[text])
        last = ranked[most - 1] if count > most else None
        if count > 1:
            high, low = ranked[0][4:]
            found += [
                Decided(text, high, low, count, members[text].similarity, last) for text in texts
            ]
    return found


def best_of_texts(
    worker: Worker, item: tuple[Part, NDArray[np.uint64], int]
) -> list[tuple[int, int, list[Key]]]:
    """(text, its clips, keys of the best of them) of some texts, at most so many keys each."""
    part, texts, most = item
    clips, starts = grouped(ranked_clips(worker, part, texts))
    return [
        (
            int(clips["group"][start]),
            end - start,
            [key_of_record(row) for row in clips[start : min(end, start + most)]],
        )
        for start, end in pairwise(starts.tolist())
    ]


def settle(worker: Worker, item: tuple[Part, Sequence[Decided], int]) -> None:
    """Write what becomes of the clips of some slices whose captions others have too; the number
    is `balance.max_same_caption`."""
    part, decisions, most = item
    decided = {decision.text: decision for decision in decisions}
    clips, starts = grouped(ranked_clips(worker, part, None))
    fates = []
    for start, end in pairwise(starts.tolist()):
        decision = decided.get(int(clips["group"][start]))
        if decision is None and end - start > 1:
            best = clips[start]
            last = key_of_record(clips[start + most - 1]) if end - start > most else None
            text, high, low = int(best["group"]), int(best["high"]), int(best["low"])
            decision = Decided(text, high, low, end - start, 1.0, last)
        if decision is not None:
            fates.append(_fates(clips[start:end], decision))
    found = np.concatenate([np.empty(0, FATE), *fates])
    write_by_block(worker, f"fates-{part.first}", found, "place", part.blocks)


def _fates(clips: Ranked, decision: Decided) -> NDArray[np.void]:
    fates = np.empty(len(clips), FATE)
    for name in ("high", "low", "count", "similarity"):
        fates[name] = getattr(decision, name)
    fates["place"] = clips["place"]
    fates["is_kept"] = 1
    if decision.last_kept is not None:
        # The clips are sorted: a few steps find the first that has to go.
        low, high = 0, len(clips)
        while low < high:
            middle = (low + high) // 2
            if key_of_record(clips[middle]) <= decision.last_kept:
                low = middle + 1
            else:
                high = middle
        fates["is_kept"][low:] = 0
    return fates


def ranked_clips(worker: Worker, part: Part, texts: NDArray[np.uint64] | None) -> Ranked:
    names = [f"clips-{block}" for block in range(part.blocks)]
    clips = read_rows(worker, names, part.first, part.after, RANKED)
    return clips if texts is None else clips[np.isin(clips["group"], texts)]
