"""Longer clips besides the shots, each inside one of the next length. Pure.

VidLA trains on clips of about 13, 30 and 60 s of one video at once, cut where sentences end;
InternVid offers short and long clips alike. Here each scale is made from the scale before it, so
a long clip is a run of whole medium ones and every clip has at most one parent per scale. Clips
of the smallest scale are made of neighbouring shots and of parts of shots between pauses of the
sound (see `pauses`: split knows no words, but sentences end in pauses). A stretch too long for
the smallest scale that has neither is parted evenly.

Nothing reaches over a dropped span. Between two dropped spans the possible ends are the
boundaries of shots and the pauses; among all ways to choose from them the one with the least cost
is taken: for each clip the square of its relative distance from the wanted length, and a quarter
for each end in the middle of speech, which is the price of being half too long. Found by dynamic
programming over the possible ends; since a clip is at most 1.5 times the wanted length, each end
looks back at few others.

Every scale tells of every second once: where no clip of a scale comes about, a dropped row says
so, and why.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from schemas.outcomes import BoundaryKind, Outcome, Reason
from schemas.table import Row
from stages.base import dropped, kept
from stages.split.joined import figures_of, keyframes_of
from stages.split.pauses import Pause
from stages.split.shots import ShotDraft

LEAST_SHARE, MOST_SHARE = 0.5, 1.5
"""Lengths of a clip, as shares of its scale's."""
_MISS_COST = 4.0
"""Price of a clip outside of them: more than any length inside can cost."""
_SPEECH_COST = 0.25
_NEAR_S = 0.1
"""A shot boundary this near to a pause lies in it."""
_EDGE_S = 1.0
"""No part of a shot between a pause and the shot's end is shorter than this."""


@dataclass(frozen=True)
class FrameTimes:
    """PTS and times of all frames of a source; frame `len(pts)` is where the last one ends."""

    pts: Sequence[int]
    end_pts: int
    seconds: Callable[[int], float]

    def pts_of(self, frame: int) -> int:
        return self.pts[frame] if frame < len(self.pts) else self.end_pts

    def at(self, frame: int) -> float:
        return self.seconds(self.pts_of(frame))

    def frame_at(self, time_s: float) -> int:
        """The first frame that starts at `time_s` or later."""
        return bisect_left(self.pts, time_s, key=self.seconds)


@dataclass(frozen=True)
class Joint:
    """Where a clip may end and the next begin: `cover` is the first frame of the next span,
    `left_end` and `right_start` are the same after trimming."""

    cover: int
    left_end: int
    right_start: int
    end_s: float
    """Time of left_end."""
    start_s: float
    """Time of right_start."""
    is_quiet: bool
    kind: str
    score: float | None


def larger_clips(
    shots: Sequence[ShotDraft],
    times: FrameTimes,
    pauses: Sequence[Pause],
    scales_s: Sequence[float],
    n_keyframes: int,
) -> list[ShotDraft]:
    """The shots with their parents set, and after them the rows of each scale in turn."""
    drafts = list(shots)
    runs = []
    for run in _runs(shots):
        joints = _joints(run, times, pauses)
        is_kept = run[0].row["outcome"] == Outcome.KEPT
        runs.append((run, _parted(joints, times, scales_s) if is_kept else joints))
    spans = {(draft.row["start_frame"], draft.row["end_frame"]) for draft in shots}
    for scale, target_s in enumerate(scales_s, start=1):
        next_runs = []
        for run, joints in runs:
            is_gap = run[0].row["outcome"] != Outcome.KEPT
            if not is_gap:
                joints = [joints[index] for index in partition(joints, target_s)]
            for before, after in pairwise(joints):
                row = _row(before, after, times, run[0].row["time_base"])
                row |= {"index": len(drafts), "scale": scale}
                why = _why_not(run, row, spans, target_s)
                drafts.append(_draft(row, run, (before.cover, after.cover), why, n_keyframes))
                if why is None:
                    spans.add((row["start_frame"], row["end_frame"]))
            next_runs.append((run, joints))
        runs = next_runs
    return _with_parents(drafts, len(scales_s))


