"""The work of the balance in steps that workers do in parallel, each on a part of the corpus.

A block is some units in a row. What goes through the driver are limits, counts, and pairs of
different texts that are nearly the same; clips, keys and sets stay in files (`files`).

1. `collect_values`, `limit_of`: values by language and rule become one limit each.
2. `sign`: captions become sets and band keys. `pair_texts`: keys, slice by slice, become candidate
   pairs. `compare`: of the candidates of a block, those that are nearly the same.
3. `best_of_texts`: the best clips of the texts that resemble another one, from which the driver
   makes clusters. `settle`: every clip learns its cluster, and whether it is among the best.
4. `collect_concepts`, `concept_limits`: the last clip that a full concept keeps.
5. `write`: the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from schemas.outcomes import Reason
from stages.balance.clips import (
    Clip,
    Limits,
    ask_shares,
    ask_shares_of_source,
    read_clips,
    rows_of_clip,
    values_to_share,
)
from stages.balance.config import BalanceConfig
from stages.balance.files import (
    PLACES,
    SLICES,
    open_sets,
    read_rows,
    slice_of,
    write_by_block,
    write_by_number,
    write_sets,
)
from stages.balance.minhash import band_keys, band_plan
from stages.balance.ranking import (
    RANKED,
    Key,
    Ranked,
    grouped,
    key_of,
    key_of_record,
    record,
    shot_id_of,
)
from stages.balance.same_text import ENTRY, PAIR, PairReport, text_pairs
from stages.balance.shares import limit_of_share
from stages.balance.shingles import jaccard, shingled
from stages.base import Unit, Worker

_COMPARED_AT_ONCE = 4096

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

ALIKE = np.dtype([("a", "<u8"), ("b", "<u8"), ("similarity", "<f8")])
"""Two texts, by number."""


@dataclass(frozen=True)
class Known:
    """What the steps so far have decided. `joins`: starts of the slices of `settle`, () before;
    `last_kept`: of full concepts, the key of the last clip that stays."""

    config: BalanceConfig
    limits: Limits = field(default_factory=dict)
    joins: tuple[int, ...] = ()
    last_kept: Mapping[int, Key] = field(default_factory=dict)


@dataclass(frozen=True)
class BlockTask:
    number: int
    known: Known


@dataclass(frozen=True)
class LimitTask:
    """`slices`: (block, slice) of the files of values."""

    slices: tuple[tuple[int, int], ...]
    share: float
    is_least: bool


@dataclass(frozen=True)
class Part:
    """Slices [first, after) of all `blocks`."""

    first: int
    after: int
    blocks: int


@dataclass(frozen=True)
class CompareTask:
    block: int
    joins: tuple[int, ...]
    similarity: float


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


def ruled(
    worker: Worker, units: Sequence[Unit], task: BlockTask
) -> list[tuple[Unit, list[tuple[int, Clip]]]]:
    """The clips of each unit of a block, with their places, as far as is `known`."""
    known, found, place = task.known, [], task.number * PLACES
    names = [f"fates-{join}" for join in known.joins]
    fates = read_rows(worker, names, task.number, task.number + 1, FATE)
    fate_of = {int(fate["place"]): fate for fate in fates}
    for unit in units:
        clips = read_clips(unit)
        ask_shares_of_source(clips, known.config)
        ask_shares(clips, known.config, known.limits)
        placed = list(enumerate(clips, place))
        for number, clip in placed:
            _ask_fate(clip, fate_of.get(number), known.config)
            _ask_concept(clip, known)
        found.append((unit, placed))
        place += len(clips)
    return found


def _ask_fate(clip: Clip, fate: np.void | None, config: BalanceConfig) -> None:
    if fate is None:
        return
    best, count = shot_id_of(int(fate["high"]), int(fate["low"])), int(fate["count"])
    similarity = float(fate["similarity"])
    clip.same = {
        "same_caption_id": best,
        "same_caption_count": count,
        "same_caption_similarity": similarity,
    }
    if not fate["is_kept"]:
        clip.end(
            Reason.SAME_CAPTION_ELSEWHERE,
            f"its caption is nearly that of {best}, which is kept: similarity {similarity:.3f}; "
            f"{count} clips have it, balance.max_same_caption={config.max_same_caption}",
        )


def _ask_concept(clip: Clip, known: Known) -> None:
    if clip.concept is None or clip.concept not in known.last_kept or clip.quality is None:
        return
    if key_of(clip.quality) > known.last_kept[clip.concept]:
        clip.end(
            Reason.CONCEPT_FULL,
            f"concept {clip.concept} has balance.max_per_concept="
            f"{known.config.max_per_concept} better clips",
        )


def _kept_clips(
    worker: Worker, units: Sequence[Unit], task: BlockTask
) -> list[tuple[int, Clip, Key]]:
    return [
        (place, clip, key_of(clip.quality))
        for _, clips in ruled(worker, units, task)
        for place, clip in clips
        if clip.ended is None and clip.quality is not None
    ]


# shares of the corpus


def collect_values(worker: Worker, units: Sequence[Unit], task: BlockTask) -> list[tuple[str, str]]:
    """Write the values that shares are asked of; gives the (language, rule) of each slice."""
    clips = (clip for unit in units for clip in read_clips(unit))
    found = values_to_share(clips, task.known.config)
    groups = sorted(found)
    write_sets(
        worker, f"values-{task.number}", [np.array(found[g], "<f8").tobytes() for g in groups]
    )
    return groups


def limit_of(worker: Worker, task: LimitTask) -> float:
    """The limit that one share of one rule comes to."""
    parts = [open_sets(worker, f"values-{b}").read(s, s + 1) for b, s in task.slices]
    return limit_of_share(np.frombuffer(b"".join(parts), "<f8"), task.share, task.is_least)


# captions


def sign(worker: Worker, units: Sequence[Unit], task: BlockTask) -> int:
    """Write a block's clips by text, the sets of its texts, and their keys; gives how many keys."""
    clips = _kept_clips(worker, units, task)
    sets = shingled([clip.caption for _, clip, _ in clips])
    says = np.flatnonzero(sets.text)
    rows = [record(int(sets.text[k]), clips[k][0], clips[k][2]) for k in says]
    write_by_number(worker, f"clips-{task.number}", np.array(rows, RANKED), "group")
    _, first = np.unique(sets.text[says], return_index=True)
    texts = says[np.sort(first)]
    own = [sets.of(k) for k in texts]
    write_sets(worker, f"sets-{task.number}", [one.astype("<u4").tobytes() for one in own])
    entries = _entries(own, sets.text[texts], task)
    write_by_number(worker, f"keys-{task.number}", entries, "key")
    return len(entries)


