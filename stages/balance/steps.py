"""What workers do of a balance, each on some units in a row: a block.

The rules that look at the whole corpus need a pass over all units each, since what one of them
drops the next does not count: `collect_values` for shares of the best, `sign_block` for captions
(`captions` has the rest), `collect_concepts` for full concepts, and `write` for the rows. What is
decided so far goes into the next pass (`Known`): limits, counts, keys. Clips stay in files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from schemas.outcomes import Reason
from stages.balance.captions import FATE, ranked_clips, sign
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
    Part,
    open_sets,
    read_rows,
    write_by_number,
    write_sets,
)
from stages.balance.ranking import (
    RANKED,
    Key,
    grouped,
    key_of,
    key_of_record,
    record,
    shot_id_of,
)
from stages.balance.shares import limit_of_share
from stages.base import Unit, Units, Worker


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
    units: tuple[str, ...]
    known: Known


@dataclass(frozen=True)
class LimitTask:
    """`slices`: (block, slice) of the files of values."""

    slices: tuple[tuple[int, int], ...]
    share: float
    is_least: bool


def ruled(units: Units, task: BlockTask) -> list[tuple[Unit, list[tuple[int, Clip]]]]:
    """The clips of each unit of a block, with their places, as far as is `known`."""
    known, found, place = task.known, [], task.number * PLACES
    names = [f"fates-{join}" for join in known.joins]
    fates = read_rows(units, names, task.number, task.number + 1, FATE)
    fate_of = {int(fate["place"]): fate for fate in fates}
    for unit_id in task.units:
        unit = units.unit(unit_id)
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


def _kept_clips(units: Units, task: BlockTask) -> list[tuple[int, Clip, Key]]:
    return [
        (place, clip, key_of(clip.quality))
        for _, clips in ruled(units, task)
        for place, clip in clips
        if clip.ended is None and clip.quality is not None
    ]


# shares of the corpus


def collect_values(units: Units, task: BlockTask) -> list[tuple[str, str]]:
    """Write the values that shares are asked of; gives the (language, rule) of each slice."""
    clips = (clip for unit_id in task.units for clip in read_clips(units.unit(unit_id)))
    found = values_to_share(clips, task.known.config)
    groups = sorted(found)
    write_sets(
        units, f"values-{task.number}", [np.array(found[g], "<f8").tobytes() for g in groups]
    )
    return groups


def limit_of(worker: Worker, task: LimitTask) -> float:
    """The limit that one share of one rule comes to."""
    parts = [open_sets(worker, f"values-{b}").read(s, s + 1) for b, s in task.slices]
    return limit_of_share(np.frombuffer(b"".join(parts), "<f8"), task.share, task.is_least)


# captions


def sign_block(units: Units, task: BlockTask) -> int:
    """`captions.sign` for the clips that are left; gives how many keys."""
    clips = [(place, clip.caption, key) for place, clip, key in _kept_clips(units, task)]
    return sign(units, task.number, clips, task.known.config.same_caption_similarity)


# concepts


def collect_concepts(units: Units, task: BlockTask) -> int:
    """Write a block's clips by concept; gives how many have one."""
    rows = [
        record(clip.concept, place, key)
        for place, clip, key in _kept_clips(units, task)
        if clip.concept is not None
    ]
    write_by_number(units, f"clips-{task.number}", np.array(rows, RANKED), "group")
    return len(rows)


def concept_limits(worker: Worker, item: tuple[Part, int]) -> list[tuple[int, Key]]:
    """(concept, key of the last clip that stays) of the concepts of some slices that have more
    than so many clips."""
    part, most = item
    clips, starts = grouped(ranked_clips(worker, part, None))
    return [
        (int(clips["group"][start]), key_of_record(clips[start + most - 1]))
        for start, end in pairwise(starts.tolist())
        if end - start > most
    ]


# rows


def write(units: Units, task: BlockTask) -> None:
    for unit, placed in ruled(units, task):
        write_rows(unit, [clip for _, clip in placed], task.known.config)


def write_rows(unit: Unit, clips: Iterable[Clip], config: BalanceConfig) -> None:
    clip_rows, text_rows = [], []
    for clip in clips:
        row, texts = rows_of_clip(clip, bool(config.max_per_concept))
        clip_rows.append(row)
        text_rows += texts
    unit.write("balance", clip_rows)
    unit.write("balance_texts", text_rows)