def partition(joints: Sequence[Joint], target_s: float) -> list[int]:
    """Indexes of the joints that clips of about `target_s` begin and end at, the first and the
    last joint among them."""
    best = [0.0]
    came_from = [0]
    for here in range(1, len(joints)):
        end_cost = 0.0 if joints[here].is_quiet or here == len(joints) - 1 else _SPEECH_COST
        costs: list[tuple[float, int]] = []
        for start in range(here - 1, -1, -1):
            length_s = joints[here].end_s - joints[start].start_s
            if length_s > MOST_SHARE * target_s and costs:
                break
            costs.append((best[start] + end_cost + _length_cost(length_s, target_s), start))
        cost, start = min(costs)
        best.append(cost)
        came_from.append(start)
    chosen = [len(joints) - 1]
    while chosen[-1] > 0:
        chosen.append(came_from[chosen[-1]])
    return chosen[::-1]


def _length_cost(length_s: float, target_s: float) -> float:
    share = length_s / target_s
    return (share - 1.0) ** 2 + (0.0 if LEAST_SHARE <= share <= MOST_SHARE else _MISS_COST)


def _runs(shots: Sequence[ShotDraft]) -> Iterator[list[ShotDraft]]:
    """Neighbouring shots that are all kept, or all not."""
    run: list[ShotDraft] = []
    for shot in shots:
        if run and (run[-1].row["outcome"] == Outcome.KEPT) != (
            shot.row["outcome"] == Outcome.KEPT
        ):
            yield run
            run = []
        run.append(shot)
    if run:
        yield run


def _joints(run: Sequence[ShotDraft], times: FrameTimes, pauses: Sequence[Pause]) -> list[Joint]:
    """The possible ends in a run of shots, in the order of time. A run of dropped shots has only
    its own ends. Where the source has no pauses at all, all ends are as good."""
    first, last = run[0], run[-1]
    start, end = first.row["start_frame"], last.row["end_frame"]
    if first.row["outcome"] != Outcome.KEPT:
        start, end = first.cover[0], last.cover[1]
    joints = [
        _joint(first.cover[0], start, start, times, True, first.row, "start"),
        _joint(last.cover[1], end, end, times, True, last.row, "end"),
    ]
    if first.row["outcome"] != Outcome.KEPT:
        return joints
    for left, right in pairwise(run):
        at_s = times.at(right.cover[0])
        index = bisect_right(pauses, at_s + _NEAR_S, key=lambda pause: pause[0]) - 1
        is_quiet = not pauses or (index >= 0 and pauses[index][1] >= at_s - _NEAR_S)
        ends = left.row["end_frame"], right.row["start_frame"]
        joints.append(_joint(right.cover[0], *ends, times, is_quiet, right.row, "start"))
    for shot in run:
        low, high = shot.row["start_s"] + _EDGE_S, shot.row["end_s"] - _EDGE_S
        for begin_s, end_s in pauses[bisect_left(pauses, low, key=lambda pause: pause[1]) :]:
            if begin_s > high:
                break
            if low <= (begin_s + end_s) / 2 <= high:
                frame = times.frame_at((begin_s + end_s) / 2)
                at_s = times.at(frame)
                joints.append(
                    Joint(frame, frame, frame, at_s, at_s, True, BoundaryKind.PAUSE, None)
                )
    return sorted(joints, key=lambda joint: joint.cover)