def _entries(
    sets: Sequence[NDArray[np.uint32]], numbers: NDArray[np.uint64], task: BlockTask
) -> NDArray[np.void]:
    bands, rows = band_plan(task.known.config.same_caption_similarity)
    edges = np.concatenate([[0], np.cumsum([len(one) for one in sets])]).astype(np.int64)
    values = np.concatenate(sets) if sets else np.empty(0, np.uint32)
    keys = band_keys(values, edges, bands, rows)
    entries = np.empty(keys.size, ENTRY)
    entries["key"] = keys.ravel()
    entries["check"] = np.roll(keys, -1, axis=1).ravel()
    entries["text"] = np.repeat(numbers, bands)
    entries["place"] = np.repeat(task.number * PLACES + np.arange(len(sets)), bands)
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
        found.append(alike)
    return np.concatenate(found)


def best_of_texts(
    worker: Worker, item: tuple[Part, NDArray[np.uint64], int]
) -> list[tuple[int, int, list[Key]]]:
    """(text, its clips, keys of the best of them) of some texts, at most so many keys each."""
    part, texts, most = item
    clips, starts = grouped(_clips_of(worker, part, texts))
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
    clips, starts = grouped(_clips_of(worker, part, None))
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


def _clips_of(worker: Worker, part: Part, texts: NDArray[np.uint64] | None) -> Ranked:
    names = [f"clips-{block}" for block in range(part.blocks)]
    clips = read_rows(worker, names, part.first, part.after, RANKED)
    return clips if texts is None else clips[np.isin(clips["group"], texts)]


# concepts


def collect_concepts(worker: Worker, units: Sequence[Unit], task: BlockTask) -> int:
    """Write a block's clips by concept; gives how many have one."""
    rows = [
        record(clip.concept, place, key)
        for place, clip, key in _kept_clips(worker, units, task)
        if clip.concept is not None
    ]
    write_by_number(worker, f"clips-{task.number}", np.array(rows, RANKED), "group")
    return len(rows)


def concept_limits(worker: Worker, item: tuple[Part, int]) -> list[tuple[int, Key]]:
    """(concept, key of the last clip that stays) of the concepts of some slices that have more
    than so many clips."""
    part, most = item
    clips, starts = grouped(_clips_of(worker, part, None))
    return [
        (int(clips["group"][start]), key_of_record(clips[start + most - 1]))
        for start, end in pairwise(starts.tolist())
        if end - start > most
    ]


# rows


def write(worker: Worker, units: Sequence[Unit], task: BlockTask) -> None:
    for unit, placed in ruled(worker, units, task):
        write_rows(unit, [clip for _, clip in placed], task.known.config)


def write_rows(unit: Unit, clips: Iterable[Clip], config: BalanceConfig) -> None:
    clip_rows, text_rows = [], []
    for clip in clips:
        row, texts = rows_of_clip(clip, bool(config.max_per_concept))
        clip_rows.append(row)
        text_rows += texts
    unit.write("balance", clip_rows)
    unit.write("balance_texts", text_rows)


def parts_of(n_rows: int, blocks: int, rows_per_part: int) -> list[Part]:
    """All slices, divided so that a part has about `rows_per_part` rows."""
    parts = max(1, min(SLICES, -(-n_rows // rows_per_part)))
    edges = [SLICES * part // parts for part in range(parts + 1)]
    return [Part(a, b, blocks) for a, b in pairwise(edges)]


def in_part(numbers: NDArray[np.uint64], part: Part) -> NDArray[np.bool_]:
    """Which numbers lie in a part's slices."""
    where = slice_of(numbers)
    return np.asarray((where >= part.first) & (where < part.after))