def _parted(joints: Sequence[Joint], times: FrameTimes, scales_s: Sequence[float]) -> list[Joint]:
    """The joints, and more where two neighbours are too far apart for the smallest scale."""
    parted = [joints[0]]
    for after in joints[1:]:
        start_s, length_s = parted[-1].start_s, after.end_s - parted[-1].start_s
        if length_s > MOST_SHARE * scales_s[0]:
            count = round(length_s / scales_s[0])
            for part in range(1, count):
                frame = times.frame_at(start_s + length_s * part / count)
                at_s = times.at(frame)
                if parted[-1].right_start < frame < after.left_end:
                    parted.append(
                        Joint(frame, frame, frame, at_s, at_s, False, BoundaryKind.FORCED, None)
                    )
        parted.append(after)
    return parted


def _joint(
    cover: int,
    left_end: int,
    right_start: int,
    times: FrameTimes,
    is_quiet: bool,
    row: Row,
    side: str,
) -> Joint:
    return Joint(
        cover,
        left_end,
        right_start,
        times.at(left_end),
        times.at(right_start),
        is_quiet,
        row[f"{side}_kind"],
        row[f"{side}_score"],
    )


def _row(before: Joint, after: Joint, times: FrameTimes, time_base: str) -> Row:
    start, end = before.right_start, after.left_end
    return {
        "start_frame": start,
        "end_frame": end,
        "start_pts": times.pts_of(start),
        "end_pts": times.pts_of(end),
        "time_base": time_base,
        "start_s": before.start_s,
        "end_s": after.end_s,
        "cover_start_s": times.at(before.cover),
        "cover_end_s": times.at(after.cover),
        "n_frames": end - start,
        "start_kind": before.kind,
        "start_score": before.score,
        "end_kind": after.kind,
        "end_score": after.score,
    }


def _why_not(
    run: Sequence[ShotDraft], row: Row, spans: set[tuple[int, int]], target_s: float
) -> str | None:
    """Why a span is no clip of a scale, if so."""
    if run[0].row["outcome"] != Outcome.KEPT:
        reasons = sorted({str(shot.row["reason"]) for shot in run})
        return f"{len(run)} dropped shots: {', '.join(reasons)}"
    length_s = row["end_s"] - row["start_s"]
    least_s, most_s = LEAST_SHARE * target_s, MOST_SHARE * target_s
    if not least_s <= length_s <= most_s:
        return f"{length_s:.3f} s; clips of this scale have {least_s:g}-{most_s:g} s"
    if (row["start_frame"], row["end_frame"]) in spans:
        return "a clip of a smaller scale has the same frames"
    return None


def _draft(
    row: Row, run: Sequence[ShotDraft], cover: tuple[int, int], why: str | None, n_keyframes: int
) -> ShotDraft:
    if why is not None:
        return ShotDraft(row | dropped(Reason.NOT_JOINED, why), [], cover)
    start, end = row["start_frame"], row["end_frame"]
    members = [
        shot for shot in run if shot.row["start_frame"] < end and shot.row["end_frame"] > start
    ]
    figures = figures_of([shot.row for shot in members], start, end)
    shown = [picture for shot in members for picture in (*shot.keyframes, *shot.spare)]
    chosen = keyframes_of(shown, start, end, row["start_s"], row["end_s"], n_keyframes)
    return ShotDraft(row | figures | kept(), chosen, cover)


def _with_parents(drafts: Sequence[ShotDraft], n_scales: int) -> list[ShotDraft]:
    """Each kept clip with the smallest kept clip of a larger scale that contains it."""
    kept_of: list[list[ShotDraft]] = [[] for _ in range(n_scales + 1)]
    for draft in drafts:
        if draft.row["outcome"] == Outcome.KEPT:
            kept_of[draft.row["scale"]].append(draft)

    def parent(row: Row) -> int | None:
        for larger in kept_of[row["scale"] + 1 :]:
            at = bisect_right(larger, row["start_frame"], key=lambda d: d.row["start_frame"]) - 1
            if at >= 0 and larger[at].row["end_frame"] >= row["end_frame"]:
                index: int = larger[at].row["index"]
                return index
        return None

    return [
        replace(draft, parent=parent(draft.row)) if draft.row["outcome"] == Outcome.KEPT else draft
        for draft in drafts
    ]
